"""``scrapy crawl``: Scrapy's own, with exit statuses that tell what happened."""

import argparse
import logging
import sys
from datetime import UTC, datetime
from typing import get_args, get_origin

from pydantic import ValidationError
from scrapy import Spider
from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from crawler.dns.network import Network
from crawler.errors import BadInput, RasoatError
from crawler.middlewares.audit import audit_headers
from crawler.reading.garbage import settle
from crawler.store.connection import open_store
from crawler.store.queries.dismissals import end_dismissals
from crawler.urls import clean
from pipelines.rulesets import engine_from_settings

logger = logging.getLogger(__name__)

GOOD_ENDS = ("finished", "shutdown", "at_work", "done")
"""The work's end, the operator's stop, and what a schedule meets when the job is being done or was done."""


def quieten(settings: BaseSettings) -> None:
    """Set the level at the loggers, not only at the handler as Scrapy does.

    Else every request builds records that nobody reads, and PyMongo a JSON text of every command.
    """
    for name in ("scrapy.core", "pymongo"):
        logging.getLogger(name).setLevel(settings.get("LOG_LEVEL"))


class Command(ScrapyCrawl):
    """Exit status 0: finished, the operator's stop, nothing to do; 2: bad arguments or rules; 1: everything else."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """On a terminal the live line says how far it is; whoever wants the log says ``-L INFO``."""
        super().process_options(args, opts)
        assert self.settings is not None
        if sys.stderr.isatty() and not opts.loglevel and not opts.logfile:
            self.settings.set("LOG_LEVEL", "WARNING", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check what can be checked before anything starts, crawl, say how it ended."""
        if len(args) != 1:
            raise UsageError("exactly one spider is expected" if len(args) > 1 else "the name of a spider is missing")
        assert self.crawler_process is not None
        assert self.settings is not None
        name = args[0]
        try:
            self._check(name, opts)
        except RasoatError as error:
            self._say(error, to_log=bool(self.settings.get("LOG_FILE")))  # where Scrapyd's users look
            self.exitcode = 2 if isinstance(error, BadInput) else 1
            return
        quieten(self.settings)
        crawler = self._create_crawler(name)
        self.crawler_process.crawl(crawler, **opts.spargs)
        settle()
        self.crawler_process.start()
        fatal = getattr(crawler.spider, "fatal", None)
        if fatal is not None:
            self._say(fatal)
            self.exitcode = 2 if isinstance(fatal, BadInput) else 1
            return
        idle = getattr(crawler.spider, "idle", None)
        if idle is not None and sys.stderr.isatty():  # a schedule finds it in the log: cron mails what is printed
            self._say(idle)
        reason = crawler.stats.get_value("finish_reason") if crawler.stats else None
        if self.crawler_process.bootstrap_failed or reason not in GOOD_ENDS:
            self.exitcode = 1

    def _check(self, name: str, opts: argparse.Namespace) -> None:
        """Raise BadInput for an unknown spider, bad arguments, settings or rules, StoreError for the database."""
        assert self.crawler_process is not None
        assert self.settings is not None
        loader = self.crawler_process.spider_loader
        if name not in loader.list():
            raise BadInput(f"no spider {name!r}; there are: {', '.join(sorted(loader.list()))}")
        spider = loader.load(name)
        engine_from_settings(self.settings)
        Network.from_settings(self.settings)
        audit_headers(self.settings)
        self._check_arguments(spider, opts)
        with open_store(self.settings) as store:
            end_dismissals(store.db, datetime.now(UTC))

    def _check_arguments(self, spider: type[Spider], opts: argparse.Namespace) -> None:
        model = next(
            (get_args(base)[0] for base in getattr(spider, "__orig_bases__", ()) if get_origin(base) is Args),
            None,
        )
        if model is None:
            return
        try:
            model(**opts.spargs)
        except ValidationError as error:
            fault = error.errors()[0]
            field = ".".join(str(part) for part in fault["loc"])
            raise BadInput(f"-a {field}: {fault['msg']}") from error

    def _say(self, error: RasoatError, *, to_log: bool = False) -> None:
        for line in str(error).splitlines():
            if to_log:
                logger.error("%s", clean(line, 2000))
            print(f"scrapy crawl: {line}", file=sys.stderr)  # noqa: T201
