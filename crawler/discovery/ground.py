"""What all stages of a run stand on: what is known, whom to ask, and how a name becomes a host."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network
from random import Random
from typing import Any

import dns.name
import dns.tsig
from scrapy.exceptions import CannotResolveHostError

from crawler.discovery.lookup import LookUp
from crawler.discovery.messages import Said, text_of
from crawler.discovery.model import NameFacts, Records, Zone
from crawler.discovery.naming import dns_document, host_key, is_within, liveness_by_dns
from crawler.discovery.ring import Ring
from crawler.discovery.scoring import Facts
from crawler.discovery.standing import Visit
from crawler.discovery.wildcards import CANARIES, FIRST_CANARIES, KINDS, Table, canary
from crawler.discovery.zones import Zones
from crawler.dns.channel import TIMEOUT
from crawler.dns.network import Network
from crawler.errors import ForbiddenAddress
from crawler.items import Host, Source
from crawler.register.forms import Matcher, Named
from crawler.store.crawl import CrawlStore
from crawler.urls import clean, hostname

Told = tuple[dns.name.Name, Said | None]

AT_ONCE = 500
"""Names that are looked up at the same time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run was told. ``rate``: questions a second and server; ``guesses``: names that may be tried."""

    zones: tuple[dns.name.Name, ...]
    authority: tuple[str, ...]
    ports: frozenset[int]
    rate: float
    guesses: int
    keys: Mapping[dns.name.Name, dns.tsig.Key]
    timeout: float = TIMEOUT


@dataclass(slots=True)
class Cut:
    """A delegation that waits to be looked at; ``servers`` None for a zone that the operator named."""

    zone: dns.name.Name
    servers: Records | None
    depth: int = 0


@dataclass(slots=True)
class Ground:
    """Shared by the stages of one run."""

    store: CrawlStore
    plan: Plan
    look_up: LookUp
    zones: Zones
    count: Callable[[str], None]
    units: dict[str, Named] = field(default_factory=dict)
    sites: list[dict[str, Any]] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)
    facts: dict[str, NameFacts] = field(default_factory=dict)
    records: dict[str, Records] = field(default_factory=dict)
    rings: dict[dns.name.Name, Ring] = field(default_factory=dict)
    tables: dict[dns.name.Name, Table] = field(default_factory=dict)
    cuts: deque[Cut] = field(default_factory=deque)
    found: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    asked: set[dns.name.Name] = field(default_factory=set)
    asked_names: set[str] = field(default_factory=set)
    ranges: set[IPv4Network] = field(default_factory=set)
    tried: int = 0
    same: dict[str, str] = field(default_factory=dict)
    """Names that DNS answers like names that cannot exist -> the unit they were made for."""
    registered: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    """Registered host -> the unit's code, "" for an office of the department, which vouches for all."""
    visited: set[str] = field(default_factory=set)
    private: dict[str, str] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    homes: dict[str, int] = field(default_factory=dict)
    claims: dict[str, Facts] = field(default_factory=dict)
    remarks: dict[str, dict[str, object]] = field(default_factory=dict)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    edges: dict[str, dict[str, str]] = field(default_factory=dict)
    reviewable: list[dict[str, str]] = field(default_factory=list)
    has_recalled: bool = False
    network: Network | None = None
    _matcher: Matcher | None = None

    @property
    def matcher(self) -> Matcher:
        """Which units a label may mean."""
        if self._matcher is None:
            self._matcher = Matcher(self.units.values())
        return self._matcher

    @property
    def registered_names(self) -> set[str]:
        """Registered hosts, with and without their ports."""
        return self.registered | {hostname(host) for host in self.registered}

    def dice(self, name: dns.name.Name) -> Random:
        """Chance that a resumed run throws again."""
        return Random(f"{self.store.run} {text_of(name)}")  # noqa: S311 - nobody has to guess wrong

    def host(self, facts: NameFacts, technique: str, detail: str, key: str = "") -> Host:
        """An item for the host that a name is; one that the store knows under a port keeps its key."""
        now = datetime.now(UTC)
        known = self.known.get(facts.name)
        host = key or (known[0] if known else host_key(facts.name, self.plan.ports))
        if host not in self.seen:
            self.seen.add(host)
            self.found[technique] += 1
            self.count(f"discover/found/{technique}")
            if not known:
                self.count("discover/new")
        self.known.setdefault(facts.name, [host])
        self.facts[facts.name] = facts
        self.records.setdefault(facts.name, facts.records)
        liveness, verdict = liveness_by_dns(facts)
        evidence = [f"{' → '.join([facts.name, *facts.aliases])}: {facts.rcode or 'no answer'}"]
        return Host(
            host,
            now,
            [Source(technique, detail)],
            dns_document(facts, now),
            liveness,
            "yes" if is_within(facts.name, self.plan.authority) else "no",
            [{"rule": verdict, "since": now, "evidence": evidence}] if verdict else None,
        )

    async def addresses(self, host: str) -> tuple[tuple[str, ...], str]:
        """Where a host may be contacted, and why not where it may not."""
        assert self.network is not None
        name, _, port = host.partition(":")
        try:
            return await self.network.addresses(name, int(port) if port.isdecimal() else None), ""
        except ForbiddenAddress as refused:
            return (), clean(str(refused))
        except CannotResolveHostError as unknown:
            return (), clean(str(unknown))

    def refer(self, said: Said) -> bool:
        """Note a delegation that an answer sent us to; True when it is new."""
        zone = said.referral
        if zone is None or zone in self.look_up.zones or any(cut.zone == zone for cut in self.cuts):
            return False
        if not is_within(text_of(zone), self.plan.authority):
            return False
        self.cuts.append(Cut(zone, dict(said.servers), 1))
        return True

    async def said_of(
        self, names: Iterable[dns.name.Name], kind: str
    ) -> AsyncIterator[tuple[dns.name.Name, Said | None]]:
        """Ask one type of many names, some at once, in the order of arrival."""

        async def one(name: dns.name.Name) -> Told:
            return name, await self.look_up.said(name, kind)

        waiting, running = iter(names), set[asyncio.Task[Told]]()
        try:
            while True:
                while len(running) < AT_ONCE and (name := next(waiting, None)) is not None:
                    running.add(asyncio.ensure_future(one(name)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()

    async def table(self, parent: dns.name.Name) -> Table:
        """What a parent answers for names that cannot exist; asked once a run."""
        if parent not in self.tables:
            table = self.tables[parent] = Table()
            dice = self.dice(parent)
            await self._plant(table, [canary(parent, dice) for _ in range(FIRST_CANARIES)], KINDS)
            if table.is_wild:
                self.count("discover/wildcard")
                await self._plant(table, [canary(parent, dice) for _ in range(CANARIES - FIRST_CANARIES)], KINDS)
        return self.tables[parent]

    async def _plant(self, table: Table, names: list[dns.name.Name], kinds: Iterable[str]) -> None:
        for kind in kinds:
            for said in await asyncio.gather(*(self.look_up.said(name, kind) for name in names)):
                table.learn(kind, said)

    async def surprise(self, parent: dns.name.Name, number: int) -> bool:
        """Plant one more canary in a parent; True when it was answered unlike all before."""
        table = await self.table(parent)
        name = canary(parent, Random(f"{self.store.run} {text_of(parent)} {number}"))  # noqa: S311
        said = await self.look_up.said(name, "A")
        surprised = table.judge(name, "A", said) == "present"
        if surprised:
            table.surprises += 1
            table.learn("A", said)
            self.count("discover/surprise")
        return surprised

    async def mark_wildcard(self, host: Host, facts: NameFacts) -> None:
        """Say so where a name that somebody told of is answered like any other: DNS does not know it by itself."""
        name = dns.name.from_text(facts.name)
        zone = self.look_up.zone_of(name)
        if not facts.exists or zone is None or zone.complete or name == zone.name or zone.is_dead:
            return
        table = await self.table(name.parent())
        said = await self.look_up.said(name, "A")
        if table.is_wild and table.judge(name, "A", said) == "same":
            self.same.setdefault(facts.name, "")
            host.liveness = host.liveness or "unknown"
            evidence = [f"answered like names that cannot exist: {', '.join(facts.addresses) or 'no address'}"]
            host.verdicts = [{"rule": "wildcard_only", "since": host.seen, "evidence": evidence}]

    def open_zones(self) -> list[Zone]:
        """Zones whose names are not all known, and whose servers answer."""
        return [zone for _, zone in sorted(self.look_up.zones.items()) if not zone.complete and not zone.is_dead]
