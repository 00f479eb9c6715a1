"""Stage 1: hosts that are known already, from the register, imported files and earlier runs, looked up anew."""

from collections.abc import AsyncIterator

import dns.name

from crawler.discovery.ground import Ground
from crawler.discovery.lookup import ALL_KINDS
from crawler.items import Host
from crawler.urls import is_address


async def by_memory(ground: Ground) -> AsyncIterator[Host]:
    """Every host of the store that no other stage of this run has looked at."""
    names: dict[dns.name.Name, tuple[str, ...]] = {}
    for name in sorted(set(ground.known) - set(ground.facts)):
        if not is_address(name):
            names[dns.name.from_text(name)] = ALL_KINDS
    async for facts in ground.look_up.facts_of(names):
        for key in list(ground.known[facts.name]):
            host = ground.host(facts, "known", "", key=key)
            host.sources = []  # what is looked up again was found before
            await ground.mark_wildcard(host, facts)
            yield host
