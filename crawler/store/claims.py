"""Taking a run up: an unfinished one, a new one, or none because another process does the job or it was done."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from crawler.errors import BadArgument, NothingToDo
from crawler.store.runs import Runs, is_running
from crawler.store.worker import this_worker

CLAIM_SECONDS = 30
"""A process that was killed while it looked for a run keeps others waiting so long at most."""
_PAUSE = 0.1

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """``spider`` and ``args`` make two runs the same job; the rest says where this process comes from."""

    spider: str
    args: Document
    job: str | None = None
    version: str | None = None
    log: str | None = None

    @property
    def same(self) -> Document:
        """Finds runs of the same job."""
        return {"spider": self.spider, "args": self.args}

    @property
    def origin(self) -> Document:
        """What of it goes into ``runs``."""
        return {"job": self.job, "version": self.version, "log": self.log}


class Claims:
    """Decides which run a process works at. Two processes that start at once do not take the same one."""

    def __init__(self, db: AsyncDatabase[Document], runs: Runs) -> None:
        self._runs = db["runs"]
        self._reviews = db["reviews"]
        self._leases = db["leases"]
        self._make = runs.create

    async def new(self, task: Task) -> str:
        """A fresh run, whatever else is there."""
        return await self._make(task.spider, task.args, task.job, task.origin)

    async def named(self, name: str, task: Task) -> str:
        """The unfinished run of this id. Raises BadArgument when there is no such run, or it is at work."""
        async with self._alone(task):
            run = await self._runs.find_one({"_id": name})
            if run is None or run["spider"] != task.spider:
                raise BadArgument(f"resume={name}: no such run of spider {task.spider}")
            if run["state"] == "finished":
                raise BadArgument(f"resume={name}: this run is finished")
            if _is_others(run):
                raise BadArgument(f"resume={name}: {_at_work(run)}")
            return await self._take(run, task)

    async def latest(self, task: Task) -> str:
        """The newest unfinished run of the same job, else a fresh one.

        Raises NothingToDo when a run of the same job is at work.
        """
        async with self._alone(task):
            return await self._unfinished(task, {})

    async def once(self, task: Task, since: datetime, period: str) -> str:
        """``latest``, of what began at ``since``. Raises NothingToDo too when the job was done since then.

        A finished run that met hosts, but not a single page, was none: the network was down.
        """
        lately: Document = {"started": {"$gte": since}}
        real: Document = {"state": "finished", "$or": [{"pages": {"$gt": 0}}, {"hosts": []}]}
        async with self._alone(task):
            done = await self._runs.find_one({**task.same, **lately, **real}, sort=[("_id", -1)])
            if done is not None:
                raise NothingToDo("done", f"run {done['_id']} of this {period} is finished: nothing to do")
            return await self._unfinished(task, lately)

    async def _unfinished(self, task: Task, narrowed: Document) -> str:
        async for run in self._runs.find({**task.same, "state": "running"}):
            if _is_others(run):
                raise NothingToDo("at_work", f"{_at_work(run)}: nothing to do")
        query = {**task.same, **narrowed, "state": {"$ne": "finished"}}
        found = await self._runs.find_one(query, sort=[("_id", -1)])
        return await self._take(found, task) if found else await self.new(task)

    async def _take(self, run: Document, task: Task) -> str:
        change: Document = {"state": "running", "heartbeat": datetime.now(UTC), "ended": None, "reason": ""}
        change |= {name: value for name, value in task.origin.items() if value}
        await self._runs.update_one({"_id": run["_id"]}, {"$set": {**change, "worker": this_worker()}})
        await self._reviews.update_many(
            {"run": run["_id"], "state": {"$in": ["interrupted", "running"]}},
            {"$set": {"state": "queued", "cause": ""}},
        )
        return str(run["_id"])

    @asynccontextmanager
    async def _alone(self, task: Task) -> AsyncIterator[None]:
        """One process at a time looks for a run of this job."""
        words = json.dumps([task.spider, task.args], sort_keys=True)
        key, me = f"claim/{sha256(words.encode()).hexdigest()}", this_worker()["id"]
        while not await self._locked(key, me):  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(_PAUSE)
        try:
            yield
        finally:
            await self._leases.delete_one({"_id": key, "claimed_by": me})

    async def _locked(self, key: str, me: str) -> bool:
        now = datetime.now(UTC)
        free = {"_id": key, "$or": [{"claimed_by": me}, {"until": {"$lt": now}}]}
        change = {"claimed_by": me, "until": now + timedelta(seconds=CLAIM_SECONDS)}
        try:
            await self._leases.update_one(free, {"$set": change}, upsert=True)
        except DuplicateKeyError:  # somebody else's: the insert of the upsert met it
            return False
        return True


def _is_others(run: Document) -> bool:
    """Whether another process works at the run; our own is met again after a lost connection."""
    return is_running(run, datetime.now(UTC)) and run["worker"]["id"] != this_worker()["id"]


def _at_work(run: Document) -> str:
    worker = run["worker"]
    return f"run {run['_id']} is at work (process {worker['pid']} on {worker['node'].partition('/')[0]})"
