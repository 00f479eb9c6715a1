"""Stage 6: names made out of the register, the likely ones first; every pattern ends when its yield is spent."""

import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import dns.name

from crawler.discovery.ground import Ground
from crawler.discovery.lookup import ALL_KINDS
from crawler.discovery.messages import Said, text_of
from crawler.discovery.model import NameFacts, Zone
from crawler.discovery.naming import is_host
from crawler.discovery.wildcards import KINDS, Judgement, differs
from crawler.items import Host
from crawler.register.forms import Named, flat
from crawler.register.patterns import PLACE_PATTERNS, SERVICES, count_patterns, order, render

logger = logging.getLogger(__name__)

SPENT = 1500
"""Names in a row without a hit after which a pattern is spent: 3/1500, the upper bound of its yield, is 1 in 500."""
BATCH = 400
SURE = 4
"""Patterns of which even names that a wildcard hides are looked at closely."""
MANY = 0.05
"""Share of known hosts that bear a pattern, above which it is tried on units that have a host already."""


_OFFICES = ("pgddt", "pgd", "gddt", "gd", "edu")


@dataclass(frozen=True, slots=True)
class Guess:
    """One name to try: ``unit`` is the code it was made of, empty for a place or a service."""

    name: dns.name.Name
    zone: Zone
    unit: str = ""


async def by_place(ground: Ground) -> AsyncIterator[Host]:
    """Offices and zones of districts and communes."""
    places = dict.fromkeys(place for unit in ground.units.values() for place in unit.places)
    made = [Named("", (), ("x",), (place,)) for place in places]
    for pattern in PLACE_PATTERNS:
        labels = dict.fromkeys(label for place in made for label in render(pattern, place))
        zones = [zone for zone in ground.open_zones() if zone.name in ground.plan.zones]
        guesses = (_guess(label, zone) for zone in zones for label in labels)
        async for host in _try(ground, pattern, guesses, close=False):
            yield host


async def by_name(ground: Ground) -> AsyncIterator[Host]:
    """Units' names by pattern, then services."""
    pairs = list(_pairs(ground))
    learned = count_patterns(pairs)
    bearing = sum(learned.values())
    for rank, pattern in enumerate(order(learned)):
        served = {unit.code for _, unit in _pairs(ground)}
        often = bearing and learned[pattern] / bearing >= MANY
        units = [unit for unit in ground.units.values() if often or unit.code not in served]
        zones = _zones_by_place(ground)
        guesses = (_guess(label, zone, unit.code) for unit in units for zone, label in _names(zones, pattern, unit))
        async for host in _try(ground, pattern, guesses, close=rank < SURE):
            yield host
    for zone in ground.open_zones():
        async for host in _try(ground, "service", (_guess(label, zone) for label in SERVICES), close=False):
            yield host


def _pairs(ground: Ground) -> Iterator[tuple[str, Named]]:
    """(label below the zone, unit) of known hosts whose name means one unit."""
    zones = sorted((text_of(zone) for zone in ground.look_up.zones), key=len, reverse=True)
    for name in [*ground.facts, *(site["host"].partition(":")[0] for site in ground.sites)]:
        zone = next((zone for zone in zones if name.endswith(f".{zone}")), None)
        if zone is None:
            continue
        label = name[: -len(zone) - 1]
        matches = ground.matcher.match(label.split("."))
        if len(matches) == 1:
            yield label, ground.units[matches[0].unit]


def _zones_by_place(ground: Ground) -> dict[str, list[Zone]]:
    """Place -> the open zones that bear its name; "" -> those that belong to no place, or to the authority itself."""
    places = {"".join(place) for unit in ground.units.values() for place in unit.places}
    found: dict[str, list[Zone]] = {"": []}
    for zone in ground.open_zones():
        key = flat(zone.name.labels[0].decode("ascii", "replace"))
        place = next((one for one in (key, *(key.removeprefix(word) for word in _OFFICES)) if one in places), "")
        found.setdefault("" if zone.name in ground.plan.zones else place, []).append(zone)
    return found


def _names(zones: dict[str, list[Zone]], pattern: str, unit: Named) -> Iterator[tuple[Zone, str]]:
    """A unit's names in the zones of its places, and in those that belong to no place."""
    for place in dict.fromkeys(("", *("".join(place) for place in unit.places))):
        for zone in zones.get(place, ()):
            for label in render(pattern, unit):
                yield zone, label


def _guess(label: str, zone: Zone, unit: str = "") -> Guess:
    return Guess(dns.name.from_text(label, zone.name), zone, unit)


async def _try(ground: Ground, pattern: str, guesses: Iterable[Guess], close: bool) -> AsyncIterator[Host]:
    """Try a pattern's names in batches until it is spent, or the run's guesses are."""
    misses = 0
    waiting = (guess for guess in guesses if _is_open(ground, guess))
    while batch := list(islice(waiting, min(BATCH, max(0, ground.plan.guesses - ground.tried)))):
        ground.tried += len(batch)
        hits = 0
        for facts in await _judged(ground, batch, close):
            hits += 1
            yield ground.host(facts, "name", pattern)
        misses = 0 if hits else misses + len(batch)
        if misses >= SPENT:
            ground.count("discover/pattern/spent")
            return


def _is_open(ground: Ground, guess: Guess) -> bool:
    """Not asked before, and not known to be absent from a closed ring."""
    if guess.name in ground.asked or text_of(guess.name) in ground.facts:
        return False
    ground.asked.add(guess.name)
    ring = ground.rings.get(guess.zone.name)
    if ring is not None and ring.is_closed and not ring.opt_out and not ring.has(guess.name):
        ground.count("discover/guess/by_ring")
        return False
    return True


async def _judged(ground: Ground, batch: list[Guess], close: bool) -> list[NameFacts]:
    """The guesses that exist, with what DNS says of them."""
    by_name = {guess.name: guess for guess in batch}
    for parent in sorted({guess.zone.name for guess in batch}):
        await ground.table(parent)
    answers = {name: said async for name, said in ground.said_of(by_name, "A")}
    for parent in sorted({guess.zone.name for guess in batch}):
        if ground.tables[parent].is_wild:
            await ground.surprise(parent, ground.tried)
    good: list[Guess] = []
    for guess in batch:
        said = answers[guess.name]
        if said is not None and ground.refer(said):
            ground.count("discover/guess/delegation")
        verdict = await _verdict(ground, guess, said, close)
        ground.count(f"discover/guess/{verdict}")
        if verdict == "unknown":
            ground.asked.discard(guess.name)  # never absent: the next round asks again
        if verdict == "present":
            good.append(guess)
        elif verdict == "same" and close and guess.unit:
            ground.same[text_of(guess.name)] = guess.unit
    found: list[NameFacts] = []
    async for facts in ground.look_up.facts_of({guess.name: ALL_KINDS for guess in good}):
        guess = by_name[dns.name.from_text(facts.name)]
        if facts.exists and (is_host(guess.name, facts.records) or facts.fault):
            found.append(facts)
    return sorted(found, key=lambda facts: facts.name)


async def _verdict(ground: Ground, guess: Guess, said: Said | None, close: bool) -> Judgement:
    """Judge an answer against the wildcards of the zone and of every level between."""
    parents = [guess.zone.name]
    table = ground.tables[guess.zone.name]
    if table.lies:
        return "unknown"
    verdict = table.judge(guess.name, "A", said)
    if verdict == "present" and len(guess.name) > len(guess.zone.name) + 1:
        parents.append(guess.name.parent())
        verdict = (await ground.table(guess.name.parent())).judge(guess.name, "A", said)
    if verdict == "same" and close:
        others = [(kind, await ground.look_up.said(guess.name, kind)) for kind in KINDS[1:]]
        if any(differs(ground.tables[parent], others) for parent in parents[-1:]):
            return "present"
    return verdict
