"""Says how far the crawl is: one live line on a terminal, a plain log line every half minute elsewhere."""

import asyncio
import logging
import sys
from time import monotonic
from typing import Self, TextIO

from scrapy import Spider, signals
from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

LIVE_SECONDS = 0.5
PLAIN_SECONDS = 30.0
_WINDOW = 20
"""Samples the rate is taken over."""


class Progress:
    """Reads the dispatcher and the stats; never slows them."""

    def __init__(self, crawler: Crawler, out: TextIO) -> None:
        self._crawler = crawler
        self._out = out
        self._live = out.isatty() and not crawler.settings.get("LOG_FILE")
        self._samples: list[tuple[float, int]] = []
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler, sys.stderr)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        """Start the clock."""
        self._task = asyncio.ensure_future(self._run(spider))

    async def _run(self, spider: Spider) -> None:
        while True:
            await asyncio.sleep(LIVE_SECONDS if self._live else PLAIN_SECONDS)
            self._say(spider)

    def _say(self, spider: Spider, last: bool = False) -> None:
        line = self.line(spider)
        if self._live:
            # A log line may have been written since: return, clear, write.
            self._out.write(f"\r\x1b[2K{line}" + ("\n" if last else ""))
            self._out.flush()
        else:
            logger.info("%s", line)

    def line(self, spider: Spider) -> str:
        """``hosts 12/60 done, 8 running · 3,120 pages · 41.0 pages/s · 5 confirmed, 2 suspected``."""
        campaign = getattr(spider, "campaign", None)
        if campaign is not None and getattr(spider, "dispatcher", None) is None:
            return str(campaign.line())
        stats = self._crawler.stats
        assert stats
        pages = int(stats.get_value(f"{spider.name}/page", 0))
        self._samples = [*self._samples[-_WINDOW:], (monotonic(), pages)]
        (then, before), (now, after) = self._samples[0], self._samples[-1]
        rate = (after - before) / (now - then) if now > then else 0.0
        hosts = getattr(getattr(spider, "dispatcher", None), "hosts", {})
        done = sum(bool(host.ended) for host in hosts.values())
        running = sum(host.begun and not host.ended for host in hosts.values())
        found = {
            level: sum(n for name, n in stats.get_stats().items() if name.startswith(f"classify/{level}/"))
            for level in ("confirmed", "suspected")
        }
        return (
            f"hosts {done}/{len(hosts)} done, {running} running · {pages:,} pages · {rate:.1f} pages/s · "
            f"signs: {found['confirmed']} confirmed, {found['suspected']} suspected"
        )

    def spider_closed(self, spider: Spider) -> None:
        """Stop the clock and leave a last line."""
        if self._task is not None:
            self._task.cancel()
        self._say(spider, last=True)
