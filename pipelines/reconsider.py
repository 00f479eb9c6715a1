"""reconsider: at the end of a run some pages are judged again, by what all the others said of their destinations.

While a host is crawled nobody knows yet what the next hosts will show. The link graph names the few pages that lead
to a destination of which others speak; only these are read from the store again.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.errors import RasoatError
from crawler.items import Page
from crawler.store.crawl import CrawlStore, crawl_store
from crawler.store.findings import identity
from crawler.store.rejudging import Rejudging
from crawler.store.standing import Standing
from crawler.urls import digest
from pipelines.evidence import keep
from pipelines.judge import Judge, destinations
from pipelines.landings import judge_wholly
from pipelines.reclassify import rebuilt
from pipelines.rulesets import judge_from_crawler

logger = logging.getLogger(__name__)

MOST_PAGES = 5_000
MOST_SECONDS = 60.0
"""Whoever stops a crawl does not wait longer; the next run of these hosts looks at the pages anyway."""


class ReconsiderPipeline:
    """Items pass; the work is done when the spider closes, after the last batch was written."""

    store: CrawlStore

    def __init__(self, crawler: Crawler, judge: Judge) -> None:
        self._crawler = crawler
        self._judge = judge

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler, judge_from_crawler(crawler))

    async def open_spider(self) -> None:
        """Open the store."""
        self.store = await crawl_store(self._crawler)

    async def process_item(self, item: Any) -> Any:
        """Everything passes."""
        return item

    async def close_spider(self) -> None:
        """Pipelines close in reverse order: everything is written. A database that is gone ends it with a warning."""
        if not self.store.run or getattr(self._crawler.spider, "fatal", None) is not None:
            return
        stats = self._crawler.stats
        assert stats
        try:
            looked, changed = await look_again(self.store, self._judge)
        except RasoatError as error:
            logger.warning("No second look at pages of this run: %s", error)
            return
        if looked:
            stats.set_value("classify/reconsidered", looked)
            stats.set_value("classify/reconsidered/changed", changed)


async def look_again(store: CrawlStore, judge: Judge) -> tuple[int, int]:
    """Judge pages of the run by what others say of their destinations.

    Returns how many pages were looked at, and how many of them say more than before. Raises StoreUnavailable.
    """
    standing = Standing(store.db, store.run)
    await store.patiently(standing.open)
    urls = await store.patiently(lambda: standing.pages_about(store.run, MOST_PAGES))
    look = _Look(store, Rejudging(store.db), standing, judge)
    until = monotonic() + MOST_SECONDS
    looked = changed = 0
    for url in urls:
        if monotonic() > until:
            logger.warning("Second look: %d of %d pages; the others with the next run", looked, len(urls))
            break
        looked += 1
        changed += await store.patiently(partial(look.at, url))
    return looked, changed


@dataclass(frozen=True, slots=True)
class _Look:
    store: CrawlStore
    rejudging: Rejudging
    standing: Standing
    judge: Judge

    async def at(self, url: str) -> bool:
        """Judge one stored page again and write what it says more; may be done twice. True when there is any."""
        found = await self.rejudging.page(digest(url))
        if found is None:
            return False
        page = rebuilt(*found)
        page.view = "plain"
        known = await self.standing.of(page.host, page.unit, destinations(page))
        if not known:
            return False
        judge_wholly(self.judge, page)
        alone = _said(page)
        judge_wholly(self.judge, page, known)
        if _said(page) <= alone:
            return False
        page.run = self.store.run
        keep(page)
        await self.store.snapshots.write([page])
        await self.store.findings.write([page], datetime.now(UTC))
        return True


def _said(page: Page) -> set[tuple[str, str]]:
    """What is found on a page, and how sure that is."""
    return {
        (identity(page.host, found.category, found.vector, found.place), found.confidence) for found in page.violations
    }
