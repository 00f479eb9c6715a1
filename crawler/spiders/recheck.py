"""The recheck spider: looks again at the pages that showed a finding, whether it is still there."""

from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from crawler.schedule.dispatcher import Dispatcher
from crawler.schedule.recheck import plan_recheck
from crawler.spiders.arguments import RecheckArgs
from crawler.spiders.dispatched import DispatchedSpider


class RecheckSpider(Args[RecheckArgs], DispatchedSpider):
    """Fetches the pages of open, recurred and lately fixed findings; no link is followed."""

    name = "recheck"

    async def plan(self) -> Dispatcher:
        """All findings that are not dismissed, or those that the arguments name."""
        return await plan_recheck(self.crawler, self.args)
