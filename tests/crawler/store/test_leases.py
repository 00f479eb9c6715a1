"""A server address belongs to one process at a time, and never to a dead one for long."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.store.leases import Leases
from crawler.store.worker import is_gone, this_worker


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def somebody_else(db: AsyncDatabase[dict[str, Any]], **worker: Any) -> Leases:
    leases = Leases(db, "another-run")
    leases._holder = {**this_worker(), "id": "other/1/1", "node": "other", "run": "another-run", **worker}
    leases._mine = {"holder.id": leases._holder["id"]}
    return leases


async def test_only_one_process_holds_an_address(db: AsyncDatabase[dict[str, Any]]) -> None:
    mine, theirs = Leases(db, "run"), somebody_else(db)
    assert await mine.acquire(["127.77.0.1", "127.77.0.2"], 0.5) == 0.0
    assert await theirs.acquire(["127.77.0.2", "127.77.0.3"], 0.5) is None
    assert await theirs.acquire(["127.77.0.3"], 0.5) == 0.0, "what it got before it failed was not given back"
    assert await mine.renew() == {"127.77.0.1", "127.77.0.2"}


async def test_what_is_owed_to_the_server_passes_to_the_next_holder(db: AsyncDatabase[dict[str, Any]]) -> None:
    mine, theirs = Leases(db, "run"), somebody_else(db)
    await mine.acquire(["127.77.0.1"], 0.5)
    await mine.release(["127.77.0.1"], 30)
    owed = await theirs.acquire(["127.77.0.1"], 0.5)
    assert owed is not None
    assert 25 < owed <= 30


async def test_a_held_address_that_is_wanted_is_told(db: AsyncDatabase[dict[str, Any]]) -> None:
    mine, theirs = Leases(db, "run"), somebody_else(db)
    await mine.acquire(["127.77.0.1", "127.77.0.2"], 0.5)
    assert await mine.wanted(0) == set()
    assert await theirs.acquire(["127.77.0.2"], 0.5) is None
    assert await mine.wanted(0) == {"127.77.0.2"}
    assert await mine.wanted(60) == set(), "it was not held that long"


async def test_a_lease_of_a_dead_process_of_this_machine_is_taken_at_once(db: AsyncDatabase[dict[str, Any]]) -> None:
    dead = {**this_worker(), "pid": 2**22 + 1, "id": "dead"}
    assert is_gone(dead)
    await somebody_else(db, **dead).acquire(["127.77.0.1"], 0.5)
    assert await Leases(db, "run").acquire(["127.77.0.1"], 0.5) == 0.5, "nobody knows when it last fetched"


async def test_a_lease_without_heartbeat_goes_stale(db: AsyncDatabase[dict[str, Any]]) -> None:
    await somebody_else(db).acquire(["127.77.0.1"], 0.5)
    mine = Leases(db, "run")
    assert await mine.acquire(["127.77.0.1"], 0.5) is None
    past = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": 31}}
    await db["leases"].update_one({"_id": "127.77.0.1"}, [{"$set": {"heartbeat": past}}])
    assert await mine.acquire(["127.77.0.1"], 0.5) == 0.5


def test_this_process_and_those_of_other_machines_are_not_gone() -> None:
    assert not is_gone(this_worker())
    assert not is_gone({**this_worker(), "node": "elsewhere", "pid": 2**22 + 1})
    assert is_gone({**this_worker(), "started": 1.0}), "the process id was given to another process"
