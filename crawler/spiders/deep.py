"""The deep spider: reviews registered sites page by page."""

from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from crawler.schedule.dispatcher import Dispatcher
from crawler.schedule.plan import plan_deep
from crawler.spiders.arguments import DeepArgs
from crawler.spiders.dispatched import DispatchedSpider


class DeepSpider(Args[DeepArgs], DispatchedSpider):
    """Fetches every page of the register's sites that links, sitemaps, feeds, robots.txt and seeds lead to."""

    name = "deep"

    async def plan(self) -> Dispatcher:
        """All sites of the register, or those that the arguments name."""
        return await plan_deep(self.crawler, self.args)
