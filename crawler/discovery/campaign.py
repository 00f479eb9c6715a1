"""One discovery run from its first question to its last host: the stages in order, in rounds until nothing is new."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, TypeVar

from crawler.discovery.by_judgement import by_judgement
from crawler.discovery.by_likeness import by_likeness
from crawler.discovery.by_link import by_link
from crawler.discovery.by_memory import by_memory
from crawler.discovery.by_name import by_name, by_place
from crawler.discovery.by_record import by_record
from crawler.discovery.by_visit import by_visit
from crawler.discovery.by_zone import by_zone
from crawler.discovery.ground import Cut, Ground, Plan
from crawler.discovery.inquiry import Inquiry
from crawler.discovery.journal import Journal
from crawler.discovery.lookup import LookUp
from crawler.discovery.servers import Servers
from crawler.discovery.visitor import Fetch, Visitor
from crawler.discovery.zones import Zones
from crawler.dns.channel import Channel
from crawler.items import Host, Page
from crawler.register.forms import named
from crawler.store.crawl import CrawlStore

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
STORE_SECONDS = 60.0
MAX_ROUNDS = 5
T = TypeVar("T")
Stage = Callable[[Ground], AsyncIterator[Host]]
STAGES: dict[str, Stage] = {
    "zones": by_zone,
    "places": by_place,
    "zones of places": by_zone,
    "known hosts": by_memory,
    "records": by_record,
    "links": by_link,
    "names": by_name,
    "look-alikes": by_likeness,
}
"""What is surest and cheapest first: the later stages guess from what the earlier ones know."""


class Campaign:
    """Yields hosts as they are found. Everything asked is in the journal, so a second process repeats nothing."""

    def __init__(self, store: CrawlStore, servers: Servers, plan: Plan, count: Callable[[str], None]) -> None:
        self._store = store
        self._journal = Journal(store)
        self._channel = Channel(plan.rate, plan.timeout)
        inquiry = Inquiry(self._channel, self._journal, count)
        look_up = LookUp(inquiry, servers)
        self.ground = Ground(store, plan, look_up, Zones(inquiry, servers, look_up, plan.keys), count)
        self._tasks: list[asyncio.Task[Any]] = []
        self._yielded: Counter[str] = Counter()
        self._flushed: Counter[str] = Counter()
        self._wake = asyncio.Event()
        store.on_flush.append(self._settled)
        self.stage = "start"

    async def open(self) -> None:
        """Read what is known, open the socket, begin the beat."""
        ground, known = self.ground, self._store.discovered
        await self._journal.open()
        ground.known = await self._store.patiently(known.known)
        units = await self._store.patiently(known.units)
        ground.units = {unit["_id"]: named(unit) for unit in units}
        ground.sites = await self._store.patiently(known.sites)
        ground.cuts.extend(Cut(zone, None) for zone in ground.plan.zones)
        ground.registered = {str(site["host"]) for site in ground.sites}
        offices = {unit["_id"] for unit in units if unit.get("level") in ("so", "phong")}
        ground.owners = {
            str(site["host"]): "" if site["unit"] in offices else str(site["unit"]) for site in ground.sites
        }
        await self._channel.open()
        self._tasks = [asyncio.ensure_future(self._beat()), asyncio.ensure_future(self._journal.keep_writing())]
        if self._journal.recalled:
            logger.info("%d answers of this run are known already", self._journal.recalled)

    async def close(self) -> None:
        """Stop, and write what is still in memory."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._channel.close()
        await self._journal.flush()

    async def _beat(self) -> None:
        while True:
            await self._store.patiently(self._store.leases.renew)
            await self._store.patiently(lambda: self._store.runs.beat(self._store.run, self._store.stored))
            await asyncio.sleep(BEAT_SECONDS)

    @property
    def reviewable(self) -> list[dict[str, str]]:
        """Live found hosts inside the authority's zones, as sites of a review."""
        return self.ground.reviewable

    def line(self) -> str:
        """How far it is, for a person."""
        ground = self.ground
        return (
            f"{self.stage} · {self._channel.asked:,} questions · {len(ground.look_up.zones)} zones · "
            f"{len(ground.seen):,} hosts"
        )

    async def items(self, fetch: Fetch | None, delay: float) -> AsyncIterator[Host | Page]:
        """All stages, round by round; raises StoreUnavailable when the database stayed away.

        ``fetch`` None stops after DNS, before any connection to a found host; ``delay``: seconds between requests.
        """
        for number in range(1, MAX_ROUNDS + 1):
            before = len(self.ground.seen), len(self.ground.look_up.zones)
            for name, stage in STAGES.items():
                async for host in self._staged(number, name, stage(self.ground)):
                    yield host
            if fetch is not None:
                visitor = Visitor(self._store, fetch, delay, self.ground.plan.ports)
                async for item in self._staged(number, "visits", by_visit(self.ground, visitor)):
                    if isinstance(item, Page):
                        self._yielded[item.host] += 1
                    yield item
                await self._stored()
            if before == (len(self.ground.seen), len(self.ground.look_up.zones)) and not self.ground.cuts:
                break
        if fetch is not None:
            for visited in sorted(self.ground.visits):
                await self._store.patiently(partial(self._store.pages.write_edges, self._store.run, visited))
        async for host in self._staged(0, "judgement", by_judgement(self.ground)):
            yield host

    async def _staged(self, number: int, name: str, items: AsyncIterator[T]) -> AsyncIterator[T]:
        self.stage, asked = name, self._channel.asked
        async for item in items:
            self._watch()
            yield item
        logger.info("Round %d, %s: %s, %d of them now", number, name, self.line(), self._channel.asked - asked)

    async def _stored(self) -> None:
        """Wait until the visits' pages are in the store: judgement asks what the rules found on them."""
        limit = asyncio.get_running_loop().time() + STORE_SECONDS
        while self._flushed.total() < self._yielded.total() and asyncio.get_running_loop().time() < limit:
            self._watch()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._wake.wait()

    def _settled(self, settled: Counter[str], _: set[str]) -> None:
        self._flushed.update(settled)
        self._wake.set()

    def lost(self, host: str) -> None:
        """A page that a pipeline dropped is not waited for."""
        self._settled(Counter({host: 1}), set())

    def _watch(self) -> None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error
