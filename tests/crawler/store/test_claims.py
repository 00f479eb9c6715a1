"""Which run a job works at: one at a time takes up what another left, and a schedule may come twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.errors import BadArgument, NothingToDo
from crawler.schedule.plan import begin_of
from crawler.store import claims
from crawler.store.claims import Claims, Task
from crawler.store.runs import Runs

TASK = Task("deep", {"units": ["HP-001"]}, "job-1", "v1", "/logs/job-1.log")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def on(db: AsyncDatabase[dict[str, Any]]) -> Claims:
    return Claims(db, Runs(db))


async def change(db: AsyncDatabase[dict[str, Any]], run: str, **fields: Any) -> None:
    await db["runs"].update_one({"_id": run}, {"$set": fields})


async def elsewhere(db: AsyncDatabase[dict[str, Any]], run: str) -> None:
    """As if another machine worked at the run."""
    worker = {"id": "other/7/1", "node": "other/boot", "pid": 7, "started": 1.0}
    await change(db, run, worker=worker, heartbeat=datetime.now(UTC))


async def test_a_run_knows_where_its_job_came_from(db: AsyncDatabase[dict[str, Any]]) -> None:
    run = await on(db).new(TASK)
    stored = await db["runs"].find_one({"_id": run})
    assert stored is not None
    assert (stored["job"], stored["version"], stored["log"]) == ("job-1", "v1", "/logs/job-1.log")
    await change(db, run, state="interrupted")
    assert await on(db).latest(Task("deep", TASK.args, "job-2")) == run
    stored = await db["runs"].find_one({"_id": run})
    assert stored is not None
    assert (stored["job"], stored["log"]) == ("job-2", "/logs/job-1.log")


async def test_latest_goes_on_with_the_same_job_only(db: AsyncDatabase[dict[str, Any]]) -> None:
    first = await on(db).latest(TASK)
    await change(db, first, state="failed")
    other = await on(db).latest(Task("deep", {"units": ["HP-002"]}))
    rechecked = await on(db).latest(Task("recheck", TASK.args))
    assert len({first, other, rechecked}) == 3
    assert await on(db).latest(TASK) == first
    await change(db, first, state="finished")
    assert await on(db).latest(TASK) not in (first, other, rechecked)


async def test_a_run_at_work_is_left_to_who_works_at_it(db: AsyncDatabase[dict[str, Any]]) -> None:
    run = await on(db).latest(TASK)
    assert await on(db).latest(TASK) == run, "our own, after a lost connection"
    await elsewhere(db, run)
    with pytest.raises(NothingToDo, match=f"run {run} is at work .process 7 on other") as word:
        await on(db).latest(TASK)
    assert word.value.reason == "at_work"
    with pytest.raises(BadArgument, match="is at work"):
        await on(db).named(run, TASK)
    await change(db, run, heartbeat=datetime.now(UTC) - timedelta(seconds=61))
    assert await on(db).named(run, TASK) == run


async def test_once_is_once(db: AsyncDatabase[dict[str, Any]]) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    old = await on(db).once(TASK, since, "month")
    await change(db, old, started=LONG_AGO, state="interrupted")
    run = await on(db).once(TASK, since, "month")
    assert run != old, "last month's pages are no review of this month"
    await change(db, run, state="interrupted")
    assert await on(db).once(TASK, since, "month") == run
    await change(db, run, state="finished", pages=0, hosts=[{"name": "unreachable", "n": 3}])
    again = await on(db).once(TASK, since, "month")
    assert again != run, "nothing was reached: that was none"
    await change(db, again, state="finished", pages=3)
    with pytest.raises(NothingToDo, match=f"run {again} of this month is finished") as word:
        await on(db).once(TASK, since, "month")
    assert word.value.reason == "done"
    await change(db, again, pages=0)
    with pytest.raises(NothingToDo):  # there was nothing to fetch
        await on(db).once(TASK, since, "month")


async def test_two_that_start_at_once_do_not_both_begin(
    db: AsyncDatabase[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter(range(1000))
    monkeypatch.setattr(claims, "this_worker", lambda: {"id": f"other/{next(ids)}", "node": "other", "pid": 1})
    monkeypatch.setattr("crawler.store.runs.this_worker", claims.this_worker)
    outcomes = await asyncio.gather(*(on(db).latest(TASK) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1, outcomes
    assert sum(isinstance(outcome, NothingToDo) for outcome in outcomes) == 7, outcomes
    assert await db["runs"].count_documents({}) == 1
    assert await db["leases"].count_documents({}) == 0


async def test_who_died_while_he_looked_keeps_nobody_waiting_for_long(
    db: AsyncDatabase[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "CLAIM_SECONDS", 0.2)
    async with Claims(db, Runs(db))._alone(TASK):
        monkeypatch.setattr(claims, "this_worker", lambda: {"id": "other/1", "node": "other", "pid": 1})
        await on(db).latest(TASK)
    assert await db["runs"].count_documents({}) == 1


@pytest.mark.parametrize(
    ("period", "begin"),
    [("day", datetime(2026, 11, 18, 17, tzinfo=UTC)), ("month", datetime(2026, 10, 31, 17, tzinfo=UTC))],
)
def test_periods_are_those_of_vietnam(period: str, begin: datetime) -> None:
    assert begin_of(period, datetime(2026, 11, 18, 18, 30, tzinfo=UTC)) == begin
