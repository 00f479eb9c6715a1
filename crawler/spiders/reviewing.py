"""What every spider that reviews sites does with a job: a request out, a page or a miss back."""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.items import Miss, Page
from crawler.schedule.answers import Again, read_answer, read_failure
from crawler.schedule.dispatcher import Dispatcher, Job
from crawler.urls import clean

logger = logging.getLogger(__name__)


class Reviewing:
    """A spider's side of a ``dispatcher``."""

    crawler: Crawler
    dispatcher: Dispatcher

    async def reviewed(self) -> AsyncIterator[Request | Miss]:
        """The dispatcher's jobs as requests, as they become due."""
        async for job in self.dispatcher.jobs():
            yield job if isinstance(job, Miss) else self.request(job)

    def request(self, job: Job) -> Request:
        """The plain view of a URL: a desktop browser's headers (settings) and nothing else."""
        return Request(
            job.entry.url,
            callback=self.parse,
            errback=self.failed,
            dont_filter=True,
            meta={"job": job, "download_slot": job.group.name},
        )

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Page | Miss]:
        """One answer becomes one item, unless it is to be fetched again."""
        job: Job = response.meta["job"]
        self.dispatcher.arrived(job)
        try:
            outcome = read_answer(response, job, datetime.now(UTC))
        except Exception:  # a fault of ours on one page must not stop the host, nor hide
            logger.exception("Cannot read %s", clean(response.url))
            self._count("deep/unreadable")
            outcome = Miss(job.host.host, job.entry.digest, job.entry.url, "failed", "internal error")
        yield from self._settle(job, outcome)

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
            elif self.dispatcher.retry(job, wait=outcome.wait, url=outcome.url, counts=outcome.counts):
                self._count(f"deep/again/{outcome.name}")
                return
            outcome = outcome.instead
        if isinstance(outcome, Page):
            outcome.discovered = self.dispatcher.observe(job, outcome)
        else:
            job.host.pages -= 1  # the budget is one of pages
        self._count(f"deep/{'page' if isinstance(outcome, Page) else outcome.state}")
        yield outcome

    def _count(self, name: str) -> None:
        assert self.crawler.stats is not None
        self.crawler.stats.inc_value(name)
