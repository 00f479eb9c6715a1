"""Stage 7: look-alikes of the authority's own portals; only for these are names made up and asked for."""

from collections.abc import AsyncIterator

import dns.name

from crawler.discovery.ground import Ground
from crawler.discovery.naming import is_within
from crawler.items import Host
from crawler.register.lookalikes import variants
from crawler.urls import hostname

MAX_PORTALS = 20
KINDS = ("A", "AAAA")


async def by_likeness(ground: Ground) -> AsyncIterator[Host]:
    """Names like those of the zones and of the department's registered sites that exist outside the zones."""
    portals = dict.fromkeys(ground.plan.authority)
    portals |= dict.fromkeys(hostname(host) for host, unit in sorted(ground.owners.items()) if not unit)
    names: dict[dns.name.Name, tuple[str, ...]] = {}
    like: dict[str, str] = {}
    for portal in list(portals)[:MAX_PORTALS]:
        for name in variants(portal):
            if (
                name not in ground.asked_names
                and name not in ground.known
                and not is_within(name, ground.plan.authority)
            ):
                ground.asked_names.add(name)
                names[dns.name.from_text(name)] = KINDS
                like[name] = portal
    async for facts in ground.look_up.facts_of(names):
        if facts.exists and facts.addresses:
            yield ground.host(facts, "lookalike", f"like {like[facts.name]}")
