"""What the hosts mean for a unit: two sites, an unused one, none at all, one in other hands; pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.discovery.naming import is_within
from crawler.page.simhash import distance
from crawler.urls import hostname, twin

ALIVE = ("live", "unused", "duplicate", "hijacked", "under_construction", "blocked")
DEAD = ("no_name", "dead_delegation", "alias_loop", "dangling", "no_address", "no_connection", "parked", "suspended")
UNUSED = ("unused", "under_construction", "default_page", "empty")


@dataclass(frozen=True, slots=True)
class Stand:
    """One host as a run left it. ``unit`` is set where it is surely or probably that unit's, or was."""

    host: str
    unit: str
    verdict: str
    outcome: str = ""
    newest: datetime | None = None
    simhash: int = 0
    redirect: str = ""
    pages: int = 0
    links: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UnitVerdict:
    """``sites`` are the hosts concerned, ``evidence`` says in words why."""

    unit: str
    rule: str
    sites: tuple[str, ...]
    evidence: tuple[str, ...] = ()


def unit_verdicts(
    units: Iterable[Mapping[str, Any]],
    sites: Iterable[Mapping[str, Any]],
    stands: Iterable[Stand],
    assigned: Mapping[str, str],
    zones: Collection[str],
) -> list[UnitVerdict]:
    """All verdicts, by unit and rule. ``assigned`` is host -> unit by a person's word."""
    by_host = {stand.host: stand for stand in stands}
    registered: dict[str, list[Mapping[str, Any]]] = {}
    for site in sites:
        if not site.get("alias_of"):
            registered.setdefault(str(site["unit"]), []).append(site)
    found: dict[str, list[Stand]] = {}
    for stand in by_host.values():
        unit = assigned.get(stand.host) or stand.unit
        if unit:
            found.setdefault(unit, []).append(stand)
    verdicts: list[UnitVerdict] = []
    for unit in sorted(str(one["_id"]) for one in units):
        own = registered.get(unit, [])
        hosts = {str(site["host"]) for site in own}
        others = [stand for stand in found.get(unit, []) if stand.host not in hosts and twin(stand.host) not in hosts]
        verdicts += _of_unit(unit, own, others, by_host, zones)
    return verdicts


def _of_unit(
    unit: str,
    own: list[Mapping[str, Any]],
    others: list[Stand],
    by_host: Mapping[str, Stand],
    zones: Collection[str],
) -> Iterable[UnitVerdict]:
    mine = [by_host[str(site["host"])] for site in own if str(site["host"]) in by_host]
    ours = [stand for stand in others if stand.outcome != "hijacked"]
    alive = [stand for stand in (*mine, *ours) if stand.verdict in ALIVE]
    names = list(dict.fromkeys(stand.host for stand in alive))
    if len(names) > 1:
        yield UnitVerdict(unit, "two_sites", tuple(names), tuple(_compared(alive, {str(site["host"]) for site in own})))
    unused = [
        stand.host for stand in (*mine, *ours) if stand.verdict in ("unused", "under_construction", "default_page")
    ]
    if unused:
        yield UnitVerdict(unit, "unused_site", tuple(dict.fromkeys(unused)))
    outside = [
        str(site["host"]) for site in own if site["official"] and not is_within(hostname(str(site["host"])), zones)
    ]
    if outside:
        yield UnitVerdict(unit, "official_outside_zone", tuple(outside))
    dead = [stand.host for stand in mine if stand.verdict in DEAD]
    if dead:
        yield UnitVerdict(unit, "registered_site_dead", tuple(dict.fromkeys(dead)))
    if not own and not alive:
        yield UnitVerdict(unit, "no_site", ())
    half = [stand for stand in ours if _is_half_way(stand)]
    if half:
        yield UnitVerdict(unit, "redirect_half_way", tuple(stand.host for stand in half))
    lost = [stand for stand in others if stand.outcome == "hijacked"]
    if lost:
        yield UnitVerdict(
            unit, "domain_in_other_hands", tuple(stand.host for stand in lost), ("pages of the unit still link to it",)
        )


def _is_half_way(stand: Stand) -> bool:
    """A name that says old or new, and does not lead on to the other."""
    label = hostname(stand.host).partition(".")[0]
    moved = label.endswith(("-moi", "-cu", "moi", "-new", "-old")) or label.startswith(("moi-", "cu-"))
    return moved and stand.verdict in ALIVE and not stand.redirect


def _compared(alive: list[Stand], registered: Collection[str]) -> Iterable[str]:
    """Which is registered, newer, fuller, and whether they show the same."""
    for stand in alive:
        told = "registered" if stand.host in registered else "not registered"
        dated = f", newest date {stand.newest:%d/%m/%Y}" if stand.newest else ""
        yield f"{stand.host}: {told}{dated}, {stand.pages} pages seen"
    for place, one in enumerate(alive):
        for other in alive[place + 1 :]:
            if one.simhash and other.simhash:
                yield f"{one.host} and {other.host}: {64 - distance(one.simhash, other.simhash)} of 64 bits alike"
