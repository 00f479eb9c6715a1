"""What spiders share that fetch for a dispatcher: jobs become requests, every answer becomes one item."""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.browser.seen import enrich
from crawler.documents.pages import page_of
from crawler.documents.service import documents_of, is_to_be_read
from crawler.items import Miss, Page
from crawler.page import extract
from crawler.reading.readers import Readers
from crawler.schedule.answers import Again, facts_of, judge_answer, missing_list, read_failure
from crawler.schedule.dispatcher import Dispatcher
from crawler.schedule.faults import INTERNAL
from crawler.schedule.groups import Job
from crawler.schedule.looks import NO_BROWSER
from crawler.spiders.run import RunSpider
from crawler.urls import clean
from crawler.views.landings import Landings
from crawler.views.requests import arguments_of
from crawler.views.views import RENDERED, is_blocked

logger = logging.getLogger(__name__)


class DispatchedSpider(RunSpider):
    """A spider that declares its arguments and its ``plan``; what comes when is the dispatcher's business."""

    dispatcher: Dispatcher
    readers: Readers
    landings: Landings

    async def plan(self) -> Dispatcher:
        """The dispatcher of this run, open. Raises BadArgument, StoreError and NothingToDo."""
        raise NotImplementedError

    async def work(self) -> AsyncIterator[Any]:
        """Everything that the plan leads to."""
        self.dispatcher = await self.plan()
        async for thing in self.reviewed():
            yield thing

    async def reviewed(self) -> AsyncIterator[Request | Miss]:
        """The dispatcher's jobs as requests, as they become due."""
        assert self.crawler.engine is not None
        assert self.crawler.stats is not None
        hosts, count = self.dispatcher.hosts, self.crawler.stats.inc_value
        self.landings = Landings(self.crawler.engine.download_async, hosts.__contains__, count)
        self.readers = Readers.from_crawler(self.crawler)
        async for job in self.dispatcher.jobs():
            yield job if isinstance(job, Miss) else self.request(job)

    def request(self, job: Job) -> Request:
        """A URL in the entry's view; plain means a desktop browser's headers (settings) and nothing else."""
        view = arguments_of(job.entry)
        meta = {"job": job, "download_slot": job.group.name, "leaves": lambda: self.dispatcher.left(job)}
        return Request(
            job.entry.ask or job.entry.url,
            callback=self.parse,
            errback=self.failed,
            dont_filter=True,
            headers=view.get("headers"),
            meta={**view["meta"], **meta},
        )

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Page | Miss] | AsyncIterator[Page | Miss]:
        """One answer becomes one item, unless it is to be fetched again. What is large is read elsewhere."""
        job: Job = response.meta["job"]
        if job.entry.view == RENDERED and "rendered" not in response.meta:
            self.dispatcher.arrived(job)  # whatever it is, no browser saw it
            return self._items(job, self._unseen(job))
        if self.readers.wants(response.body) and "rendered" not in response.meta:
            return self._parse_apart(response, job)
        now = datetime.now(UTC)
        outcome: Page | Miss | Again
        try:
            outcome = missing_list(response, job) or judge_answer(self._page(response, job, now), response, job, now)
        except Exception:  # a fault of ours on one page must not stop the host, nor hide
            outcome = self._broken(response, job)
        if isinstance(outcome, Page) and is_to_be_read(outcome):
            return self._read(job, outcome)
        self.dispatcher.arrived(job)
        item = self._settle(job, outcome)
        if isinstance(item, Page) and self.landings.target(item):
            return self._landed(job, item)
        return iter((item,) if item else ())

    async def _landed(self, job: Job, page: Page) -> AsyncIterator[Page]:
        """A page that leads off the site by itself, with what stands there."""
        if target := self.landings.target(page):
            await self.landings.follow(page, target, arguments_of(job.entry).get("headers", {}))
        yield page

    async def _parse_apart(self, response: Response, job: Job) -> AsyncIterator[Page | Miss]:
        self.dispatcher.arrived(job)
        now = datetime.now(UTC)
        outcome: Page | Miss | Again
        try:
            page = await self.readers.read(facts_of(response, job, now))
            outcome = missing_list(response, job) or judge_answer(page, response, job, now)
        except Exception:
            outcome = self._broken(response, job)
        item = self._settle(job, outcome)
        if isinstance(item, Page):
            async for page in self._landed(job, item):
                yield page
        elif item:
            yield item

    @staticmethod
    def _page(response: Response, job: Job, now: datetime) -> Page:
        facts = facts_of(response, job, now)
        if "rendered" not in response.meta:
            return page_of(**facts)
        del facts["stopped"], facts["refused"]
        facts["look"] = response.meta["look"]
        page = extract(**facts)
        enrich(page, response.meta["rendered"])
        return page

    @staticmethod
    def _unseen(job: Job) -> Miss:
        return Miss(job.host.host, job.entry.digest, job.entry.url, "skipped", NO_BROWSER)

    def _broken(self, response: Response, job: Job) -> Miss:
        logger.exception("Cannot read %s", clean(response.url))
        self.crawler.stats.inc_value(f"{self.name}/unreadable")
        return Miss(job.host.host, job.entry.digest, job.entry.url, "failed", INTERNAL)

    async def _read(self, job: Job, page: Page) -> AsyncIterator[Page | Miss]:
        """A document; when the run is being stopped, its URL stays taken and a resumed run fetches it again."""
        documents = documents_of(self.crawler)
        if await documents.read_into(page, job.group.name, lambda: self.dispatcher.arrived(job)):
            for item in self._items(job, page):
                yield item

    def failed(self, failure: Failure) -> Iterator[Page | Miss]:
        """No answer: a value with a cause, tried again while that makes sense."""
        job: Job = failure.request.meta["job"]  # type: ignore[attr-defined]
        self.dispatcher.arrived(job)
        yield from self._items(job, read_failure(failure.value or RuntimeError("no cause"), job))

    def _items(self, job: Job, outcome: Page | Miss | Again) -> Iterator[Page | Miss]:
        item = self._settle(job, outcome)
        if item is not None:
            yield item

    def _settle(self, job: Job, outcome: Page | Miss | Again) -> Page | Miss | None:
        """The item that an outcome is, or None when the URL is asked once more."""
        if isinstance(outcome, Again):
            if outcome.fault:
                self.dispatcher.fault(job, outcome.cause)
            if outcome.leave:
                self.dispatcher.leave(job, outcome.leave, outcome.cause)
            elif self.dispatcher.retry(job, outcome.wait, outcome.url, outcome.ask, counts=outcome.counts):
                self.crawler.stats.inc_value(f"{self.name}/again/{outcome.name}")
                return None
            outcome = outcome.instead
        if isinstance(outcome, Page):
            if not job.entry.is_look:
                documents_of(self.crawler).count(outcome, job.host.skipped)
            outcome = self.dispatcher.observe(job, outcome)
        else:
            self.dispatcher.missed(job, outcome)
        self._count(job, outcome)
        return outcome

    def _count(self, job: Job, outcome: Page | Miss) -> None:
        stats, entry = self.crawler.stats, job.entry
        assert stats
        if not entry.is_look:
            stats.inc_value(f"{self.name}/{'page' if isinstance(outcome, Page) else outcome.state}")
        elif isinstance(outcome, Miss):
            stats.inc_value(f"{self.name}/view_{outcome.state}/{entry.view}")
        else:
            stats.inc_value(f"{self.name}/{'view_blocked' if is_blocked(outcome) else 'view'}/{entry.view}")
            stats.inc_value(f"{self.name}/why/{entry.reason}")
