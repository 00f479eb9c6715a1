"""classify: what the rules say of a page."""

from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import Page
from pipelines.judge import Judge
from pipelines.rulesets import judge_from_crawler


class ClassifyPipeline:
    """Judges every page by the rules, compiled once per process; large ones come judged from where they were read."""

    def __init__(self, judge: Judge, crawler: Crawler) -> None:
        self._judge = judge
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(judge_from_crawler(crawler), crawler)

    async def process_item(self, item: Any) -> Any:
        """Pages get their violations and the digests of what judged them; other items pass."""
        if not isinstance(item, Page):
            return item
        self._judge(item)
        stats = self._crawler.stats
        assert stats
        for rule in item.shadow:
            stats.inc_value(f"classify/shadow/{rule}")
        stats.inc_value("classify/pages")
        for violation in item.violations:
            stats.inc_value(f"classify/{violation.confidence}/{violation.category}")
        return item
