"""The deep spider: reviews registered sites page by page. What comes when is the dispatcher's business."""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy_spider_metadata import Args  # type: ignore[attr-defined]
from twisted.python.failure import Failure

from crawler.errors import RasoatError
from crawler.items import Miss, Page
from crawler.schedule.answers import Again, read_answer, read_failure
from crawler.schedule.dispatcher import Dispatcher, Job
from crawler.schedule.plan import plan_deep
from crawler.spiders.arguments import DeepArgs
from crawler.urls import clean

logger = logging.getLogger(__name__)


class DeepSpider(Args[DeepArgs], Spider):
    """Fetches every page of the register's sites that links, sitemaps, feeds, robots.txt and seeds lead to."""

    name = "deep"
    dispatcher: Dispatcher
    fatal: RasoatError | None = None

    async def start(self) -> AsyncIterator[Any]:
        """Requests as they become due. A fault that ends the run is kept in ``fatal`` for the command."""
        try:
            self.dispatcher = await plan_deep(self.crawler, self.args)
            async for job in self.dispatcher.jobs():
                yield job if isinstance(job, Miss) else self.request(job)
        except RasoatError as error:
            self.fatal = error
            logger.error("%s", clean(str(error), 1000))
            raise CloseSpider("failed") from error

    def request(self, job: Job) -> Request:
        """The plain view of a URL: a desktop browser's headers (settings) and nothing else."""
        return Request(
            job.entry.url,
            callback=self.parse,
            errback=self.failed,
            dont_filter=True,
            meta={"job": job, "download_slot": job.group.name, "leaves": lambda: self.dispatcher.left(job)},
        )

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Page | Miss]:
        """One answer becomes one item, unless it is to be fetched again."""
        job: Job = response.meta["job"]
        self.dispatcher.arrived(job)
        try:
            outcome = read_answer(response, job, datetime.now(UTC))
        except Exception:  # a fault of ours on one page must not stop the host, nor hide
            logger.exception("Cannot read %s", clean(response.url))
            self.crawler.stats.inc_value("deep/unreadable")
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
                self.crawler.stats.inc_value(f"deep/again/{outcome.name}")
                return
            outcome = outcome.instead
        if isinstance(outcome, Page):
            outcome.discovered = self.dispatcher.observe(job, outcome)
        else:
            job.host.pages -= 1  # the budget is one of pages
        self.crawler.stats.inc_value(f"deep/{'page' if isinstance(outcome, Page) else outcome.state}")
        yield outcome
