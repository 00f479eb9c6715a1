"""Hands out what may be fetched now: every wait happens here, before a Request exists.

Inside a process a server group is the unit of pacing; between processes its lease is. One job ends in exactly one
item (Page or Miss), or comes back by ``retry``; a host ends when nothing is queued, in flight or unwritten.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

from crawler.items import Miss, Page
from crawler.schedule.admission import Admission
from crawler.schedule.background import Background
from crawler.schedule.beat import Beat
from crawler.schedule.endings import Endings
from crawler.schedule.faults import name_of
from crawler.schedule.groups import Clock, Group, Job
from crawler.schedule.hosts import HostState, over_budget
from crawler.schedule.keeper import Keeper, Limits
from crawler.schedule.landlord import Landlord
from crawler.schedule.supply import Supply
from crawler.schedule.twins import Twins
from crawler.store.crawl import CrawlStore
from crawler.store.frontier import Entry
from crawler.store.looks import BLOCKED
from crawler.store.sites import Sites
from crawler.urls import host_of
from crawler.views.views import REPEAT

RETRIES = 2
"""Further tries after a fault of the network."""
MAX_TRIES = 6
LOOK_RETRIES = 1
"""Further tries of a look in another view: it is one of many."""
GIVE_UP = 12
"""Faults in a row after which a host is left alone."""
GIVE_UP_UNHEARD = 6
"""The same for a host that has never answered: its home page and robots.txt were asked three times each."""
_NAP = 0.5


class Dispatcher:
    """The crawl's timetable."""

    def __init__(
        self,
        store: CrawlStore,
        keeper: Keeper,
        scope: Sites,
        limits: Limits,
        admission: type[Admission] = Admission,
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._limits = limits
        self._clock = Clock()
        self._background = Background()
        self._landlord = Landlord(store, keeper, limits.max_groups, self._background, self._leased)
        self._misses: list[Miss] = []
        self._closing = False
        self.hosts: dict[str, HostState] = {}
        self.admission = admission(scope, self.hosts)
        self._endings = Endings(keeper, self._landlord, self._background, self.admission, self._ended)
        self._supply = Supply(keeper, self._landlord, self._background, self._endings, self.admission, self._schedule)
        self._twins = Twins(self.hosts, self._endings, self._work)
        self._beat = Beat(keeper, self._landlord, self._endings, self.hosts, self._schedule)
        store.on_flush.append(self._flushed)
        store.on_fail.append(self._background.fail)

    # ------------------------------------------------------------------------------------------- the way out

    async def open(self) -> None:
        """Resolve, group, queue; afterwards ``jobs`` may be asked."""
        await self._keeper.prepare(self.admission, self.hosts)
        self._landlord.open(await self._keeper.groups(self.hosts))
        self._beat.start(self._background)

    async def jobs(self) -> AsyncIterator[Job | Miss]:
        """Jobs as they become due, and misses for entries that turned out not to be worth a fetch.

        Ends when every host of the run has its end state. Raises StoreUnavailable when the database stayed away.
        """
        loop = asyncio.get_running_loop()
        while not self._closing:
            if self._background.fault is not None:
                raise self._background.fault
            if self._misses:
                yield self._misses.pop()
                continue
            stopped = self._store.away or self._store.is_behind or self._keeper.lost
            job = None if stopped else self._next(loop.time())
            if job is not None:
                yield job
            elif self._landlord.is_done and not self._endings.busy:
                return
            else:
                await self._nap(loop.time(), stopped)

    async def _nap(self, now: float, stopped: bool) -> None:
        """Wait for the next group's time or for anything that changes."""
        wake = self._background.wake
        wake.clear()
        due = self._clock.next_at()
        if due is None and not self._landlord.is_busy:
            self._store.starve()
        timeout = _NAP if due is None or stopped else min(_NAP, max(0.001, due - now))
        try:
            async with asyncio.timeout(timeout):
                await wake.wait()
        except TimeoutError:
            return

    def _next(self, now: float) -> Job | None:
        while (group := self._clock.due(now)) is not None:
            if not group.leased or group.leaving or group.inflight >= group.connections:
                continue
            if group.next_at > now:
                self._clock.schedule(group, group.next_at)
                continue
            host = group.next_host(now)
            if host is None:
                at = group.wakes_at()
                if at is not None:
                    self._clock.schedule(group, max(at, now + 0.01))
                continue
            job = self._start(group, host, now)
            if job is not None:
                return job
        return None

    def _start(self, group: Group, host: HostState, now: float) -> Job | None:
        """Take an entry of a host; None when it is not worth a fetch after all."""
        entry = host.pop()
        limits = self._limits
        cause = "" if entry.is_look else over_budget(host, limits.max_pages, limits.max_bytes, limits.max_seconds)
        if cause:
            self._clock.schedule(group, now)
            self._supply.close(host, cause)
            return None
        cause = self._pointless(host, entry)
        if cause:
            self._clock.schedule(group, now)
            host.pending += 1
            self._misses.append(Miss(host.host, entry.digest, entry.url, "skipped", cause))
            self._supply.refill(host)
            return None
        if not entry.is_look:
            host.spellings.begin(entry.url)
        if not host.begun:
            host.begun = True
            self._background.spawn(self._keeper.begin(host))
        if host.scheme and not entry.tries:
            entry.url = f"{host.scheme}:{entry.url.partition(':')[2]}"
        self._store.hungry = False
        group.hand_out(now)
        host.inflight += 1
        host.pending += 1
        host.pages += not entry.is_look
        host.held = host.held or bool(host.twin_of and not entry.depth and host.home is None)
        self._supply.refill(host)
        if group.inflight < group.connections:
            self._clock.schedule(group, group.next_at)
        return Job(entry, host, group)

    @staticmethod
    def _pointless(host: HostState, entry: Entry) -> str:
        """Why an entry is not worth a fetch, counted, or ""."""
        if entry.is_look:
            return host.refuse(entry)
        cause = host.pointless(entry.url, entry.digest, entry.shape) if entry.depth and not entry.tries else ""
        if cause:
            host.skipped[cause] += 1
        return cause

    # ------------------------------------------------------------------------------------------- the way back

    def left(self, job: Job) -> None:
        """The request is on its way to the server."""
        job.group.left_at = asyncio.get_running_loop().time()

    def arrived(self, job: Job) -> None:
        """The server is free again of this job, whatever came back."""
        job.group.inflight -= 1
        job.host.inflight -= 1
        self._background.tell()
        self._schedule(job.group)

    def observe(self, job: Job, page: Page) -> Page | Miss:
        """Learn from an answer: a page with its new links, or a miss when it is none of the host's pages."""
        host, entry = job.host, job.entry
        if entry.is_look:
            return self._look(job, page)
        host.volume += len(page.body)
        cause = host.observe(page, entry)
        if cause:
            host.skipped[cause] += 1
            host.pages -= 1
            return Miss(host.host, entry.digest, entry.url, "skipped", cause, gone=True)
        lost = host.access.lost(host.readable)
        if lost:
            self._endings.end(host, *lost)
        if entry.via == "home":
            self._twins.compare(host)
        page.discovered = [*self.admission.admit(page, entry), *self.admission.probe(host, entry)]
        return page

    def _look(self, job: Job, page: Page) -> Page:
        """An answer to another view: it says nothing of the host, but what only it leads to is found."""
        host, entry = job.host, job.entry
        if page.rendered is not None:
            own = sum(host_of(edge.url) == host.host and not edge.refused for edge in page.rendered.edges)
            job.group.charge(own - 1, asyncio.get_running_loop().time())
        if host.looks.note(page):
            host.skipped[BLOCKED] += 1
        elif entry.view != REPEAT:
            page.discovered = [*self.admission.admit(page, entry), *self.admission.follow(page, entry)]
        return page

    def missed(self, job: Job, miss: Miss) -> None:
        """A URL that gave no page: it does not count in the budget, and the review says why it is missing."""
        if job.entry.is_look:
            job.host.missed(miss)
            return
        job.host.pages -= 1
        if miss.state == "failed":
            job.host.skipped[name_of(miss.cause)] += 1

    def retry(self, job: Job, wait: float, url: str = "", ask: str = "", *, counts: bool = True) -> bool:
        """Ask again after ``wait`` seconds; False when it was tried often enough."""
        entry, host = job.entry, job.host
        retries = LOOK_RETRIES if entry.is_look else RETRIES
        if host.ended or entry.tries >= (retries if counts else MAX_TRIES):
            return False
        entry.tries += 1
        entry.url, entry.ask = url or entry.url, ask or ("" if url else entry.ask)
        host.pending -= 1
        host.pages -= not entry.is_look
        host.again.append(entry)
        if wait:
            host.not_before = max(host.not_before, asyncio.get_running_loop().time() + wait)
        self._background.tell()
        self._schedule(job.group)
        return True

    def fault(self, job: Job, cause: str) -> None:
        """A network fault; many in a row end the host."""
        host = job.host
        if job.entry.is_look:
            host.looks.fault(job.entry.view)
            return
        host.failures += 1
        host.error = cause
        if job.entry.via == "home":
            self._twins.release(host)
        stored = sum(host.answers.values())
        if host.failures >= (GIVE_UP if stored else GIVE_UP_UNHEARD):
            self._endings.end(
                host, "unreachable", f"stopped answering after {stored} answers: {cause}" if stored else cause
            )

    def leave(self, job: Job, state: str, cause: str) -> None:
        """End a host early: it asked us to stay away."""
        self._endings.end(job.host, state, cause)

    def lost(self, host: str) -> None:
        """An item was dropped by a fault of ours: its entry stays taken and is fetched again on a resume."""
        self._flushed(Counter({host: 1}), set())

    def _flushed(self, settled: Counter[str], awakened: set[str]) -> None:
        touched = [self.hosts[name] for name in sorted({*settled, *awakened}) if name in self.hosts]
        for host in touched:
            host.pending -= settled[host.host]
            host.settled += settled[host.host]
            host.flushes += 1
            host.dry = host.dry and host.host not in awakened
        self._background.tell()
        for host in touched:
            name, group = host.host, self._landlord.of(host)
            if host.alias and name in awakened:
                self._endings.move(host)
            elif host.ended == "complete" and name in awakened and group:
                host.ended, host.begun = "", False  # another site of the run found something new on it
                self._landlord.reopen(group)
            self._supply.refill(host)
        self._background.wake.set()

    # --------------------------------------------------------------------------------------------- the hosts

    def _leased(self, group: Group) -> None:
        for host in group.hosts:
            self._supply.refill(host)
        self._schedule(group)

    def _work(self, host: HostState) -> None:
        self._supply.refill(host)
        group = self._landlord.of(host)
        if group is not None:
            self._schedule(group)

    def _schedule(self, group: Group) -> None:
        if group.leased and not group.leaving and group.inflight < group.connections:
            self._clock.schedule(group, group.next_at)
        self._background.wake.set()

    def _ended(self, host: HostState) -> None:
        self._twins.release(host)
        self._flushed(Counter(), {host.alias} if host.alias else set())
        group = self._landlord.of(host)
        if group is not None:
            self._schedule(group)

    async def close(self) -> None:
        """Stop handing out; give every lease back."""
        self._closing = True
        self._background.wake.set()
        await self._background.close()
        if self._background.fault is None:
            if not self._store.away:
                await self._beat.tell()
            await self._keeper.note_skipped(self.hosts.values())
            await self._landlord.close()
