"""Ends the run's record, gives leases back and closes the store, whatever made the spider stop."""

import logging
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.errors import StoreError, StoreUnavailable
from crawler.items import Miss, Page
from crawler.store.crawl import crawl_store

logger = logging.getLogger(__name__)

KEPT_STATS = (
    "deep/",
    "documents/",
    "reading/",
    "recheck/",
    "classify/",
    "evidence/",
    "attribute/",
    "guard/",
    "downloader/",
    "discover/",
    "dns/",
    "types/",
    "limits/",
)


class RunRecord:
    """Listens to the end of the spider; Scrapy's stats of our areas go into ``runs.stats``."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._keep_days = crawler.settings.getint("RASOAT_KEEP_BODIES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        crawler.signals.connect(extension.item_lost, signals.item_error)
        crawler.signals.connect(extension.item_lost, signals.item_dropped)
        return extension

    def item_lost(self, item: Any, spider: Spider) -> None:
        """An item that a pipeline lost must not make its host wait for it for ever."""
        for work in (getattr(spider, "dispatcher", None), getattr(spider, "campaign", None)):
            if work is not None and isinstance(item, Page | Miss):
                work.lost(item.host)

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        """Finished when the dispatcher came to its end, interrupted when stopped, failed when a fault ended it."""
        store = await crawl_store(self._crawler)
        fatal = getattr(spider, "fatal", None)
        try:
            for work in (getattr(spider, "dispatcher", None), getattr(spider, "campaign", None)):
                if work is not None:
                    await work.close()
            if store.run and not isinstance(fatal, StoreUnavailable):  # else there is nothing to write to
                state = "finished" if reason == "finished" else "interrupted"
                why = reason
                if fatal is not None:
                    state, why = "failed", str(fatal)[:300]
                await store.runs.finish(store.run, state, why, self._stats())
                await store.sum_up(store.run)
                if state == "finished":
                    await store.pages.purge_bodies(self._keep_days, datetime.now(UTC))
        except Exception as error:
            if fatal is None:
                logger.error("The run's record could not be closed: %s", error)
                spider.fatal = StoreError(f"the run's record could not be closed: {error}")  # type: ignore[attr-defined]
        finally:
            await store.close()

    def _stats(self) -> dict[str, int]:
        assert self._crawler.stats
        values = self._crawler.stats.get_stats()
        return {name: value for name, value in values.items() if name.startswith(KEPT_STATS) and isinstance(value, int)}
