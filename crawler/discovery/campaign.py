"""One discovery run from its first question to its last host: the stages in order, each with its end."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import dns.name
import dns.tsig

from crawler.discovery.inquiry import Inquiry
from crawler.discovery.journal import Journal
from crawler.discovery.linked import Candidate, candidates
from crawler.discovery.lookup import ALL_KINDS, LookUp
from crawler.discovery.messages import text_of
from crawler.discovery.model import NameFacts, Records, Zone
from crawler.discovery.naming import (
    dns_document,
    facts_of_records,
    host_key,
    is_host,
    is_within,
    liveness_by_dns,
)
from crawler.discovery.ring import Ring, collect
from crawler.discovery.servers import Servers
from crawler.discovery.walk import walk
from crawler.discovery.zones import Zones, delegated
from crawler.dns.channel import Channel
from crawler.errors import RasoatError
from crawler.items import Host, Source
from crawler.register.forms import Matcher, named
from crawler.store.crawl import CrawlStore

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
MAX_ZONES = 2000
MAX_DEPTH = 8
"""Delegations below a zone of the authority that are followed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run was told."""

    zones: tuple[dns.name.Name, ...]
    authority: tuple[str, ...]
    ports: frozenset[int]
    rate: float
    keys: Mapping[dns.name.Name, dns.tsig.Key]


class Campaign:
    """Yields hosts as they are found. Everything asked is in the journal, so a second process repeats nothing."""

    def __init__(self, store: CrawlStore, servers: Servers, plan: Plan, count: Callable[[str], None]) -> None:
        self._store = store
        self._plan = plan
        self._count = count
        self._journal = Journal(store)
        self._channel = Channel(plan.rate)
        self._inquiry = Inquiry(self._channel, self._journal, count)
        self._look_up = LookUp(self._inquiry, servers)
        self._zones = Zones(self._inquiry, servers, self._look_up, plan.keys)
        self._tasks: list[asyncio.Task[Any]] = []
        self._known: dict[str, list[str]] = {}
        self._seen: set[str] = set()
        self._rings: dict[dns.name.Name, Ring] = {}
        self.stage = "start"
        self.fault: RasoatError | None = None
        self.found: Counter[str] = Counter()

    async def open(self) -> None:
        """Read what is known, open the socket, begin the beat."""
        await self._journal.open()
        self._known = await self._store.patiently(self._store.discovered.known)
        self._units = await self._store.patiently(self._store.discovered.units)
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
            await self._store.patiently(lambda: self._store.runs.beat(self._store.run, self._store.stored))
            await asyncio.sleep(BEAT_SECONDS)

    @property
    def asked(self) -> int:
        """Questions that went out, repetitions too."""
        return self._channel.asked

    def line(self) -> str:
        """How far it is, for a person."""
        return f"{self.stage} · {self.asked:,} questions · {len(self._look_up.zones)} zones · {len(self._seen):,} hosts"

    async def hosts(self) -> AsyncIterator[Host]:
        """All stages; raises StoreUnavailable when the database stayed away."""
        for name, stage in (("zones", self._by_zone), ("links", self._by_link)):
            self.stage = name
            before = self.asked
            async for host in stage():
                self._watch()
                yield host
            logger.info("Stage %s: %s, %d questions", name, self.line(), self.asked - before)

    def _watch(self) -> None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    def _dice(self, zone: dns.name.Name) -> Random:
        """Chance that a resumed run throws again."""
        return Random(f"{self._store.run} {text_of(zone)}")  # noqa: S311 - nobody has to guess wrong

    # ------------------------------------------------------------------------------------------------ stages

    async def _by_zone(self) -> AsyncIterator[Host]:
        """Zones of the authority and all that they delegate: servers, transfer, walk."""
        waiting: deque[tuple[dns.name.Name, Records | None, int]] = deque((name, None, 0) for name in self._plan.zones)
        while waiting and len(self._look_up.zones) < MAX_ZONES:
            name, cut, depth = waiting.popleft()
            if name in self._look_up.zones:
                continue
            zone = await self._zones.probe(name, None if cut is None else delegated(cut))
            self._look_up.zones[name] = zone
            await self._read_zone(zone)
            yield await self._apex(zone)
            async for host in self._names_of(zone):
                yield host
            if depth < MAX_DEPTH:
                for child, servers in sorted(zone.cuts.items()):
                    waiting.append((child, servers or await self._cut(child), depth + 1))

    async def _read_zone(self, zone: Zone) -> None:
        if not zone.good:
            return
        await self._zones.transfer(zone)
        if not zone.complete:
            zone.complete = await walk(zone, self._look_up)
        if zone.note == "nsec3" and (ring := await collect(zone, self._look_up, self._dice(zone.name))):
            self._rings[zone.name] = ring
            zone.unknown = len(ring.arcs)

    async def _cut(self, child: dns.name.Name) -> Records:
        """The servers of a delegation that a walk only named."""
        said = await self._look_up.said(child, "NS")
        if said is None:
            return {}
        return said.servers or {host.rstrip(".").lower(): [] for host in said.records.get("NS", ())}

    async def _apex(self, zone: Zone) -> Host:
        if zone.how == "transfer":
            facts = facts_of_records(text_of(zone.name), zone.names.get(zone.name, {}))
        else:
            facts = await self._look_up.facts(zone.name)
        host = self._host(facts, "zone", f"served by {len(zone.good)} of {len(zone.servers)} servers")
        host.facts["zone"] = zone_document(zone)
        self._count(f"discover/zone/{zone.how or ('dead' if zone.is_dead else 'closed')}")
        return host

    async def _names_of(self, zone: Zone) -> AsyncIterator[Host]:
        """Hosts among the names that a transfer or a walk gave."""
        technique = zone.how
        later: dict[dns.name.Name, tuple[str, ...]] = {}
        for name, records in sorted(zone.names.items()):
            if name == zone.name or not is_host(name, records):
                continue
            if technique == "transfer" and "CNAME" not in records:
                yield self._host(facts_of_records(text_of(name), records), technique, text_of(zone.name))
            else:
                later[name] = tuple(kind for kind in ALL_KINDS if kind in records or "CNAME" in records)
        async for facts in self._look_up.facts_of(later):
            yield self._host(facts, technique, text_of(zone.name))

    async def _by_link(self) -> AsyncIterator[Host]:
        """Hosts that pages link to: those inside the authority's zones, and those that look like a unit's."""
        rows = await self._store.patiently(self._store.discovered.linked)
        matcher = Matcher(named(unit) for unit in self._units)
        found = {one.name: one for one in candidates(rows, self._plan.authority, matcher, self._known)}
        names = dict.fromkeys(map(dns.name.from_text, found), ALL_KINDS)
        async for facts in self._look_up.facts_of(names):
            one: Candidate = found[facts.name]
            host = self._host(facts, "link", one.detail, key=one.host)
            host.facts["linked_by"] = one.sources
            if facts.exists is False and not is_within(one.name, self._plan.authority):
                host.liveness = "dead"
            yield host

    # ------------------------------------------------------------------------------------------------- hosts

    def _host(self, facts: NameFacts, technique: str, detail: str, key: str = "") -> Host:
        """An item for the host that a name is; one that the store knows under a port keeps its key."""
        now = datetime.now(UTC)
        known = self._known.get(facts.name)
        host = key or (known[0] if known else host_key(facts.name, self._plan.ports))
        if host not in self._seen:
            self._seen.add(host)
            self.found[technique] += 1
            self._count(f"discover/found/{technique}")
            if not known:
                self._count("discover/new")
        self._known.setdefault(facts.name, [host])
        liveness, verdict = liveness_by_dns(facts)
        verdicts = [{"rule": verdict, "since": now, "evidence": _evidence(facts)}] if verdict else None
        return Host(
            host,
            now,
            [Source(technique, detail)],
            dns_document(facts, now),
            liveness,
            "yes" if is_within(facts.name, self._plan.authority) else "no",
            verdicts,
        )


def _evidence(facts: NameFacts) -> list[str]:
    chain = " → ".join([facts.name, *facts.aliases])
    return [f"{chain}: {facts.rcode or 'no answer'}"]


def zone_document(zone: Zone) -> dict[str, object]:
    """What is said of a zone at its apex host."""
    servers: Sequence[dict[str, object]] = [
        {
            "server": f"{one.server[0]}:{one.server[1]}" if one.server[0] else "",
            "name": one.name,
            "published": one.published,
            "serial": one.serial,
            "error": one.error,
            "transfer": one.transfer,
        }
        for one in zone.servers
    ]
    return {
        "servers": servers,
        "serials": zone.serials,
        "lame": [one.name for one in zone.servers if one.error],
        "open": [one.name or one.server[0] for one in zone.servers if one.transfer == "whole"],
        "how": zone.how,
        "complete": zone.complete,
        "names": len(zone.names),
        "unknown": zone.unknown,
        "note": zone.note,
    }
