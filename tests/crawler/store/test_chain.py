"""The chain of a run's evidence: written once whatever happens, and no change goes unseen."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.store.chain import Break, Chain, first_break, link, start

RUN = "20261124-100000-deep-aaaa"
Db = AsyncDatabase[dict[str, Any]]


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[Db]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        now = datetime.now(UTC)
        run = {"_id": RUN, "spider": "deep", "state": "finished", "started": now, "heartbeat": now}
        await client[database.name]["runs"].insert_one(run)
        yield client[database.name]


def records(*names: object) -> list[str]:
    return [sha256(str(name).encode()).hexdigest() for name in names]


async def test_each_record_goes_into_the_head(db: Db, database: Database[dict[str, Any]]) -> None:
    await Chain(db).extend(RUN, records(1, 2))
    await Chain(db).extend(RUN, records(3))
    head = start(RUN)
    for record in records(1, 2, 3):
        head = link(head, record)
    run = await db["runs"].find_one({"_id": RUN})
    assert run is not None
    assert run["chain"] == {"head": head, "n": 3}
    assert first_break(database, RUN) is None
    assert first_break(database, "another-run") is None


async def test_a_repeated_batch_adds_nothing(db: Db, database: Database[dict[str, Any]]) -> None:
    await Chain(db).extend(RUN, records(1, 2))
    # Killed between the link and the run's document: the batch comes again.
    await db["runs"].update_one({"_id": RUN}, {"$set": {"chain.n": 1, "chain.head": link(start(RUN), records(1)[0])}})
    assert first_break(database, RUN) == Break(RUN, 2, "the run does not name this link")
    await Chain(db).extend(RUN, records(1, 2))
    assert await db["chain"].count_documents({}) == 2
    assert first_break(database, RUN) is None
    await db["runs"].update_one({"_id": RUN}, {"$unset": {"chain": ""}})
    await Chain(db).seal(RUN)
    assert first_break(database, RUN) is None
    await Chain(db).seal("another-run")


async def test_batches_at_once_make_one_chain(db: Db, database: Database[dict[str, Any]]) -> None:
    await asyncio.gather(*(Chain(db).extend(RUN, records(*range(at * 5, at * 5 + 5))) for at in range(8)))
    assert await db["chain"].count_documents({"run": RUN}) == 40
    run = await db["runs"].find_one({"_id": RUN})
    assert run is not None
    assert run["chain"]["n"] == 40
    assert first_break(database, RUN) is None


async def test_every_change_is_seen_at_the_first_link(db: Db, database: Database[dict[str, Any]]) -> None:
    await Chain(db).extend(RUN, records(1, 2, 3))
    rows = [row async for row in db["chain"].find().sort("_id", 1)]

    async def broken() -> Break:
        found = first_break(database, RUN)
        await db["chain"].delete_many({})
        await db["chain"].insert_many(rows)
        assert first_break(database, RUN) is None
        assert found
        return found

    await db["chain"].update_one({"n": 2}, {"$set": {"record": records("other")[0]}})
    assert (await broken()).n == 2
    await db["chain"].delete_one({"n": 2})
    assert (await broken()).cause == "this link is missing"
    await db["chain"].delete_one({"n": 3})
    assert (await broken()).n == 3
    # A forger who makes all later links anew still meets the head that the run names.
    head = rows[0]["head"]
    for row, record in zip(rows[1:], records("other", 3), strict=True):
        head = link(head, record)
        await db["chain"].update_one({"_id": row["_id"]}, {"$set": {"record": record, "head": head}})
    assert (await broken()) == Break(RUN, 3, "the run names another head")
