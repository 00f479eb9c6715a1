"""Large pages are read in processes of their own: another core pays for them, and a page that kills its reader
kills nothing else."""

import asyncio
import logging
import os
import re
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from crawler.documents.pages import page_of
from crawler.errors import BadArgument
from crawler.items import Page
from crawler.reading import worker
from crawler.urls import clean

logger = logging.getLogger(__name__)

LARGE = 24 * 1024
"""Bytes of a body from which the way to another process costs less than reading it here."""
_MARKUP = re.compile(rb"[\s\0\xef\xbb\xbf\xfe\xff]{0,64}<")
MOST = 4
TRIES = 2
"""A page is given to so many readers; one whose reader died both times is not read."""


class Readers:
    """Reads pages: ``wants`` says which are worth a process, ``read`` gives their Page."""

    def __init__(self, processes: int, stats: StatsCollector) -> None:
        self._processes = processes
        self._stats = stats
        self._pool: ProcessPoolExecutor | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As ``RASOAT_READERS`` says, else a process less than there are cores; raises BadArgument."""
        assert crawler.stats is not None
        given = crawler.settings.get("RASOAT_READERS")
        wanted = "" if given is None else str(given).strip()
        if wanted and not wanted.isdecimal():
            raise BadArgument(f"RASOAT_READERS: {wanted[:20]!r} is not a number of processes")
        spare = len(os.sched_getaffinity(0)) - 1
        readers = cls(int(wanted) if wanted else min(MOST, spare), crawler.stats)
        crawler.signals.connect(readers.close, signals.spider_closed)
        return readers

    def wants(self, body: bytes) -> bool:
        """True for a body that is better read elsewhere: large, and markup (documents have readers of their own)."""
        return self._processes > 0 and len(body) >= LARGE and _MARKUP.match(body) is not None

    async def read(self, facts: dict[str, Any]) -> Page:
        """``page_of(**facts)`` in another process; a page that ends its reader twice is recorded, not read."""
        body = facts["body"]
        for _ in range(TRIES):
            pool = self._open()
            try:
                page = await asyncio.get_running_loop().run_in_executor(pool, worker.read, facts)
            except BrokenProcessPool:
                self._drop(pool)
                self._stats.inc_value("reading/reader_died")
                continue
            page.body = body
            self._stats.inc_value("reading/apart")
            return page
        logger.warning("Reading this page ends its reader: %s", clean(str(facts["url"])))
        self._stats.inc_value("reading/unreadable")
        page = page_of(**{**facts, "body": b""})
        page.body, page.cut = body, "unreadable"
        return page

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = get_context("spawn")  # a fork would inherit connections and threads
            self._pool = ProcessPoolExecutor(self._processes, context, initializer=worker.begin)
        return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        """Forget a broken pool; whoever waited for it asks the next one."""
        if self._pool is pool:
            self._pool = None
            pool.shutdown(wait=False)

    def close(self) -> None:
        """Let the processes end; what they still read is lost."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
