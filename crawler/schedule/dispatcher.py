"""Hands out what may be fetched now: every wait happens here, before a Request exists.

Inside a process a server group is the unit of pacing; between processes its lease is. One job ends in exactly one
item (Page or Miss), or comes back by ``again``; a host ends when nothing is queued, in flight or unwritten.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

from crawler.errors import RasoatError
from crawler.items import Discovery, Miss, Page
from crawler.schedule.admission import Admission
from crawler.schedule.groups import Clock, Group
from crawler.schedule.hosts import HostState, over_budget, verdict
from crawler.schedule.keeper import Keeper, Limits
from crawler.store.sites import Sites
from crawler.schedule.twins import settle_twin
from crawler.store.crawl import CrawlStore
from crawler.store.frontier import Entry

logger = logging.getLogger(__name__)

HOT = 100
"""Entries of a host in memory at most; more of them would make late discoveries wait."""
LOW = 20
RETRIES = 2
"""Further tries after a fault of the network."""
GIVE_UP = 12
"""Faults in a row after which a host is left alone."""
SLICE_SECONDS = 10.0
"""A lease that somebody else wants is handed over after so long."""
BEAT_SECONDS = 2.0


@dataclass(slots=True)
class Job:
    """One fetch: the entry, its host and the group that paces it."""

    entry: Entry
    host: HostState
    group: Group


class Dispatcher:
    """The crawl's timetable."""

    def __init__(self, store: CrawlStore, keeper: Keeper, scope: Sites, limits: Limits) -> None:
        self._store = store
        self._keeper = keeper
        self._limits = limits
        self._clock = Clock()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._misses: list[Miss] = []
        self._waiting: list[Group] = []
        self._active: list[Group] = []
        self._fatal: RasoatError | None = None
        self._closing = False
        self.hosts: dict[str, HostState] = {}
        self._group_of: dict[str, Group] = {}
        self.admission = Admission(scope, self.hosts)
        store.on_flush.append(self._flushed)
        store.on_fail.append(self._failed)

    # ------------------------------------------------------------------------------------------- the way out

    async def open(self) -> None:
        """Resolve, group, queue; afterwards ``jobs`` may be asked."""
        await self._keeper.prepare(self.admission, self.hosts)
        self._waiting = self._keeper.groups(self.hosts)
        for group in self._waiting:
            for host in group.hosts:
                self._group_of[host.host] = group
        self._spawn(self._lease_waiting())
        self._spawn(self._beat())

    async def jobs(self) -> AsyncIterator[Job | Miss]:
        """Jobs as they become due, and misses for entries that turned out not to be worth a fetch.

        Ends when every host of the run has its end state. Raises StoreUnavailable when the database stayed away.
        """
        loop = asyncio.get_running_loop()
        while not self._closing:
            if self._fatal is not None:
                raise self._fatal
            if self._misses:
                yield self._misses.pop()
                continue
            job = None if self._store.away or self._keeper.lost else self._next(loop.time())
            if job is not None:
                yield job
                continue
            if self._is_finished():
                return
            self._wake.clear()
            due = self._clock.next_at()
            timeout = 0.5 if due is None or self._store.away else min(0.5, max(0.001, due - loop.time()))
            try:
                async with asyncio.timeout(timeout):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _is_finished(self) -> bool:
        busy = any(not group.ended for group in (*self._waiting, *self._active))
        return not busy and not any(group.leased for group in self._active) and not self._misses

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
        if len(host.hot) < LOW:
            self._refill(host)
        limits = self._limits
        cause = over_budget(host, now, limits.max_pages, limits.max_bytes, limits.max_seconds)
        if cause:
            self._clock.schedule(group, now)
            self._end(host, "budget", cause)
            return None
        if entry.shape in host.near.spent and entry.depth:
            self._clock.schedule(group, now)
            host.pending += 1
            host.skipped["near_duplicate"] += 1
            self._misses.append(Miss(host.host, entry.digest, entry.url, "skipped", "near_duplicate"))
            return None
        if not host.begun:
            host.begun, host.started = True, host.started or now
            self._spawn(self._keeper.begin(host))
        group.next_at = now + group.pace
        group.inflight += 1
        host.inflight += 1
        host.pending += 1
        host.pages += 1
        if group.inflight < group.connections:
            self._clock.schedule(group, group.next_at)
        if host.twin_of and not entry.depth:
            host.held = True
        return Job(entry, host, group)

    # ------------------------------------------------------------------------------------------- the way back

    def arrived(self, job: Job) -> None:
        """The server is free again of this job, whatever came back."""
        job.group.inflight -= 1
        job.host.inflight -= 1
        self._schedule(job.group)

    def observe(self, job: Job, page: Page) -> list[Discovery]:
        """Learn from a page and admit its links."""
        host = job.host
        host.bytes += len(page.body)
        host.observe(page, job.entry)
        if job.entry.via == "home":
            self._home(job, page)
        return self.admission.admit(page, job.entry.depth)

    def _home(self, job: Job, page: Page) -> None:
        host = job.host
        host.home = (page.body, page.simhash)
        for redirect in page.redirects:
            if redirect.kind == "http":
                host.home_redirect = redirect.url
        self._compare(host)

    def _compare(self, host: HostState) -> None:
        """Settle a twin as soon as both home pages are known, or one side is at its end."""
        for twin in [other for other in self.hosts.values() if other.twin_of and host.host in (other.host, other.twin_of)]:
            outcome = settle_twin(twin, self.hosts[twin.twin_of])
            if outcome == "alias":
                self._spawn(self._keeper.alias(twin, self.admission))
                cause = f"the same content as {twin.twin_of}"
                self._end(twin, "redirected" if twin.home_redirect else "complete", cause)
            elif outcome == "own":
                self._schedule(self._group_of[twin.host])
                self._refill(twin)

    def retry(self, job: Job, *, wait: float, url: str = "", counts: bool = True) -> bool:
        """Ask again after ``wait`` seconds; False when it was tried often enough."""
        entry = job.entry
        if counts and entry.tries >= RETRIES:
            return False
        if job.host.ended or entry.tries >= 6:
            return False
        entry.tries += 1
        entry.url = url or entry.url
        job.host.pending -= 1
        job.host.pages -= 1
        job.host.again.append(entry)
        if wait:
            job.host.not_before = max(job.host.not_before, asyncio.get_running_loop().time() + wait)
        self._schedule(job.group)
        return True

    def fault(self, job: Job, cause: str) -> None:
        """A network fault; many in a row end the host."""
        host = job.host
        host.failures += 1
        host.error = cause
        if job.entry.via == "home":
            self._release_twin(host)
        if host.failures >= GIVE_UP:
            stored = sum(host.answers.values())
            self._end(host, "unreachable", f"stopped answering after {stored} answers: {cause}" if stored else cause)

    def _release_twin(self, host: HostState) -> None:
        """A home page that cannot be had leaves its twin nothing to compare with."""
        host.held = False
        for twin in self.hosts.values():
            if twin.twin_of == host.host and twin.held:
                twin.held = False
                self._schedule(self._group_of[twin.host])

    def leave(self, job: Job, state: str, cause: str) -> None:
        """End a host early: it asked us to stay away, or answers nothing of use."""
        self._end(job.host, state, cause)

    def lost(self, host: str) -> None:
        """An item was dropped by a fault of ours: its entry stays taken and is fetched again on a resume."""
        self._flushed(Counter({host: 1}), set())

    def _flushed(self, settled: Counter[str], awakened: set[str]) -> None:
        for name, times in settled.items():
            host = self.hosts.get(name)
            if host is not None:
                host.pending -= times
                host.flushes += 1
        for name in sorted({*settled, *awakened}):
            host = self.hosts.get(name)
            if host is None:
                continue
            if host.ended == "complete" and name in awakened and not host.alias:
                self._reopen(host)
            self._refill(host)
        self._wake.set()

    # ------------------------------------------------------------------------------------------- housekeeping

    def _schedule(self, group: Group) -> None:
        if group.leased and not group.leaving and group.inflight < group.connections:
            self._clock.schedule(group, group.next_at)
        self._wake.set()

    def _refill(self, host: HostState) -> None:
        """Bring a host's next entries from the frontier, unless that is under way or there are enough."""
        group = self._group_of[host.host]
        if host.refilling or host.ended or len(host.hot) >= LOW or not group.leased or not host.loaded:
            return
        host.refilling = True
        self._spawn(self._do_refill(host, group))

    async def _do_refill(self, host: HostState, group: Group) -> None:
        try:
            flushes = host.flushes
            entries = await self._store.patiently(lambda: self._store.frontier.take(host.host, HOT))
        finally:
            host.refilling = False
        if host.ended:
            return
        host.hot = sorted([*host.hot, *entries], key=lambda entry: entry.priority)
        if entries:
            self._schedule(group)
        elif flushes != host.flushes:
            self._refill(host)
        elif not (host.hot or host.again or host.inflight or host.pending):
            self._end(host, *verdict(host))

    def _end(self, host: HostState, state: str, cause: str) -> None:
        if not host.ended:
            host.ended = state
            self._spawn(self._do_end(host, cause))

    async def _do_end(self, host: HostState, cause: str) -> None:
        group = self._group_of.get(host.host)
        while host.inflight or host.pending > 0:  # what is under way is still written
            await asyncio.sleep(0.05)
        await self._keeper.end(host, cause)
        self._release_twin(host)
        if group is not None and group.leased and group.ended:
            await self._give_back(group)
        self._wake.set()

    def _reopen(self, host: HostState) -> None:
        """Another site of the run found something new on a host that was done."""
        group = self._group_of[host.host]
        host.ended, host.begun = "", False
        if not group.leased and group not in self._waiting:
            self._active.remove(group)
            self._waiting.append(group)

    async def _give_back(self, group: Group) -> None:
        group.leaving = True
        while group.inflight:
            await asyncio.sleep(0.02)
        owed = group.next_at - asyncio.get_running_loop().time()
        await self._store.patiently(lambda: self._store.leases.release(group.addresses, owed))
        group.leased = group.leaving = False
        self._wake.set()

    async def _lease_waiting(self) -> None:
        """Lease groups as they become free, at most ``max_groups`` at a time."""
        while not self._closing:
            for group in list(self._waiting):
                if group.ended:
                    self._waiting.remove(group)
                    self._active.append(group)
                elif sum(item.leased for item in self._active) < self._limits.max_groups:
                    await self._lease(group)
            await asyncio.sleep(0.5)

    async def _lease(self, group: Group) -> None:
        owed = await self._store.patiently(lambda: self._store.leases.acquire(group.addresses, group.pace))
        if owed is None:
            return
        for host in group.hosts:
            if not host.loaded and not host.ended:
                await self._keeper.load(host)
        group.leased = True
        group.next_at = asyncio.get_running_loop().time() + owed
        self._waiting.remove(group)
        self._active.append(group)
        for host in group.hosts:
            self._refill(host)
        self._schedule(group)

    async def _beat(self) -> None:
        """Keep leases and run alive, hand over what others want, follow the operator's word."""
        while not self._closing:
            wanted = await self._keeper.beat(self.hosts, SLICE_SECONDS)
            for group in list(self._active):
                if group.leased and not group.leaving and wanted & set(group.addresses) and not group.ended:
                    await self._give_back(group)
                    self._active.remove(group)
                    self._waiting.append(group)
                else:
                    self._schedule(group)
            self._check_paused()
            await asyncio.sleep(BEAT_SECONDS)

    def _check_paused(self) -> None:
        """When nothing but paused hosts is left, they end the run as interrupted, so that it can be resumed."""
        left = [host for host in self.hosts.values() if not host.ended]
        if left and all(host.policy.paused and not host.inflight for host in left):
            for host in left:
                reason = f": {host.policy.reason}" if host.policy.reason else ""
                self._end(host, "interrupted", f"paused by {host.policy.by or 'an operator'}{reason}")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._reap)

    def _failed(self, error: RasoatError) -> None:
        self._fatal = self._fatal or error
        self._wake.set()

    def _reap(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            if not isinstance(error, RasoatError):
                logger.error("A task of the dispatcher failed", exc_info=error)
                error = RasoatError(f"internal error: {type(error).__name__}: {error}")
            self._failed(error)
        self._wake.set()

    async def close(self) -> None:
        """Stop handing out; give every lease back."""
        self._closing = True
        self._wake.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        held = [address for group in self._active if group.leased for address in group.addresses]
        if held and self._fatal is None:
            await self._store.leases.release(held, max(group.pace for group in self._active))
