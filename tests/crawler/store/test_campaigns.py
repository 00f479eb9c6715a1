"""Campaigns: what findings of several units share, and what is no common source."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.errors import BadArgument
from crawler.store.campaign_keys import keys_of
from crawler.store.campaigns import rebuild
from crawler.store.queries.campaigns import campaign_of, find_campaign, list_campaigns

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
Db = AsyncDatabase[dict[str, Any]]


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[Db]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def finding(unit: str, *targets: str, day: int = 0, **over: Any) -> dict[str, Any]:
    name = sha256(f"{unit}{targets}{day}{over}".encode()).hexdigest()
    host = f"{unit.lower()}.haiphong.edu.vn"
    return {
        "_id": name,
        "short": name[:12],
        "unit": unit,
        "host": host,
        "url": f"http://{host}/",
        "urls": [],
        "url_count": 1,
        "place": "region:footer",
        "rules": ["x"],
        "rule": "x",
        "category": "gambling",
        "vector": "planted",
        "severity": "high",
        "confidence": "confirmed",
        "state": "open",
        "evidence": [{"part": "anchor", "quote": "", "target": target} for target in targets],
        "keys": [],
        "history": [],
        "first_seen": NOW + timedelta(days=day),
        "last_seen": NOW + timedelta(days=day),
        **over,
    }


async def campaigns(db: Db) -> list[dict[str, Any]]:
    await rebuild(db)
    return [row async for row in db["campaigns"].find().sort("first_seen", 1)]


async def test_a_destination_of_two_units_is_a_campaign(db: Db) -> None:
    one, two = finding("A", "https://www.nha-cai-mau.com/dk"), finding("B", "http://m.nha-cai-mau.com/", day=3)
    alone = finding("C", "https://own.example/")
    again = finding("A", "https://nha-cai-mau.com/x", day=1)
    await db["findings"].insert_many([one, two, alone, again])
    (found,) = await campaigns(db)
    assert (found["units"], found["destinations"]) == (["A", "B"], ["nha-cai-mau.com"])
    assert set(found["findings"]) == {one["_id"], two["_id"], again["_id"]}
    assert (found["first_seen"], found["last_seen"]) == (NOW, NOW + timedelta(days=3))
    assert found["hosts"] == ["a.haiphong.edu.vn", "b.haiphong.edu.vn"]


async def test_one_unit_is_no_campaign_and_a_dismissed_finding_counts_for_nothing(db: Db) -> None:
    rows = [finding("A", "https://k.example/"), finding("A", "https://k.example/", day=1)]
    rows.append(finding("B", "https://k.example/", state="dismissed"))
    rows.append(finding("", "https://k.example/"))
    rows += [finding(unit, "https://other.example/", confidence="suspected") for unit in "AB"]
    await db["findings"].insert_many(rows)
    assert await campaigns(db) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://www.facebook.com/truong",
        "https://docs.google.com/forms/1",
        "https://youtu.be/abc",
        "https://bit.ly/",
        "https://zalo.me/",
        "https://hoasen.haiphong.edu.vn/x",
        "https://moet.gov.vn/",
        "https://www.facebook.com/x?ref=home",
    ],
)
async def test_what_honest_pages_lead_to_joins_nothing(db: Db, url: str) -> None:
    await db["findings"].insert_many([finding("A", url), finding("B", url, day=1)])
    assert await campaigns(db) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("https://bit.ly/3xYz", "https://bit.ly/3xYz"),
        ("https://t.me/kubet77", "https://t.me/kubet77/"),
        ("https://k1.example/?inviteCode=HP88X1", "https://k2.example/app?invitecode=hp88x1"),
    ],
)
async def test_a_full_short_link_and_an_affiliate_id_join(db: Db, left: str, right: str) -> None:
    await db["findings"].insert_many([finding("A", left), finding("B", right)])
    (found,) = await campaigns(db)
    assert found["units"] == ["A", "B"]


def test_values_that_say_nothing_are_no_ids() -> None:
    keys = keys_of(finding("A", "https://k.example/?id=12&r=home&utm_source=google&ref=1"))
    assert keys == {"host:k.example", "affiliate:k.example?r=home", "affiliate:k.example?ref=1"}


async def test_a_landing_page_joins_by_its_title_where_it_offends(db: Db) -> None:
    def led(unit: str, host: str, **more: Any) -> dict[str, Any]:
        landing = {"url": f"https://{host}/", "title": "Kubet77 nhà cái số một", "verdict": "confirmed", "lang": "vi"}
        return finding(unit, landings=[{**landing, **more}])

    await db["findings"].insert_many([led("A", "k1.example"), led("B", "k2.example")])
    (found,) = await campaigns(db)
    assert found["landing"]["title"] == "Kubet77 nhà cái số một"
    await db["findings"].delete_many({})
    honest = {"verdict": "clean", "title": "Báo Hải Phòng điện tử"}
    await db["findings"].insert_many([led("A", "bao.example", **honest), led("B", "bao.example", **honest)])
    assert await campaigns(db) == []
    await db["findings"].delete_many({})
    error = {"title": "404 Not Found on this server"}
    await db["findings"].insert_many([led("A", "k1.example", **error), led("B", "k2.example", **error)])
    assert await campaigns(db) == []


async def test_ids_stay_and_merging_keeps_the_older_one(db: Db, database: Database[dict[str, Any]]) -> None:
    old = [finding("A", "https://k1.example/"), finding("B", "https://k1.example/")]
    new = [finding("C", "https://k2.example/", day=5), finding("D", "https://k2.example/", day=5)]
    await db["findings"].insert_many(old + new)
    first, second = await campaigns(db)
    assert [row["_id"] for row in await campaigns(db)] == [first["_id"], second["_id"]]

    await db["findings"].insert_one(finding("E", "https://k1.example/", "https://k2.example/", day=6))
    (merged,) = await campaigns(db)
    assert (merged["_id"], merged["merged"]) == (first["_id"], [second["_id"]])
    assert merged["units"] == ["A", "B", "C", "D", "E"]
    assert find_campaign(database, second["_id"])["_id"] == first["_id"]
    assert find_campaign(database, first["_id"][:6])["_id"] == first["_id"]
    with pytest.raises(BadArgument, match="no such campaign"):
        find_campaign(database, "ffff")
    known = campaign_of(database, old[0])
    assert known is not None
    assert known["_id"] == first["_id"]
    assert [row["unit_count"] for row in list_campaigns(database)] == [5]

    await db["findings"].update_many({"unit": {"$in": ["A", "B", "C", "E"]}}, {"$set": {"state": "dismissed"}})
    assert await campaigns(db) == []


async def test_a_name_is_not_given_twice_when_a_campaign_falls_apart(db: Db) -> None:
    bridge = finding("E", "https://k1.example/", "https://k2.example/", day=6)
    rows = [finding(unit, f"https://k{number}.example/") for number, units in ((1, "AB"), (2, "CD")) for unit in units]
    await db["findings"].insert_many([*rows, bridge])
    (whole,) = await campaigns(db)
    await db["findings"].delete_one({"_id": bridge["_id"]})
    parts = await campaigns(db)
    assert len({row["_id"] for row in parts}) == 2
    assert whole["_id"] in {row["_id"] for row in parts}
