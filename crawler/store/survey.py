"""What a run knows of a host's pages when its plain crawl is through: the ground on which more looks are planned."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crawler.urls import shape
from crawler.views.suspicion import Row
from crawler.views.views import BOT, MOBILE, PLAIN, RENDERED, REPEAT, SEARCH

HTML = ("text/html", "application/xhtml+xml")
MAX_SIGHTINGS = 5_000
MAX_UNLINKED = 500
"""Pages that no link led to first, of which it is looked up whether any page links to them."""
MAX_QUOTES = 10
MAX_QUOTE = 300
_UNLINKED = ("sitemap", "guess", "robots", "seed", "feed", "script", "recheck")
_SECOND = (SEARCH, BOT, MOBILE)
_SHOT = (RENDERED, PLAIN, REPEAT, MOBILE, SEARCH, BOT)

Document = dict[str, Any]


class Survey:
    """Reads pages, findings and links of one run."""

    def __init__(self, db: AsyncDatabase[Document], run: str) -> None:
        self._pages = db["pages"]
        self._findings = db["findings"]
        self._sightings = db["sightings"]
        self._links = db["links"]
        self._run = run

    async def rows(self, host: str) -> list[Row]:
        """The host's pages of this run, but documents, lists of links and answers to the probe."""
        fields = ("url", "status", "type", "depth", "via", "signs", "edges.to", "changed", "orphan", "document")
        lists = {"depth": 0, "via": {"$in": ["robots", "guess"]}}  # pages that robots.txt names are none of these
        query = {"host": host, "run": {"$gte": self._run}, "$nor": [{"via": "probe"}, lists]}
        found = [row async for row in self._pages.find(query, dict.fromkeys(fields, 1)) if not row.get("document")]
        orphans = [row["url"] for row in found if row.get("orphan") and row["via"] in _UNLINKED][:MAX_UNLINKED]
        linked = await self._linked(host, orphans)
        shown = await self._shown(host)
        return [_row(row, row["url"] in linked, set(orphans), shown.get(row["_id"])) for row in found]

    async def _linked(self, host: str, urls: Sequence[str]) -> set[str]:
        """Those of these URLs that a visible link of another page of the host leads to."""
        if not urls:
            return set()
        stages: list[Document] = [
            {"$match": {"host": host, "run": {"$gte": self._run}, "links.url": {"$in": list(urls)}}},
            {"$project": {"url": 1, "links.url": 1, "links.kind": 1, "links.hidden": 1}},
            {"$unwind": "$links"},
            {"$match": {"links.url": {"$in": list(urls)}, "links.kind": {"$in": ["a", "area"]}, "links.hidden": ""}},
            {"$match": {"$expr": {"$ne": ["$links.url", "$url"]}}},
            {"$group": {"_id": "$links.url"}},
        ]
        return {row["_id"] async for row in await self._pages.aggregate(stages)}

    async def _shown(self, host: str) -> dict[str, tuple[str, tuple[str, ...]]]:
        """digest → (``suspected`` or ``confirmed``, quotes) of the pages that show a finding; suspected outweighs."""
        fields = {"confidence": 1}
        query = {"host": host, "state": {"$in": ["open", "recurred"]}}
        level = {row["_id"]: row["confidence"] async for row in self._findings.find(query, fields)}
        cursor = self._sightings.find(
            {"finding": {"$in": list(level)}, "gone": None, "run": self._run}, {"finding": 1, "page": 1, "quote": 1}
        ).limit(MAX_SIGHTINGS)
        quotes: dict[str, dict[str, None]] = defaultdict(dict)
        levels: dict[str, str] = {}
        async for row in cursor:
            page, confidence = row["page"], level[row["finding"]]
            levels[page] = max(levels.get(page, ""), confidence)
            if confidence == "confirmed" and row["quote"] and len(quotes[page]) < MAX_QUOTES:
                quotes[page][row["quote"][:MAX_QUOTE]] = None
        return {page: (confidence, tuple(quotes[page])) for page, confidence in levels.items()}

    async def differing(self, host: str) -> list[tuple[str, str, str]]:
        """(digest, URL, view) of first looks of this run that are worth a second one: the view differs from plain, or
        shows a finding that plain does not."""
        query = {"host": host, "seen": {"$elemMatch": {"run": self._run, "view": {"$in": list(_SECOND)}}}}
        looks: dict[tuple[str, str], tuple[str, bool]] = {}
        async for row in self._pages.find(query, {"url": 1, "seen": 1}).sort("_id", 1):
            for seen in row["seen"]:
                if seen["run"] == self._run and seen["view"] in _SECOND and seen.get("look", 1) == 1:
                    looks[(row["_id"], seen["view"])] = (row["url"], bool(seen.get("differs")))
        shown: dict[str, set[tuple[str, str]]] = defaultdict(set)
        sightings: Document = {"page": {"$in": sorted({page for page, _ in looks})}, "gone": None, "run": self._run}
        async for row in self._sightings.find(sightings, {"finding": 1, "page": 1, "view": 1}):
            shown[row["page"]].add((row["finding"], row["view"]))
        return [
            (page, url, view)
            for (page, view), (url, differs) in looks.items()
            if differs or any(seen == view and (finding, PLAIN) not in shown[page] for finding, seen in shown[page])
        ]

    async def unsettled(self, host: str) -> list[tuple[str, str]]:
        """(digest, URL) of pages that the browser did not see to their end in this run, at the first try."""
        first = {"run": self._run, "view": RENDERED, "look": 1, "unsettled": True}
        query = {"host": host, "seen": {"$elemMatch": first}}
        return [(row["_id"], row["url"]) async for row in self._pages.find(query, {"url": 1}).sort("_id", 1)]

    async def unproven(self, host: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
        """(digest, URL, view, quotes) of one page for each confirmed finding of this run without a screenshot."""
        query = {"host": host, "state": {"$in": ["open", "recurred"]}, "confidence": "confirmed"}
        ids = [row["_id"] async for row in self._findings.find(query, {"_id": 1}).sort("_id", 1)]
        cases: dict[str, list[Document]] = defaultdict(list)
        sightings = {"finding": {"$in": ids}, "gone": None, "run": self._run, "view": {"$in": list(_SHOT)}}
        async for row in self._sightings.find(sightings).limit(MAX_SIGHTINGS):
            cases[row["finding"]].append(row)
        pages = sorted({row["page"] for rows in cases.values() for row in rows})
        fields = {"_id": 1}
        shot = {"$elemMatch": {"run": self._run, "shot": True}}
        framed = {row["_id"] async for row in self._pages.find({"_id": {"$in": pages}, "seen": shot}, fields)}
        found: dict[tuple[str, str, str], list[str]] = {}
        for rows in cases.values():
            if not any(row["page"] in framed for row in rows):
                best = min(rows, key=lambda row: (_SHOT.index(row["view"]), len(row["url"]), row["url"]))
                quotes = found.setdefault((best["page"], best["url"], best["view"]), [])
                quotes += [best["quote"][:MAX_QUOTE]] if best["quote"] else []
        return [(*place, tuple(dict.fromkeys(quotes))[:MAX_QUOTES]) for place, quotes in found.items()]

    async def known_hosts(self, host: str) -> set[str]:
        """Hosts that this one named before this run."""
        query = {"from": host, "first_run": {"$ne": self._run}}
        return {row["to"] async for row in self._links.find(query, {"to": 1, "_id": 0})}


def _row(page: Document, linked: bool, orphans: set[str], shown: tuple[str, tuple[str, ...]] | None) -> Row:
    signs = page.get("signs") or {}
    finding, quotes = shown or ("", ())
    return Row(
        digest=page["_id"],
        url=page["url"],
        shape=shape(page["url"]),
        depth=page.get("depth", 0),
        via=page.get("via") or "a",
        status=page["status"],
        readable=page.get("type") in HTML,
        letters=signs.get("letters", 0),
        scripts=signs.get("scripts", 0),
        foreign=bool(signs.get("foreign")),
        runs=tuple(signs.get("runs") or ()),
        targets=tuple(edge["to"] for edge in page.get("edges") or ()),
        menu=tuple(signs.get("menu") or ()),
        changed=page.get("changed") or "",
        unlinked=page["url"] in orphans and not linked,
        finding=finding,
        quotes=quotes,
    )
