"""Which server groups this process holds: leased as they become free, handed over when somebody else waits."""

import asyncio
from collections.abc import Callable, Iterable

from crawler.schedule.background import Background
from crawler.schedule.groups import Group
from crawler.schedule.hosts import HostState
from crawler.schedule.keeper import Keeper
from crawler.store.crawl import CrawlStore

ASK_SECONDS = 0.5
"""Pause between two rounds of asking for groups that somebody else holds."""


class Landlord:
    """Groups are waiting or active; an active one is leased until its hosts have ended or it is handed over."""

    def __init__(
        self,
        store: CrawlStore,
        keeper: Keeper,
        max_groups: int,
        background: Background,
        on_lease: Callable[[Group], None],
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._max_groups = max_groups
        self._background = background
        self._on_lease = on_lease
        self._waiting: list[Group] = []
        self._active: list[Group] = []
        self._group_of: dict[str, Group] = {}

    def open(self, groups: Iterable[Group]) -> None:
        """Begin to ask for these groups."""
        self._waiting = list(groups)
        self._group_of = {host.host: group for group in self._waiting for host in group.hosts}
        self._background.spawn(self._ask())

    def of(self, host: HostState) -> Group | None:
        """The group of a host; None for one without an address."""
        return self._group_of.get(host.host)

    @property
    def groups(self) -> list[Group]:
        """All groups of the run."""
        return [*self._waiting, *self._active]

    @property
    def active(self) -> list[Group]:
        """Groups that this process works on."""
        return list(self._active)

    @property
    def is_busy(self) -> bool:
        """True while an answer is awaited."""
        return any(group.inflight for group in self._active)

    @property
    def is_done(self) -> bool:
        """True when every host of every group has ended and every lease is given back."""
        return all(group.ended for group in (*self._waiting, *self._active)) and not any(
            group.leased for group in self._active
        )

    async def _ask(self) -> None:
        while True:
            if self._waiting:
                await self._ask_once()
            await asyncio.sleep(ASK_SECONDS)

    async def _ask_once(self) -> None:
        addresses = [address for group in self._waiting for address in group.addresses]
        busy = await self._store.patiently(lambda: self._store.leases.busy(addresses))
        for group in list(self._waiting):
            if group.ended:
                self._move(group, self._waiting, self._active)
            elif busy.isdisjoint(group.addresses) and sum(item.leased for item in self._active) < self._max_groups:
                await self._lease(group)

    async def _lease(self, group: Group) -> None:
        store = self._store
        owed = await store.patiently(lambda: store.leases.acquire(group.addresses, group.pace))
        if owed is None:
            return
        for host in group.hosts:
            if not host.loaded and not host.ended:
                await self._keeper.load(host)
        group.leased = True
        group.owed_until = asyncio.get_running_loop().time() + owed
        self._move(group, self._waiting, self._active)
        self._on_lease(group)

    async def give_back(self, group: Group) -> None:
        """Release a group's addresses once everything is back and written, with what the server is still owed."""
        if not group.leased or group.leaving:
            return
        group.leaving = True
        await self._background.until(lambda: not (group.inflight or any(host.pending > 0 for host in group.hosts)))
        owed = group.next_at - asyncio.get_running_loop().time()
        await self._store.patiently(lambda: self._store.leases.release(group.addresses, owed))
        group.leased = group.leaving = False
        self._background.wake.set()

    def hand_over(self, wanted: set[str]) -> None:
        """Let go of what others wait for; it is asked for again after them."""
        for group in self._active:
            if group.leased and not group.leaving and not group.ended and wanted & set(group.addresses):
                self._background.spawn(self._hand_over(group))

    async def _hand_over(self, group: Group) -> None:
        await self.give_back(group)
        self.reopen(group)

    def reopen(self, group: Group) -> None:
        """Ask for a group again that is not held."""
        if not group.leased and group in self._active:
            self._move(group, self._active, self._waiting)

    async def close(self) -> None:
        """Release everything at the crawl's end."""
        held = [group for group in self._active if group.leased]
        addresses = [address for group in held for address in group.addresses]
        if addresses:
            await self._store.leases.release(addresses, max(group.pace for group in held))

    def _move(self, group: Group, source: list[Group], target: list[Group]) -> None:
        source.remove(group)
        target.append(group)
