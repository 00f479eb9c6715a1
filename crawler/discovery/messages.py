"""Reads a DNS message whole: code, answer and authority; pure. Half of the names worth reporting have no address."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from crawler.discovery.model import Records

MAX_VALUES = 20
MAX_VALUE = 500
"""Values of one type, and characters of one value, that are kept of a name."""
MAX_ALIASES = 16


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says about the name it was asked for.

    ``records`` of the asked type at the end of ``aliases``. ``referral`` is the zone that it sends us on to, with
    its ``servers``. ``ended`` is whether the chain of aliases was followed to its end by the server.
    """

    rcode: str
    records: Records = field(default_factory=dict)
    aliases: tuple[dns.name.Name, ...] = ()
    referral: dns.name.Name | None = None
    servers: dict[str, list[str]] = field(default_factory=dict)
    authoritative: bool = False
    ended: bool = False
    loop: bool = False
    labels: int | None = None
    zone: dns.name.Name | None = None

    @property
    def exists(self) -> bool | None:
        """Whether the asked name itself exists: an alias does, whatever is behind it."""
        if self.records or self.aliases:
            return True
        if self.rcode == "NXDOMAIN":
            return False
        return True if self.rcode == "NOERROR" and self.referral is None else None


def text_of(name: dns.name.Name) -> str:
    """Lower case, without the final dot."""
    return name.to_text(omit_final_dot=True).lower()


def values(rrset: Iterable[object]) -> list[str]:
    """Values in presentation form, in a fixed order, bounded."""
    return sorted(str(rdata)[:MAX_VALUE] for rdata in rrset)[:MAX_VALUES]


def say(message: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Said:
    """Read a reply to (``name``, ``kind``)."""
    rcode = dns.rcode.to_text(message.rcode())
    authoritative = bool(message.flags & dns.flags.AA)
    aliases, loop = _chain(message, name)
    end = aliases[-1] if aliases else name
    found = message.get_rrset(message.answer, end, dns.rdataclass.IN, kind)
    records: Records = {dns.rdatatype.to_text(kind): values(found)} if found else {}
    referral, servers, zone = _authority(message, end, bool(found))
    return Said(
        rcode,
        records,
        aliases,
        referral if not found and not aliases else None,
        servers,
        authoritative,
        bool(found) or zone is not None or rcode == "NXDOMAIN" or (referral is not None and not aliases),
        loop,
        _labels(message, name),
        zone,
    )


def _chain(message: dns.message.Message, name: dns.name.Name) -> tuple[tuple[dns.name.Name, ...], bool]:
    """The aliases that the answer holds, in order; True when they go round in a circle."""
    chain: list[dns.name.Name] = []
    here = name
    while len(chain) < MAX_ALIASES:
        rrset = message.get_rrset(message.answer, here, dns.rdataclass.IN, dns.rdatatype.CNAME)
        if not rrset:
            return tuple(chain), False
        here = rrset[0].target
        if here == name or here in chain:
            return (*chain, here), True
        chain.append(here)
    return tuple(chain), True


def _authority(
    message: dns.message.Message, name: dns.name.Name, answered: bool
) -> tuple[dns.name.Name | None, dict[str, list[str]], dns.name.Name | None]:
    """(zone we are referred to, its servers with their glue, zone whose SOA says no)."""
    zone = next((rrset.name for rrset in message.authority if rrset.rdtype == dns.rdatatype.SOA), None)
    if answered or zone is not None or message.rcode() != dns.rcode.NOERROR:
        return None, {}, zone
    for rrset in message.authority:
        if rrset.rdtype == dns.rdatatype.NS and name.is_subdomain(rrset.name):
            return rrset.name, glue(message, rrset), None
    return None, {}, None


def glue(message: dns.message.Message, rrset: dns.rrset.RRset) -> dict[str, list[str]]:
    """Name servers of an NS set -> the addresses that the same message gives."""
    servers: dict[str, list[str]] = {text_of(rdata.target): [] for rdata in list(rrset)[:MAX_VALUES]}
    for extra in message.additional:
        if extra.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA) and text_of(extra.name) in servers:
            servers[text_of(extra.name)].extend(values(extra))
    return servers


def _labels(message: dns.message.Message, name: dns.name.Name) -> int | None:
    """The label count of a signature over the name: fewer than its own labels betray a wildcard (RFC 4035)."""
    for rrset in message.answer:
        if rrset.rdtype == dns.rdatatype.RRSIG and rrset.name == name:
            return int(rrset[0].labels)
    return None


def merge(into: Records, more: Records) -> Records:
    """Add records of one name to others, in place; returns ``into``."""
    for kind, texts in more.items():
        into[kind] = sorted({*into.get(kind, ()), *texts})[:MAX_VALUES]
    return into
