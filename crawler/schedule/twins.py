"""Is www.x the same site as x? Told by the home pages, so that a site is not reviewed twice."""

from collections.abc import Callable, Mapping

from crawler.page.simhash import distance
from crawler.schedule.endings import Endings
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


class Twins:
    """The twins among the hosts of a run; ``work`` is called for one that goes on by itself."""

    def __init__(self, hosts: Mapping[str, HostState], endings: Endings, work: Callable[[HostState], None]) -> None:
        self._hosts = hosts
        self._endings = endings
        self._work = work

    def compare(self, host: HostState) -> None:
        """Settle a twin as soon as both home pages are known, or one side is at its end."""
        pair = [other for other in self._hosts.values() if other.twin_of and host.host in (other.host, other.twin_of)]
        for twin in pair:
            outcome = settle_twin(twin, self._hosts[twin.twin_of])
            if outcome == "alias":
                state = "redirected" if twin.home_redirect else "complete"
                self._endings.end(twin, state, f"the same content as {twin.twin_of}")
            elif outcome == "own":
                self._work(twin)

    def release(self, host: HostState) -> None:
        """A home page that cannot be had leaves its twin nothing to compare with."""
        host.held = False
        for twin in self._hosts.values():
            if twin.twin_of == host.host and twin.held:
                twin.held = False
                self._work(twin)
