"""Server addresses on lease: whoever fetches from an address holds it, on any machine, and nobody else does."""

from collections.abc import Iterable
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from crawler.store.worker import is_gone, this_worker

STALE_SECONDS = 30
"""A lease whose heartbeat is older belongs to nobody (its holder's machine is gone)."""


class Leases:
    """Leases of one process. All times are the database server's, so that clocks need not agree."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]], run: str) -> None:
        self._leases = db["leases"]
        self._holder = {**this_worker(), "run": run}
        self._mine = {"holder.id": self._holder["id"]}

    async def acquire(self, addresses: Iterable[str], delay: float) -> float | None:
        """Lease all addresses of a group, in a fixed order so that two processes cannot block each other.

        Returns the seconds to wait before the first request (what the last holder still owed the server),
        or None when somebody else holds one of them; that holder is told that the address is wanted.
        """
        owed, held = 0.0, list[str]()
        for address in sorted(addresses):
            wait = await self._acquire(address, delay)
            if wait is None:
                await self.release(held, 0)
                await self._leases.update_one({"_id": address}, [{"$set": {"wanted": "$$NOW"}}])
                return None
            held.append(address)
            owed = max(owed, wait)
        return owed

    async def _acquire(self, address: str, delay: float) -> float | None:
        # A predicate with $expr cannot upsert, so the document is made sure of first.
        await self._leases.update_one({"_id": address}, {"$setOnInsert": {"holder": None}}, upsert=True)
        before = await self._leases.find_one({"_id": address})
        holder = before.get("holder") if before else None
        stale = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": STALE_SECONDS}}
        free: list[dict[str, Any]] = [{"holder": None}, self._mine, {"$expr": {"$lt": ["$heartbeat", stale]}}]
        if is_gone(holder):
            assert holder is not None
            free.append({"holder.id": holder["id"]})
        lease = await self._leases.find_one_and_update(
            {"_id": address, "$or": free},
            [{"$set": {"holder": self._holder, "heartbeat": "$$NOW", "since": "$$NOW", "wanted": None}}],
            return_document=ReturnDocument.AFTER,
        )
        if lease is None:
            return None
        if holder is not None:  # taken from the dead: when they last fetched is not known
            return delay
        owed = lease.get("next")
        return max(0.0, (owed - lease["heartbeat"]).total_seconds()) if owed else 0.0

    async def renew(self) -> set[str]:
        """Beat all leases of this process; returns the addresses it still holds."""
        await self._leases.update_many(self._mine, [{"$set": {"heartbeat": "$$NOW"}}])
        return {lease["_id"] async for lease in self._leases.find(self._mine, {"_id": 1})}

    async def wanted(self, held_seconds: float) -> set[str]:
        """Held addresses that another process waits for and that were held at least so long."""
        since = {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(held_seconds * 1000)}}
        query = {**self._mine, "wanted": {"$ne": None}, "$expr": {"$lte": ["$since", since]}}
        return {lease["_id"] async for lease in self._leases.find(query, {"_id": 1})}

    async def release(self, addresses: Iterable[str], owed: float) -> None:
        """Give addresses back; nobody may fetch from them for ``owed`` seconds."""
        due = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": max(0, round(owed * 1000))}}
        await self._leases.update_many(
            {"_id": {"$in": list(addresses)}, **self._mine}, [{"$set": {"holder": None, "next": due}}]
        )
