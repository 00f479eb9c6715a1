"""The chain of a run's evidence: each record's digest goes into a head that the run's document names.

Whoever changes, takes away or exchanges a record later would have to change every link after it, and the head, which
``findings show`` prints and every saved folder keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError
from pymongo.synchronous.database import Database

_LAST = 99_999_999


def start(run: str) -> str:
    """The head of a chain without links."""
    return sha256(run.encode()).hexdigest()


def link(head: str, record: str) -> str:
    """The head after a record (its SHA-256)."""
    return sha256(f"{head}{record}".encode()).hexdigest()


class Chain:
    """Appends to the chains of runs; two batches at once and repeated ones are safe: a link's number is its key."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._rows = db["chain"]
        self._runs = db["runs"]

    async def extend(self, run: str, records: Sequence[str]) -> None:
        """Append those records that the run's chain does not hold yet."""
        cursor = self._rows.find({"record": {"$in": list(records)}, "run": run}, {"record": 1})
        known = {row["record"] async for row in cursor}
        n, head = await self._last(run)
        for record in dict.fromkeys(records):
            while record not in known:
                row = {
                    "_id": _key(run, n + 1),
                    "run": run,
                    "n": n + 1,
                    "record": record,
                    "head": link(head, record),
                    "at": datetime.now(UTC),
                }
                try:
                    await self._rows.insert_one(row)
                except DuplicateKeyError:  # another batch was first
                    n, head = await self._last(run)
                    continue
                n, head = n + 1, str(row["head"])
                known.add(record)
        await self._name(run, n, head)

    async def seal(self, run: str) -> None:
        """Let the run's document name the last link: a crash may have come between the two."""
        n, head = await self._last(run)
        if n:
            await self._name(run, n, head)

    async def _name(self, run: str, n: int, head: str) -> None:
        query = {"_id": run, "$or": [{"chain.n": {"$lt": n}}, {"chain": None}]}
        await self._runs.update_one(query, {"$set": {"chain": {"head": head, "n": n}}})

    async def _last(self, run: str) -> tuple[int, str]:
        query = {"_id": {"$gt": _key(run, 0), "$lte": _key(run, _LAST)}}
        row = await self._rows.find_one(query, {"n": 1, "head": 1}, sort=[("_id", -1)])
        return (int(row["n"]), str(row["head"])) if row else (0, start(run))


@dataclass(frozen=True, slots=True)
class Break:
    """The first link of a run's chain that does not hold: its number, and what is wrong with it."""

    run: str
    n: int
    cause: str


def first_break(db: Database[dict[str, Any]], run: str) -> Break | None:
    """Where a run's chain is broken; None when every link holds and leads to the head that the run names."""
    document = db["runs"].find_one({"_id": run}, {"chain": 1, "state": 1}) or {}
    named = document.get("chain") or {}
    n, head = 0, start(run)
    query = {"_id": {"$gt": _key(run, 0), "$lte": _key(run, _LAST)}}
    for row in db["chain"].find(query).sort("_id", 1):
        n += 1
        if row["n"] != n:
            return Break(run, n, "this link is missing")
        head = link(head, str(row["record"]))
        if row["head"] != head:
            return Break(run, n, "its head does not follow from the link before it and its record")
        if n == named.get("n") and head != named.get("head"):
            return Break(run, n, "the run names another head")
    if n < named.get("n", 0):
        return Break(run, n + 1, f"this link is missing: the run names {named['n']}")
    if document.get("state") == "finished" and n > named.get("n", 0):
        return Break(run, named.get("n", 0) + 1, "the run does not name this link")
    return None


def _key(run: str, n: int) -> str:
    return f"{run}/{n:08d}"
