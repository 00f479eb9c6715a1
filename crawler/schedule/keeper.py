"""What the dispatcher does in the store and by DNS: prepare a run, load a host, end a host, keep the beat."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from scrapy.exceptions import CannotResolveHostError

from crawler.dns.network import Network
from crawler.dns.tls import verify
from crawler.errors import ForbiddenAddress
from crawler.items import Discovery
from crawler.schedule.admission import Admission
from crawler.schedule.groups import Group, join
from crawler.schedule.hosts import HostState
from crawler.schedule.policy import read_policy
from crawler.schedule.priority import SEED, TOP
from crawler.store.crawl import CrawlStore
from crawler.store.sites import Sites
from crawler.urls import clean, hostname, twin

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


@dataclass(frozen=True, slots=True)
class Address:
    """What a host name resolves to, after the guard: ``refused`` or ``error`` say why there is nothing."""

    addresses: tuple[str, ...]
    refused: str = ""
    error: str = ""


class Addressing(Protocol):
    """Resolves a host of the run and applies the guard."""

    async def look_up(self, host: str) -> Address: ...


class Keeper:
    """The store's side of the dispatcher."""

    def __init__(
        self,
        store: CrawlStore,
        addressing: Addressing,
        scope: Sites,
        limits: Limits,
        seeds: Iterable[str],
        schemes: Mapping[str, str],
    ) -> None:
        self._store = store
        self._addressing = addressing
        self._scope = scope
        self._limits = limits
        self._seeds = sorted(set(seeds))
        self._schemes = schemes
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._beaten = time.monotonic()
        self._spoken = 0.0

    @property
    def lost(self) -> bool:
        """True when the leases could not be renewed for so long that they may be gone."""
        return time.monotonic() - self._beaten > LOST_AFTER

    # ------------------------------------------------------------------------------------------------- start

    async def prepare(self, admission: Admission, hosts: dict[str, HostState]) -> None:
        """Resolve all hosts and www twins, queue reviews and seeds; fills ``hosts``."""
        names = self._scope.hosts
        twins = {twin(name): name for name in names if twin(name) not in names and self._scope.prefixes(name) == [""]}
        answers = await self._resolve([*names, *twins])
        for name in names:
            hosts[name] = HostState(name, self._limits.delay)
        for name, host in twins.items():
            if answers[name].addresses:
                hosts[name] = HostState(name, self._limits.delay, twin_of=host)
                self._scope.add_twin(name, host)
        run, runs = self._store.run, self._store.runs
        await self._store.patiently(lambda: runs.queue_reviews(run, hosts))
        await self._store.patiently(lambda: self._store.frontier.add(self._openings(admission, hosts)))
        reviews = await self._store.patiently(lambda: runs.reviews(run))
        waiting = await self._store.patiently(self._store.frontier.waiting_hosts)
        for name, state in hosts.items():
            answer = answers[name]
            self._addresses[name] = answer.addresses
            state.alias = reviews[name].get("alias", "")
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

    def _openings(self, admission: Admission, hosts: Mapping[str, HostState]) -> list[Discovery]:
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
        named = {host.host: group.name for group in groups for host in group.hosts}
        await self._store.patiently(lambda: self._store.note_groups(named))
        return groups

    # ------------------------------------------------------------------------------------------------ a host

    async def load(self, host: HostState) -> None:
        """What the database knows of a host: after a crash or a hand-over the crawl goes on from there."""
        frontier = self._store.frontier
        await self._store.patiently(lambda: frontier.recover(host.host))
        async for row in frontier.known(host.host):
            if host.know(int(row["digest"][:16], 16)) and row["state"] != "skipped":
                host.budgets.note(row["url"], row["shape"])
        host.answers.update(await self._store.patiently(lambda: self._store.pages.answers(self._store.run, host.host)))
        host.pages = sum(host.answers.values())
        host.readable = await self._store.patiently(lambda: self._store.pages.readable(self._store.run, host.host))
        host.loaded = True

    async def begin(self, host: HostState) -> None:
        """A host's first request goes out."""
        await self._store.patiently(lambda: self._store.runs.begin_review(self._store.run, host.host))

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
        """Write a host's edges, settle its findings, end its review."""
        store, run, now = self._store, self._store.run, datetime.now(UTC)
        if host.answers:
            await store.patiently(lambda: store.pages.write_edges(run, host.host))
            await store.patiently(lambda: store.findings.settle_host(host.host, now))
        left = await store.patiently(lambda: store.frontier.left(host.host))
        if left and host.ended == "budget":
            cause = f"{cause}; {left} URLs left"
        extra: dict[str, Any] = {"bytes": host.volume, "left": left, "alias": host.alias}
        await store.patiently(lambda: store.runs.end_review(run, host.host, host.ended, cause, host.skipped, extra))

    async def note_skipped(self, hosts: Iterable[HostState]) -> None:
        """Write what the hosts at work have left out so far, for a run that is gone on with later."""
        counts = {host.host: host.skipped for host in hosts if host.begun and not host.ended and host.skipped}
        if counts:
            await self._store.patiently(lambda: self._store.runs.note_skipped(self._store.run, counts))

    # -------------------------------------------------------------------------------------------------- beat

    async def beat(self, hosts: Mapping[str, HostState], held_seconds: float) -> set[str]:
        """Renew leases, speak for the run, read the operator's policies; returns addresses that others want."""
        store = self._store
        await store.patiently(store.leases.renew)
        self._beaten = time.monotonic()
        if self._beaten - self._spoken > 5:
            self._spoken = self._beaten
            stored = await store.patiently(lambda: store.pages.count(store.run))
            await store.patiently(lambda: store.runs.beat(store.run, stored))
            await self.note_skipped(hosts.values())
        policies = await store.patiently(lambda: store.policies(list(hosts)))
        now, loop_now = datetime.now(UTC), asyncio.get_running_loop().time()
        for name, state in hosts.items():
            state.policy = read_policy(policies.get(name))
            closed = state.policy.closed_for(now)
            if closed:
                state.not_before = max(state.not_before, loop_now + closed)
        return await store.patiently(lambda: store.leases.wanted(held_seconds))


class GuardedAddressing:
    """Addressing by the crawl's own network: its resolver, filtered by its guard."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def look_up(self, host: str) -> Address:
        """Resolve a host and keep the addresses that the guard lets through; never raises."""
        try:
            return Address(await self._network.addresses(hostname(host)))
        except ForbiddenAddress as refused:
            return Address((), refused=clean(str(refused)))
        except CannotResolveHostError as unknown:
            return Address((), error=clean(f"DNS: {unknown}"))
