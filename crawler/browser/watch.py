"""One page under way: what it may navigate to, what it tries, and when it is quiet."""

import asyncio
from collections import Counter
from contextlib import suppress
from time import monotonic
from typing import Any

from playwright.async_api import BrowserContext, Dialog, Download, Error, Page, Request, Response, Route

from crawler.browser.edges import Edges
from crawler.browser.leads import Leads

_NOT_NEEDED = frozenset(("image", "font", "media"))
_POPUP_SECONDS = 0.3  # in which a new window may say where it wants to go
_SOON = 0.7  # seconds after the document: what leads away later leads away after a delay


class Watch:
    """Stands at every request of a context: lets the first document through, and notes where the page goes then."""

    def __init__(self, context: BrowserContext, page: Page, leads: Leads, edges: Edges, *, pictures: bool) -> None:
        self.context = context
        self.page = page
        self.leads = leads
        self.edges = edges
        self.counts: Counter[str] = Counter()
        self.documents: list[Response] = []  # of the main frame, redirects and reloads included
        self.began = 0.0  # when the document came
        self.clicked = False
        self.crashed = asyncio.Event()
        self.landing: Page | None = None
        self._pictures = pictures
        self._first = True
        self._landed = False
        self._popups: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """From here on nothing happens unseen."""
        await self.context.route("**/*", self._route)
        self.context.on("page", self._popup)
        self.page.on("response", self._document)
        self.page.on("crash", lambda _: self.crashed.set())
        self.page.on("dialog", self._dialog)
        self.page.on("download", self._download)
        self.edges.watch(self.page)

    async def stop(self) -> None:
        """Wait for windows that are being closed."""
        for task in list(self._popups):
            task.cancel()
        await asyncio.gather(*self._popups, return_exceptions=True)

    def land(self, page: Page) -> None:
        """The page in which the way off the site is followed: one document, and nothing further."""
        self.landing, self._landed = page, False
        page.on("dialog", self._dialog)
        page.on("download", self._download)

    def cause(self) -> str:
        """Why the page leads away now."""
        if self.clicked:
            return "click"
        return "load" if not self.began or monotonic() - self.began < _SOON else "delay"

    async def _route(self, route: Route, request: Request) -> None:
        with suppress(Error):
            if request.is_navigation_request() and not await self._lets_go(request):
                await route.abort("aborted")
            elif request.resource_type in _NOT_NEEDED and not self._pictures:
                self.edges.left_out(request)
                await route.abort("blockedbyclient")
            else:
                await route.continue_()

    async def _lets_go(self, request: Request) -> bool:
        """Whether a document may be asked for; where a window of the page leads is noted instead."""
        try:
            frame = request.frame
            page = frame.page
        except Error:  # a window that is only being made
            self._lead(request, "popup")
            return False
        if frame.parent_frame is not None:
            return True
        if page is self.landing:
            first, self._landed = not self._landed, True
            return first
        if page is not self.page:
            self._lead(request, "popup")
            return False
        if self._first:
            self._first = False
            return True
        if request.method == "GET" and self.leads.may_reload(request.url):
            return True
        self._lead(request, self.cause())
        return False

    def _lead(self, request: Request, cause: str) -> None:
        self.counts["navigation"] += 1
        self.leads.note(request.url, cause, follow=request.method == "GET")

    def _document(self, response: Response) -> None:
        with suppress(Error):
            if response.request.is_navigation_request() and response.frame is self.page.main_frame:
                self.began = self.began or monotonic()
                if len(self.documents) < 30:
                    self.documents.append(response)

    def _popup(self, page: Page) -> None:
        if page is self.page:
            return
        task = asyncio.ensure_future(self._dismiss(page))
        self._popups.add(task)
        task.add_done_callback(self._popups.discard)

    async def _dismiss(self, page: Page) -> None:
        with suppress(Error, TimeoutError):
            await asyncio.sleep(_POPUP_SECONDS)
            if page is self.landing:
                return  # ours: by now it is known
            self.counts["window"] += 1
            async with asyncio.timeout(3):
                await page.close()

    async def _dialog(self, dialog: Dialog) -> None:
        self.counts["dialog"] += 1
        with suppress(Error):
            await dialog.dismiss()

    async def _download(self, download: Download) -> None:
        self.counts["download"] += 1
        with suppress(Error):
            await download.cancel()

    def tell(self, state: dict[str, Any]) -> None:
        """Take over what the script at the beginning of every document counted."""
        for kind, times in (state.get("counts") or {}).items():
            if isinstance(times, (int, float)):
                self.counts[str(kind)[:20]] = max(self.counts[str(kind)[:20]], int(times))
        for url in (state.get("opened") or ())[:20]:
            self.leads.note(str(url), "popup")
        for url, passed, follow in (state.get("leads") or ())[:20]:
            cause = "click" if self.clicked else "load" if float(passed) < _SOON * 1000 else "delay"
            self.leads.note(str(url), cause, follow=bool(follow))
