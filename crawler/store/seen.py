"""How a URL was seen before: its plain page, what other views left beside it, and what they showed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crawler.store.bodies import unpacked


@dataclass(frozen=True, slots=True)
class Version:
    """One stored fetch of a URL: ``row`` has the fields of a page's document, also for another view than plain.

    ``body`` is its SHA-256, "" when none is kept; ``differs`` when it showed what plain ones did not.
    """

    view: str
    row: Mapping[str, Any]
    body: str
    differs: bool


class Seen:
    """Reads of what is stored of single pages."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._pages = db["pages"]
        self._bodies = db["bodies"]
        self._sightings = db["sightings"]
        self._findings = db["findings"]

    async def versions(self, page: str, views: Collection[str]) -> list[Version]:
        """The stored fetches of a page (its digest) in these views, the plain one first; none of documents."""
        row = await self._pages.find_one({"_id": page})
        if row is None or row.get("document"):
            return []
        found = [Version("plain", {**row, "views": ["plain"]}, row["body"] or "", differs=False)]
        found += [_version(row, seen) for seen in row.get("seen", []) if seen["view"] != "plain"]
        return [version for version in found if version.view in views]

    async def body(self, name: str) -> bytes:
        """The bytes of a body by its SHA-256; empty when it is not kept any more or cannot be read."""
        return unpacked(await self._bodies.find_one({"_id": name}) if name else None)

    async def shown(self, page: str, views: Collection[str]) -> set[str]:
        """The findings that a page shows in these views, as far as is known."""
        query = {"page": page, "view": {"$in": sorted(views)}, "gone": None}
        return {row["finding"] async for row in self._sightings.find(query, {"finding": 1})}

    async def is_known(self, page: str, view: str, rule: str) -> bool:
        """Whether a page shows a finding of this rule in a view, as far as is known."""
        findings = sorted(await self.shown(page, [view]))
        return bool(findings) and await self._findings.find_one({"_id": {"$in": findings}, "rules": rule}) is not None


def _version(row: Mapping[str, Any], seen: Mapping[str, Any]) -> Version:
    """What is kept of another view, put into the form of a page's document."""
    kept = {name: seen[name] for name in ("run", "fetched", "status", "title", "simhash", "cut", "wall", "body")}
    typed = [each for each in row["headers"] if each["name"].lower() == "content-type"]
    redirects: list[dict[str, str]] = []
    if leads := seen.get("leads"):  # where it redirects to by HTTP
        typed.append({"name": "Location", "value": leads})
        redirects.append({"kind": "http", "url": leads, "where": ""})
    own = {"headers": typed, "redirects": redirects, "links": [], "text": {}, "views": [seen["view"]]}
    return Version(seen["view"], {**row, **kept, **own}, seen["body"] or "", bool(seen.get("differs")))
