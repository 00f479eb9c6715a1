"""Lets a stopped crawl end: Scrapy (2.19) looks whether the last item is done only when that came out of an answer.

Ours come out of ``start()`` as well. When a stop meets one of these in the pipelines, the crawl would wait for ever.
"""

import asyncio
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

AGAIN = 0.02
"""Seconds until the next look: the signal comes shortly before Scrapy takes the item off its count."""


class Closing:
    """Looks until no item is left, after each that came from ``start()``."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._looking = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(extension.item_ended, signal)
        return extension

    def item_ended(self, response: Response | None) -> None:
        """Begin to look, unless Scrapy will."""
        if response is None and not self._looking:
            self._again()

    def _again(self) -> None:
        self._looking = True
        asyncio.get_running_loop().call_later(AGAIN, self._look)

    def _look(self) -> None:
        self._looking = False
        engine = self._crawler.engine
        slot = engine.scraper.slot if engine is not None else None
        if engine is None or slot is None or (slot.closing is not None and slot.closing.called):
            return
        if slot.itemproc_size:
            self._again()
        else:
            engine.scraper._check_if_closing()
