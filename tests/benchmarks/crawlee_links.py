"""crawlee for Python, crawl only: run by the interpreter of a virtual environment that has ``crawlee[parsel]``."""

import asyncio
import logging
import sys
from datetime import timedelta

from crawlee import ConcurrencySettings
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.storage_clients import MemoryStorageClient


async def main(url: str, concurrency: int) -> None:
    """Follow every link of the host of ``url``."""
    crawler = ParselCrawler(
        storage_client=MemoryStorageClient(),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=concurrency, max_concurrency=concurrency, desired_concurrency=concurrency
        ),
        respect_robots_txt_file=False,
        use_session_pool=False,
        request_handler_timeout=timedelta(seconds=60),
        configure_logging=False,
    )

    @crawler.router.default_handler
    async def follow(context: ParselCrawlingContext) -> None:
        await context.enqueue_links(strategy="same-hostname")

    await crawler.run([url])


logging.basicConfig(level=logging.INFO)
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
