"""Plain Scrapy, as its documentation would have it: a link extractor, and every link a request. Stores nothing.

Settings of a fair user: no robots.txt, no cookies, no console, the same concurrency, Scrapy's own duplicate filter.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor


class PlainSpider(Spider):
    """Follows every link of one host."""

    name = "plain"
    custom_settings = {  # noqa: RUF012 - Scrapy's way
        "ROBOTSTXT_OBEY": False,
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "DOWNLOAD_DELAY": 0,
        "LOG_LEVEL": "INFO",
    }

    def __init__(self, url: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = [url]
        parts = urlsplit(url)
        self.allowed_domains = [parts.hostname or ""]
        self.links = LinkExtractor(allow_domains=[parts.netloc])  # which compares with the port

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Request]:
        if isinstance(response, HtmlResponse):
            for link in self.links.extract_links(response):
                yield Request(link.url, callback=self.parse)
