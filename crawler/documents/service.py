"""Documents in a running crawl: one reader a crawler, fair to its servers, ended with the spider."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from weakref import WeakKeyDictionary

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.documents.pages import fill
from crawler.documents.reader import DocumentReader
from crawler.documents.reading import Reading
from crawler.items import Page
from crawler.urls import clean

logger = logging.getLogger(__name__)

AHEAD = 2
"""Documents of one server that wait for a reader while the server is asked for more."""
HURTFUL = 20
"""Documents of a host that took all the time or memory there is, after which its others get little time."""
LITTLE = 2.0
"""Seconds."""
_HURT = ("too_slow", "too_much_memory", "crashed")
_TORN = ("", "stalled", "dataloss", "partial")
_LOOK = 0.5  # seconds between two looks whether the crawl is being stopped


class Documents:
    """What the documents of one crawl have in common."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._reader = DocumentReader.from_settings(crawler.settings)
        self._waiting: Counter[str] = Counter()  # by server
        self._hurt: Counter[str] = Counter()  # by host
        crawler.signals.connect(self._close, signals.spider_closed)

    async def read_into(self, page: Page, server: str, arrived: Callable[[], None]) -> bool:
        """Read a document and fill its page; False when the crawl is being stopped and the page is to be left.

        ``arrived`` gives the server back: before the reading, or after it when many of its documents wait already.
        """
        free, torn = self._waiting[server] < AHEAD, page.cut
        if free:
            arrived()
        self._waiting[server] += 1
        try:
            reading = await self._unless_stopped(page.body, LITTLE if self._hurt[page.host] >= HURTFUL else None)
        finally:
            self._waiting[server] -= 1
            if not free:
                arrived()
        if reading is None:
            return False
        try:
            fill(page, reading)
        except Exception:  # a fault of ours on one document must not stop the host, nor hide
            logger.exception("Cannot use what was read of %s", clean(page.url))
            page.cut = "damaged"
        page.cut = page.cut or torn
        self._hurt[page.host] += page.cut in _HURT
        return True

    async def _unless_stopped(self, body: bytes, seconds: float | None) -> Reading | None:
        reading = asyncio.ensure_future(self._reader.read(body, seconds))
        while not (await asyncio.wait((reading,), timeout=_LOOK))[0]:
            if not self._crawler.crawling:
                reading.cancel()
                return None
        return reading.result()

    def count(self, page: Page, skipped: Counter[str]) -> None:
        """What was not read, or not to its end, is told in the host's review; pages pass."""
        if not page.document:
            return
        if page.cut:
            skipped[f"document_{page.cut}"] += 1
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"documents/{page.cut or 'read'}")
        self._crawler.stats.inc_value(f"documents/kind/{page.document}")

    async def _close(self, spider: Spider) -> None:
        await self._reader.close()


_all: WeakKeyDictionary[Crawler, Documents] = WeakKeyDictionary()


def documents_of(crawler: Crawler) -> Documents:
    """The one of a crawler, made by whoever asks first."""
    if crawler not in _all:
        _all[crawler] = Documents(crawler)
    return _all[crawler]


def is_to_be_read(page: Page) -> bool:
    """Tell whether there is a document in a page that is worth a reader's time, were it torn."""
    return bool(page.document) and page.cut in _TORN
