"""compare: what a view shows that plain visits do not: cloaking, or what scripts bring in."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

from scrapy.crawler import Crawler

from crawler.items import Page, Violation
from crawler.page.difference import Difference, difference, usable
from crawler.page.features import Features, features, without
from crawler.store.crawl import CrawlStore, crawl_store
from crawler.store.findings import identity
from crawler.store.seen import Seen, Version
from pipelines.cloaking import CLOAKED, Known, recast, suspicion, vector_in
from pipelines.judge import Judge
from pipelines.reclassify import rebuilt
from pipelines.rulesets import judge_from_crawler

K = TypeVar("K")
V = TypeVar("V")

PLAIN = ("plain", "repeat")
SERVED = ("search", "bot")
"""Views that an honest server answers as it answers anybody."""
REMEMBERED = 256
"""Plain fetches kept in memory: the views of one page come shortly after each other."""
LARGE = 512 * 1024
"""Bytes of a body that are read beside the crawl."""
ENOUGH = 2
"""Plain fetches that tell the noise of a page: with fewer mere difference says nothing."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """What of a plain fetch is compared."""

    features: Features
    known: Known


class ComparePipeline:
    """Compares pages of other views with the plain fetches of the same URL, as the store has them."""

    store: CrawlStore

    def __init__(self, judge: Judge, crawler: Crawler) -> None:
        self._judge = judge
        self._crawler = crawler
        self._fetches: OrderedDict[tuple[str, str, int, str], Fetch] = OrderedDict()
        self._repeats: OrderedDict[str, Fetch] = OrderedDict()
        self._differed: OrderedDict[tuple[str, str], None] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(judge_from_crawler(crawler), crawler)

    async def open_spider(self) -> None:
        """Open the store."""
        self.store = await crawl_store(self._crawler)
        self._seen = Seen(self.store.db)

    async def process_item(self, item: Any) -> Any:
        """Plain pages pass at once; the violations of others say what only they show."""
        if not isinstance(item, Page) or item.view == "plain" or item.document:
            return item
        if item.view == "repeat":  # stored only with the next batch, and the other views may be faster
            _keep(self._repeats, item.digest, _fetch(item))
            return item
        await self._compare(item)
        return item

    async def _compare(self, page: Page) -> None:
        views = (*PLAIN, page.view)
        stored = await self.store.patiently(lambda: self._seen.versions(page.digest, views))
        fetches = [fetch for fetch in await self._plain(page, stored) if usable(fetch.features)]
        found = difference(features(page), [fetch.features for fetch in fetches])
        if found.blocked:
            self._count(f"blocked/{page.view}")
            return
        if not await self._judge_new(page, fetches, found) and not page.evidence:
            await self._suspect(page, found, stored, len(fetches))
        self._count(f"{'differs' if page.differs else 'same'}/{page.view}")

    async def _plain(self, page: Page, stored: Sequence[Version]) -> list[Fetch]:
        """The plain fetch and its repeat, as far as they are there."""
        fetches = [await self._read(version) for version in stored if version.view == "plain"]
        if page.digest in self._repeats:
            fetches.append(self._repeats[page.digest])
        else:
            repeats = [each for each in stored if each.view == "repeat" and (each.body or each.row["redirects"])]
            fetches += [await self._read(version) for version in repeats]
        return fetches

    async def _read(self, version: Version) -> Fetch:
        key = (version.row["_id"], version.view, version.row["status"], version.body)
        if key in self._fetches:
            self._fetches.move_to_end(key)
            return self._fetches[key]
        body = await self.store.patiently(lambda: self._seen.body(version.body))
        large = len(body) > LARGE
        page = await asyncio.to_thread(rebuilt, version.row, body) if large else rebuilt(version.row, body)
        self._judge(page)  # here: an engine belongs to one thread
        fetch = _fetch(page)
        if body:
            _keep(self._fetches, key, fetch)
        return fetch

    async def _judge_new(self, page: Page, fetches: Sequence[Fetch], found: Difference) -> bool:
        """Violations that no plain fetch has get the vector and confidence that being shown only here gives them.

        True when there are any: the rules say then what it is that only this view shows. What has another vector
        for it keeps it while this view shows it, also when the page's noise or plain face is not known this time: else
        it would be another finding, and the one before would be called fixed.
        """
        if not page.violations:
            return False
        plain = await self.store.patiently(lambda: self._seen.shown(page.digest, PLAIN))
        before = await self.store.patiently(lambda: self._seen.shown(page.digest, [page.view]))
        noise = Known(self._noise(page, found))
        is_shell = any(fetch.features.shell for fetch in fetches)
        only = 0
        for violation in page.violations:
            if knows := next((fetch.known for fetch in fetches if fetch.known.has(violation)), None):
                knows.adopt(violation)
            if knows or _identity(page, violation) in plain:
                continue
            vector = vector_in(page.view, violation.vector, is_shell=is_shell)
            other = vector != violation.vector
            is_known = other and _identity(page, replace(violation, vector=vector)) in before
            if not is_known and (not fetches or noise.has(violation)):
                continue
            recast(violation, page.view, is_shell=is_shell, is_sure=is_known or len(fetches) >= ENOUGH)
            self._count(f"only/{page.view}/{violation.category}")
            only += 1
        return only > 0

    def _noise(self, page: Page, found: Difference) -> list[Violation]:
        """What the rules no longer find on a page without the regions that change by themselves."""
        if not found.noisy:
            return []
        whole, quiet = without(page, ()), without(page, found.noisy)
        self._judge(whole)  # once more: what only other pages' word made a violation is not found in either
        self._judge(quiet)
        lasting = Known(quiet.violations)
        return [violation for violation in whole.violations if not lasting.has(violation)]

    async def _suspect(self, page: Page, found: Difference, stored: Sequence[Version], plain: int) -> None:
        """Mere difference: noted the first time, a suspicion the second, or while it was one before.

        With no plain fetch to compare with it can neither be raised nor taken back.
        """
        if plain and not _counts(page.view, found):
            return
        page.differs = plain > 0
        key = (page.digest, page.view)
        before = key in self._differed or any(each.differs for each in stored if each.view == page.view)
        if page.differs:
            _keep(self._differed, key, None)
        second = page.again and before and plain >= ENOUGH
        if not second and not await self.store.patiently(lambda: self._seen.is_known(*key, CLOAKED)):
            return
        page.violations.append(suspicion(page, found))
        self._count(f"suspected/{page.view}")

    def _count(self, what: str) -> None:
        assert self._crawler.stats
        self._crawler.stats.inc_value(f"compare/{what}")


def _fetch(page: Page) -> Fetch:
    return Fetch(features(page), Known(page.violations))


def _identity(page: Page, violation: Violation) -> str:
    return identity(page.host, violation.category, violation.vector, violation.place)


def _counts(view: str, found: Difference) -> bool:
    """Whether this much of a difference says anything: phones get other templates, browsers what scripts bring."""
    return found.suspicious if view in SERVED else view == "mobile" and bool(found.redirects)


def _keep(store: OrderedDict[K, V], key: K, value: V) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > REMEMBERED:
        store.popitem(last=False)
