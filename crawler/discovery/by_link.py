"""Stage 5: hosts that pages link to: those inside the authority's zones, and those that look like a unit's."""

from collections.abc import AsyncIterator

import dns.name

from crawler.discovery.ground import Ground
from crawler.discovery.linked import candidates
from crawler.discovery.lookup import ALL_KINDS
from crawler.discovery.naming import is_within
from crawler.items import Host


async def by_link(ground: Ground) -> AsyncIterator[Host]:
    """Linked hosts that nobody has looked at yet, looked up by DNS."""
    rows = await ground.store.patiently(ground.store.discovered.linked)
    rows += [{"_id": to, "from": list(told), "anchors": [list(told.values())]} for to, told in ground.edges.items()]
    plan = ground.plan
    found = {one.name: one for one in candidates(rows, plan.authority, ground.matcher, ground.known, plan.ports)}
    names = {dns.name.from_text(name): ALL_KINDS for name in found}
    async for facts in ground.look_up.facts_of(names):
        one = found[facts.name]
        host = ground.host(facts, "link", one.detail, key=one.host)
        host.facts["linked_by"] = one.sources
        if facts.exists is False and is_within(one.name, ground.plan.authority):
            ground.count("discover/link/gone")
        await ground.mark_wildcard(host, facts)
        yield host
