"""The store as one crawl uses it: opened once per crawler, one run, patient when MongoDB goes away."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from pymongo import UpdateOne
from scrapy.crawler import Crawler

from crawler.errors import RasoatError
from crawler.items import Discovery, Host, Miss, Page
from crawler.store import campaigns
from crawler.store.answers import Answers
from crawler.store.connection import AsyncStore, open_async_store, retrying
from crawler.store.discovered import Discovered
from crawler.store.findings import Findings
from crawler.store.frontier import Frontier
from crawler.store.landed import Landed
from crawler.store.leases import Leases
from crawler.store.pages import Pages
from crawler.store.runs import Runs
from crawler.store.snapshots import Snapshots
from crawler.store.visits import Visits
from crawler.views.views import PLAIN

logger = logging.getLogger(__name__)
T = TypeVar("T")

MOST_WAITING = 60_000
"""Links and discoveries, of some 300 bytes each, that wait to be written before the crawl pauses."""
SUMMING_UP = 60
"""Seconds that working out campaigns may take: they can be had after the next run as well."""


def rows_of(page: Page) -> int:
    """How many rows a page leads to beside itself."""
    return len(page.links) + len(page.discovered)


class CrawlStore:
    """All that a crawl reads and writes; what belongs to a run exists once ``begin`` named it."""

    frontier: Frontier
    leases: Leases
    findings: Findings
    answers: Answers
    discovered: Discovered
    visits: Visits

    def __init__(self, connection: AsyncStore, patience: float) -> None:
        self._connection = connection
        self._patience = patience
        self.db = connection.db
        self.runs = Runs(connection.db)
        self.pages = Pages(connection.db)
        self.landed = Landed(connection.db)
        self.snapshots = Snapshots(connection.db)
        self.run = ""
        self.stored = 0
        self.away = False
        self.outages = 0
        self.hungry = False
        self.backlog = 0
        self.on_hungry: list[Callable[[], None]] = []
        self.on_flush: list[Callable[[Counter[str], set[str]], None]] = []
        self.on_fail: list[Callable[[RasoatError], None]] = []

    def begin(self, run: str, *, urgent: bool = False) -> None:
        """Name the run that everything from now on belongs to; an ``urgent`` one gets servers before others."""
        self.run = run
        self.frontier = Frontier(self.db, run)
        self.leases = Leases(self.db, run, urgent=urgent)
        self.findings = Findings(self.db, run)
        self.answers = Answers(self.db, run)
        self.discovered = Discovered(self.db, run)
        self.visits = Visits(self.db, run)

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Do a call again while MongoDB is away, with back-off; raises StoreUnavailable when it stays away too long."""
        try:
            return await retrying(call, self._patience, self._waits, revive=self._connection.revive)
        finally:
            self.away = False

    def _waits(self, seconds: float, error: Exception) -> None:
        if not self.away:
            logger.warning("MongoDB is away (%s); the crawl waits", type(error).__name__)
            self.outages += 1
        self.away = True

    async def flush(self, pages: Sequence[Page], misses: Sequence[Miss]) -> None:
        """Write one batch so that a kill at any moment loses nothing: what was found first, the page last.

        Only after the page is stored do its frontier entries end, so whatever was cut short is fetched again. The last
        write waits for MongoDB's journal; where the database went away meanwhile, what it had acknowledged a moment
        before may be lost, and all of it is written once more.
        """
        outages = -1
        while outages != self.outages:
            outages = self.outages
            settled, awakened = await self._write(pages, misses)
        self.stored += sum(page.view == PLAIN for page in pages)
        self.backlog -= sum(map(rows_of, pages))
        for listener in self.on_flush:
            listener(settled, awakened)

    async def _write(self, pages: Sequence[Page], misses: Sequence[Miss]) -> tuple[Counter[str], set[str]]:
        """Every step of a batch; gives how many entries of each host ended, and the hosts that got something to do."""
        now = datetime.now(UTC)
        found: list[Discovery] = [item for page in pages for item in page.discovered]
        outcomes = [(page.host, page.entry or page.digest, "done", "") for page in pages]
        outcomes += [(miss.host, miss.digest, miss.state, miss.cause) for miss in misses]
        awakened = await self.patiently(lambda: self.frontier.add(found))
        await self.patiently(lambda: self.pages.write_bodies(pages))
        await self.patiently(lambda: self.landed.write(pages))
        await self.patiently(lambda: self.snapshots.write(pages))
        missing = [miss.digest for miss in misses if miss.gone]
        await self.patiently(lambda: self.findings.write(pages, now, missing))
        await self.patiently(lambda: self.pages.write(pages, misses))
        await self.patiently(lambda: self.frontier.settle(outcomes))
        return Counter(host for host, *_ in outcomes), awakened

    @property
    def is_behind(self) -> bool:
        """True while so much waits to be written that nothing new should be fetched."""
        return self.backlog >= MOST_WAITING

    def starve(self) -> None:
        """Nothing is left to fetch, or on its way: whoever collects a batch must not wait for it to fill."""
        self.hungry = True
        for listener in self.on_hungry:
            listener()

    async def write_hosts(self, hosts: Sequence[Host]) -> None:
        """Write what discovery learnt about hosts."""
        await self.patiently(lambda: self.discovered.write(hosts))

    def fail(self, error: RasoatError) -> None:
        """Nothing can be written any more: whoever hands out work is told."""
        for listener in self.on_fail:
            listener(error)

    async def sum_up(self, run: str) -> None:
        """At a run's end: close the chain of its evidence, and see which findings have one source (for a minute)."""
        await self.snapshots.chain.seal(run)
        try:
            async with asyncio.timeout(SUMMING_UP):
                count = await campaigns.rebuild(self.db)
            logger.info("Campaigns known: %d", count)
        except TimeoutError:
            logger.warning("Campaigns were not worked out within %d s; the next run tries again", SUMMING_UP)

    async def registered_sites(self) -> list[dict[str, Any]]:
        """All sites that pages can belong to, aliases too, and found hosts whose unit is known."""
        sites = [site async for site in self.db["sites"].find({"state": "registered"}, {"unit": 1})]
        known = {site["_id"].partition("/")[0] for site in sites}
        query = {"state": "discovered", "attribution.outcome": {"$in": ["confirmed", "probable"]}}
        async for host in self.db["hosts"].find(query, {"attribution.unit": 1}):
            if host["_id"] not in known:
                sites.append({"_id": f"{host['_id']}/", "unit": host["attribution"]["unit"]})
        return sites

    async def policies(self, hosts: Sequence[str]) -> dict[str, Any]:
        """host → what the operator said about it, where he said anything."""
        query = {"_id": {"$in": list(hosts)}, "policy": {"$ne": None}}
        return {row["_id"]: row["policy"] async for row in self.db["hosts"].find(query, {"policy": 1})}

    async def schemes(self, hosts: Sequence[str]) -> dict[str, str]:
        """host → the scheme the register names, where it names one."""
        query = {"_id": {"$in": list(hosts)}, "scheme": {"$in": ["http", "https"]}}
        return {row["_id"]: row["scheme"] async for row in self.db["hosts"].find(query, {"scheme": 1})}

    async def crawl_delays(self, hosts: Sequence[str]) -> dict[str, float]:
        """host → the Crawl-delay (seconds) that its last review met, where there was one."""
        query = {"_id": {"$in": list(hosts)}, "review.crawl_delay": {"$gt": 0}}
        rows = self.db["hosts"].find(query, {"review.crawl_delay": 1})
        return {row["_id"]: float(row["review"]["crawl_delay"]) async for row in rows}

    async def note_host(self, host: str, facts: dict[str, Any]) -> None:
        """Set facts of a host that the store knows."""
        await self.db["hosts"].update_one({"_id": host}, {"$set": facts})

    async def note_groups(self, groups: Mapping[str, str]) -> None:
        """host → its server group in this run."""
        writes = [UpdateOne({"_id": host}, {"$set": {"group": group}}) for host, group in groups.items()]
        if writes:
            await self.db["hosts"].bulk_write(writes, ordered=False)

    async def note_alias(self, twin: str, host: str, unit: str) -> None:
        """A www twin shows the same site as its host: it becomes an alias, not a second site."""
        await self.db["sites"].update_one(
            {"_id": f"{twin}/"},
            {
                "$set": {"alias_of": f"{host}/"},
                "$setOnInsert": {
                    "host": twin,
                    "unit": unit,
                    "official": False,
                    "state": "registered",
                    "history": [],
                },
            },
            upsert=True,
        )

    async def close(self) -> None:
        """Close the connection; the embedded server stops with its last user."""
        await self._connection.close()


_opened: WeakKeyDictionary[Crawler, "asyncio.Future[CrawlStore]"] = WeakKeyDictionary()


async def crawl_store(crawler: Crawler) -> CrawlStore:
    """The one store of a crawler, opened by whoever asks first."""
    if crawler not in _opened:
        _opened[crawler] = asyncio.ensure_future(_open(crawler))
    return await _opened[crawler]


async def _open(crawler: Crawler) -> CrawlStore:
    settings: Any = crawler.settings
    return CrawlStore(await open_async_store(settings), settings.getfloat("RASOAT_MONGO_PATIENCE"))
