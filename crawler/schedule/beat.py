"""What happens every few seconds while a crawl runs: leases and run are kept alive, the operator's word is heard."""

import asyncio
from collections.abc import Callable, Mapping

from crawler.schedule.background import Background
from crawler.schedule.endings import Endings
from crawler.schedule.groups import Group
from crawler.schedule.hosts import HostState
from crawler.schedule.keeper import Keeper
from crawler.schedule.landlord import Landlord
from crawler.schedule.progress import Progress

BEAT_SECONDS = 2.0
HEED_SECONDS = 0.5
"""Pause between two looks whether somebody waits for a lease of ours."""
SLICE_SECONDS = 10.0
"""A lease that somebody else wants is handed over after so long; at once to a run that names its hosts."""
TELL_SECONDS = 5.0
"""Pause between two notes of how far each host is."""


class Beat:
    """The pulse of one crawl. ``look`` is called for every group that may have something to do again."""

    def __init__(
        self,
        keeper: Keeper,
        landlord: Landlord,
        endings: Endings,
        hosts: Mapping[str, HostState],
        look: Callable[[Group], None],
    ) -> None:
        self._keeper = keeper
        self._landlord = landlord
        self._endings = endings
        self._hosts = hosts
        self._look = look
        self._progress = Progress()
        self._told = float("-inf")

    def start(self, background: Background) -> None:
        """Beat until the background closes."""
        background.spawn(self._beat())
        background.spawn(self._heed())

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._keeper.beat(self._hosts)
            for group in self._landlord.active:
                self._look(group)
            self._check_paused()
            self._progress.tick(self._landlord.groups, loop.time())
            if loop.time() - self._told >= TELL_SECONDS:
                self._told = loop.time()
                await self.tell()
            await asyncio.sleep(BEAT_SECONDS)

    async def tell(self) -> None:
        """Write into the store how far each host is."""
        now = asyncio.get_running_loop().time()
        await self._keeper.tell(lambda clock: self._progress.changes(self._landlord.groups, now, clock))

    async def _heed(self) -> None:
        while True:
            self._landlord.hand_over(await self._keeper.wanted(SLICE_SECONDS))
            await asyncio.sleep(HEED_SECONDS)

    def _check_paused(self) -> None:
        """When nothing but paused hosts is left, they end as interrupted, so that the run can be resumed."""
        left = [host for host in self._hosts.values() if not host.ended]
        if left and all(host.policy.paused and not host.inflight for host in left):
            for host in left:
                reason = f": {host.policy.reason}" if host.policy.reason else ""
                self._endings.end(host, "interrupted", f"paused by {host.policy.by or 'an operator'}{reason}")
