"""How a host comes to its end state: what is under way is written first, then its edges, findings and review."""

import asyncio
from collections.abc import Callable

from crawler.schedule.admission import Admission
from crawler.schedule.background import Background
from crawler.schedule.groups import Group
from crawler.schedule.hosts import HostState
from crawler.schedule.keeper import Keeper
from crawler.schedule.landlord import Landlord


class Endings:
    """Ends hosts in the background; ``busy`` counts those that are not written yet."""

    def __init__(
        self,
        keeper: Keeper,
        landlord: Landlord,
        background: Background,
        admission: Admission,
        on_end: Callable[[HostState], None],
    ) -> None:
        self._keeper = keeper
        self._landlord = landlord
        self._background = background
        self._admission = admission
        self._on_end = on_end
        self.busy = 0

    def end(self, host: HostState, state: str, cause: str) -> None:
        """Give a host its end state; the first one stays."""
        if not host.ended:
            host.ended = state
            self.busy += 1
            self._background.spawn(self._end(host, cause))

    def move(self, twin: HostState) -> None:
        """URLs of a twin that were on their way to the store when it became an alias go to its host too."""
        self.busy += 1
        self._background.spawn(self._move(twin))

    async def _move(self, twin: HostState) -> None:
        await self._keeper.alias(twin, self._admission)
        self._on_end(twin)
        self.busy -= 1
        self._background.wake.set()

    async def _end(self, host: HostState, cause: str) -> None:
        await self._background.until(lambda: not host.inflight and host.pending <= 0)
        group = self._landlord.of(host)
        if host.https and group is not None and group.leased:
            await self._verify(host, group)
        if host.alias:
            await self._keeper.alias(host, self._admission)
        await self._keeper.end(host, cause)
        self._on_end(host)
        if group is not None and group.ended:
            await self._landlord.give_back(group)
        self.busy -= 1
        self._background.wake.set()

    async def _verify(self, host: HostState, group: Group) -> None:
        """Look at a host's certificate over a connection of its own, within what the server is owed."""
        loop = asyncio.get_running_loop()
        await self._background.until(lambda: group.inflight < group.connections)
        group.inflight += 1
        try:
            await asyncio.sleep(max(0.0, group.next_at - loop.time()))
            group.last_at = loop.time()
            await self._keeper.verify_tls(host)
        finally:
            group.inflight -= 1
            self._background.tell()
