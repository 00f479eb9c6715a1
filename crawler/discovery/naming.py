"""From a DNS name to the host that a crawl may visit, and what is said of it by DNS alone; pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import dns.name

from crawler.discovery.messages import text_of
from crawler.discovery.model import NameFacts, Records
from crawler.hostnames import is_address, normalise

HOST_TYPES = ("A", "AAAA", "CNAME", "DNAME", "MX", "TXT")
"""Records that make a name a host worth telling of."""


def host_name(name: dns.name.Name) -> str:
    """The name as a URL would hold it; empty for a wildcard and for what no URL can name."""
    text = text_of(name)
    if text.startswith("*") or "\\" in text:
        return ""
    found = normalise(text, "http")
    return "" if is_address(found) else found


def is_host(name: dns.name.Name, records: Mapping[str, Sequence[str]]) -> bool:
    """Whether an owner name of a zone is a host: services with an underscore are not, unless they have an address."""
    if not set(records) & set(HOST_TYPES) or not host_name(name):
        return False
    service = any(label.startswith(b"_") for label in name.labels)
    return not service or bool({"A", "AAAA"} & set(records))


def host_key(name: str, ports: Collection[int]) -> str:
    """A host's key in the store: with a port only where the web of this place is at no usual one."""
    if not ports or {80, 443} & set(ports):
        return name
    return f"{name}:{min(ports)}"


def dns_document(facts: NameFacts, checked: datetime) -> dict[str, object]:
    """``hosts.dns`` of the contract; ``fault`` and ``addresses`` (behind aliases) are ours."""

    def of(kind: str) -> list[str]:
        return list(facts.records.get(kind, ()))

    return {
        "a": of("A"),
        "aaaa": of("AAAA"),
        "cname": list(facts.aliases),
        "ns": of("NS"),
        "mx": of("MX"),
        "txt": of("TXT"),
        "rcode": facts.rcode,
        "addresses": list(facts.addresses),
        "fault": facts.fault,
        "checked": checked,
    }


_FAULTS = {"dangling": "dangling", "alias_loop": "dead", "dead_delegation": "dead", "unanswered": "unknown"}


def liveness_by_dns(facts: NameFacts) -> tuple[str, str]:
    """(liveness, verdict) as far as DNS decides; ("", "") where only a visit can tell."""
    if facts.fault:
        return _FAULTS[facts.fault], facts.fault
    if facts.exists is None:
        return "unknown", "unanswered"
    if facts.exists is False:
        return "dead", "no_name"
    return ("", "") if facts.addresses else ("no_web", "no_address")


def is_within(name: str, zones: Collection[str]) -> bool:
    """Whether a host name lies in one of the zones, or is one."""
    return any(name == zone or name.endswith(f".{zone}") for zone in zones)


def facts_of_records(name: str, records: Records) -> NameFacts:
    """Facts of a name whose records a zone gave, without asking; an alias is not followed."""
    addresses = (*records.get("A", ()), *records.get("AAAA", ()))
    return NameFacts(name, True, records, addresses=addresses, rcode="NOERROR")
