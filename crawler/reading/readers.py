"""Large pages are read in processes of their own: another core pays for them, and a page that kills its reader
kills nothing else."""

import asyncio
import logging
import os
import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector
from scrapy.utils.misc import load_object

from crawler.documents.pages import page_of
from crawler.errors import BadArgument
from crawler.items import Page
from crawler.reading import worker
from crawler.urls import clean

logger = logging.getLogger(__name__)

SMALL = 4 * 1024
LARGE = 24 * 1024
HUGE = 256 * 1024
"""Bytes of a body: from ``LARGE`` on the way to another process costs much less than reading it here, below ``SMALL``
more; ``HUGE`` ones would hold the crawl up."""
WARM = 200
"""Pages between ``SMALL`` and ``LARGE`` before a process is started for such: little crawls end before it is up."""
_MARKUP = re.compile(rb"[\s\0\xef\xbb\xbf\xfe\xff]{0,64}<")
BATCH = 8
"""Pages that go to a process together."""
AHEAD = 3
"""Batches on their way to and from one process: it must never wait until this one notices that it is free."""
MOST = 4
TRIES = 2
"""A page is given to so many readers; one whose reader died both times is not read."""
Judge = Callable[[Page], None]
Waiting = tuple[dict[str, Any], "asyncio.Future[Page]"]


class Readers:
    """Reads and judges pages: ``wants`` says which are worth a process, ``read`` gives their Page.

    Pages go and come in batches. The processes are started by the first pages that are worth it.
    """

    def __init__(self, processes: int, stats: StatsCollector, judge: Judge | None = None) -> None:
        self._processes = processes
        self._stats = stats
        self._judge = judge
        self._pool: ProcessPoolExecutor | None = None
        self._waiting: deque[Waiting] = deque()
        self._sent: set[asyncio.Task[None]] = set()
        self._small = 0
        self._opening: asyncio.Task[ProcessPoolExecutor] | None = None
        self._ready = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As ``RASOAT_READERS`` says, else a process less than there are cores; raises BadArgument."""
        assert crawler.stats is not None
        given = crawler.settings.get("RASOAT_READERS")
        wanted = "" if given is None else str(given).strip()
        if wanted and not wanted.isdecimal():
            raise BadArgument(f"RASOAT_READERS: {wanted[:20]!r} is not a number of processes")
        spare = len(os.sched_getaffinity(0)) - 1
        processes = int(wanted) if wanted else min(MOST, spare)
        made = crawler.settings.get("PAGE_JUDGE") if processes else None
        readers = cls(processes, crawler.stats, load_object(made)(crawler) if made else None)
        crawler.signals.connect(readers.close, signals.spider_closed)
        return readers

    def wants(self, body: bytes) -> bool:
        """True for a body that is better read elsewhere: markup (documents have readers of their own), not too small.

        While the processes begin, or have enough to do, this one reads too, huge pages apart: nobody waits.
        """
        if not self._processes or len(body) < SMALL or _MARKUP.match(body) is None:
            return False
        if len(body) >= HUGE:
            return True
        if self._ready:
            return len(self._waiting) < 2 * BATCH * self._processes
        self._small += 1
        if len(body) >= LARGE or self._small > WARM:
            self._opened()
        return False

    async def read(self, facts: dict[str, Any]) -> Page:
        """``page_of(**facts)``, judged, in another process; a page that ends its reader twice is recorded, not read."""
        future: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        self._waiting.append((facts, future))
        self._feed()
        return await future

    def _feed(self) -> None:
        while self._waiting and len(self._sent) < AHEAD * max(1, self._processes):
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            task = asyncio.ensure_future(self._send(batch))
            self._sent.add(task)
            task.add_done_callback(self._back)

    def _back(self, task: asyncio.Task[None]) -> None:
        self._sent.discard(task)
        self._feed()

    async def _send(self, batch: list[Waiting]) -> None:
        """Have a batch read; where its reader dies, each of its pages alone, to see which it was."""
        try:
            pages = await self._read([facts for facts, _ in batch])
            if pages is None:
                pages = [await self._alone(facts, 1 if len(batch) == 1 else 0) for facts, _ in batch]
            for (_, future), page in zip(batch, pages, strict=True):
                if not future.done():
                    future.set_result(page)
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error) if isinstance(error, Exception) else future.cancel()
            if not isinstance(error, Exception):
                raise

    async def _alone(self, facts: dict[str, Any], died: int) -> Page:
        for _ in range(died, TRIES):
            pages = await self._read([facts])
            if pages is not None:
                return pages[0]
        logger.warning("Reading this page ends its reader: %s", clean(str(facts["url"])))
        self._stats.inc_value("reading/unreadable")
        page = page_of(**{**facts, "body": b""})
        page.body, page.cut = facts["body"], "unreadable"
        return page

    async def _read(self, batch: list[dict[str, Any]]) -> list[Page] | None:
        """The pages of a batch; None when its reader died."""
        try:
            pool = await asyncio.shield(self._opened())
        except OSError:  # what waited when no process could be had
            return [page_of(**facts) for facts in batch]
        try:
            packed = await asyncio.get_running_loop().run_in_executor(pool, worker.read, batch)
        except BrokenProcessPool:
            self._drop(pool)
            self._stats.inc_value("reading/reader_died")
            return None
        self._stats.inc_value("reading/apart", len(packed))
        return [worker.unpacked(each, facts["body"]) for each, facts in zip(packed, batch, strict=True)]

    def _opened(self) -> asyncio.Task[ProcessPoolExecutor]:
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
            self._opening.add_done_callback(self._look)
        return self._opening

    def _look(self, opening: asyncio.Task[ProcessPoolExecutor]) -> None:
        """Where no process can be had, all pages are read here."""
        if not opening.cancelled() and (fault := opening.exception()) is not None:
            logger.warning("Cannot start a reader: %s", fault)
            self._processes = 0

    async def _open(self) -> ProcessPoolExecutor:
        """Start the processes, beside the crawl: each is handed the rules, which takes until it reads them."""
        context = get_context("spawn")  # a fork would inherit connections and threads
        self._pool = pool = ProcessPoolExecutor(self._processes, context, worker.begin, (self._judge,))
        await asyncio.to_thread(lambda: [pool.submit(worker.ready) for _ in range(self._processes)])
        self._ready = True
        return pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        """Forget a broken pool; whoever waited for it asks the next one."""
        if self._pool is pool:
            self._pool = self._opening = None
            pool.shutdown(wait=False)

    def close(self) -> None:
        """Let the processes end; what they still read is lost."""
        while self._waiting:
            self._waiting.popleft()[1].cancel()
        self._processes = 0
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
