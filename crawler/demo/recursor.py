"""The resolver of the province: follows the zones of its name servers, and knows the names of the world outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from crawler.demo.authority import Authority, Zone, parse_query
from crawler.demo.names import Names


@dataclass(slots=True)
class Recursor:
    """Answers for zones as a resolver would: aliases followed, SERVFAIL below a dead delegation."""

    outside: Names
    authorities: list[Authority]
    queries: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, outside: Names, authorities: Iterable[Authority]) -> Recursor:
        return cls(outside, list(authorities))

    def answer(self, wire: bytes, *, limit: int = 0) -> bytes | None:
        query = parse_query(wire)
        if query is None:
            return None
        asked = query.question[0]
        self.queries[asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)] += 1
        reply = self._resolve(query)
        encoded = reply.to_wire(max_size=65535)
        if limit and len(encoded) > limit:
            reply.answer.clear()
            reply.authority.clear()
            reply.flags |= dns.flags.TC
            encoded = reply.to_wire()
        return encoded

    def stream(self, wire: bytes) -> list[bytes]:
        reply = self.answer(wire)
        return [] if reply is None else [reply]

    def _resolve(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=True)
        name, kind = query.question[0].name, query.question[0].rdtype
        for _ in range(8):
            step = self._ask(name, kind)
            reply.set_rcode(step.rcode())
            for rrset in step.answer:
                if rrset not in reply.answer:
                    reply.answer.append(rrset)
            last = next((one for one in reversed(step.answer) if one.rdtype == dns.rdatatype.CNAME), None)
            ended = any(one.rdtype == kind for one in step.answer)
            if last is None or ended or step.rcode() or last[0].target == name:
                reply.authority = list(step.authority)
                break
            name = last[0].target
        return reply

    def _ask(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message:
        query = dns.message.make_query(name, kind)
        found = self._authority(name)
        if found is None:
            wire = self.outside.answer(query.to_wire())
            assert wire is not None
            return dns.message.from_wire(wire)
        authority, zone = found
        reply = authority.reply(query, zone)
        if not reply.answer and not reply.flags & dns.flags.AA:  # sent on to a server that nobody runs
            reply = dns.message.make_response(query)
            reply.set_rcode(dns.rcode.SERVFAIL)
        return reply

    def _authority(self, name: dns.name.Name) -> tuple[Authority, Zone] | None:
        best: tuple[Authority, Zone] | None = None
        for authority in self.authorities:
            zone = authority.zone_of(name)
            if zone is not None and (best is None or len(zone.origin) > len(best[1].origin)):
                best = authority, zone
        return best
