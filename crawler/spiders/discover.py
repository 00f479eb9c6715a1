"""The discover spider: hosts of the authority's units that the register does not know."""

import logging
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Spider
from scrapy.exceptions import CloseSpider
from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from crawler.discovery.campaign import Campaign
from crawler.discovery.plan import plan_discover
from crawler.errors import RasoatError
from crawler.schedule.plan import plan_review
from crawler.spiders.arguments import DiscoverArgs
from crawler.spiders.reviewing import Reviewing
from crawler.store.crawl import crawl_store
from crawler.store.sites import Sites
from crawler.urls import clean

logger = logging.getLogger(__name__)


class DiscoverSpider(Args[DiscoverArgs], Reviewing, Spider):
    """Asks zones, follows links and tries names; what comes when is the campaign's business."""

    name = "discover"
    campaign: Campaign
    fatal: RasoatError | None = None

    async def start(self) -> AsyncIterator[Any]:
        """Hosts as they are found, pages as they are fetched; ``fatal`` keeps a fault that ends the run."""
        try:
            assert self.crawler.engine is not None
            self.campaign = await plan_discover(self.crawler, self.args)
            fetch = self.crawler.engine.download_async if self.args.probe else None
            delay = self.crawler.settings.getfloat("RASOAT_SERVER_DELAY")
            async for item in self.campaign.items(fetch, delay):
                yield item
            if self.args.review and self.campaign.reviewable:
                store = await crawl_store(self.crawler)
                self.dispatcher = await plan_review(self.crawler, store, Sites(self.campaign.reviewable))
                async for job in self.reviewed():
                    yield job
        except RasoatError as error:
            self.fatal = error
            logger.error("%s", clean(str(error), 1000))
            raise CloseSpider("failed") from error
