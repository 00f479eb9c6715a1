"""One crawl of the render benchmark in a process of its own: ``python -m tests.benchmarks.renders``, told by JSON.

Standard input: ``{"mode": .., "urls": [..], "settings": {..}, "warm": n}``; of the modes ``bare`` is scrapy-playwright
with a fresh context for every page, as ours, ``shared`` with one for all, ``idle`` is ``bare`` waiting until the
network rests. Standard output: seconds, states, memory.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import psutil

PAGES = 4
NOT_NEEDED = ("image", "font", "media")


def aborts(request: Any) -> bool:
    """The same blocking as ours."""
    return request.resource_type in NOT_NEEDED


def main() -> None:
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings
    from scrapy_playwright.page import PageMethod

    from crawler.browser import lane as lanes
    from crawler.browser.browsers import browser_of
    from crawler.browser.chromium import Chromium
    from crawler.browser.order import RenderOrder
    from crawler.browser.proxy import Proxy
    from crawler.dns.network import network_of
    from tests.crawler.download.fetching import COMPONENTS

    told = json.load(sys.stdin)
    ours, warm = told["mode"] == "ours", told["warm"]
    ended: list[float] = []
    began: list[float] = []
    states: dict[str, int] = {}
    memory: list[int] = []
    leaked: list[int] = []
    proxies: list[Proxy] = []

    def weigh(pids: Any) -> int:
        total = 0
        for pid in pids:
            try:
                total += psutil.Process(pid).memory_full_info().uss
            except psutil.Error:
                continue
        return total

    class Bench(Spider):
        name = "bench"

        async def start(self) -> Any:
            way: dict[str, Any] = {}
            if not ours:
                lanes.MAX_CONNECTIONS = lanes.MAX_OPEN = 10**6
                lanes.MAX_BYTES, lanes._PER_SERVER = 10**12, 100
                proxy = Proxy(network_of(self.crawler))
                proxies.append(proxy)
                await proxy.start()
                lane = proxy.open_lane()
                way = {"server": proxy.address, "username": lane.key, "password": lane.secret}
            for url in told["urls"]:
                meta: dict[str, Any] = {"render": RenderOrder()}
                if not ours:
                    methods = [PageMethod("wait_for_load_state", "networkidle")] if told["mode"] == "idle" else []
                    context = {"proxy": way, "ignore_https_errors": True, "service_workers": "block"}
                    name = "one" if told["mode"] == "shared" else url
                    meta = {"playwright": True, "playwright_context": name, "playwright_page_methods": methods}
                    meta["playwright_include_page"] = name == url
                    meta["playwright_context_kwargs"] = context
                yield Request(url, self.parse, errback=self.failed, meta=meta, dont_filter=True)

        async def parse(self, response: Any) -> None:
            if page := response.meta.get("playwright_page"):
                await page.context.close()
            rendered = response.meta.get("rendered")
            self.count(rendered.state if rendered else "seen", len(response.body))

        def failed(self, failure: Any) -> None:
            self.count(type(failure.value).__name__, 0)

        def count(self, state: str, size: int) -> None:
            ended.append(time.monotonic())
            states[state] = states.get(state, 0) + 1
            if len(ended) == warm:
                began.append(ended[-1])
            keeper = browser_of(self.crawler)._keeper if ours else None
            if told["mode"] == "ours" and keeper is not None:
                leaked.append(max(0, len(keeper.context_wrappers) - PAGES - 1))
                if told.get("weigh"):
                    memory.append(weigh(keeper.pids))
                if len(ended) == len(told["urls"]):
                    leaked.append(keeper.in_use)

    settings = Settings()
    settings.setmodule("crawler.settings")
    settings.setdict(COMPONENTS, priority="cmdline")
    handler = "crawler.browser.handler.BrowserDownloadHandler"
    if not ours:
        handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
    handlers = {**COMPONENTS["DOWNLOAD_HANDLERS"], "http": handler, "https": handler}
    settings.setdict({"DOWNLOAD_HANDLERS": handlers, "RASOAT_BROWSER_PAGES": PAGES}, priority="cmdline")
    settings.setdict(told["settings"], priority="cmdline")
    if not ours:
        options = Chromium.from_settings(settings).options("http://127.0.0.1:9")
        settings.set("PLAYWRIGHT_LAUNCH_OPTIONS", options, priority="cmdline")
        settings.set("PLAYWRIGHT_MAX_PAGES_PER_CONTEXT", PAGES, priority="cmdline")
        settings.set("CONCURRENT_REQUESTS", PAGES, priority="cmdline")
        settings.set("PLAYWRIGHT_ABORT_REQUEST", aborts, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Bench)
    process.crawl(crawler)
    process.start()
    assert crawler.stats is not None
    seconds = ended[-1] - began[0] if began else 0.0
    numbers = {name: value for name, value in crawler.stats.get_stats().items() if name.startswith("browser/")}
    json.dump(
        {
            "seconds": seconds,
            "pages": len(ended) - warm,
            "states": states,
            "memory": memory,
            "leaked": sum(leaked),
            "stats": numbers,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
