"""Stages 2 and 3: zones of the authority and all that they delegate: servers, transfer, walk, ring."""

from collections.abc import AsyncIterator

import dns.name

from crawler.discovery.ground import Cut, Ground
from crawler.discovery.lookup import ALL_KINDS
from crawler.discovery.messages import text_of
from crawler.discovery.model import Records, Zone
from crawler.discovery.naming import facts_of_records, is_host
from crawler.discovery.ring import collect
from crawler.discovery.walk import walk
from crawler.discovery.zones import delegated
from crawler.items import Host

MAX_ZONES = 2000
MAX_DEPTH = 8
"""Delegations below a zone of the authority that are followed."""


async def by_zone(ground: Ground) -> AsyncIterator[Host]:
    """Hosts of every zone that waits in ``ground.cuts``, and of those found on the way."""
    while ground.cuts and len(ground.look_up.zones) < MAX_ZONES:
        cut = ground.cuts.popleft()
        if cut.zone in ground.look_up.zones:
            continue
        zone = await ground.zones.probe(cut.zone, None if cut.servers is None else delegated(cut.servers))
        ground.look_up.zones[cut.zone] = zone
        await _read(ground, zone)
        yield await _apex(ground, zone)
        async for host in _names(ground, zone):
            yield host
        if cut.depth < MAX_DEPTH:
            for child, servers in sorted(zone.cuts.items()):
                ground.cuts.append(Cut(child, servers or await _servers(ground, child), cut.depth + 1))


async def _read(ground: Ground, zone: Zone) -> None:
    if not zone.good:
        return
    await ground.zones.transfer(zone)
    if not zone.complete:
        zone.complete = await walk(zone, ground.look_up)
    if zone.note == "nsec3" and (ring := await collect(zone, ground.look_up, ground.dice(zone.name))):
        ground.rings[zone.name] = ring
        zone.unknown = len(ring.arcs)


async def _servers(ground: Ground, child: dns.name.Name) -> Records:
    """The servers of a delegation that a walk only named."""
    said = await ground.look_up.said(child, "NS")
    if said is None:
        return {}
    return said.servers or {host.rstrip(".").lower(): [] for host in said.records.get("NS", ())}


async def _apex(ground: Ground, zone: Zone) -> Host:
    if zone.how == "transfer":
        facts = facts_of_records(text_of(zone.name), zone.names.get(zone.name, {}))
    else:
        facts = await ground.look_up.facts(zone.name)
    host = ground.host(facts, "zone", f"served by {len(zone.good)} of {len(zone.servers)} servers")
    host.facts["zone"] = zone_document(zone)
    ground.count(f"discover/zone/{zone.how or zone.note or ('dead' if zone.is_dead else 'closed')}")
    return host


async def _names(ground: Ground, zone: Zone) -> AsyncIterator[Host]:
    """Hosts among the names that a transfer or a walk gave."""
    later: dict[dns.name.Name, tuple[str, ...]] = {}
    for name, records in sorted(zone.names.items()):
        ground.records.setdefault(text_of(name), records)
        if name == zone.name or not is_host(name, records):
            continue
        if zone.how == "transfer" and "CNAME" not in records:
            yield ground.host(facts_of_records(text_of(name), records), zone.how, text_of(zone.name))
        else:
            later[name] = tuple(kind for kind in ALL_KINDS if kind in records or "CNAME" in records)
    async for facts in ground.look_up.facts_of(later):
        yield ground.host(facts, zone.how, text_of(zone.name))


def zone_document(zone: Zone) -> dict[str, object]:
    """What is said of a zone at its apex host."""
    servers = [
        {
            "server": f"{one.server[0]}:{one.server[1]}" if one.server[0] else "",
            "name": one.name,
            "published": one.published,
            "serial": one.serial,
            "error": one.error,
            "transfer": one.transfer,
        }
        for one in zone.servers
    ]
    return {
        "servers": servers,
        "serials": zone.serials,
        "lame": [one.name for one in zone.servers if one.error],
        "open": [one.name or one.server[0] for one in zone.servers if one.transfer == "whole"],
        "how": zone.how,
        "complete": zone.complete,
        "names": len(zone.names),
        "unknown": zone.unknown,
        "note": zone.note,
    }
