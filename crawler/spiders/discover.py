"""The discover spider: hosts of the authority's units that the register does not know."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from crawler.discovery.campaign import Campaign
from crawler.discovery.plan import plan_discover
from crawler.schedule.plan import plan_review
from crawler.spiders.arguments import DiscoverArgs
from crawler.spiders.dispatched import DispatchedSpider
from crawler.store.crawl import crawl_store
from crawler.store.sites import Sites


class DiscoverSpider(Args[DiscoverArgs], DispatchedSpider):
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
        if self.args.review and self.campaign.reviewable:
            store = await crawl_store(self.crawler)
            self.dispatcher = await plan_review(self.crawler, store, Sites(self.campaign.reviewable))
            async for thing in self.reviewed():
                yield thing
