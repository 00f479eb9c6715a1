"""First in order: no request goes on whose URL the network guard refuses, whoever made it."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from crawler.dns.guard import Refused
from crawler.dns.network import Network, network_of


class RefusedRequest(Refused, IgnoreRequest):
    """Raised instead of a download: an ``IgnoreRequest`` to Scrapy, a ``ForbiddenAddress`` to an errback."""


class GuardMiddleware:
    """Checks scheme, port and literal hosts; a name's addresses are checked where the connection is made."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(network_of(crawler))

    def process_request(self, request: Request) -> None:
        """Raise ``RefusedRequest`` for a URL that may not be fetched."""
        try:
            self._network.check_url(request.url)
        except Refused as refused:
            raise RefusedRequest(refused.reason, refused.subject) from None
