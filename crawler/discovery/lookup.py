"""Looks names up: in the authority's own zones from their own servers, everywhere else from the resolver."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import dns.name
import dns.rdatatype

from crawler.discovery.inquiry import TIMEOUT, Heard, Inquiry, Question
from crawler.discovery.messages import MAX_ALIASES, Said, merge, say, text_of
from crawler.discovery.model import NameFacts, Records, Zone
from crawler.discovery.servers import Servers
from crawler.dns.channel import Server

ALL_KINDS = ("A", "AAAA", "MX", "TXT", "NS")
_MAX_SERVERS = 3
_MAX_STEPS = 8


@dataclass(frozen=True, slots=True)
class Source:
    """Where a name is asked for."""

    servers: tuple[Server, ...]
    recurse: bool
    zone: Zone | None = None


class LookUp:
    """The zones that are known so far decide who is asked."""

    def __init__(self, inquiry: Inquiry, servers: Servers) -> None:
        self._inquiry = inquiry
        self._servers = servers
        self.zones: dict[dns.name.Name, Zone] = {}

    def zone_of(self, name: dns.name.Name) -> Zone | None:
        """The deepest known zone of the authority that holds a name."""
        for depth in range(len(name), 1, -1):
            if zone := self.zones.get(name.split(depth)[1]):
                return zone
        return None

    def source(self, name: dns.name.Name) -> Source:
        """Whom to ask: servers in the order of the name, so that a zone's load is shared and repeats itself."""
        zone = self.zone_of(name)
        resolvers = tuple(self._servers.resolvers[:_MAX_SERVERS])
        if zone is None or not zone.servers:
            return Source(resolvers, True, zone)
        good = [server.server for server in zone.good]
        first = crc32(name.to_wire() or b"") % len(good) if good else 0
        return Source(tuple(good[first:] + good[:first])[:_MAX_SERVERS], False, zone)

    async def ask(self, name: dns.name.Name, kind: str, dnssec: bool = False) -> Heard:
        """Ask the name's servers in turn until one answers for it."""
        heard = TIMEOUT
        source = self.source(name)
        for server in source.servers:
            heard = await self._inquiry.ask(self.question(server, name, kind, source.recurse, dnssec))
            if heard.is_final:
                return heard
        return heard

    @staticmethod
    def question(server: Server, name: dns.name.Name, kind: str, recurse: bool, dnssec: bool = False) -> Question:
        return Question(server, name, dns.rdatatype.from_text(kind), recurse, dnssec)

    async def said(self, name: dns.name.Name, kind: str, dnssec: bool = False) -> Said | None:
        """One answer, read; None when there is none."""
        heard = await self.ask(name, kind, dnssec)
        if heard.message is None:
            return None
        return say(heard.message, name, dns.rdatatype.from_text(kind))

    async def facts(self, name: dns.name.Name, kinds: Sequence[str] = ALL_KINDS) -> NameFacts:
        """Everything DNS says about a name, its aliases followed to their end."""
        zone = self.zone_of(name)
        if zone is not None and zone.is_dead:
            return NameFacts(text_of(name), None, rcode="SERVFAIL", fault="dead_delegation")
        first = await self.said(name, kinds[0] if kinds else "A")
        if first is not None and first.rcode == "NXDOMAIN" and not first.aliases:
            return NameFacts(text_of(name), False, rcode=first.rcode)
        rest = await asyncio.gather(*(self.said(name, kind) for kind in kinds[1:]))
        answers = [said for said in (first, *rest) if said is not None]
        usable = [said for said in answers if said.exists is not None]
        if not usable:
            fault = "dead_delegation" if any(said.referral for said in answers) else "unanswered"
            return NameFacts(text_of(name), None, rcode=answers[0].rcode if answers else "", fault=fault)
        records: Records = {}
        for said in usable:
            if not said.aliases:
                merge(records, said.records)
        alias = next((said for said in usable if said.aliases), None)
        if alias is not None:
            return await self._through(name, alias, records)
        addresses = tuple(records.get("A", []) + records.get("AAAA", []))
        return NameFacts(text_of(name), True, records, addresses=addresses, rcode=usable[0].rcode)

    async def _through(self, name: dns.name.Name, alias: Said, records: Records) -> NameFacts:
        """Follow a chain of aliases across zones to its addresses, or to what is wrong with it."""
        chain = list(alias.aliases)
        records["CNAME"] = [text_of(chain[0])]
        end, rcode, fault = alias, alias.rcode, "alias_loop" if alias.loop else ""
        for _ in range(_MAX_STEPS):
            if fault or end.ended:
                break
            step = await self.said(chain[-1], "A")
            if step is None or step.exists is None:
                fault, rcode = "unanswered", step.rcode if step else ""
                break
            end, rcode = step, step.rcode
            if any(one == name or one in chain for one in step.aliases) or step.loop or len(chain) > MAX_ALIASES:
                fault = "alias_loop"
            chain += step.aliases
            if not step.aliases:
                break
        if not fault and rcode == "NXDOMAIN":
            fault = "dangling"
        addresses: list[str] = []
        if not fault:
            found = await asyncio.gather(*(self.said(chain[-1], kind) for kind in ("A", "AAAA")))
            addresses = [text for said in found if said for texts in said.records.values() for text in texts]
        aliases = tuple(text_of(one) for one in chain)
        return NameFacts(text_of(name), True, records, aliases, tuple(addresses), rcode, fault)

    async def facts_of(self, names: Mapping[dns.name.Name, Sequence[str]]) -> AsyncIterator[NameFacts]:
        """``facts`` of many names with the types to ask for, some at once, in the order of arrival."""
        waiting, running = iter(names), set[asyncio.Task[NameFacts]]()
        try:
            while True:
                while len(running) < 200 and (name := next(waiting, None)) is not None:
                    running.add(asyncio.ensure_future(self.facts(name, names[name])))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
