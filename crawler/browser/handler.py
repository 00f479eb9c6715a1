"""The download handler of the crawl: pages to be rendered go to Chromium, everything else the guarded way."""

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.browser.order import RenderOrder
from crawler.download.handler import GuardedDownloadHandler

if TYPE_CHECKING:
    from crawler.browser.browsers import Browser


class BrowserDownloadHandler(GuardedDownloadHandler):
    """Renders a request with a ``RenderOrder`` in ``meta["render"]``; one browser serves http and https."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._browser: Browser | None = None

    async def download_request(self, request: Request) -> Response:
        """Fetch or render; a render raises ``BrowserMissing`` too, see ``Browser.render``."""
        order = request.meta.get("render")
        if not isinstance(order, RenderOrder):
            return await super().download_request(request)
        if self._browser is None:
            from crawler.browser.browsers import browser_of  # Playwright is large, and most crawls of a page need none

            self._browser = browser_of(self.crawler)
        return await self._browser.render(request, order)

    async def close(self) -> None:
        """Close connections and browser."""
        await super().close()
        if self._browser is not None:
            await self._browser.close()
