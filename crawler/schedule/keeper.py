"""What the dispatcher does in the store and by DNS: prepare a run, load a host, end a host, keep the beat."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from crawler.dns.tls import verify
from crawler.items import Discovery
from crawler.schedule.addressing import Address, Addressing
from crawler.schedule.admission import Admission
from crawler.schedule.groups import Group, join
from crawler.schedule.hosts import UNTOLD, HostState, verdict
from crawler.schedule.policy import read_policy
from crawler.schedule.priority import SEED, TOP
from crawler.schedule.waves import Waves
from crawler.store.crawl import CrawlStore
from crawler.store.frontier import Entry
from crawler.store.runs import counted
from crawler.store.sites import Sites
from crawler.urls import hostname, twin

LOST_AFTER = 20.0
"""Seconds without a heartbeat after which leases may be somebody else's (they go stale at 30)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server and one host are owed; seconds, bytes, counts."""

    connections: int
    delay: float
    max_pages: int
    max_bytes: int
    max_seconds: float
    max_groups: int


class Keeper:
    """The store's side of the dispatcher, for the review of whole hosts; a recheck differs in some steps."""

    spider = "deep"

    def __init__(
        self,
        store: CrawlStore,
        addressing: Addressing,
        scope: Sites,
        limits: Limits,
        seeds: Iterable[str],
        schemes: Mapping[str, str],
        waves: Waves | None = None,
    ) -> None:
        self._store = store
        self._addressing = addressing
        self._scope = scope
        self._limits = limits
        self._seeds = sorted(set(seeds))
        self._schemes = schemes
        self.waves = waves
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._beaten = time.monotonic()
        self._spoken = 0.0
        self._stored_before = 0

    @property
    def lost(self) -> bool:
        """True when the leases could not be renewed for so long that they may be gone."""
        return time.monotonic() - self._beaten > LOST_AFTER

    # ------------------------------------------------------------------------------------------------- start

    async def prepare(self, admission: Admission, hosts: dict[str, HostState]) -> None:
        """Resolve all hosts and www twins, queue reviews and seeds; fills ``hosts``."""
        names, twins = self._scope.hosts, self.twins()
        answers = await self._resolve([*names, *twins])
        for name in names:
            hosts[name] = HostState(name, self._limits.delay)
        for name, host in twins.items():
            if answers[name].addresses:
                hosts[name] = HostState(name, self._limits.delay, twin_of=host)
                self._scope.add_twin(name, host)
        run, runs = self._store.run, self._store.runs
        self._stored_before = await self._store.patiently(lambda: runs.stored({"run": run}))
        await self._store.patiently(lambda: runs.queue_reviews(run, hosts, self.spider))
        await self._store.patiently(lambda: self._store.frontier.add(self.openings(admission, hosts)))
        reviews = await self._store.patiently(lambda: runs.reviews(run))
        waiting = await self._store.patiently(self._store.frontier.waiting_hosts)
        for name, state in hosts.items():
            answer = answers[name]
            self._addresses[name] = answer.addresses
            state.alias = reviews[name].get("alias", "")
            state.recall(reviews[name].get("progress") or {})
            state.skipped.update({item["name"]: item["n"] for item in reviews[name]["skipped"]})
            if reviews[name]["state"] not in ("queued", "running") and name not in waiting:
                state.ended = reviews[name]["state"]
            elif not answer.addresses:
                state.refused, state.error = answer.refused, answer.error
                state.ended = "refused" if answer.refused else "unreachable"
                await self.end(state, answer.refused or answer.error)

    async def _resolve(self, names: list[str]) -> dict[str, Address]:
        gate = asyncio.Semaphore(20)

        async def look_up(name: str) -> Address:
            async with gate:
                return await self._addressing.look_up(name)

        return dict(zip(names, await asyncio.gather(*map(look_up, names)), strict=True))

    def twins(self) -> dict[str, str]:
        """www twin → host, for hosts that are one site as a whole."""
        names = self._scope.hosts
        return {twin(name): name for name in names if twin(name) not in names and self._scope.prefixes(name) == [""]}

    def openings(self, admission: Admission, hosts: Mapping[str, HostState]) -> list[Discovery]:
        """Home pages of the sites, robots.txt and sitemap.xml of the hosts, the operator's URLs."""
        found: list[Discovery | None] = []
        for name, state in hosts.items():
            scheme = self._schemes.get(state.twin_of or name) or "http"
            root = f"{scheme}://{name}"
            for prefix in self._scope.prefixes(name):
                found.append(admission.seed(f"{root}/{prefix}/" if prefix else f"{root}/", "home", TOP))
            if not state.twin_of:
                found.append(admission.seed(f"{root}/robots.txt", "robots", TOP - 1))
                found.append(admission.seed(f"{root}/sitemap.xml", "guess", TOP - 2))
        found += [admission.seed(url, "seed", SEED) for url in self._seeds]
        return [item for item in found if item is not None]

    async def groups(self, hosts: Mapping[str, HostState]) -> list[Group]:
        """Server groups of the hosts that have an address."""
        limits = self._limits
        groups = [
            Group(addresses[0], addresses, [hosts[name] for name in names], limits.connections, limits.delay)
            for names, addresses in join({name: self._addresses[name] for name in hosts})
        ]
        await self.note_groups({host.host: group.name for group in groups for host in group.hosts})
        return groups

    async def note_groups(self, named: Mapping[str, str]) -> None:
        """Write which server each host is on."""
        await self._store.patiently(lambda: self._store.note_groups(named))

    # ------------------------------------------------------------------------------------------------ a host

    async def load(self, host: HostState) -> None:
        """What the database knows of a host: after a crash or a hand-over the crawl goes on from there."""
        store, frontier = self._store, self._store.frontier
        done, skipped = list[str](), Counter[str]()
        looks = await store.patiently(lambda: frontier.looks(host.host))
        taken = any(row["state"] == "taken" for row in looks)
        async for row in frontier.known(host.host):
            state = row["state"]
            taken = taken or state == "taken"
            if state == "done":
                done.append(row["digest"])
            if host.know(int(row["digest"][:16], 16)) and state != "skipped":
                host.budgets.note(row["url"], row["shape"])
                host.admitted += 1
            if state == "skipped" and row["cause"] not in UNTOLD:
                skipped[row["cause"]] += 1
        if taken:
            done += await store.patiently(lambda: frontier.recover(host.host))
        unread = await store.patiently(lambda: store.pages.unread_documents(store.run, host.host))
        skipped.update({f"document_{cause}": times for cause, times in unread.items()})
        host.skipped |= skipped  # what the last beat noted, and what is stored: the larger number
        host.answers.update(await store.patiently(lambda: store.pages.answers(store.run, host.host, done)))
        host.pages = sum(host.answers.values())
        host.readable = await self._store.patiently(lambda: self._store.pages.readable(self._store.run, host.host))
        host.loaded = True

    async def begin(self, host: HostState) -> None:
        """A host's first request goes out."""
        await self._store.patiently(lambda: self._store.runs.begin_review(self._store.run, host.host))

    async def take(self, host: HostState, limit: int) -> list[Entry]:
        """A host's next entries; of one whose budget is used up, only looks at pages that are there."""
        frontier = self._store.frontier
        return await self._store.patiently(lambda: frontier.take(host.host, limit, views=bool(host.full)))

    async def more(self, host: HostState, admission: Admission) -> bool:
        """Add to a host's frontier what the run thinks of only when it is empty; False when there is nothing."""
        if self.waves is None:
            return False
        found = await self.waves.next(host)
        await self._store.patiently(lambda: self._store.frontier.add(found))
        return bool(found)

    def verdict(self, host: HostState) -> tuple[str, str]:
        """End state and cause of a host whose frontier is empty."""
        return verdict(host)

    async def alias(self, host: HostState, admission: Admission) -> None:
        """A twin shows the same site: what waits on it is fetched from the host it copies."""
        place = self._scope.find(host.alias, "/")
        unit = place.unit if place else ""
        await self._store.patiently(lambda: self._store.note_alias(host.host, host.alias, unit))
        states = ("queued", "taken")  # taken ones lay in memory while the twin was held
        waiting = [row["url"] async for row in self._store.frontier.known(host.host) if row["state"] in states]
        moved = [item for url in waiting if (item := admission.move(url, host.alias)) is not None]
        await self._store.patiently(lambda: self._store.frontier.requeue_for(host.host, moved))

    async def verify_tls(self, host: HostState) -> None:
        """Record what a verifying client would say of a host's certificate; fetching does not depend on it."""
        address = self._addresses[host.host][0]
        name, _, port = host.host.rpartition(":")
        number = int(port) if name and port.isdecimal() else 443
        report = await verify(hostname(host.host), address, number)
        facts = {"tls": {**asdict(report), "checked": datetime.now(UTC)}}
        await self._store.patiently(lambda: self._store.note_host(host.host, facts))

    async def end(self, host: HostState, cause: str) -> None:
        """Write what follows from a host's pages, end its review."""
        store, run, name = self._store, self._store.run, host.host
        if host.answers:
            await self.conclude(host)
        left = await store.patiently(lambda: store.frontier.left(name))
        if left and host.ended == "budget":
            cause = f"{cause}; {left} URLs left"
        extra: dict[str, Any] = {"bytes": host.volume, "left": left, "alias": host.alias}
        extra["crawl_delay"] = host.crawl_delay
        # Counted in the frontier: a page that another run fetched meanwhile carries that run's name.
        extra["pages"] = await store.patiently(lambda: store.frontier.count(name, "done"))
        looks = await store.patiently(lambda: store.frontier.looks(name))
        extra["views"] = counted(Counter(row["reason"] for row in looks if row["state"] == "done"))
        skipped, spider = host.skipped, self.spider
        await store.patiently(lambda: store.runs.end_review(run, name, host.ended, cause, skipped, extra, spider))

    async def conclude(self, host: HostState) -> None:
        """Write a host's edges and settle its findings."""
        store, run, now = self._store, self._store.run, datetime.now(UTC)
        await store.patiently(lambda: store.pages.write_edges(run, host.host))
        await store.patiently(lambda: store.findings.settle_host(host.host, now))

    async def note_skipped(self, hosts: Iterable[HostState]) -> None:
        """Write what the hosts at work have left out so far, for a run that is gone on with later."""
        counts = {host.host: host.skipped for host in hosts if host.begun and not host.ended and host.skipped}
        if counts:
            await self._store.patiently(lambda: self._store.runs.note_skipped(self._store.run, counts))

    # -------------------------------------------------------------------------------------------------- beat

    async def beat(self, hosts: Mapping[str, HostState]) -> None:
        """Renew leases, speak for the run, read the operator's policies."""
        store = self._store
        await store.patiently(store.leases.renew)
        self._beaten = time.monotonic()
        if self._beaten - self._spoken > 5:
            self._spoken = self._beaten
            stored = self._stored_before + store.stored
            await store.patiently(lambda: store.runs.beat(store.run, stored))
            await self.note_skipped(hosts.values())
        policies = await store.patiently(lambda: store.policies(list(hosts)))
        now, loop_now = datetime.now(UTC), asyncio.get_running_loop().time()
        for name, state in hosts.items():
            state.policy = read_policy(policies.get(name))
            closed = state.policy.closed_for(now)
            state.closed_until = loop_now + closed if closed else 0.0

    async def tell(self, rows: Callable[[datetime], dict[str, dict[str, Any]]]) -> None:
        """Write how far each host is; ``rows`` is asked with the time: host → ``reviews.progress``."""
        store, progress = self._store, rows(datetime.now(UTC))
        await store.patiently(lambda: store.runs.tell(store.run, progress))

    async def wanted(self, held_seconds: float) -> set[str]:
        """Addresses that others are to have now."""
        return await self._store.patiently(lambda: self._store.leases.wanted(held_seconds))
