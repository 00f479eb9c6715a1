"""attribute: whose page is it. The door of the pipelines: from here on a page is a Page of a known run."""

from typing import Any, Self
from urllib.parse import urlsplit

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.errors import InvalidUrl
from crawler.items import Page
from crawler.store.crawl import CrawlStore, crawl_store
from crawler.store.sites import Sites
from crawler.urls import digest, parse, twin
from pipelines.door import to_page


class AttributePipeline:
    """Gives every page its digest, run, site and unit."""

    store: CrawlStore
    sites: Sites

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def open_spider(self) -> None:
        """Read the register's sites once; 800 units are some hundred kilobytes."""
        self.store = await crawl_store(self._crawler)
        registered = await self.store.registered_sites()
        self.sites = Sites(registered)

    async def process_item(self, item: Any) -> Any:
        """Pages are attributed; other items pass."""
        if not isinstance(item, Page):
            if "url" not in ItemAdapter(item) or "status" not in ItemAdapter(item):
                return item
            item = to_page(item)
        try:
            url = parse(item.url)
        except InvalidUrl as error:
            self._count("attribute/refused")
            raise DropItem(f"not a usable URL: {error}") from error
        item.digest = item.digest or digest(url.url)
        item.run = self.store.run
        path = urlsplit(url.url).path
        place = self.sites.find(url.host, path) or self.sites.find(twin(url.host), path)
        if place is None:
            self._count("attribute/none")
        else:
            item.site, item.unit = place.site, place.unit
            self._count("attribute/unit")
        return item

    def _count(self, name: str) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(name)
