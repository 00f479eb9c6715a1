"""evidence: keeps what stands behind a violation: the raw answer, the rendered document, the screenshot, a record."""

import asyncio
import gzip
from hashlib import sha256
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import Page, Snapshot
from crawler.store.findings import MAX_URLS, identity
from pipelines.record import MAX_LANDINGS, packed, record_of
from pipelines.warc import warc_of

LARGE = 512 * 1024
"""Bytes of a body that are compressed beside the crawl, which would stand still meanwhile."""
OTHER_VIEWS = 5
"""Snapshots of one finding in each view but plain: they are large, and the first ones show as much as all."""
MAX_PICTURE = 12 * 1024 * 1024
"""Bytes of a screenshot that is kept: a page may be made to give a huge one."""


class EvidencePipeline:
    """Writes snapshots for the first pages of each finding; a kit of 10,000 doorways needs no 10,000 records."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._kept: dict[tuple[str, str], int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """Pages with violations get ``snapshots`` and ``snapshot`` (the record's SHA-256); the browser's bytes go."""
        if not isinstance(item, Page):
            return item
        if item.violations and self._wants(item):
            await self._keep(item)
        if item.rendered is not None or item.landings:
            _release(item, bool(item.snapshots))
        return item

    async def _keep(self, page: Page) -> None:
        large = len(page.body) > LARGE or page.rendered is not None
        if large:
            await asyncio.to_thread(keep, page)
        else:
            keep(page)
        stats = self._crawler.stats
        assert stats
        stats.inc_value("evidence/snapshots")
        for snapshot in page.snapshots:
            stats.inc_value(f"evidence/{snapshot.kind}")

    def _wants(self, page: Page) -> bool:
        """True while one of the page's findings has fewer than its share of snapshots of this view in this run."""
        share = MAX_URLS if page.view == "plain" else OTHER_VIEWS
        wanted = False
        for violation in page.violations:
            key = (identity(page.host, violation.category, violation.vector, violation.place), page.view)
            taken = self._kept.get(key, 0)
            if taken < share:
                self._kept[key] = taken + 1
                wanted = True
        return wanted


def keep(page: Page) -> None:
    """Give a page its ``snapshots`` and ``snapshot``, which its evidence names too."""
    page.snapshots = _snapshots(page)
    page.snapshot = page.snapshots[-1].name
    for violation in page.violations:
        for evidence in violation.evidence:
            evidence.snapshot = page.snapshot


def _snapshots(page: Page) -> list[Snapshot]:
    """What is kept of a page, its record last."""
    kept = [_snapshot("warc", "application/warc", warc_of(page))]
    if page.rendered is not None:
        if page.body != page.rendered.raw:  # else the browser did not get to it, and the WARC file has it
            kept.append(_snapshot("dom", "application/gzip", gzip.compress(page.body, 6, mtime=0)))
        if _is_fit(page.rendered.screenshot):
            kept.append(_snapshot("screenshot", "image/png", page.rendered.screenshot))
    files = {each.kind: each.name for each in kept}
    for landing in page.landings[:MAX_LANDINGS]:
        if _is_fit(landing.screenshot):
            kept.append(_snapshot("screenshot", "image/png", landing.screenshot))
            landing.snapshot = kept[-1].name
    return [*kept, _snapshot("record", "application/json", packed(record_of(page, files)))]


def _is_fit(picture: bytes) -> bool:
    return 0 < len(picture) <= MAX_PICTURE


def _snapshot(kind: str, media: str, data: bytes) -> Snapshot:
    return Snapshot(sha256(data).hexdigest(), kind, media, data)


def _release(page: Page, is_kept: bool) -> None:
    """Drop the bytes that nobody after this needs: a batch of pages may wait long for the database.

    Pictures that are kept are the same bytes as in the snapshots, and cost nothing twice.
    """
    if page.rendered is not None:
        page.rendered.raw = b""
        page.rendered.screenshot = page.rendered.screenshot if is_kept else b""
    for landing in page.landings:
        landing.body = landing.body if page.view == "plain" else b""  # plain ones are stored and judged again
        landing.screenshot = landing.screenshot if is_kept else b""
