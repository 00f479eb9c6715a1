"""The frontier: every URL a run knows, its state, and which comes next. Private to the crawl."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from pymongo import InsertOne, UpdateMany, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError
from pymongo.write_concern import WriteConcern

from crawler.items import Discovery
from crawler.views.views import EVIDENCE_OF, PLAIN, parts_of

VIEWS = 10_000
"""Priority from which on entries are fetches in other views than the plain one; those of the plain one are below."""
_DUPLICATE_KEY = 11000


@dataclass(slots=True)
class Entry:
    """A URL that is due. ``tries`` counts fetches of this process only.

    ``ask`` is what is asked instead of the URL where the server insists on a session id in the address.
    """

    url: str
    host: str
    digest: str
    priority: int
    depth: int
    via: str
    shape: str
    tries: int = 0
    ask: str = ""
    view: str = PLAIN
    reason: str = ""
    frames: tuple[str, ...] = ()

    @property
    def is_look(self) -> bool:
        """True for a fetch in another view than the plain one."""
        return self.view != PLAIN

    @property
    def page(self) -> str:
        """Digest of the page, whatever the view."""
        return parts_of(self.digest)[0]

    @property
    def look(self) -> int:
        """1, or 2 for a second look in the same view."""
        return parts_of(self.digest)[2]

    @property
    def seen_as(self) -> str:
        """The view that the fetch stands for: the browser may play another visitor to take a picture."""
        return self.reason.removesuffix(EVIDENCE_OF) if self.reason.endswith(EVIDENCE_OF) else self.view

    @property
    def is_clue(self) -> bool:
        """True for what the crawl asks of its own accord: robots.txt, sitemap.xml, an address that cannot exist."""
        return self.via == "probe" or (not self.depth and self.via in ("robots", "guess"))


class Frontier:
    """The frontier of one run. An entry goes queued → taken → done | skipped | failed.

    A host's entries are taken only by the process that leases its server, so taking needs no lock.
    """

    def __init__(self, db: AsyncDatabase[dict[str, Any]], run: str) -> None:
        self._frontier = db["frontier"]
        level = db.write_concern.document.get("w", 1)
        self._journaled = self._frontier.with_options(write_concern=WriteConcern(w=level, j=True))
        self._pages = db["pages"]
        self._run = run

    def key(self, host: str, digest: str) -> bytes:
        """``_id`` of a URL of this run: one for (run, host, digest)."""
        return blake2b(f"{self._run}\n{host}\n{digest}".encode(), digest_size=16).digest()

    async def add(self, found: Iterable[Discovery]) -> set[str]:
        """Insert what is not known yet, in one round trip; returns the hosts that got something to fetch."""
        now = datetime.now(UTC)
        writes, hosts = [], set()
        for item in found:
            document = {
                "_id": self.key(item.host, item.digest),
                "run": self._run,
                "host": item.host,
                "digest": item.digest,
                "url": item.url,
                "state": "skipped" if item.skip else "queued",
                "priority": item.priority,
                "depth": item.depth,
                "via": item.via,
                "shape": item.shape,
                "cause": item.skip,
                "at": now,
            }
            if item.view != PLAIN:
                document |= {"view": item.view, "reason": item.reason, "frames": list(item.frames)}
            writes.append(InsertOne(document))
            if not item.skip:
                hosts.add(item.host)
        if writes:
            try:
                await self._frontier.bulk_write(writes, ordered=False)
            except BulkWriteError as error:
                faults = [fault for fault in error.details["writeErrors"] if fault["code"] != _DUPLICATE_KEY]
                if faults:
                    raise
        return hosts

    async def take(self, host: str, limit: int, *, views: bool = False) -> list[Entry]:
        """The next entries of a host, best first, marked as taken; only those of other ``views`` than the plain one."""
        query: dict[str, Any] = {"run": self._run, "host": host, "state": "queued"}
        if views:
            query["priority"] = {"$gte": VIEWS}
        cursor = self._frontier.find(query).sort([("priority", -1), ("_id", 1)]).limit(limit)
        rows = [row async for row in cursor]
        if rows:
            await self._frontier.update_many(
                {"_id": {"$in": [row["_id"] for row in rows]}}, {"$set": {"state": "taken"}}
            )
        return [_entry(row) for row in rows]

    async def settle(self, outcomes: Sequence[tuple[str, str, str, str]]) -> None:
        """Write how entries ended: tuples (host, digest, state, cause)."""
        done = [self.key(host, digest) for host, digest, state, _ in outcomes if state == "done"]
        writes: list[UpdateOne | UpdateMany] = [
            UpdateOne({"_id": self.key(host, digest)}, {"$set": {"state": state, "cause": cause}})
            for host, digest, state, cause in outcomes
            if state != "done"
        ]
        if done:
            writes.append(UpdateMany({"_id": {"$in": done}}, {"$set": {"state": "done"}}))
        if writes:  # what was written before stands in the journal before it: all of a batch lasts now
            await self._journaled.bulk_write(writes, ordered=False)

    async def recover(self, host: str) -> list[str]:
        """After a crash: what was taken and is stored counts as done, the rest is due again; returns the former."""
        query = {"run": self._run, "host": host, "state": "taken"}
        taken = [row["digest"] async for row in self._frontier.find(query, {"digest": 1})]
        stored = set()
        for start in range(0, len(taken), 1000):
            stored |= await self._stored(taken[start : start + 1000])
        await self.settle([(host, digest, "done", "") for digest in stored])
        await self._frontier.update_many(query, {"$set": {"state": "queued"}})
        return sorted(stored)

    async def _stored(self, taken: Sequence[str]) -> set[str]:
        """Those of these entries that are stored: as a page of this run, or as a look of this run at a page."""
        wanted = {key: parts_of(key) for key in taken}
        pages = self._pages.find({"_id": {"$in": list({page for page, *_ in wanted.values()})}}, {"run": 1, "seen": 1})
        looks = set()
        async for row in pages:
            if row["run"] == self._run:
                looks.add((row["_id"], PLAIN, 1))
            for seen in row.get("seen") or ():
                if seen["run"] == self._run and seen["view"] != PLAIN:
                    looks |= {(row["_id"], seen["view"], look) for look in range(1, seen.get("look", 1) + 1)}
        return {key for key, parts in wanted.items() if parts in looks}

    async def known(self, host: str) -> AsyncIterator[dict[str, Any]]:
        """Every URL of a host, in the order of discovery: ``{digest, url, shape, state, cause}``."""
        fields = {"digest": 1, "url": 1, "shape": 1, "state": 1, "cause": 1, "_id": 0}
        query = {"run": self._run, "host": host, "priority": {"$lt": VIEWS}}
        async for row in self._frontier.find(query, fields):
            yield row

    async def looks(self, host: str) -> list[dict[str, Any]]:
        """Every fetch of a host in other views than the plain one: ``{digest, view, reason, state}``."""
        query = {"run": self._run, "host": host, "priority": {"$gte": VIEWS}}
        fields = {"digest": 1, "view": 1, "reason": 1, "state": 1, "_id": 0}
        return [row async for row in self._frontier.find(query, fields).sort([("priority", -1), ("_id", 1)])]

    async def left(self, host: str) -> int:
        """How many URLs of a host were never settled."""
        return await self.count(host, "queued", "taken")

    async def count(self, host: str, *states: str) -> int:
        """How many URLs of a host are in these states; fetches in other views than the plain one do not count."""
        query = {"run": self._run, "host": host, "state": {"$in": list(states)}, "priority": {"$lt": VIEWS}}
        return int(await self._frontier.count_documents(query))

    async def waiting_hosts(self) -> set[str]:
        """Hosts of the run that still have something queued."""
        hosts = await self._frontier.distinct("host", {"run": self._run, "state": "queued"})
        return {str(host) for host in hosts}

    async def requeue_for(self, source: str, found: Sequence[Discovery]) -> None:
        """Move what waits on a twin host to the host it copies (``found`` are its URLs rewritten)."""
        await self.add(found)
        await self._frontier.update_many(
            {"run": self._run, "host": source, "state": {"$in": ["queued", "taken"]}},
            {"$set": {"state": "skipped", "cause": "twin"}},
        )


def _entry(row: dict[str, Any]) -> Entry:
    entry = Entry(row["url"], row["host"], row["digest"], row["priority"], row["depth"], row["via"], row["shape"])
    entry.view, entry.reason = row.get("view", PLAIN), row.get("reason", "")
    entry.frames = tuple(row.get("frames") or ())
    return entry
