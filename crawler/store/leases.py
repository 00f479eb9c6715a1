"""Server addresses on lease: whoever fetches from an address holds it, on any machine, and nobody else does.

Who waits for an address stands in its queue: urgent ones first, then in the order in which they came.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import ReturnDocument, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from crawler.store.worker import is_gone, this_worker

STALE_SECONDS = 30
"""A lease whose heartbeat is older belongs to nobody (its holder's machine is gone)."""
PATIENCE_SECONDS = 5
"""Whoever waits asks every half second; one that was silent for so long has lost its place."""
_QUEUE = {"$ifNull": ["$queue", []]}


class Leases:
    """Leases of one process. All times are the database server's, so that clocks need not agree.

    An ``urgent`` process comes before those that are not, and hands over only to others of its kind.
    """

    def __init__(self, db: AsyncDatabase[dict[str, Any]], run: str, *, urgent: bool = False) -> None:
        self._leases = db["leases"]
        self._holder = {**this_worker(), "run": run}
        self._mine = {"holder.id": self._holder["id"]}
        self._urgent = urgent

    async def acquire(self, addresses: Iterable[str], delay: float) -> float | None:
        """Lease all addresses of a group, in a fixed order so that two processes cannot block each other.

        Returns the seconds to wait before the first request (what the last holder still owed the server),
        or None when somebody else holds one of them or comes first; this process then has a place in their queues.
        """
        addresses = sorted(addresses)
        owed, held = 0.0, list[str]()
        for address in addresses:
            wait = await self._acquire(address, delay)
            if wait is None:
                await self.release(held, owed)
                await self._queue(addresses)
                return None
            held.append(address)
            owed = max(owed, wait)
        await self._leave(addresses)
        return owed

    async def _acquire(self, address: str, delay: float) -> float | None:
        # A predicate with $expr cannot upsert, so the document is made sure of first.
        await self._leases.update_one({"_id": address}, {"$setOnInsert": {"holder": None}}, upsert=True)
        before = await self._leases.find_one({"_id": address})
        holder = before.get("holder") if before else None
        stale = {"$lt": ["$heartbeat", _ago(STALE_SECONDS)]}
        free: list[dict[str, Any]] = [{"holder": None}, self._mine, {"$expr": stale}]
        if is_gone(holder):
            assert holder is not None
            free.append({"holder.id": holder["id"]})
        lease = await self._leases.find_one_and_update(
            {"_id": address, "$or": free, "$expr": {"$eq": [{"$size": self._ahead()}, 0]}},
            [{"$set": {"holder": self._holder, "heartbeat": "$$NOW", "since": "$$NOW"}}],
            return_document=ReturnDocument.AFTER,
        )
        if lease is None:
            return None
        if holder is not None:  # taken from the dead: when they last fetched is not known
            return delay
        owed = lease.get("next")
        return max(0.0, (owed - lease["heartbeat"]).total_seconds()) if owed else 0.0

    def _ahead(self) -> dict[str, Any]:
        """Those in the queue who come before this process, as an expression."""
        mine = {"$filter": {"input": _QUEUE, "cond": {"$eq": ["$$this.id", self._holder["id"]]}}}
        since = {"$ifNull": [{"$first": {"$map": {"input": mine, "in": "$$this.since"}}}, "$$NOW"]}
        earlier = {"$and": [{"$eq": ["$$this.urgent", self._urgent]}, {"$lt": ["$$this.since", since]}]}
        before = earlier if self._urgent else {"$or": ["$$this.urgent", earlier]}
        return {"$filter": {"input": self._others(), "cond": before}}

    def _others(self) -> dict[str, Any]:
        """Those in the queue who still wait, without this process, as an expression."""
        asks = {"$gte": ["$$this.asked", _ago(PATIENCE_SECONDS)]}
        return {"$filter": {"input": _QUEUE, "cond": {"$and": [asks, {"$ne": ["$$this.id", self._holder["id"]]}]}}}

    async def _queue(self, addresses: Sequence[str]) -> None:
        """Take a place in the queues, or keep the one that this process has."""
        own = {"$filter": {"input": _QUEUE, "cond": {"$eq": ["$$this.id", self._holder["id"]]}}}
        since = {"$ifNull": [{"$first": {"$map": {"input": own, "in": "$$this.since"}}}, "$$NOW"]}
        place = {"id": self._holder["id"], "urgent": self._urgent, "since": since, "asked": "$$NOW"}
        change = [{"$set": {"queue": {"$concatArrays": [self._others(), [place]]}}}]
        writes = [UpdateOne({"_id": address}, change, upsert=True) for address in addresses]
        await self._leases.bulk_write(writes)

    async def _leave(self, addresses: Sequence[str]) -> None:
        """Give the places in the queues up."""
        query = {"_id": {"$in": list(addresses)}, "queue.id": self._holder["id"]}
        await self._leases.update_many(query, {"$pull": {"queue": {"id": self._holder["id"]}}})

    async def renew(self) -> set[str]:
        """Beat all leases of this process; returns the addresses it still holds."""
        await self._leases.update_many(self._mine, [{"$set": {"heartbeat": "$$NOW"}}])
        return {lease["_id"] async for lease in self._leases.find(self._mine, {"_id": 1})}

    async def wanted(self, held_seconds: float) -> set[str]:
        """Held addresses that others are to have now: an urgent one at once, an equal after ``held_seconds``."""
        long = {"$lte": ["$since", _ago(held_seconds)]}
        equal = {"$and": [long, {"$in": [self._urgent, "$_others.urgent"]}]}
        due = equal if self._urgent else {"$or": [{"$in": [True, "$_others.urgent"]}, equal]}
        stages: list[dict[str, Any]] = [
            {"$match": {**self._mine, "queue.0": {"$exists": True}}},
            {"$set": {"_others": self._others()}},
            {"$match": {"$expr": due}},
            {"$project": {"_id": 1}},
        ]
        return {lease["_id"] async for lease in await self._leases.aggregate(stages)}

    async def busy(self, addresses: Iterable[str]) -> set[str]:
        """Addresses that somebody else holds and for which this process waits; it keeps its places by asking."""
        query: dict[str, Any] = {"_id": {"$in": list(addresses)}, "queue.id": self._holder["id"]}
        asked = {"$currentDate": {"queue.$[mine].asked": True}}
        await self._leases.update_many(query, asked, array_filters=[{"mine.id": self._holder["id"]}])
        query |= {"holder": {"$ne": None}, "$expr": {"$gte": ["$heartbeat", _ago(STALE_SECONDS)]}}
        return {lease["_id"] async for lease in self._leases.find(query) if not is_gone(lease["holder"])}

    async def release(self, addresses: Iterable[str], owed: float) -> None:
        """Give addresses back; nobody may fetch from them for ``owed`` seconds."""
        due = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": max(0, round(owed * 1000))}}
        await self._leases.update_many(
            {"_id": {"$in": list(addresses)}, **self._mine}, [{"$set": {"holder": None, "next": due}}]
        )


def _ago(seconds: float) -> dict[str, Any]:
    return {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(seconds * 1000)}}
