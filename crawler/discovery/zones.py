"""Stages 2 and 3: who serves a zone and how well, and its names by transfer or by walking its NSEC chain."""

import asyncio
from collections.abc import Mapping, Sequence

import dns.exception
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig

from crawler.discovery.inquiry import Inquiry, Question
from crawler.discovery.lookup import LookUp
from crawler.discovery.messages import MAX_VALUES, glue, say, text_of, values
from crawler.discovery.model import Records, Zone, ZoneServer
from crawler.discovery.servers import Servers
from crawler.discovery.stream import Transfer, transfer

MAX_ZONE_SERVERS = 16
_NO_NAMES = ("RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY")


class Zones:
    """Probes zones. ``keys`` are TSIG keys by zone."""

    def __init__(
        self, inquiry: Inquiry, servers: Servers, look_up: LookUp, keys: Mapping[dns.name.Name, dns.tsig.Key]
    ) -> None:
        self._inquiry = inquiry
        self._servers = servers
        self._look_up = look_up
        self._keys = keys

    async def probe(self, name: dns.name.Name, delegated: Mapping[str, Sequence[str]] | None = None) -> Zone:
        """Ask every server of a zone for its SOA; ``delegated`` are the parent's servers with their glue."""
        zone = Zone(name)
        published = {host: list(glue) for host, glue in (delegated or {}).items()}
        if delegated is None:
            for host in await self._published(name):
                published.setdefault(host, [])
        for host, server in await self._addresses(published):
            if not any(known.server == server for known in zone.servers):
                zone.servers.append(ZoneServer(server, host))
        told = [server for server in self._servers.configured(name) if server not in {s.server for s in zone.servers}]
        zone.servers += [ZoneServer(server, published=False) for server in told]
        del zone.servers[MAX_ZONE_SERVERS:]
        await asyncio.gather(*(self._soa(zone, server) for server in zone.servers))
        # a configured server of the parent that does not serve this zone says nothing about it
        zone.servers = [server for server in zone.servers if server.published or not server.error]
        if delegated and not zone.servers:
            zone.servers = [ZoneServer(("", 0), host, error="no_address") for host in delegated]
        return zone

    async def _published(self, name: dns.name.Name) -> list[str]:
        """The zone's NS names as the world sees them, and as the configured servers say."""
        found: list[str] = []
        asked = [(server, True) for server in self._servers.resolvers]
        asked += [(server, False) for server in self._servers.configured(name)]
        for server, recurse in asked:
            heard = await self._inquiry.ask(Question(server, name, dns.rdatatype.NS, recurse))
            if heard.message is not None:
                rrset = heard.message.get_rrset(heard.message.answer, name, dns.rdataclass.IN, dns.rdatatype.NS)
                found += [text_of(rdata.target) for rdata in list(rrset or ())[:MAX_VALUES]]
        return list(dict.fromkeys(found))

    async def _addresses(self, published: Mapping[str, Sequence[str]]) -> list[tuple[str, tuple[str, int]]]:
        """Servers in a fixed order; what has no glue is looked up."""
        found: list[tuple[str, tuple[str, int]]] = []
        for host, addresses in sorted(published.items()):
            if not addresses:
                facts = await self._look_up.facts(dns.name.from_text(host), ("A", "AAAA"))
                addresses = facts.addresses
            for address in addresses:
                if server := self._servers.published(address):
                    found.append((host, server))
        return found

    async def _soa(self, zone: Zone, server: ZoneServer) -> None:
        heard = await self._inquiry.ask(Question(server.server, zone.name, dns.rdatatype.SOA))
        if heard.message is None:
            server.error = heard.error
            return
        said = say(heard.message, zone.name, dns.rdatatype.SOA)
        if said.authoritative and "SOA" in said.records:
            server.serial = int(said.records["SOA"][0].split()[2])
        else:
            server.error = "lame" if said.rcode in ("NOERROR", "NXDOMAIN") else said.rcode.lower()

    async def transfer(self, zone: Zone) -> None:
        """Ask every good server for the whole zone, until one gives it."""
        for server in zone.good:
            got = await self._transferred(zone.name, server)
            server.transfer = "whole" if got.whole else got.error
            if got.records:
                zone.how = "transfer"
                _take(zone, got.records)
            if got.whole:
                zone.complete = True
                return

    async def _transferred(self, name: dns.name.Name, server: ZoneServer) -> Transfer:
        """A transfer, or the one that an earlier process of this run was given."""
        journal = self._inquiry.journal
        key = f"{server.server[0]}#{server.server[1]} {text_of(name)} AXFR"
        if stored := journal.known.get(key):
            head, _, body = stored.decode().partition("\n")
            whole, _, error = head.partition(" ")
            return Transfer(whole == "whole", error, _parse(body))
        got = await transfer(server.server, name, self._keys.get(name))
        if got.error not in ("timeout", "unreachable"):
            head = f"{'whole' if got.whole else 'part'} {got.error}"
            journal.note(key, "\n".join([head, *(rrset.to_text() for rrset in got.records)]).encode())
        return got


def _parse(text: str) -> list[dns.rrset.RRset]:
    found = []
    for line in text.splitlines():
        owner, ttl, _, kind, rdata = line.split(" ", 4)
        found.append(dns.rrset.from_text(owner, int(ttl), "IN", kind, rdata))
    return found


def _take(zone: Zone, records: Sequence[dns.rrset.RRset]) -> None:
    """Sort a zone's records: delegations with their glue apart, since those names belong to other zones."""
    cuts = {rrset.name for rrset in records if rrset.rdtype == dns.rdatatype.NS and rrset.name != zone.name}
    message = dns.message.Message()
    message.additional = [rrset for rrset in records if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)]
    for rrset in records:
        kind = dns.rdatatype.to_text(rrset.rdtype)
        owner = rrset.name
        if kind in _NO_NAMES or not owner.is_subdomain(zone.name):
            continue
        if owner in cuts:
            if kind == "NS":
                for host, addresses in glue(message, rrset).items():
                    zone.cuts.setdefault(owner, {}).setdefault(host, []).extend(addresses)
            continue
        if any(
            owner.is_subdomain(cut)
            for cut in (owner.split(depth)[1] for depth in range(len(zone.name) + 1, len(owner)))
            if cut in cuts
        ):
            continue  # glue below a delegation
        known = zone.names.setdefault(owner, {})
        known[kind] = sorted({*known.get(kind, ()), *values(rrset)})[:MAX_VALUES]


def delegated(cut: Records) -> dict[str, list[str]]:
    """The servers of a delegation with their glue."""
    return {host: sorted(set(addresses)) for host, addresses in cut.items()}
