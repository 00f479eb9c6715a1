"""Pages, their bodies and the host-to-host edges, as they lie in the store."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import zstandard
from bson.int64 import Int64
from pymongo import ReplaceOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from crawler.items import Link, Miss, Page
from crawler.page.simhash import distance
from crawler.store import landed, looks
from crawler.urls import CANON_VERSION, host_of
from crawler.views.signs import signs
from crawler.views.views import PLAIN

MAX_LINKS = 200
"""Links kept in a page document; ``link_count`` is the true number, the body holds them all."""
MAX_HEADERS = 60
MAX_TEXT = 200_000
"""Characters of text kept by page; the whole stands in the body."""
_SAMPLES = 5
_SAME = 3
"""Bits of the 64-bit simhash; the usual bound for near-duplicates (Manku et al., WWW 2007)."""
_PART = 1000


def _links(page: Page) -> list[dict[str, Any]]:
    """The links worth keeping: hidden ones and those that leave the host first."""
    links = page.links
    if len(links) > MAX_LINKS:
        own = _folders(page.host)
        links = sorted(links, key=lambda link: (not link.hidden, link.url.startswith(own)))[:MAX_LINKS]
    return [
        {"url": link.url, "text": link.text, "kind": link.kind, "region": link.region, "hidden": link.hidden}
        for link in links
    ]


def _folders(host: str) -> tuple[str, str]:
    """How every canonical URL of a host begins."""
    return f"http://{host}/", f"https://{host}/"


def _edges(links: Iterable[Link], host: str) -> list[dict[str, Any]]:
    """What one page contributes to the link graph: ``[{to, n, hidden, anchors}]``."""
    edges: dict[str, dict[str, Any]] = {}
    own = _folders(host)
    for link in links:
        if link.url.startswith(own):
            continue
        target = host_of(link.url)
        edge = edges.setdefault(target, {"to": target, "n": 0, "hidden": 0, "anchors": []})
        edge["n"] += 1
        edge["hidden"] += bool(link.hidden)
        if link.text and len(edge["anchors"]) < 3 and link.text not in edge["anchors"]:
            edge["anchors"].append(link.text)
    return list(edges.values())


def _text(page: Page) -> dict[str, str]:
    """Text by zone, bounded."""
    zones: dict[str, str] = {}
    room = MAX_TEXT
    for block in page.blocks:
        if block.part not in ("text", "document") or room <= 0:
            continue
        zone = block.region.split(">", 1)[0] or "main"
        piece = block.text[:room]
        room -= len(piece)
        zones[zone] = f"{zones[zone]}\n{piece}" if zone in zones else piece
    return zones


def _body_id(page: Page) -> str:
    page.body_id = page.body_id or sha256(page.body).hexdigest()
    return page.body_id


def _stored_body(page: Page) -> str | None:
    return _body_id(page) if page.body and not page.document else None


def document(page: Page, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The page as the contract stores it; ``edges``, ``depth``, ``via``, ``orphan``, ``signs``, ``changed``,
    ``landings`` are ours.

    ``before`` is what was stored of the URL so far.
    """
    return {
        "_id": page.digest,
        "run": page.run,
        "url": page.url,
        "host": page.host,
        "site": page.site,
        "unit": page.unit,
        "status": page.status,
        "type": page.type,
        "document": page.document,
        "fetched": page.fetched,
        "headers": [{"name": name[:100], "value": value[:1000]} for name, value in page.headers[:MAX_HEADERS]],
        "redirects": [asdict(redirect) for redirect in page.redirects[:20]],
        "title": page.title,
        "lang": page.lang,
        "text": _text(page),
        "links": _links(page),
        "link_count": page.link_count,
        "wall": page.wall,
        "body": _stored_body(page),
        "simhash": Int64(page.simhash),
        "published": page.published,
        "metadata": [{"name": name, "value": value} for name, value in page.metadata],
        "views": [page.view],
        "seen": [looks.look(page, _stored_body(page))],
        "via": page.via,
        "orphan": page.orphan,
        "signs": signs(page),
        "changed": _changed(page, before),
        "cut": page.cut,
        "depth": page.depth,
        "edges": _edges(page.links, page.host),
        "landings": [landed.row_of(landing) for landing in page.landings[:3]],
        "canonicalisation": CANON_VERSION,
        "ruleset": page.ruleset,
        "lists": page.lists,
    }


def _changed(page: Page, before: Mapping[str, Any] | None) -> str:
    """ "new" for a URL that is met for the first time, "text" when it says something else than in the last run."""
    if before is None:
        return "new"
    if before["run"] == page.run:
        return str(before.get("changed") or "")
    here, there = page.simhash, int(before.get("simhash") or 0)
    same = page.body_id == before.get("body") or (here and there and distance(here, there) <= _SAME)
    return "" if same or page.document else "text"


class Pages:
    """Bulk writes of pages and bodies; both idempotent."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._pages = db["pages"]
        self._bodies = db["bodies"]
        self._links = db["links"]
        self._runs = db["runs"]
        self._zstd = zstandard.ZstdCompressor(level=3)

    async def write_bodies(self, pages: Sequence[Page]) -> None:
        """Every HTML body once, by its SHA-256; what is there already is not compressed again. No documents."""
        bodies = {_body_id(page): page for page in pages if page.body and not page.document}
        if not bodies:
            return
        cursor = self._bodies.find({"_id": {"$in": list(bodies)}}, {"_id": 1})
        known = {row["_id"] async for row in cursor}
        writes = [
            UpdateOne(
                {"_id": digest},
                {
                    "$setOnInsert": {
                        "zstd": page.packed or self._zstd.compress(page.body),
                        "type": page.type,
                        "size": len(page.body),
                        "run": page.run,
                        "stored": page.fetched,
                    }
                },
                upsert=True,
            )
            for digest, page in bodies.items()
            if digest not in known
        ]
        if writes:
            await self._bodies.bulk_write(writes, ordered=False)

    async def write(self, pages: Sequence[Page], misses: Iterable[Miss] = ()) -> None:
        """Replace or insert the pages of one batch; looks in other views are added to their pages."""
        plain = [page for page in pages if page.view == PLAIN]
        before = await self._before(plain)
        writes: list[ReplaceOne[Any] | UpdateOne] = [
            ReplaceOne({"_id": page.digest}, document(page, before.get(page.digest)), upsert=True) for page in plain
        ]
        writes += [
            looks.update(page, _stored_body(page), _edges(page.links, page.host))
            for page in pages
            if page.view != PLAIN
        ]
        writes += looks.unseen(misses)
        if writes:
            await self._pages.bulk_write(writes, ordered=len(plain) < len(pages))

    async def _before(self, pages: Sequence[Page]) -> dict[str, dict[str, Any]]:
        """digest → run, body, simhash and ``changed`` of what is stored."""
        fields = {"run": 1, "body": 1, "simhash": 1, "changed": 1}
        query = {"_id": {"$in": [page.digest for page in pages]}}
        return {row["_id"]: row async for row in self._pages.find(query, fields)} if pages else {}

    async def purge_bodies(self, days: int, now: datetime) -> int:
        """Delete bodies that no page has named for ``days`` days; returns how many.

        ``unnamed`` of a body is since when no page was seen to name it.
        """
        deleted, last = 0, ""
        while True:
            cursor = self._bodies.find({"_id": {"$gt": last}}, {"unnamed": 1}).sort("_id", 1).limit(_PART)
            rows = [row async for row in cursor]
            if not rows:
                return deleted
            last = rows[-1]["_id"]
            ids = [row["_id"] for row in rows]
            named = await self._named(ids)
            limit = now - timedelta(days=days)
            fresh = [row["_id"] for row in rows if row["_id"] not in named and not row.get("unnamed")]
            again = [row["_id"] for row in rows if row["_id"] in named and row.get("unnamed")]
            old = [row["_id"] for row in rows if row["_id"] not in named and row.get("unnamed", now) < limit]
            await self._bodies.update_many({"_id": {"$in": fresh}}, {"$set": {"unnamed": now}})
            await self._bodies.update_many({"_id": {"$in": again}}, {"$unset": {"unnamed": ""}})
            deleted += (await self._bodies.delete_many({"_id": {"$in": old}})).deleted_count

    async def _named(self, ids: Sequence[str]) -> set[str]:
        """Those of these bodies that any page names."""
        named = set()
        for query in looks.bodies_named(ids):
            async for page in self._pages.find(query, {"body": 1, "seen.body": 1}):
                named |= {page.get("body"), *(seen.get("body") for seen in page.get("seen") or ())}
        return named

    async def answers(self, run: str, host: str, digests: Sequence[str]) -> Counter[int]:
        """status → pages of a host among those that a run has stored, whoever fetched them again since."""
        found: Counter[int] = Counter()
        for start in range(0, len(digests), _PART):
            stages: list[dict[str, Any]] = [
                {"$match": {"_id": {"$in": list(digests[start : start + _PART])}, "host": host, "run": {"$gte": run}}},
                {"$group": {"_id": "$status", "n": {"$sum": 1}}},
            ]
            async for row in await self._pages.aggregate(stages):
                found[row["_id"]] += row["n"]
        return found

    async def unread_documents(self, run: str, host: str) -> dict[str, int]:
        """cause → documents of a host in a run that were not read, or not to their end."""
        stages: list[dict[str, Any]] = [
            {"$match": {"host": host, "run": {"$gte": run}, "document": {"$nin": [None, ""]}, "cut": {"$ne": ""}}},
            {"$group": {"_id": "$cut", "n": {"$sum": 1}}},
        ]
        return {row["_id"]: row["n"] async for row in await self._pages.aggregate(stages)}

    async def readable(self, run: str, host: str) -> int:
        """Stored pages of a host in a run that are pages of its site with something to read."""
        markup = {"type": {"$in": ["text/html", "application/xhtml+xml"]}, "text": {"$ne": {}}}
        readable = [markup, {"document": {"$nin": [None, ""]}, "cut": ""}]
        query = {"host": host, "run": {"$gte": run}, "status": 200, "wall": "", "$or": readable}
        return int(await self._pages.count_documents(query))

    async def write_edges(self, run: str, host: str) -> None:
        """Sum a host's edges over the pages of this run: derived from what is stored, so it never counts twice.

        Pages that another run fetched since this one began count as well: it took them over.
        """
        now = datetime.now(UTC)
        begun = await self._runs.find_one({"_id": run}, {"started": 1})
        own: list[dict[str, Any]] = [{"run": run}, *([{"fetched": {"$gte": begun["started"]}}] if begun else [])]
        stages: list[dict[str, Any]] = [
            {"$match": {"host": host, "$or": own}},
            {"$unwind": "$edges"},
            {
                "$group": {
                    "_id": "$edges.to",
                    "count": {"$sum": "$edges.n"},
                    "hidden": {"$sum": "$edges.hidden"},
                    "anchors": {"$firstN": {"input": "$edges.anchors", "n": _SAMPLES}},
                    "pages": {"$firstN": {"input": "$url", "n": _SAMPLES}},
                }
            },
        ]
        writes: list[UpdateOne] = []
        async for row in await self._pages.aggregate(stages, allowDiskUse=True):
            anchors = sorted({text for texts in row["anchors"] for text in texts})[:_SAMPLES]
            change = {
                "count": row["count"],
                "hidden": row["hidden"],
                "anchors": anchors,
                "pages": row["pages"],
            }
            writes.append(
                UpdateOne(
                    {"_id": f"{host}>{row['_id']}"},
                    {
                        "$set": {**change, "last_seen": now, "run": run},
                        "$setOnInsert": {"from": host, "to": row["_id"], "first_seen": now, "first_run": run},
                    },
                    upsert=True,
                )
            )
        for start in range(0, len(writes), 1000):
            await self._links.bulk_write(writes[start : start + 1000], ordered=False)
