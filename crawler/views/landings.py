"""Where a page leads a visitor off its site by itself: the way is followed to its end, once for each destination.

A redirect over two neutral names to a betting house is told from one to a new address of the school only by what
stands at its end. Only the one page there is fetched: no link of it, no script, and nothing after ten steps.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from scrapy import Request
from scrapy.http import Response

from crawler.download.headers import pairs_of
from crawler.items import Landing, Page
from crawler.page import extract, kinds
from crawler.urls import host_of, hostname, twin

MAX_STEPS = 10
MAX_BYTES = 512 * 1024
SECONDS = 15
MOST_AT_ONCE = 4
MOST_OF_A_HOST = 40
"""Ways off one host that are followed in a run: a kit's doorways all lead to the same few places."""
MOST_TO_A_HOST = 60
"""Pages fetched from one destination host in a run."""
_AUTOMATIC = ("http", "refresh", "meta", "script")
_REMEMBERED = 2_000

Fetch = Callable[[Request], Awaitable[Response]]


class Landings:
    """Follows for one run; ``is_ours`` tells the hosts that are reviewed themselves."""

    def __init__(self, fetch: Fetch, is_ours: Callable[[str], bool], count: Callable[[str], None]) -> None:
        self._fetch = fetch
        self._is_ours = is_ours
        self._count = count
        self._gate = asyncio.Semaphore(MOST_AT_ONCE)
        self._known: dict[tuple[str, str], asyncio.Future[Landing]] = {}
        self._followed: Counter[str] = Counter()
        self._fetched: Counter[str] = Counter()

    def target(self, page: Page) -> str:
        """The address off the site that a page leads to by itself and that is worth a look, or ""."""
        if page.rendered is not None and page.rendered.landings:
            return ""  # the browser was there
        for step in page.redirects:
            if step.kind in _AUTOMATIC and self._is_strange(step.url, page.host):
                return step.url if self._followed[page.host] < MOST_OF_A_HOST else ""
        return ""

    def _is_strange(self, url: str, host: str) -> bool:
        other = host_of(url)
        return bool(other) and other not in (host, twin(host)) and not self._is_ours(other)

    async def follow(self, page: Page, target: str, headers: Mapping[str, str]) -> None:
        """Put the landing of a page into it, fetched with the headers of its view; never raises for what is there."""
        key = (target, page.view)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._followed[page.host] += 1
            self._known[key] = asyncio.ensure_future(self._go(target, {"Referer": page.url, **headers}))
        page.landings = [replace(await asyncio.shield(self._known[key]))]

    async def _go(self, target: str, headers: Mapping[str, str]) -> Landing:
        landing = Landing(target, [target], "load")
        async with self._gate:
            for _ in range(MAX_STEPS):
                following = await self._step(landing, headers)
                if not following:
                    break
                landing.url = following
                if following in landing.chain:
                    break
                landing.chain.append(following)
        self._count("landings/read" if landing.body else "landings/nothing")
        return landing

    async def _step(self, landing: Landing, headers: Mapping[str, str]) -> str:
        """Fetch the last address of the chain; where it leads on by itself, or ""."""
        url, landing.body = landing.url, b""
        host = host_of(url)
        self._fetched[host] += 1
        if self._fetched[host] > MOST_TO_A_HOST:
            return ""
        meta = {
            "download_slot": f"landing {hostname(host)}",
            "download_timeout": SECONDS,
            "download_maxsize": MAX_BYTES,
            "view": "landing",
        }
        try:
            response = await self._fetch(Request(url, dont_filter=True, headers=dict(headers), meta=meta))
        except Exception as error:  # whatever is wrong there is wrong there: the way itself is told
            self._count(f"landings/failed/{type(error).__name__}")
            return ""
        seen = extract(
            url=url,
            status=response.status,
            headers=pairs_of(response),
            body=response.body[:MAX_BYTES],
            fetched=datetime.now(UTC),
            host=host,
        )
        landing.status = response.status
        onward = next((step.url for step in seen.redirects if step.kind in _AUTOMATIC and step.url != url), "")
        if onward:
            return onward
        if kinds.kind_of(seen.type, seen.body) == "html":
            landing.title, landing.lang, landing.body = seen.title[:500], seen.lang[:20], seen.body
        return ""
