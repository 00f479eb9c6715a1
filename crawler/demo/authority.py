"""A name server with zones of its own: referrals, wildcards, denial, transfers; real DNS messages."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from itertools import count
from random import Random

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

HEX32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV")
_NS, _SOA, _CNAME = dns.rdatatype.NS, dns.rdatatype.SOA, dns.rdatatype.CNAME
_PACKED = 200  # records of a transfer in one message


@dataclass(frozen=True, slots=True)
class ZoneText:
    """A zone file and how it is served.

    ``denial``: "", ``nsec`` or ``nsec3`` (records without signatures: nobody here checks them). ``rotates``: a
    wildcard answers with another address every time. ``loses``: share of questions that are never answered.
    """

    name: str
    text: str
    transfer: bool = False
    denial: str = ""
    rotates: bool = False
    loses: float = 0.0


class Zone:
    """One zone as it answers."""

    def __init__(self, source: ZoneText) -> None:
        self.source = source
        self.origin = dns.name.from_text(source.name)
        zone = dns.zone.from_text(source.text, origin=self.origin, relativize=False, check_origin=True)
        self.nodes: dict[dns.name.Name, dict[dns.rdatatype.RdataType, dns.rrset.RRset]] = {}
        for name, ttl, rdata in zone.iterate_rdatas():
            found = self.nodes.setdefault(name, {}).setdefault(
                rdata.rdtype, dns.rrset.RRset(name, rdata.rdclass, rdata.rdtype)
            )
            found.add(rdata, ttl)
        self.soa = self.nodes[self.origin][_SOA]
        self.cuts = {name for name, kinds in self.nodes.items() if _NS in kinds and name != self.origin}
        self.inner = {name.split(depth)[1] for name in self.nodes for depth in range(len(self.origin), len(name))}
        below = {name for name in self.nodes for cut in self.cuts if name != cut and name.is_subdomain(cut)}
        own = sorted({*self.nodes, *self.inner} - below)
        self._order = [name for name in own if name in self.nodes]
        self._hashes = sorted((self._hash(name), name) for name in own)

    @staticmethod
    def _hash(name: dns.name.Name) -> bytes:
        return sha1(name.canonicalize().to_wire() or b"", usedforsecurity=False).digest()

    def cut_of(self, name: dns.name.Name) -> dns.name.Name | None:
        """The delegation that a name lies at or below."""
        return next((cut for cut in self.cuts if name.is_subdomain(cut)), None)

    def find(self, name: dns.name.Name) -> tuple[dict[dns.rdatatype.RdataType, dns.rrset.RRset] | None, bool]:
        """What is at a name, and whether a wildcard says so; None for a name that does not exist."""
        if name in self.nodes:
            return self.nodes[name], False
        if name in self.inner:
            return {}, False
        encloser = name.parent()
        while encloser not in self.nodes and encloser not in self.inner:
            encloser = encloser.parent()
        star = self.nodes.get(dns.name.Name((b"*", *encloser.labels)))
        return star, star is not None

    def denial(self, name: dns.name.Name) -> Iterator[dns.rrset.RRset]:
        """The NSEC or NSEC3 record that matches or covers a name."""
        if self.source.denial == "nsec":
            place = bisect_right(self._order, name) - 1
            here, following = self._order[place], self._order[(place + 1) % len(self._order)]
            kinds = " ".join(sorted(dns.rdatatype.to_text(kind) for kind in self.nodes[here]))
            yield dns.rrset.from_text(here, 60, "IN", "NSEC", f"{following} {kinds} RRSIG NSEC")
        elif self.source.denial == "nsec3":
            place = bisect_right(self._hashes, (self._hash(name), name)) - 1
            start, after = self._hashes[place][0], self._hashes[(place + 1) % len(self._hashes)][0]
            owner = dns.name.from_text(_text(start), self.origin)
            yield dns.rrset.from_text(owner, 60, "IN", "NSEC3", f"1 0 0 - {_text(after)} A RRSIG")


def _text(digest: bytes) -> str:
    return base64.b32encode(digest).translate(HEX32).decode().lower()


@dataclass(slots=True)
class Authority:
    """Answers for its zones with authority, and for nothing else. ``queries`` counts by (name, type)."""

    zones: dict[dns.name.Name, Zone] = field(default_factory=dict)
    queries: Counter[tuple[str, str]] = field(default_factory=Counter)
    _turn: Iterator[int] = field(default_factory=count)
    _dice: Random = field(default_factory=lambda: Random(7))  # noqa: S311

    @classmethod
    def of(cls, sources: Iterable[ZoneText]) -> Authority:
        zones = [Zone(source) for source in sources]
        return cls({zone.origin: zone for zone in zones})

    def zone_of(self, name: dns.name.Name) -> Zone | None:
        """The deepest zone that holds a name."""
        return next(
            (self.zones[at] for depth in range(len(name), 0, -1) if (at := name.split(depth)[1]) in self.zones), None
        )

    def answer(self, wire: bytes, *, limit: int = 0) -> bytes | None:
        """The reply to one query over UDP (``limit`` bytes) or TCP; None to what is no query, or is lost."""
        query = parse_query(wire)
        if query is None:
            return None
        asked = query.question[0]
        self.queries[asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)] += 1
        zone = self.zone_of(asked.name)
        if limit and zone is not None and self._dice.random() < zone.source.loses:
            return None
        reply = self.reply(query, zone)
        encoded = reply.to_wire(max_size=65535)
        if limit and len(encoded) > limit:
            for section in (reply.answer, reply.authority, reply.additional):
                section.clear()
            reply.flags |= dns.flags.TC
            encoded = reply.to_wire()
        return encoded

    def stream(self, wire: bytes) -> list[bytes]:
        """The replies to one query over TCP: many for a transfer."""
        query = parse_query(wire)
        if query is None:
            return []
        if query.question[0].rdtype != dns.rdatatype.AXFR:
            reply = self.answer(wire)
            return [reply] if reply is not None else []
        zone = self.zones.get(query.question[0].name)
        response = dns.message.make_response(query)
        if zone is None or not zone.source.transfer:
            response.set_rcode(dns.rcode.REFUSED)
            return [response.to_wire()]
        records = [rrset for kinds in zone.nodes.values() for rrset in kinds.values() if rrset is not zone.soa]
        whole = [zone.soa, *records, zone.soa]
        parts = []
        for start in range(0, len(whole), _PACKED):
            part = dns.message.make_response(query)
            part.flags |= dns.flags.AA
            part.answer = whole[start : start + _PACKED]
            parts.append(part.to_wire(max_size=65535))
        return parts

    def reply(self, query: dns.message.Message, zone: Zone | None) -> dns.message.Message:
        """What an authoritative server says (RFC 1034, section 4.3.2)."""
        reply = dns.message.make_response(query)
        if zone is None:
            reply.set_rcode(dns.rcode.REFUSED)
            return reply
        asked = query.question[0]
        secure = bool(query.ednsflags & dns.flags.DO)
        name = asked.name
        for _ in range(8):
            cut = zone.cut_of(name)
            if cut is not None:
                if not reply.answer:
                    self._refer(reply, zone, cut, secure)
                return reply
            reply.flags |= dns.flags.AA
            kinds, synthetic = zone.find(name)
            target = self._fill(reply, zone, name, asked.rdtype, kinds, synthetic, secure)
            if target is None or not target.is_subdomain(zone.origin):
                return reply
            name = target
        return reply

    def _fill(
        self,
        reply: dns.message.Message,
        zone: Zone,
        name: dns.name.Name,
        kind: dns.rdatatype.RdataType,
        kinds: dict[dns.rdatatype.RdataType, dns.rrset.RRset] | None,
        synthetic: bool,
        secure: bool,
    ) -> dns.name.Name | None:
        """Answer or deny one name; returns the target of an alias."""
        found = (kinds or {}).get(kind) or (kinds or {}).get(_CNAME)
        if kind == dns.rdatatype.NSEC and kinds is not None and not synthetic:
            found = next((one for one in zone.denial(name) if one.name == name), None)
        if found is None:
            if kinds is None:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            reply.authority.append(zone.soa)
            if secure:
                reply.authority.extend(zone.denial(name))
            return None
        texts = [rdata.to_text() for rdata in found]
        if synthetic and zone.source.rotates:
            texts = [texts[next(self._turn) % len(texts)]]
        reply.answer.append(dns.rrset.from_text(name, found.ttl, "IN", found.rdtype, *texts))
        if synthetic and secure:
            reply.authority.extend(zone.denial(name))
        return found[0].target if found.rdtype == _CNAME and kind != _CNAME else None

    @staticmethod
    def _refer(reply: dns.message.Message, zone: Zone, cut: dns.name.Name, secure: bool) -> None:
        servers = zone.nodes[cut][_NS]
        reply.authority.append(servers)
        if secure:
            reply.authority.extend(zone.denial(cut))
        for rdata in servers:
            for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
                if glue := zone.nodes.get(rdata.target, {}).get(kind):
                    reply.additional.append(glue)


def parse_query(wire: bytes) -> dns.message.Message | None:
    """One plain query; None for anything else."""
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR or query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        return None
    return query
