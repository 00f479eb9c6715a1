"""classify: what the rules say of a page."""

from time import monotonic
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import Page
from crawler.store.crawl import CrawlStore, crawl_store
from crawler.store.standing import Known, Standing
from pipelines.judge import Judge, destinations
from pipelines.landings import landing_violations
from pipelines.rulesets import judge_from_crawler

REFRESH = 600.0
"""Seconds after which is read again what other pages say of destinations."""


class ClassifyPipeline:
    """Judges every page by the rules, compiled once per process; large ones come judged from where they were read.

    Pages that lead to destinations of which other pages say something are judged by that too.
    """

    store: CrawlStore
    standing: Standing

    def __init__(self, judge: Judge, crawler: Crawler) -> None:
        self._judge = judge
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(judge_from_crawler(crawler), crawler)

    async def open_spider(self) -> None:
        """Open the store; what it knows is read with the first page."""
        self.store = await crawl_store(self._crawler)
        self._read_at = float("-inf")

    async def process_item(self, item: Any) -> Any:
        """Pages get their violations and the digests of what judged them; other items pass."""
        if not isinstance(item, Page):
            return item
        self._judge(item)
        targets = destinations(item)
        if targets and (known := await self._known(item, targets)):
            self._judge(item, known)
        if item.landings:
            item.violations += landing_violations(item, self._judge.engine)
        stats = self._crawler.stats
        assert stats
        for rule in item.shadow:
            stats.inc_value(f"classify/shadow/{rule}")
        stats.inc_value("classify/pages")
        for violation in item.violations:
            stats.inc_value(f"classify/{violation.confidence}/{violation.category}")
        return item

    async def _known(self, page: Page, targets: set[str]) -> Known:
        """What other pages say of the destinations of this one."""
        store, now = self.store, monotonic()
        if now - self._read_at > REFRESH:
            self._read_at = now
            self.standing = Standing(store.db, store.run)
            await store.patiently(self.standing.open)
        return await store.patiently(lambda: self.standing.of(page.host, page.unit, targets))
