"""What is said of destinations: by how many units, against how many honest links, for how long."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.store.standing import MEMORY, Standing

Db = AsyncDatabase[dict[str, Any]]
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[Db]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


async def accuse(db: Db, target: str, hosts: Iterable[str], **more: Any) -> None:
    for host in hosts:
        row = {"unit": f"U-{host}", "host": host, "category": "gambling", "keys": [f"host:{target}"], "state": "open"}
        row |= {"confidence": "confirmed", "last_seen": NOW, "short": f"{host}{target}"[:40], **more}
        await db["findings"].insert_one(row, bypass_document_validation=True)
    await edges(db, target, hosts, hidden=1)


async def edges(db: Db, target: str, hosts: Iterable[str], hidden: int = 0, run: str = "r1") -> None:
    for host in hosts:
        row = {"from": host, "to": target, "count": 1, "hidden": hidden, "anchors": [], "pages": [f"http://{host}/"]}
        row |= {"first_seen": NOW, "last_seen": NOW, "first_run": run, "run": run}
        await db["links"].replace_one({"_id": f"{host}>{target}"}, row, upsert=True)


async def words(db: Db, target: str, host: str = "me.test", now: datetime = NOW) -> set[str]:
    standing = Standing(db, "r9")
    await standing.open(now)
    return set((await standing.of(host, "", [target])).get(target.partition(":")[0], ()))


async def test_two_other_units_accuse_and_their_own_page_does_not_count(db: Db) -> None:
    await accuse(db, "bad.example", ["a.test"])
    assert await words(db, "bad.example") == set()
    await accuse(db, "bad.example", ["b.test"])
    assert await words(db, "bad.example") == {"gambling"}
    assert await words(db, "bad.example:8080") == {"gambling"}, "a port makes no other host of it"
    assert await words(db, "bad.example", "a.test") == {"gambling"}, "without a unit code a host is its own unit"


async def test_a_unit_is_not_heard_about_its_own_pages(db: Db) -> None:
    await accuse(db, "bad.example", ["a.test", "b.test"])
    standing = Standing(db, "r9")
    await standing.open(NOW)
    assert await standing.of("a2.test", "U-a.test", ["bad.example"]) == {}


async def test_what_more_units_link_to_without_offence_is_not_accused(db: Db) -> None:
    await accuse(db, "news.example", ["a.test", "b.test"])
    await edges(db, "news.example", ["c.test"])
    assert await words(db, "news.example") == {"gambling"}
    await edges(db, "news.example", ["d.test"])
    assert await words(db, "news.example") == set()


@pytest.mark.parametrize("more", [{"confidence": "suspected"}, {"state": "dismissed"}, {"last_seen": NOW - MEMORY * 2}])
async def test_only_confirmed_standing_and_recent_findings_speak(db: Db, more: dict[str, Any]) -> None:
    await accuse(db, "bad.example", ["a.test", "b.test"], **more)
    assert await words(db, "bad.example") == set()


async def test_buried_means_never_in_sight_on_three_units_pages(db: Db) -> None:
    await edges(db, "deep.example", ["a.test", "b.test"], hidden=1)
    assert await words(db, "deep.example") == set()
    await edges(db, "deep.example", ["c.test"], hidden=1)
    assert await words(db, "deep.example") == {"buried"}
    await edges(db, "deep.example", ["d.test"])
    assert await words(db, "deep.example") == set()
    assert await words(db, "deep.example", now=NOW + MEMORY + timedelta(days=1)) == set()


async def test_offices_are_no_strangers(db: Db) -> None:
    await edges(db, "so.haiphong.gov.vn", ["a.test", "b.test", "c.test"], hidden=1)
    assert await words(db, "so.haiphong.gov.vn") == set()


async def test_a_burst_is_of_one_review_and_of_strangers(db: Db) -> None:
    await db["reviews"].insert_one(
        {"_id": "r1/me.test", "run": "r1", "host": "me.test", "pages": 3, "state": "complete"},
        bypass_document_validation=True,
    )
    await edges(db, "old.example", ["me.test"])
    fresh = [f"new{number}.example" for number in range(5)]
    standing = Standing(db, "r9")
    await standing.open(NOW)
    assert set(await standing.of("me.test", "U", ["old.example", *fresh])) == set(fresh)
    assert await standing.of("me.test", "U", ["old.example", *fresh[:4]]) == {}
    assert await standing.of("other.test", "U", fresh) == {}, "its first review"
    await edges(db, fresh[0], ["x.test", "y.test", "z.test"])
    await standing.open(NOW)
    assert await standing.of("me.test", "U", fresh) == {}, "one of five is no stranger"
