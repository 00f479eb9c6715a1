"""persist: everything into MongoDB, in batches."""

import asyncio
import contextlib
import logging
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.errors import RasoatError, StoreError
from crawler.items import Host, Miss, Page
from crawler.store.crawl import CrawlStore, crawl_store, rows_of

logger = logging.getLogger(__name__)

BATCH = 64
"""Items a batch: large enough for bulk writes, small enough that a host waits little for its new URLs."""
BATCH_BYTES = 8 * 1024 * 1024
"""Bytes of bodies a batch: pages of the greatest size allowed must not fill the memory."""
BATCH_ROWS = 20_000
"""Links and discoveries of a batch."""
PATIENT = 0.25
"""Seconds an item waits for company at most; not at all when the crawl waits for what it leads to."""


class PersistPipeline:
    """Buffers items and flushes them in order; while MongoDB is away ``process_item`` waits: memory stays bounded."""

    store: CrawlStore

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._pages: list[Page] = []
        self._misses: list[Miss] = []
        self._hosts: list[Host] = []
        self._bytes = self._rows = 0
        self._lock = asyncio.Lock()
        self._ticker: asyncio.Task[None] | None = None
        self._closing = False
        self._wake = asyncio.Event()
        self._broken: RasoatError | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def open_spider(self) -> None:
        """Open the store and start the clock that flushes small batches."""
        self.store = await crawl_store(self._crawler)
        self.store.on_hungry.append(self._wake.set)
        self._ticker = asyncio.ensure_future(self._tick())

    async def process_item(self, item: Any) -> Any:
        """Pages, misses and hosts are buffered; other items pass."""
        if isinstance(item, Page):
            self._pages.append(item)
            self._bytes += len(item.body) + sum(len(snapshot.data) for snapshot in item.snapshots)
            self._bytes += sum(len(landing.body) for landing in item.landings)
            self._rows += rows_of(item)
            self.store.backlog += rows_of(item)
        elif isinstance(item, Miss):
            self._misses.append(item)
        elif isinstance(item, Host):
            self._hosts.append(item)
        else:
            return item
        if self._is_full():
            await self._flush()
        elif self.store.hungry:
            self._wake.set()
        return item

    def _is_full(self) -> bool:
        items = len(self._pages) + len(self._misses) + len(self._hosts)
        return items >= BATCH or self._bytes >= BATCH_BYTES or self._rows >= BATCH_ROWS

    async def _tick(self) -> None:
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), PATIENT)
            self._wake.clear()
            await self._flush()

    async def _flush(self) -> None:
        """Write what is buffered. A database that stays away, or an error of ours, ends the run: it can be resumed."""
        async with self._lock:
            if self._broken or not (self._pages or self._misses or self._hosts):
                return
            pages, self._pages = self._pages, []
            misses, self._misses = self._misses, []
            hosts, self._hosts = self._hosts, []
            self._bytes = self._rows = 0
            try:
                if pages or misses:
                    await self.store.flush(pages, misses)
                if hosts:  # last: what is noted of a visit speaks of pages that are there
                    await self.store.write_hosts(hosts)
            except Exception as error:
                self._fail(error)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, StoreError):
            logger.error("Cannot write to the database", exc_info=error)
        fatal = (
            error if isinstance(error, RasoatError) else StoreError(f"cannot write: {type(error).__name__}: {error}")
        )
        self._broken = fatal
        self.store.fail(fatal)

    async def close_spider(self) -> None:
        """Write the rest. The clock is not cancelled: it may be writing a batch that nobody else holds any more."""
        self._closing = True
        self._wake.set()
        if self._ticker is not None:
            await self._ticker
        await self._flush()
