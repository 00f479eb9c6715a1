"""What spiders share that fetch for a dispatcher: jobs become requests, every answer becomes one item."""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.documents.pages import page_of
from crawler.documents.service import documents_of, is_to_be_read
from crawler.items import Miss, Page
from crawler.reading.readers import Readers
from crawler.schedule.answers import Again, facts_of, judge_answer, missing_list, read_failure
from crawler.schedule.dispatcher import Dispatcher
from crawler.schedule.faults import INTERNAL
from crawler.schedule.groups import Job
from crawler.spiders.run import RunSpider
from crawler.urls import clean

logger = logging.getLogger(__name__)


class DispatchedSpider(RunSpider):
    """A spider that declares its arguments and its ``plan``; what comes when is the dispatcher's business."""

    dispatcher: Dispatcher
    readers: Readers

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
        self.readers = Readers.from_crawler(self.crawler)
        async for job in self.dispatcher.jobs():
            yield job if isinstance(job, Miss) else self.request(job)

    def request(self, job: Job) -> Request:
        """The plain view of a URL: a desktop browser's headers (settings) and nothing else."""
        return Request(
            job.entry.ask or job.entry.url,
            callback=self.parse,
            errback=self.failed,
            dont_filter=True,
            meta={"job": job, "download_slot": job.group.name, "leaves": lambda: self.dispatcher.left(job)},
        )

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Page | Miss] | AsyncIterator[Page | Miss]:
        """One answer becomes one item, unless it is to be fetched again. What is large is read elsewhere."""
        job: Job = response.meta["job"]
        if self.readers.wants(response.body):
            return self._parse_apart(response, job)
        now = datetime.now(UTC)
        outcome: Page | Miss | Again
        try:
            outcome = missing_list(response, job) or judge_answer(
                page_of(**facts_of(response, job, now)), response, job, now
            )
        except Exception:  # a fault of ours on one page must not stop the host, nor hide
            outcome = self._broken(response, job)
        if isinstance(outcome, Page) and is_to_be_read(outcome):
            return self._read(job, outcome)
        self.dispatcher.arrived(job)
        return self._settle(job, outcome)

    async def _parse_apart(self, response: Response, job: Job) -> AsyncIterator[Page | Miss]:
        self.dispatcher.arrived(job)
        now = datetime.now(UTC)
        outcome: Page | Miss | Again
        try:
            page = await self.readers.read(facts_of(response, job, now))
            outcome = missing_list(response, job) or judge_answer(page, response, job, now)
        except Exception:
            outcome = self._broken(response, job)
        for item in self._settle(job, outcome):
            yield item

    def _broken(self, response: Response, job: Job) -> Miss:
        logger.exception("Cannot read %s", clean(response.url))
        self.crawler.stats.inc_value(f"{self.name}/unreadable")
        return Miss(job.host.host, job.entry.digest, job.entry.url, "failed", INTERNAL)

    async def _read(self, job: Job, page: Page) -> AsyncIterator[Page | Miss]:
        """A document; when the run is being stopped, its URL stays taken and a resumed run fetches it again."""
        documents = documents_of(self.crawler)
        if await documents.read_into(page, job.group.name, lambda: self.dispatcher.arrived(job)):
            for item in self._settle(job, page):
                yield item

    def failed(self, failure: Failure) -> Iterator[Page | Miss]:
        """No answer: a value with a cause, tried again while that makes sense."""
        job: Job = failure.request.meta["job"]  # type: ignore[attr-defined]
        self.dispatcher.arrived(job)
        yield from self._settle(job, read_failure(failure.value or RuntimeError("no cause"), job))

    def _settle(self, job: Job, outcome: Page | Miss | Again) -> Iterator[Page | Miss]:
        if isinstance(outcome, Again):
            if outcome.fault:
                self.dispatcher.fault(job, outcome.cause)
            if outcome.leave:
                self.dispatcher.leave(job, outcome.leave, outcome.cause)
            elif self.dispatcher.retry(job, outcome.wait, outcome.url, outcome.ask, counts=outcome.counts):
                self.crawler.stats.inc_value(f"{self.name}/again/{outcome.name}")
                return
            outcome = outcome.instead
        if isinstance(outcome, Page):
            documents_of(self.crawler).count(outcome, job.host.skipped)
            outcome = self.dispatcher.observe(job, outcome)
        else:
            self.dispatcher.missed(job, outcome)
        self.crawler.stats.inc_value(f"{self.name}/{'page' if isinstance(outcome, Page) else outcome.state}")
        yield outcome
