"""The discover spider: hosts of the authority's units that the register does not know."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from crawler.discovery.campaign import Campaign
from crawler.discovery.plan import plan_discover
from crawler.spiders.arguments import DiscoverArgs
from crawler.spiders.run import RunSpider


class DiscoverSpider(Args[DiscoverArgs], RunSpider):
    """Asks zones, follows links and tries names; what comes when is the campaign's business."""

    name = "discover"
    campaign: Campaign

    async def work(self) -> AsyncIterator[Any]:
        """Hosts as they are found, pages as they are fetched."""
        assert self.crawler.engine is not None
        self.campaign = await plan_discover(self.crawler, self.args)
        fetch = self.crawler.engine.download_async if self.args.probe else None
        delay = self.crawler.settings.getfloat("RASOAT_SERVER_DELAY")
        async for item in self.campaign.items(fetch, delay):
            yield item
