"""Which linked hosts may be a unit's: those inside the authority's zones, and those whose name says so; pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crawler.discovery.naming import host_key, is_within
from crawler.register.forms import Matcher
from crawler.urls import hostname, is_address, owner

MAX_SOURCES = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A linked host worth asking for: ``sources`` link to it, ``detail`` says how."""

    host: str
    name: str
    sources: list[str]
    detail: str


def candidates(
    rows: Iterable[Mapping[str, Any]],
    zones: Collection[str],
    matcher: Matcher,
    known: Mapping[str, Collection[str]],
    ports: Collection[int],
) -> Iterator[Candidate]:
    """Out of linked hosts (``{_id, from, anchors}``), the most linked first.

    Known hosts are left out; a port that may not be visited says nothing of its own.
    """
    taken: set[str] = set()
    for row in rows:
        host = str(row["_id"])
        name = hostname(host)
        if name in taken or is_address(name) or host in known.get(name, ()) or not name.isascii():
            continue
        port = host[len(name) + 1 :]
        usable = not ports or (int(port) in ports if port.isdecimal() else bool({80, 443} & set(ports)))
        if not usable and name in known:
            continue
        if not (is_within(name, zones) or looks_like_a_unit(matcher, name, zones)):
            continue
        taken.add(name)
        sources = sorted(str(one) for one in row["from"])
        words = sorted({str(text) for texts in row["anchors"] for text in texts})[:3]
        told = f"linked by {len(sources)} hosts" + (f", as {', '.join(words)}" if words else "")
        yield Candidate(host if usable else host_key(name, ports), name, sources[:MAX_SOURCES], told)


def looks_like_a_unit(matcher: Matcher, name: str, zones: Collection[str]) -> bool:
    """Whether a name may mean a unit; mere initials would fit half the world."""
    return any(match.how != "initials" for match in matcher.match(own_labels(name, zones)))


def own_labels(name: str, zones: Collection[str]) -> list[str]:
    """The labels of a name that its owner chose: below a zone all of them, else the registrable domain's and below."""
    for zone in sorted(zones, key=len, reverse=True):
        if name.endswith(f".{zone}"):
            return name[: -len(zone) - 1].split(".")
    base = owner(name, tuple(zones))
    below = name[: -len(base) - 1].split(".") if name != base else []
    return [label for label in (*below, base.split(".", 1)[0]) if label != "www"]
