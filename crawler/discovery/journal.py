"""Answers on their way into the store: written in small batches, all the time, so that a kill loses next to nothing."""

import asyncio
from typing import Any

from crawler.store.crawl import CrawlStore

FLUSH_SECONDS = 0.2
ROOM = 5000
"""Answers that may wait for the store; more of them stop the asking."""


class Journal:
    """What was answered in this run. ``known`` serves a resumed run, and repeated questions of this one."""

    def __init__(self, store: CrawlStore) -> None:
        self._store = store
        self._new: dict[str, bytes] = {}
        self._lock = asyncio.Lock()
        self.known: dict[str, bytes] = {}
        self.recalled = 0

    async def open(self) -> None:
        """Read what an earlier process of this run was answered."""
        await self._store.patiently(self._store.answers.prepare)
        self.known = await self._store.patiently(self._store.answers.load)
        self.recalled = len(self.known)

    def note(self, key: str, wire: bytes) -> None:
        """Keep an answer."""
        self.known[key] = wire
        self._new[key] = wire

    @property
    def is_full(self) -> bool:
        """Whether asking has to wait for the store."""
        return len(self._new) >= ROOM

    async def flush(self) -> None:
        """Write what is new."""
        async with self._lock:
            batch, self._new = self._new, {}
            if batch:
                await self._store.patiently(lambda: self._store.answers.write(batch))

    async def keep_writing(self, *_: Any) -> None:
        """Flush for ever; a task of the run."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()
