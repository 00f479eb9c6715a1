"""The deep spider: reviews registered sites page by page. What comes when is the dispatcher's business."""

import logging
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Spider
from scrapy.exceptions import CloseSpider
from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from crawler.errors import RasoatError
from crawler.schedule.plan import plan_deep
from crawler.spiders.arguments import DeepArgs
from crawler.spiders.reviewing import Reviewing
from crawler.urls import clean

logger = logging.getLogger(__name__)


class DeepSpider(Args[DeepArgs], Reviewing, Spider):
    """Fetches every page of the register's sites that links, sitemaps, feeds, robots.txt and seeds lead to."""

    name = "deep"
    fatal: RasoatError | None = None

    async def start(self) -> AsyncIterator[Any]:
        """Requests as they become due. A fault that ends the run is kept in ``fatal`` for the command."""
        try:
            self.dispatcher = await plan_deep(self.crawler, self.args)
            async for job in self.reviewed():
                yield job
        except RasoatError as error:
            self.fatal = error
            logger.error("%s", clean(str(error), 1000))
            raise CloseSpider("failed") from error
