"""Brings each host's next entries from the frontier; a host that has nothing left gets more, or its end."""

from collections.abc import Callable

from crawler.schedule.admission import Admission
from crawler.schedule.background import Background
from crawler.schedule.endings import Endings
from crawler.schedule.groups import Group
from crawler.schedule.hosts import HostState
from crawler.schedule.keeper import Keeper
from crawler.schedule.landlord import Landlord

HOT = 100
"""Entries of a host in memory at most; more of them would make late discoveries wait."""
LOW = 20


class Supply:
    """Works in the background; ``schedule`` is called for a group that has something to do again."""

    def __init__(
        self,
        keeper: Keeper,
        landlord: Landlord,
        background: Background,
        endings: Endings,
        admission: Admission,
        schedule: Callable[[Group], None],
    ) -> None:
        self._keeper = keeper
        self._landlord = landlord
        self._background = background
        self._endings = endings
        self._admission = admission
        self._schedule = schedule

    def refill(self, host: HostState) -> None:
        """Bring a host's next entries, unless that is under way or there are enough."""
        group = self._landlord.of(host)
        if host.refilling or host.ended or len(host.hot) >= LOW or not host.loaded or not (group and group.leased):
            return
        if host.dry:
            self._go_on_or_end(host)
            return
        host.refilling = True
        self._background.spawn(self._refill(host, group))

    def close(self, host: HostState, cause: str) -> None:
        """A budget is used up: no further page of the host is fetched, only looks at those that are there."""
        if not host.full:
            host.full = cause
            host.dry = False
        for waiting in (host.hot, host.again):
            waiting[:] = [entry for entry in waiting if entry.is_look]
        self.refill(host)

    async def _refill(self, host: HostState, group: Group) -> None:
        flushes = host.flushes
        try:
            entries = await self._keeper.take(host, HOT)
        finally:
            host.refilling = False
        if host.ended:
            return
        host.dry = len(entries) < HOT and flushes == host.flushes
        host.hot = sorted([*host.hot, *entries], key=lambda entry: entry.priority)
        if entries:
            self._schedule(group)
        elif host.dry:
            self._go_on_or_end(host)
        elif flushes != host.flushes:
            self.refill(host)

    def _go_on_or_end(self, host: HostState) -> None:
        """When nothing of a host waits, neither in the frontier nor here, and all of it is written."""
        if host.is_idle:
            host.refilling = True
            self._background.spawn(self._more(host))

    async def _more(self, host: HostState) -> None:
        flushes = host.flushes
        try:
            found = await self._keeper.more(host, self._admission)
        finally:
            host.refilling = False
        if host.ended:
            return
        if found or flushes != host.flushes or not host.dry:
            host.dry = False
            self.refill(host)
        elif host.is_idle:
            self._endings.end(host, *self._keeper.verdict(host))
