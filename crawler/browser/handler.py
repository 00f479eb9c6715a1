"""The download handler of the crawl: pages to be rendered go to Chromium, everything else the guarded way."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.browser.browsers import browser_of
from crawler.browser.order import RenderOrder
from crawler.download.handler import GuardedDownloadHandler


class BrowserDownloadHandler(GuardedDownloadHandler):
    """Renders a request with a ``RenderOrder`` in ``meta["render"]``; one browser serves http and https."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._browser = browser_of(crawler)

    async def download_request(self, request: Request) -> Response:
        """Fetch or render; a render raises ``BrowserMissing`` too, see ``Browser.render``."""
        order = request.meta.get("render")
        if isinstance(order, RenderOrder):
            return await self._browser.render(request, order)
        return await super().download_request(request)

    async def close(self) -> None:
        """Close connections and browser."""
        await super().close()
        await self._browser.close()
