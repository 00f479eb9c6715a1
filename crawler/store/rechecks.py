"""What a recheck asks about: findings, and the pages that showed them, as far as they are still to be fetched."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crawler.errors import BadArgument
from crawler.views.views import PLAIN, VIEWS

MAX_SIGHTINGS = 50_000
"""Sightings of one finding that are read at once, the newest first; what lies beyond keeps the finding open."""
_ID = re.compile(r"[0-9a-f]{4,64}")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which findings: those of these ids, hosts and units (a union), or all where none is named.

    Beside open and recurred ones these are findings fixed at ``fixed_since`` or later; a named one counts whenever
    it was fixed. Dismissed ones never count.
    """

    ids: tuple[str, ...]
    hosts: tuple[str, ...]
    units: tuple[str, ...]
    fixed_since: datetime

    def query(self) -> Document:
        """The same for MongoDB."""
        lately = {"state": "fixed", "history": {"$elemMatch": {"to": "fixed", "at": {"$gte": self.fixed_since}}}}
        live = [{"state": {"$in": ["open", "recurred"]}}, lately]
        if not (self.ids or self.hosts or self.units):
            return {"$or": live}
        named = {"_id": {"$in": list(self.ids)}, "state": {"$ne": "dismissed"}}
        places = [{"host": {"$in": list(self.hosts)}}, {"unit": {"$in": list(self.units)}}]
        return {"$or": [named, {"$and": [{"$or": places}, {"$or": live}]}]}


@dataclass(frozen=True, slots=True)
class Sighting:
    """One page that shows or showed a finding in one view."""

    page: str
    url: str
    last_seen: datetime
    view: str = PLAIN


class Rechecks:
    """Reads findings and sightings for a recheck."""

    def __init__(self, db: AsyncDatabase[Document], run: str, asked: Asked) -> None:
        self._findings = db["findings"]
        self._sightings = db["sightings"]
        self._run = run
        self._query = asked.query()

    async def hosts(self) -> list[str]:
        """Hosts with findings that are asked about, sorted."""
        return sorted(await self._findings.distinct("host", self._query))

    async def open(self, host: str) -> list[str]:
        """Ids of open and recurred findings of a host, in a fixed order."""
        query = {"$and": [self._query, {"host": host, "state": {"$in": ["open", "recurred"]}}]}
        return [row["_id"] async for row in self._findings.find(query, {"_id": 1}).sort("_id", 1)]

    async def fixed(self, host: str) -> list[str]:
        """Ids of fixed findings of a host that this run did not fix itself."""
        query = {"$and": [self._query, {"host": host, "state": "fixed", "run": {"$ne": self._run}}]}
        return [row["_id"] async for row in self._findings.find(query, {"_id": 1}).sort("_id", 1)]

    async def shown(self, finding: str) -> list[Sighting]:
        """Where a finding is still shown as far as is known, in the cheapest of the views that show it, newest first.

        Once it is gone there, the next one tells: it is fixed when none is left.
        """
        view = await self._cheapest({"finding": finding, "gone": None})
        return await self._read({"finding": finding, "gone": None, "view": view}, MAX_SIGHTINGS) if view else []

    async def gone(self, finding: str, limit: int) -> list[Sighting]:
        """Where a finding was shown once, in the cheapest view that showed it, newest first."""
        query: Document = {"finding": finding, "gone": {"$ne": None}}
        view = await self._cheapest(query)
        return await self._read({**query, "view": view}, limit) if view else []

    async def vanished(self, finding: str, view: str) -> int:
        """Pages on which this run found that the finding is gone in a view."""
        query = {"finding": finding, "gone": {"$ne": None}, "view": view, "run": self._run}
        return int(await self._sightings.count_documents(query))

    async def _cheapest(self, query: Document) -> str:
        """The plain view where it is among those of these sightings, the browser last; "" where there is none."""
        views = await self._sightings.distinct("view", {**query, "view": {"$in": list(VIEWS)}})
        return min(views, key=VIEWS.index, default="")

    async def _read(self, query: Document, limit: int) -> list[Sighting]:
        fields = {"page": 1, "url": 1, "last_seen": 1, "view": 1}
        cursor = self._sightings.find(query, fields).sort([("last_seen", -1), ("_id", 1)]).limit(limit)
        return [Sighting(row["page"], row["url"], row["last_seen"], row["view"]) async for row in cursor]


async def finding_ids(db: AsyncDatabase[Document], names: Iterable[str]) -> list[str]:
    """Ids of the findings with these short ids, whole ids or unique beginnings.

    Raises BadArgument for a name that fits none or several, and for a finding that a person dismissed.
    """
    found = []
    for name in names:
        text = name.strip().lower()
        if not _ID.fullmatch(text):
            raise BadArgument(f"findings={name[:80]}: not a finding's id: 4 to 64 of the characters 0-9 a-f")
        query = {"$or": [{"short": text}, {"_id": {"$gte": text, "$lt": text + "g"}}]}
        rows = [row async for row in db["findings"].find(query, {"short": 1, "state": 1}).limit(10)]
        rows = [row for row in rows if row["short"] == text] or rows
        if len(rows) != 1:
            words = "no such finding" if not rows else "the beginning of several findings"
            raise BadArgument(f"findings={text}: {words}")
        if rows[0]["state"] == "dismissed":
            raise BadArgument(f"findings={text}: was dismissed: it is not looked at again")
        found.append(rows[0]["_id"])
    return found
