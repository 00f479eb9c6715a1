"""Names that records speak of: targets, mail, policies; pure. What they name may stand in no list."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, ip_network

MAX_RANGE = 1024
"""Addresses of a range that are asked for their names (PTR)."""
MAX_PTR = 4096
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)
_SPF = re.compile(r"\b(?:include|a|mx|ptr|exists|redirect)[:=]([^\s\"/]+)", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:[^@\s,;\"]+@([^\s,;!\"]+)", re.IGNORECASE)
_RANGE = re.compile(r"\bip4:([0-9./]+)", re.IGNORECASE)
SIDE_LABELS = (
    "_dmarc",
    "_sip._tcp",
    "_sips._tcp",
    "_autodiscover._tcp",
    "_caldavs._tcp",
    "_imaps._tcp",
    "_submission._tcp",
)
"""Where side records of a mail domain or zone stand."""


def names_in(records: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """(name, record type that names it) of one owner's records, lower case, no final dot."""
    for kind, texts in records.items():
        for text in texts:
            for name in _names(kind, text):
                clean = name.rstrip(".").lower()
                if _NAME.fullmatch(clean) and len(clean) < 254:
                    yield clean, kind


def _names(kind: str, text: str) -> list[str]:
    parts = text.split()
    if kind in ("NS", "CNAME", "DNAME", "PTR"):
        return parts[:1]
    if kind in ("MX", "SRV"):
        return parts[-1:]
    if kind == "SOA":
        return parts[:1]
    if kind == "CAA":
        return parts[2:3] and [parts[2].strip('"').partition(";")[0]]
    if kind in ("TXT", "SPF"):
        return [*_SPF.findall(text), *_MAILTO.findall(text)]
    return []


def ranges_in(records: Mapping[str, Sequence[str]]) -> Iterator[IPv4Network]:
    """Address ranges that an SPF policy names, small ones only."""
    for text in records.get("TXT", ()):
        if "v=spf1" not in text.lower():
            continue
        for found in _RANGE.findall(text):
            try:
                network = ip_network(found, strict=False)
            except ValueError:
                continue
            if isinstance(network, IPv4Network) and network.num_addresses <= MAX_RANGE:
                yield network
