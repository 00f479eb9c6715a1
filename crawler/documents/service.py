"""One document reader a crawler, made for the first document and ended with the spider."""

import asyncio
from weakref import WeakKeyDictionary

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.documents.reader import DocumentReader
from crawler.documents.reading import Reading

_readers: WeakKeyDictionary[Crawler, DocumentReader] = WeakKeyDictionary()
_LOOK = 0.5  # seconds


async def read_document(crawler: Crawler, body: bytes, seconds: float | None = None) -> Reading | None:
    """Read a document with the limits of the crawler's settings; None when the crawl is being stopped meanwhile."""
    reading = asyncio.ensure_future(_reader(crawler).read(body, seconds))
    while not (await asyncio.wait((reading,), timeout=_LOOK))[0]:
        if not crawler.crawling:
            reading.cancel()
            return None
    return reading.result()


def _reader(crawler: Crawler) -> DocumentReader:
    found = _readers.get(crawler)
    if found is None:
        reader = found = _readers[crawler] = DocumentReader.from_settings(crawler.settings)

        async def close(spider: Spider) -> None:
            await reader.close()

        crawler.signals.connect(close, signals.spider_closed, weak=False)
    return found
