"""Stage 4: names that records speak of, to a fixed point."""

from collections.abc import AsyncIterator

import dns.name
import dns.reversename

from crawler.discovery.ground import Ground
from crawler.discovery.linked import looks_like_a_unit
from crawler.discovery.lookup import ALL_KINDS
from crawler.discovery.messages import merge, text_of
from crawler.discovery.mining import MAX_PTR, SIDE_LABELS, names_in, ranges_in
from crawler.discovery.naming import host_name, is_host, is_within
from crawler.items import Host
from crawler.urls import is_address

MAX_ROUNDS = 5
_APEX_KINDS = ("SOA", "NS", "MX", "TXT", "CAA")


async def by_record(ground: Ground) -> AsyncIterator[Host]:
    """Hosts named in the records of what is known, and in the records of those again."""
    await _side_records(ground)
    mined: set[str] = set()
    for _ in range(MAX_ROUNDS):
        told: dict[str, str] = {}
        for owner, records in sorted(ground.records.items()):
            if owner not in mined and is_within(owner, ground.plan.authority):
                mined.add(owner)
                for name, kind in names_in(records):
                    told.setdefault(name, f"{kind} of {owner}")
        told |= await _reverse(ground)
        for name, (technique, where) in ground.told.items():
            told.setdefault(name, f"{technique} {where}")
        new = {dns.name.from_text(name): ALL_KINDS for name in told if _is_new(ground, name)}
        if not new:
            return
        async for facts in ground.look_up.facts_of(new):
            ground.records.setdefault(facts.name, facts.records)
            if (facts.exists is not False and is_host(dns.name.from_text(facts.name), facts.records)) or facts.fault:
                host = ground.host(facts, *_source(ground, facts.name, told[facts.name]))
                await ground.mark_wildcard(host, facts)
                yield host


def _source(ground: Ground, name: str, detail: str) -> tuple[str, str]:
    """(technique, detail) of a name: a record, a page or a certificate told of it."""
    return ground.told.get(name) or ("record", detail)


def _is_new(ground: Ground, name: str) -> bool:
    """Names inside the authority's zones, and outside those that look like a unit's."""
    if (
        name in ground.facts
        or name in ground.asked_names
        or is_address(name)
        or not host_name(dns.name.from_text(name))
    ):
        return False
    ground.asked_names.add(name)
    if is_within(name, ground.plan.authority):
        return True
    return looks_like_a_unit(ground.matcher, name, ground.plan.authority)


async def _side_records(ground: Ground) -> None:
    """Ask for what stands beside the names of zones that were not read whole: policies, services, mail."""
    for zone in ground.open_zones():
        for kind in _APEX_KINDS:
            if said := await ground.look_up.said(zone.name, kind):
                merge(ground.records.setdefault(text_of(zone.name), {}), said.records)
        for label in SIDE_LABELS:
            name = dns.name.from_text(label, zone.name)
            kind = "TXT" if label == "_dmarc" else "SRV"
            said = await ground.look_up.said(name, kind)
            if said is not None and said.records:
                merge(ground.records.setdefault(text_of(name), {}), said.records)


async def _reverse(ground: Ground) -> dict[str, str]:
    """Names of the addresses that the authority's own mail policy counts as its own."""
    addresses: list[str] = []
    for zone in sorted(ground.look_up.zones):
        for network in ranges_in(ground.records.get(text_of(zone), {})):
            if network not in ground.ranges:
                ground.ranges.add(network)
                addresses += [str(address) for address in network]
    names = {dns.reversename.from_address(address): address for address in addresses[:MAX_PTR]}
    found: dict[str, str] = {}
    async for name, said in ground.said_of(names, "PTR"):
        for target, _ in names_in(said.records if said else {}):
            found[target] = f"PTR of {names[name]}"
    return found
