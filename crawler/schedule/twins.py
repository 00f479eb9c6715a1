"""Is www.x the same site as x? Told by the home pages, so that a site is not reviewed twice."""

from crawler.page.simhash import distance
from crawler.schedule.hosts import HostState
from crawler.urls import host_of

_SAME = 3
"""Bits of the 64-bit simhash; the usual bound for near-duplicates (Manku et al., WWW 2007)."""


def settle_twin(twin: HostState, host: HostState) -> str:
    """``"alias"``, ``"own"`` or ``""`` while nothing can be said; releases a twin that stands by itself."""
    if twin.ended or twin.alias or not twin.held or twin.home is None:
        return ""
    if twin.home_redirect and host_of(twin.home_redirect) == host.host:
        twin.alias = host.host
        return "alias"
    if host.home is None:
        if host.ended:
            twin.held = False
            return "own"
        return ""
    same = twin.home[0] == host.home[0]
    if not same and twin.home[1] and host.home[1]:
        same = distance(twin.home[1], host.home[1]) <= _SAME
    if same:
        twin.alias = host.host
        return "alias"
    twin.held = False
    return "own"
