"""What an earlier process of a discovery run fetched from hosts: read back, so that nobody is visited twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crawler.store.bodies import unpacked


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as it was fetched; ``headers`` as (name, value)."""

    url: str
    host: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    fetched: datetime
    digest: str


class Visits:
    """Visits of one run."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]], run: str) -> None:
        self._hosts = db["hosts"]
        self._pages = db["pages"]
        self._bodies = db["bodies"]
        self._run = run

    async def done(self) -> dict[str, dict[str, Any]]:
        """Host -> what was noted of its visit in this run: ``cause``, ``refused``, ``away``, ``sibling``."""
        return {row["_id"]: row["visit"] async for row in self._hosts.find({"visit.run": self._run}, {"visit": 1})}

    async def pages(self, hosts: list[str]) -> AsyncIterator[StoredPage]:
        """Pages of these hosts that this run stored, in the order of their addresses."""
        async for row in self._pages.find({"run": self._run, "host": {"$in": hosts}}).sort("url", 1):
            body = await self._bodies.find_one({"_id": row.get("body")}) if row.get("body") else None
            headers = [(str(one["name"]), str(one["value"])) for one in row.get("headers") or ()]
            yield StoredPage(
                row["url"],
                row["host"],
                row["status"],
                headers,
                unpacked(body),
                row["fetched"],
                row["_id"],
            )
