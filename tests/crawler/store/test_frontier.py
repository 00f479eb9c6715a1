"""The frontier loses nothing, takes best first, and goes on after a crash from what is stored."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.items import Discovery
from crawler.store.frontier import Frontier
from crawler.urls import digest


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def found(path: str, priority: int = 500, skip: str = "") -> Discovery:
    url = f"http://a.example{path}"
    return Discovery(url, "a.example", digest(url), priority, "/{slug}", "a", 1, skip)


async def states(db: AsyncDatabase[dict[str, Any]]) -> dict[str, str]:
    return {row["url"][16:]: row["state"] async for row in db["frontier"].find()}


async def test_the_best_comes_first_and_nothing_twice(db: AsyncDatabase[dict[str, Any]]) -> None:
    frontier = Frontier(db, "r1")
    assert await frontier.add([found("/a"), found("/b", 900), found("/c", skip="calendar")]) == {"a.example"}
    await frontier.add([found("/a", 999)])
    first = await frontier.take("a.example", 1)
    assert [entry.url for entry in first] == ["http://a.example/b"]
    assert [entry.url for entry in await frontier.take("a.example", 10)] == ["http://a.example/a"]
    assert await frontier.take("a.example", 10) == []
    assert await states(db) == {"/a": "taken", "/b": "taken", "/c": "skipped"}


async def test_runs_do_not_share_entries(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Frontier(db, "r1").add([found("/a")])
    await Frontier(db, "r2").add([found("/a")])
    assert len(await Frontier(db, "r1").take("a.example", 10)) == 1
    assert len(await Frontier(db, "r2").take("a.example", 10)) == 1


async def test_after_a_crash_the_stored_is_done_and_the_rest_is_due(db: AsyncDatabase[dict[str, Any]]) -> None:
    frontier = Frontier(db, "r1")
    await frontier.add([found("/stored"), found("/lost"), found("/old")])
    await frontier.take("a.example", 10)
    for path, run in (("/stored", "r1"), ("/old", "r0")):
        url = f"http://a.example{path}"
        page = {"_id": digest(url), "run": run, "url": url, "host": "a.example", "status": 200}
        await db["pages"].insert_one({**page, "fetched": datetime.now(UTC)})
    assert await frontier.recover("a.example") == [digest("http://a.example/stored")]
    assert await states(db) == {"/stored": "done", "/lost": "queued", "/old": "queued"}
    assert await frontier.left("a.example") == 2


async def test_how_entries_ended_is_written(db: AsyncDatabase[dict[str, Any]]) -> None:
    frontier = Frontier(db, "r1")
    entries = [found("/a"), found("/b")]
    await frontier.add(entries)
    await frontier.settle(
        [("a.example", entries[0].digest, "done", ""), ("a.example", entries[1].digest, "failed", "timeout")]
    )
    assert await states(db) == {"/a": "done", "/b": "failed"}
    assert [row["cause"] async for row in frontier.known("a.example")] == ["", "timeout"]
