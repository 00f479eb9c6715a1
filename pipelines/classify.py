"""classify: what the rules say of a page."""

from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import Page
from pipelines.engine import Engine
from pipelines.judge import document, found
from pipelines.rulesets import engine_from_settings


class ClassifyPipeline:
    """Judges every page by the rules, compiled once per process."""

    def __init__(self, engine: Engine, crawler: Crawler) -> None:
        self._engine = engine
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(engine_from_settings(crawler.settings), crawler)

    async def process_item(self, item: Any) -> Any:
        """Pages get their violations and the digests of what judged them; other items pass."""
        if not isinstance(item, Page):
            return item
        item.ruleset, item.lists = self._engine.ruleset.digest, self._engine.ruleset.lists_digest
        verdict = self._engine.verdict(document(item))
        item.violations = found(item, verdict)
        stats = self._crawler.stats
        assert stats
        for rule in verdict.shadow:
            stats.inc_value(f"classify/shadow/{rule}")
        stats.inc_value("classify/pages")
        for violation in item.violations:
            stats.inc_value(f"classify/{violation.confidence}/{violation.category}")
        return item
