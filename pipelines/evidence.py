"""evidence: keeps the raw answer behind a violation as a WARC record."""

import asyncio
from hashlib import sha256
from io import BytesIO
from typing import Any, Self

from scrapy.crawler import Crawler
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.items import Page
from crawler.store.findings import MAX_URLS, identity

LARGE = 512 * 1024
"""Bytes of a body that are compressed beside the crawl, which would stand still meanwhile."""


class EvidencePipeline:
    """Writes a snapshot for the first pages of each finding; a kit of 10,000 doorways needs no 10,000 records."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._kept: dict[str, int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """Pages with violations get ``snapshot`` (SHA-256) and ``warc`` (the record)."""
        if not isinstance(item, Page) or not item.violations:
            return item
        if not self._wants(item):
            return item
        large = len(item.body) > LARGE
        item.warc = await asyncio.to_thread(warc_record, item) if large else warc_record(item)
        item.snapshot = sha256(item.warc).hexdigest()
        for violation in item.violations:
            for evidence in violation.evidence:
                evidence.snapshot = item.snapshot
        assert self._crawler.stats
        self._crawler.stats.inc_value("evidence/snapshots")
        return item

    def _wants(self, page: Page) -> bool:
        """True while one of the page's findings has fewer than its share of snapshots in this run."""
        wanted = False
        for violation in page.violations:
            key = identity(page.host, violation.category, violation.vector, violation.place)
            taken = self._kept.get(key, 0)
            if taken < MAX_URLS:
                self._kept[key] = taken + 1
                wanted = True
        return wanted


def warc_record(page: Page) -> bytes:
    """One gzip member with a WARC/1.1 response record (ISO 28500).

    The payload is the body after transfer and content coding were undone, so ``Content-Encoding`` and
    ``Transfer-Encoding`` are named ``X-Archive-Orig-…`` as web archives do.
    """
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    headers = [(_archived(name), value) for name, value in page.headers]
    record = writer.create_warc_record(
        page.url,
        "response",
        payload=BytesIO(page.body),
        length=len(page.body),
        http_headers=StatusAndHeaders(str(page.status), headers, protocol="HTTP/1.1"),
        warc_headers_dict={
            "WARC-Date": page.fetched.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **({"WARC-IP-Address": page.ip} if page.ip else {}),
        },
    )
    writer.write_record(record)
    return out.getvalue()


def _archived(name: str) -> str:
    return f"X-Archive-Orig-{name}" if name.lower() in ("content-encoding", "transfer-encoding") else name
