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


def somebody_else(db: AsyncDatabase[dict[str, Any]], urgent: bool = False, **worker: Any) -> Leases:
    leases = Leases(db, "another-run", urgent=urgent)
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


ADDRESS = "127.77.0.1"


async def test_whoever_waits_comes_before_the_one_who_had_it(db: AsyncDatabase[dict[str, Any]]) -> None:
    mine, theirs, third = Leases(db, "run"), somebody_else(db), somebody_else(db, id="third/1/1")
    assert await mine.acquire([ADDRESS], 0.5) == 0.0
    assert await theirs.acquire([ADDRESS], 0.5) is None
    assert await third.acquire([ADDRESS], 0.5) is None
    assert await third.busy([ADDRESS]) == {ADDRESS}
    await mine.release([ADDRESS], 0)
    assert await mine.acquire([ADDRESS], 0.5) is None, "it took back what it had handed over"
    assert await third.busy([ADDRESS]) == set()
    assert await third.acquire([ADDRESS], 0.5) is None, "it came later"
    assert await theirs.acquire([ADDRESS], 0.5) == 0.0
    await theirs.release([ADDRESS], 0)
    assert await mine.acquire([ADDRESS], 0.5) is None, "the third waits longer"
    assert await third.acquire([ADDRESS], 0.5) == 0.0


async def test_one_that_stopped_asking_loses_its_place(db: AsyncDatabase[dict[str, Any]]) -> None:
    mine, theirs = Leases(db, "run"), somebody_else(db)
    await mine.acquire([ADDRESS], 0.5)
    assert await theirs.acquire([ADDRESS], 0.5) is None
    long_ago = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": 6}}
    place = {"$mergeObjects": [{"$first": "$queue"}, {"asked": long_ago}]}
    await db["leases"].update_one({"_id": ADDRESS}, [{"$set": {"queue": [place]}}])
    assert await mine.wanted(0) == set()
    await mine.release([ADDRESS], 0)
    assert await mine.acquire([ADDRESS], 0.5) == 0.0


async def test_an_urgent_one_comes_first_and_keeps_what_it_has(db: AsyncDatabase[dict[str, Any]]) -> None:
    mine, theirs, urgent = Leases(db, "run"), somebody_else(db), somebody_else(db, urgent=True, id="urgent/1/1")
    await mine.acquire([ADDRESS], 0.5)
    assert await theirs.acquire([ADDRESS], 0.5) is None
    assert await urgent.acquire([ADDRESS], 0.5) is None
    assert await mine.wanted(3600) == {ADDRESS}, "an urgent one does not wait for the end of the slice"
    await mine.release([ADDRESS], 0)
    assert await theirs.acquire([ADDRESS], 0.5) is None, "the urgent one comes first"
    assert await urgent.acquire([ADDRESS], 0.5) == 0.0
    assert await urgent.wanted(0) == set(), "it goes on to its end"
    second = somebody_else(db, urgent=True, id="second/1/1")
    assert await second.acquire([ADDRESS], 0.5) is None
    assert await urgent.wanted(0) == {ADDRESS}
    assert await urgent.wanted(60) == set(), "equals take turns"


async def test_a_group_keeps_its_places_while_it_waits_for_one_of_its_addresses(
    db: AsyncDatabase[dict[str, Any]],
) -> None:
    mine, theirs, both = Leases(db, "run"), somebody_else(db), somebody_else(db, id="both/1/1")
    assert await theirs.acquire(["127.77.0.2"], 0.5) == 0.0
    assert await both.acquire([ADDRESS, "127.77.0.2"], 0.5) is None
    assert await mine.acquire([ADDRESS], 0.5) is None, "it came later"
    await theirs.release(["127.77.0.2"], 7)
    owed = await both.acquire([ADDRESS, "127.77.0.2"], 0.5)
    assert owed is not None
    assert 5 < owed <= 7
    await both.release([ADDRESS, "127.77.0.2"], 0)
    assert await mine.acquire([ADDRESS], 0.5) == 0.0


async def test_what_was_owed_is_not_forgotten_by_one_that_could_not_have_all(
    db: AsyncDatabase[dict[str, Any]],
) -> None:
    mine, theirs, both = Leases(db, "run"), somebody_else(db), somebody_else(db, id="both/1/1")
    await mine.acquire([ADDRESS], 0.5)
    await mine.release([ADDRESS], 30)
    await theirs.acquire(["127.77.0.2"], 0.5)
    assert await both.acquire([ADDRESS, "127.77.0.2"], 0.5) is None
    await db["leases"].update_one({"_id": ADDRESS}, {"$set": {"queue": []}})
    owed = await mine.acquire([ADDRESS], 0.5)
    assert owed is not None
    assert 25 < owed <= 30


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
