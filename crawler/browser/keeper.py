"""One Chromium as scrapy-playwright keeps it: started when needed, a fresh context for every render."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import psutil
from playwright.async_api import CDPSession, Error, Page
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from crawler.browser.lane import Lane

RENDERER_BYTES = 1024**3  # of one page's process; what is larger is killed
ALL_BYTES = 3 * 1024**3  # of the whole browser; it is then started anew
_WATCH_SECONDS = 1.0
logging.getLogger("scrapy-playwright").setLevel(logging.WARNING)  # every start and end, at level INFO

_END_SECONDS = 10.0
_CLOSE_SECONDS = 3.0  # for one context, after which what hangs is killed
_TRIES = 3
_MOMENT = 0.4


class Keeper(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """Opens pages in contexts of their own; ``worn`` says why to start the browser anew, "" while it is well."""

    def __init__(self, crawler: Crawler, options: dict[str, Any]) -> None:
        super().__init__(crawler)
        self.config.launch_options = options
        self.config.max_pages_per_context = 1
        self.config.restart_disconnected_browser = False
        self.worn = ""
        self.killed = 0
        self.pids: dict[int, str] = {}
        self.spare: Lane | None = None  # whose context is ready, and not in use yet
        self._session: CDPSession | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start Playwright and Chromium; raises Playwright's ``Error``."""
        await self._launch()
        await self._maybe_launch_browser()
        self.browser.on("disconnected", lambda _: self.wear("crash"))
        self._session = await self.browser.new_browser_cdp_session()
        await self._look()
        self._watching = asyncio.ensure_future(self._watch())

    def wear(self, why: str) -> None:
        """The browser is to be started anew once its pages are done; the first reason counts."""
        self.worn = self.worn or why

    async def open(self, url: str, lane: Lane, proxy: str, context: dict[str, Any]) -> Page:
        """A page in a context of its own, whose traffic goes through ``lane``."""
        told = {"playwright_context": lane.key, "playwright_context_kwargs": _through(lane, proxy, context)}
        return await self._create_page(Request(url, meta=told), self.crawler.spider)  # type: ignore[no-any-return]

    async def prepare(self, lane: Lane, proxy: str, context: dict[str, Any]) -> None:
        """Make the context of a page that is still to come: it takes a while, in which others render."""
        async with self.context_launch_lock:
            await self._create_browser_context(lane.key, _through(lane, proxy, context))
        self.spare = lane

    async def shut(self, lane: Lane) -> None:
        """Close a render's context with all its pages; a browser that cannot do this is ended."""
        held = self.context_wrappers.get(lane.key)
        if held is None:
            return
        closing = asyncio.ensure_future(held.context.close())
        for _ in range(_TRIES):
            await asyncio.wait((closing,), timeout=_CLOSE_SECONDS)
            if closing.done() or self.worn:
                break
            with suppress(TimeoutError, Error):  # a process that hangs in its own code lets nobody close it
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._kill_busiest()
        if not closing.done() and not self.worn:
            self.wear("hung")
            self.kill()
        await asyncio.wait((closing,), timeout=_CLOSE_SECONDS)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        self.context_wrappers.pop(lane.key, None)

    async def _kill_busiest(self) -> None:
        """Kill the page's process that needs the most of a processor."""
        before = {pid: used for pid, _, used in await self._processes()}
        await asyncio.sleep(_MOMENT)
        after = [
            (used - before.get(pid, used), pid) for pid, kind, used in await self._processes() if kind == "renderer"
        ]
        used, pid = max(after, default=(0.0, 0))
        if used > _MOMENT / 4:
            with suppress(psutil.Error):
                psutil.Process(pid).kill()
                self.killed += 1

    def kill(self) -> None:
        """End all of the browser's processes, the first one first."""
        for pid in self.pids:
            with suppress(psutil.Error):
                psutil.Process(pid).kill()

    async def end(self) -> None:
        """Close the browser and Playwright, by force where need be."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self.close()
        except (TimeoutError, Error):
            self.kill()
            with suppress(TimeoutError, Error, Exception):
                async with asyncio.timeout(_END_SECONDS):
                    await self.browser_provider.close()

    @property
    def in_use(self) -> int:
        """How many pages and contexts are open, without the spare one."""
        spare = self.spare.key if self.spare else ""
        used = [each.context for name, each in self.context_wrappers.items() if name != spare]
        return len(used) + sum(len(each.pages) for each in used)

    async def lives(self) -> bool:
        """Whether the browser answers."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._look()
        except Exception:  # Playwright has many words for it
            return False
        return True

    async def _watch(self) -> None:
        """Look at the processes again and again while pages are open."""
        silent = 0
        while not self.worn:
            await asyncio.sleep(_WATCH_SECONDS)
            if not self.context_wrappers:
                continue
            try:
                async with asyncio.timeout(5 * _WATCH_SECONDS):
                    self._weigh(await self._look())
                silent = 0
            except (TimeoutError, Error):
                silent += 1
                if silent > 2:
                    self.wear("hung")
                    self.kill()

    async def _look(self) -> dict[int, str]:
        self.pids = {pid: kind for pid, kind, _ in await self._processes()}
        return self.pids

    async def _processes(self) -> list[tuple[int, str, float]]:
        """Number, kind and used processor seconds of all of them."""
        assert self._session is not None
        found = await self._session.send("SystemInfo.getProcessInfo")
        return [(int(each["id"]), str(each["type"]), float(each["cpuTime"])) for each in found["processInfo"]]

    def _weigh(self, pids: dict[int, str]) -> None:
        total = 0
        for pid, kind in pids.items():
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                info = process.memory_info()
                own = info.rss - info.shared
                total += own
                if kind == "renderer" and own > RENDERER_BYTES:
                    process.kill()
                    self.killed += 1
        if total > ALL_BYTES:
            self.wear("memory")


def _through(lane: Lane, proxy: str, context: dict[str, Any]) -> dict[str, Any]:
    """A context's options, all of its traffic through ``lane``."""
    return {**context, "proxy": {"server": proxy, "username": lane.key, "password": lane.secret}}
