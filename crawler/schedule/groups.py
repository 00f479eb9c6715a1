"""Server groups: hosts that share an address, joined transitively, paced as one server."""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crawler.schedule.hosts import HostState
from crawler.store.frontier import Entry

JITTER, JITTER_SECONDS = 0.1, 0.05
"""Part of the pace, and seconds at most, by which two requests may come closer after one that was late."""

MAX_CHARGED = 10
"""Sub-requests of one render that are paid for by waiting; any visitor's browser makes as many at once."""


def join(addresses: Mapping[str, Iterable[str]]) -> list[tuple[list[str], list[str]]]:
    """Join hosts by shared addresses: ``[(hosts, addresses)]``, both sorted, in a fixed order.

    Union-find over addresses (Tarjan 1975); ``addresses`` maps a host to what it resolves to.
    """
    parent: dict[str, str] = {}

    def root(address: str) -> str:
        while parent[address] != address:
            parent[address] = parent[parent[address]]
            address = parent[address]
        return address

    for own in addresses.values():
        first = ""
        for address in own:
            parent.setdefault(address, address)
            first = first or address
            one, other = sorted((root(first), root(address)))
            parent[other] = one
    groups: dict[str, tuple[list[str], set[str]]] = {}
    for host, own in sorted(addresses.items()):
        own = sorted(own)
        if own:
            hosts, joined = groups.setdefault(root(own[0]), ([], set()))
            hosts.append(host)
            joined.update(own)
    return [(hosts, sorted(joined)) for _, (hosts, joined) in sorted(groups.items())]


@dataclass(slots=True)
class Group:
    """One server as this process sees it. Times are ``loop.time()`` seconds."""

    name: str
    addresses: list[str]
    hosts: list[HostState]
    connections: int
    delay: float
    leased: bool = False
    leaving: bool = False
    owed_until: float = 0.0
    last_at: float = float("-inf")
    left_at: float = float("-inf")
    inflight: int = 0
    turn: int = 0
    due: float | None = None
    sent: int = 0
    owed: float = 0.0

    @property
    def pace(self) -> float:
        """Seconds between two requests: the slowest wish among its live hosts."""
        return max([self.delay, *(host.delay for host in self.hosts if not host.ended)])

    @property
    def next_at(self) -> float:
        """When the next request may go out: what a server asked for a moment ago counts at once.

        A busy process sends a request some time after it was handed out (``left_at``): the next one keeps clear of it.
        """
        pace = self.pace
        return max(self.owed_until, self.last_at + pace, self.left_at + pace - _slack(pace))

    def hand_out(self, now: float) -> None:
        """Count a request. One that is a little late counts as in time, else each would make all later ones late."""
        due = self.next_at
        self.last_at = due if now - due <= _slack(self.pace) else now
        self.sent += 1
        self.inflight += 1

    def charge(self, requests: int, now: float) -> None:
        """Leave the server alone for what a page's scripts asked of it at once, as a browser does."""
        self.owed_until = max(self.owed_until, now + self.pace * min(requests, MAX_CHARGED))

    @property
    def ended(self) -> bool:
        """True when every host has its end state."""
        return all(host.ended for host in self.hosts)

    def next_host(self, now: float) -> HostState | None:
        """The next host in turn that has something to fetch now; round robin, so that none starves."""
        for step in range(len(self.hosts)):
            host = self.hosts[(self.turn + step) % len(self.hosts)]
            if host.has_work and host.is_open and host.ready_at <= now:
                self.turn = (self.turn + step + 1) % len(self.hosts)
                return host
        return None

    def wakes_at(self) -> float | None:
        """When the first host that has work but may not yet be asked may be; None when there is none."""
        times = [host.ready_at for host in self.hosts if host.has_work and host.is_open]
        return min(times, default=None)


def _slack(pace: float) -> float:
    return min(JITTER * pace, JITTER_SECONDS)


@dataclass(slots=True)
class Job:
    """One fetch: the entry, its host and the group that paces it."""

    entry: Entry
    host: HostState
    group: Group


class Clock:
    """Groups by the time of their next request."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Group]] = []
        self._order = 0

    def schedule(self, group: Group, at: float) -> None:
        """Look at a group at that time; of several times that are asked for, the earliest counts."""
        if group.due is None or at < group.due:
            group.due = at
            self._order += 1
            heapq.heappush(self._heap, (at, self._order, group))

    def due(self, now: float) -> Group | None:
        """A group whose time has come, taken out of the clock."""
        at = self.next_at()
        if at is None or at > now:
            return None
        group = heapq.heappop(self._heap)[2]
        group.due = None
        return group

    def next_at(self) -> float | None:
        """When the next group is due."""
        while self._heap and self._heap[0][2].due != self._heap[0][0]:
            heapq.heappop(self._heap)  # an earlier time was asked for since
        return self._heap[0][0] if self._heap else None
