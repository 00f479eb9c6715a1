"""Findings live on: one per category, vector and place; open, fixed only by proof, recurred; counted once."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.items import Evidence, Page, Violation
from crawler.store.findings import Findings, identity
from crawler.urls import digest

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def violation(**over: Any) -> Violation:
    known: dict[str, Any] = {
        "rule": "gambling-terms",
        "category": "gambling",
        "vector": "planted",
        "severity": "high",
        "confidence": "suspected",
        "place": "region:footer>div#x",
    }
    quote = over.pop("quote", "nhà cái uy tín")
    return Violation(**{**known, **over}, evidence=[Evidence("hidden", quote)], keys=[f"host:{quote}"])


def page(path: str, *violations: Violation, status: int = 200, host: str = "a.example") -> Page:
    url = f"http://{host}{path}"
    found = Page(url=url, host=host, status=status, fetched=NOW, digest=digest(url), unit="A", site=f"{host}/")
    found.violations = list(violations)
    return found


async def the_finding(db: AsyncDatabase[dict[str, Any]]) -> dict[str, Any]:
    found = [row async for row in db["findings"].find()]
    assert len(found) == 1
    return found[0]


async def test_a_kit_is_one_finding_with_a_count(db: AsyncDatabase[dict[str, Any]]) -> None:
    findings = Findings(db, "r1")
    await findings.write([page(f"/x/{n}", violation()) for n in range(30)], NOW)
    await findings.write([page(f"/y/{n}", violation(rule="gambling-links")) for n in range(5)], NOW)
    found = await the_finding(db)
    assert (found["url_count"], len(found["urls"]), found["state"]) == (35, 20, "open")
    assert found["rules"] == ["gambling-links", "gambling-terms"]
    assert found["url"] == "http://a.example/x/0"
    assert found["short"] == found["_id"][:8]
    assert await db["sightings"].count_documents({"finding": found["_id"], "gone": None}) == 35


async def test_writing_the_same_batch_twice_changes_nothing(db: AsyncDatabase[dict[str, Any]]) -> None:
    findings = Findings(db, "r1")
    for _ in range(2):
        await findings.write([page("/a", violation()), page("/b")], NOW)
    found = await the_finding(db)
    assert (found["url_count"], len(found["history"]), found["recurrences"]) == (1, 1, 0)
    assert len(found["evidence"]) == 1


async def test_category_vector_place_and_host_tell_findings_apart(db: AsyncDatabase[dict[str, Any]]) -> None:
    pages = [
        page("/a", violation(), violation(category="loans"), violation(vector="linked"), violation(place="shape:/{n}")),
        page("/a", violation(), host="b.example"),
    ]
    await Findings(db, "r1").write(pages, NOW)
    assert await db["findings"].count_documents({}) == 5


async def test_fixed_only_when_every_page_was_seen_without_it(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("/a", violation()), page("/b", violation())], NOW)
    second = Findings(db, "r2")
    await second.write([page("/a")], LATER)
    found = await the_finding(db)
    assert (found["state"], found["url_count"]) == ("open", 1)
    await second.write([page("/b", status=404)], LATER)
    found = await the_finding(db)
    assert (found["state"], found["url_count"]) == ("open", 0), "it may have moved to a page that is yet to come"
    await second.settle_host("a.example", LATER)
    found = await the_finding(db)
    assert (found["state"], found["url_count"]) == ("fixed", 0)
    assert [(step["from"], step["to"], step["run"]) for step in found["history"]] == [
        (None, "open", "r1"),
        ("open", "fixed", "r2"),
    ]


async def test_what_moves_within_a_run_was_never_fixed(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("/a", violation())], NOW)
    second = Findings(db, "r2")
    await second.write([page("/a", status=301)], LATER)
    await second.write([page("/b", violation())], LATER)
    await second.settle_host("a.example", LATER)
    found = await the_finding(db)
    assert (found["state"], found["url_count"], found["recurrences"], len(found["history"])) == ("open", 1, 0, 1)


async def test_a_missing_page_shows_nothing_and_a_wall_proves_nothing(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("/a", violation()), page("/b", violation())], NOW)
    second, wall = Findings(db, "r2"), page("/b")
    wall.wall = "maintenance"
    await second.write([wall], LATER, [page("/a").digest])
    await second.settle_host("a.example", LATER)
    found = await the_finding(db)
    assert (found["state"], found["url_count"]) == ("open", 1)


@pytest.mark.parametrize("cut", ["stalled", "too_slow", "damaged", "unreadable"])
async def test_half_a_page_proves_nothing_gone(db: AsyncDatabase[dict[str, Any]], cut: str) -> None:
    await Findings(db, "r1").write([page("/a", violation())], NOW)
    half, second = page("/a"), Findings(db, "r2")
    half.cut = cut
    await second.write([half], LATER)
    await second.settle_host("a.example", LATER)
    assert (await the_finding(db))["state"] == "open"


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_a_fault_proves_nothing_gone(db: AsyncDatabase[dict[str, Any]], status: int) -> None:
    await Findings(db, "r1").write([page("/a", violation())], NOW)
    second = Findings(db, "r2")
    await second.write([page("/a", status=status)], LATER)
    await second.settle_host("a.example", LATER)
    assert (await the_finding(db))["state"] == "open"


async def test_another_view_proves_nothing_gone(db: AsyncDatabase[dict[str, Any]]) -> None:
    shown = page("/a", violation())
    shown.view = "bot"
    await Findings(db, "r1").write([shown], NOW)
    second = Findings(db, "r2")
    await second.write([page("/a")], LATER)
    await second.settle_host("a.example", LATER)
    assert (await the_finding(db))["state"] == "open"


async def test_what_was_fixed_comes_back_on_another_page(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("/a", violation())], NOW)
    second = Findings(db, "r2")
    await second.write([page("/a")], LATER)
    await second.settle_host("a.example", LATER)
    third = Findings(db, "r3")
    for _ in range(2):
        await third.write([page("/new", violation())], LATER)
    found = await the_finding(db)
    assert (found["state"], found["recurrences"], found["url_count"]) == ("recurred", 1, 1)
    assert found["first_seen"] == NOW
    assert [step["to"] for step in found["history"]] == ["open", "fixed", "recurred"]


async def test_the_strongest_word_stands(db: AsyncDatabase[dict[str, Any]]) -> None:
    findings = Findings(db, "r1")
    await findings.write([page("/a", violation(confidence="confirmed", rule="strong", severity="critical"))], NOW)
    await findings.write([page("/b", violation(rule="weak", severity="low", quote="other"))], NOW)
    found = await the_finding(db)
    assert (found["confidence"], found["rule"], found["severity"]) == ("confirmed", "strong", "critical")
    assert [item["quote"] for item in found["evidence"]] == ["nhà cái uy tín", "other"]


async def test_what_a_person_dismissed_stays_dismissed(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("/a", violation())], NOW)
    await db["findings"].update_one({}, {"$set": {"state": "dismissed"}})
    await Findings(db, "r2").write([page("/a", violation()), page("/b", violation())], LATER)
    assert (await the_finding(db))["state"] == "dismissed"


async def test_a_crash_between_sighting_and_finding_is_mended(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("/a", violation())], NOW)
    await db["sightings"].update_many({}, {"$set": {"gone": LATER}})
    await Findings(db, "r2").settle_host("a.example", LATER)
    assert (await the_finding(db))["state"] == "fixed"


async def test_equal_beginnings_get_longer_short_ids(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("/a", violation())], NOW)
    found = await the_finding(db)
    await db["findings"].delete_many({})
    await db["findings"].insert_one({**found, "_id": "another"})
    await Findings(db, "r1").write([page("/a", violation())], NOW)
    again = await db["findings"].find_one({"_id": found["_id"]})
    assert again is not None
    assert again["short"] == found["_id"][:9]


async def test_a_short_id_does_not_look_like_a_number(db: AsyncDatabase[dict[str, Any]]) -> None:
    places = (f"region:footer>div#{n}" for n in range(100_000))
    known = ("a.example", "gambling", "planted")
    numbers = (place for place in places if re.fullmatch(r"\d+e?\d+", identity(*known, place)[:8]))
    await Findings(db, "r1").write([page("/x", violation(place=next(numbers)), violation(place=next(numbers)))], NOW)
    async for found in db["findings"].find():
        assert found["_id"].startswith(found["short"])
        assert len(found["short"]) > 8
        with pytest.raises(ValueError):
            float(found["short"])
