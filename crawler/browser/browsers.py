"""The browser of a crawl: at most so many pages at once, every one closed, started anew when it is worn out."""

import asyncio
import logging
import os
from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import Error
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadFailedError, DownloadTimeoutError
from scrapy.http import HtmlResponse

from crawler.browser.chromium import Chromium, explain
from crawler.browser.edges import Edges
from crawler.browser.keeper import Keeper
from crawler.browser.lane import Lane
from crawler.browser.order import BrowserMissing, RenderOrder
from crawler.browser.proxy import Proxy
from crawler.browser.render import Render, Sight
from crawler.dns.guard import Refused
from crawler.dns.network import network_of

logger = logging.getLogger(__name__)

HARD_SECONDS = 25.0  # for one page, whatever happens
MAX_RENDERS = 300  # of one Chromium
_PATIENCE = 3  # launches in a row that fail
_UNTOLD = frozenset((b"content-encoding", b"content-length", b"transfer-encoding", b"connection"))


class Browser:
    """Renders requests; counts under ``browser/``."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._network = network_of(crawler)
        self._proxy = Proxy(self._network)
        self._slots = asyncio.Semaphore(max(1, crawler.settings.getint("RASOAT_BROWSER_PAGES", 4)))
        self._gate = asyncio.Lock()
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._active = 0
        self._renders = 0
        self._failures = 0
        self._chromium: Chromium | None = None
        self._keeper: Keeper | None = None
        self._missing: BrowserMissing | None = None
        self._kind: dict[str, Any] = {}  # of context that is made ahead
        self._making: asyncio.Task[None] | None = None
        self._agent = str(crawler.settings.get("USER_AGENT") or "")

    async def render(self, request: Request, order: RenderOrder) -> HtmlResponse:
        """Render one request: the body is the DOM after the page has settled, ``meta["rendered"]`` what else was seen.

        ``meta["look"]`` is the attribute in which the body says what is hidden. Raises ``BrowserMissing`` where there
        is no browser, ``ForbiddenAddress`` where the guard refuses the page itself, and Scrapy's download errors,
        also when the browser ended under way: then it can be asked again.
        """
        self._network.check_url(request.url)
        async with self._slots:
            keeper = await self._enter()
            context = self._context(request, order)
            lane = self._ready(keeper, context) or self._proxy.open_lane()
            try:
                sight = await self._see(keeper, lane, context, request, order)
            finally:
                self._proxy.close_lane(lane)
                await keeper.shut(lane)
                self._leave()
        self._count("renders")
        self._count(f"state/{sight.rendered.state}")
        return _response(request, sight)

    async def close(self) -> None:
        """End the browser and its proxy."""
        async with self._gate:
            await self._end()
            self._missing = BrowserMissing("the crawl has ended")
        await self._proxy.close()

    def _ready(self, keeper: Keeper, context: dict[str, Any]) -> Lane | None:
        """The lane of the context that was made ahead, when it is of this kind."""
        lane, keeper.spare = keeper.spare, None
        if lane is None or context == self._kind:
            return lane
        keeper.spare = lane
        return None

    def _make_ready(self, keeper: Keeper, context: dict[str, Any]) -> None:
        """While pages wait for a place, the next context is made ahead of its turn."""
        if self._slots.locked() and keeper.spare is None and not keeper.worn and not self._under_way():
            self._kind = context
            lane = self._proxy.open_lane()
            self._making = asyncio.create_task(self._prepare(keeper, lane, context))

    def _under_way(self) -> bool:
        return self._making is not None and not self._making.done()

    async def _prepare(self, keeper: Keeper, lane: Lane, context: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(HARD_SECONDS):
                await keeper.prepare(lane, self._proxy.address, context)
        except (Error, TimeoutError):
            self._proxy.close_lane(lane)

    async def _enter(self) -> Keeper:
        """A browser that is well; waits for the open pages of one that is not."""
        async with self._gate:
            keeper = self._keeper
            if keeper is not None and (keeper.worn or self._renders >= MAX_RENDERS):
                await self._none_open.wait()
                self._count(f"restarts/{keeper.worn or 'renders'}")
                await self._end()
                keeper = None
            if keeper is None:
                keeper = await self._begin()
            self._active += 1
            self._renders += 1
            self._none_open.clear()
            return keeper

    def _leave(self) -> None:
        self._active -= 1
        if not self._active:
            self._none_open.set()

    async def _begin(self) -> Keeper:
        if self._missing is not None:
            raise self._missing
        try:
            self._chromium = self._chromium or Chromium.from_settings(self._crawler.settings)
            if not self._proxy.port:
                await self._proxy.start()
            keeper = Keeper(self._crawler, self._chromium.options(self._proxy.address))
            try:
                await keeper.start()
            except BaseException:
                await keeper.end()
                raise
        except BrowserMissing as missing:
            raise self._give_up(missing) from None
        except (Error, OSError) as fault:
            self._failures += 1
            told = explain(fault, root=os.geteuid() == 0)
            if self._failures < _PATIENCE and "sandbox" not in str(told):
                raise DownloadFailedError(str(told)) from None
            raise self._give_up(told) from None
        self._failures = self._renders = 0
        self._keeper = keeper
        self._count("launches")
        return keeper

    def _give_up(self, missing: BrowserMissing) -> BrowserMissing:
        """Say once what will not be seen."""
        self._missing = missing
        logger.warning("%s", missing)
        return missing

    async def _end(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            if self._making is not None:
                await self._making
            if keeper.spare is not None:
                self._proxy.close_lane(keeper.spare)
            self._count("killed_pages", keeper.killed)
            await keeper.end()
        if self._chromium is not None:
            self._chromium.close()

    async def _see(
        self, keeper: Keeper, lane: Lane, context: dict[str, Any], request: Request, order: RenderOrder
    ) -> Sight:
        try:
            async with asyncio.timeout(HARD_SECONDS):
                page = await keeper.open(request.url, lane, self._proxy.address, context)
                self._make_ready(keeper, context)
                referer = _header(request, "Referer")
                return await Render(page, order, request.url, lane, referer=referer).run()
        except TimeoutError:
            self._count("timeouts")
            raise DownloadTimeoutError(f"{request.url} was not rendered in {HARD_SECONDS:g} s") from None
        except Error as fault:
            raise await self._fault(keeper, lane, request, fault) from None
        except (Refused, asyncio.CancelledError):
            raise
        except Exception as fault:  # Playwright says so when the process between it and the browser has ended
            keeper.wear("driver")
            self._count("lost")
            raise DownloadFailedError(f"the browser was lost: {type(fault).__name__}") from fault

    async def _fault(self, keeper: Keeper, lane: Lane, request: Request, fault: Error) -> Exception:
        """What Playwright's error means for the crawl."""
        text = str(fault)
        if not await keeper.lives():
            keeper.wear("crash")
            self._count("lost")
            return DownloadFailedError("the browser ended while it rendered")
        if "timeout" in text.lower() or "TIMED_OUT" in text:
            return DownloadTimeoutError(f"{request.url}: {text.splitlines()[0]}")
        reason = Edges(lane).refusal(request.url)
        if reason == "no_name":
            return CannotResolveHostError(f"{request.url}: no address")
        if reason and reason not in ("no_connection", "flood"):
            return Refused(reason, request.url)
        self._count("failed")
        return DownloadFailedError(text.splitlines()[0][:300] if text else "the browser gave nothing")

    def _context(self, request: Request, order: RenderOrder) -> dict[str, Any]:
        agent = _header(request, "User-Agent") or self._agent
        size = {"width": 390, "height": 844} if order.mobile else {"width": 1280, "height": 800}
        return {
            "user_agent": agent,
            "viewport": size,
            "is_mobile": order.mobile,
            "has_touch": order.mobile,
            "ignore_https_errors": True,
            "locale": "vi-VN",
            "timezone_id": "Asia/Ho_Chi_Minh",
            "service_workers": "block",
            "accept_downloads": False,
        }

    def _count(self, what: str, by: int = 1) -> None:
        if self._crawler.stats is not None and by:
            self._crawler.stats.inc_value(f"browser/{what}", by)


def _header(request: Request, name: str) -> str:
    return (request.headers.get(name) or b"").decode("latin-1")


def _response(request: Request, sight: Sight) -> HtmlResponse:
    headers: dict[str, list[str]] = {}
    for name, value in sight.headers:
        if name.lower().encode("latin-1", "replace") not in _UNTOLD:
            headers.setdefault(name, []).append(value)
    request.meta["rendered"] = sight.rendered
    request.meta["look"] = sight.rendered.look = sight.look
    response = HtmlResponse(
        sight.url,
        status=sight.status or 200,
        headers=headers,
        body=sight.body,
        request=request,
        encoding="utf-8",
        flags=["rendered", *([f"cut_{sight.cut}"] if sight.cut else [])],
    )
    if sight.look:  # our own words; otherwise what came from the server, in whatever encoding
        response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


_browsers: WeakKeyDictionary[Crawler, Browser] = WeakKeyDictionary()


def browser_of(crawler: Crawler) -> Browser:
    """The browser of a crawl, the same for all its components; nothing is started before the first render."""
    if crawler not in _browsers:
        _browsers[crawler] = Browser(crawler)
    return _browsers[crawler]
