"""What is being written when a crawl stops is written to its end."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from scrapy.utils.test import get_crawler

from crawler.items import Miss, Page
from pipelines.persist import PersistPipeline


class SlowStore:
    """The edge: a database whose write is under way when the crawl stops."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.written: list[str] = []
        self.hungry = False
        self.backlog = 0
        self.on_hungry: list[Callable[[], None]] = []

    async def flush(self, pages: Sequence[Page], misses: Sequence[Miss]) -> None:
        self.begun.set()
        await self.go_on.wait()
        self.written += [miss.url for miss in misses]


async def test_a_batch_that_is_being_written_at_the_stop_is_not_lost(monkeypatch: Any) -> None:
    store = SlowStore()

    async def opened(_: Any) -> SlowStore:
        return store

    monkeypatch.setattr("pipelines.persist.crawl_store", opened)
    pipeline = PersistPipeline.from_crawler(get_crawler())
    await pipeline.open_spider()
    await pipeline.process_item(Miss("a.example", "1", "http://a.example/1", "failed", "x"))
    await store.begun.wait()
    await pipeline.process_item(Miss("a.example", "2", "http://a.example/2", "failed", "x"))
    closing = asyncio.ensure_future(pipeline.close_spider())
    await asyncio.sleep(0)
    store.go_on.set()
    await closing
    assert store.written == ["http://a.example/1", "http://a.example/2"]
