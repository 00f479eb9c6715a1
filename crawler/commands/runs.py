"""``scrapy runs``: what was reviewed when, and what was not and why."""

import argparse
from datetime import UTC, datetime
from functools import partial

from crawler.console.command import Action, Options, RasoatCommand


class Runs(RasoatCommand):
    """List and show runs."""

    summary = "List runs, show what one reviewed and what it did not"

    def actions(self) -> dict[str, Action]:
        return {
            "": Action(self._list, "list runs, newest first", _list_options),
            "show": Action(self._show, "show one run: figures, hosts not reviewed and why", _show_options),
        }

    def _list(self, opts: Options) -> None:
        from crawler.console.limits import limit_of, limited
        from crawler.console.run import columns
        from crawler.console.words import listed
        from crawler.store.connection import open_store
        from crawler.store.queries.runs import RUN_STATES, list_runs

        limit = limit_of(opts.limit, opts.format)
        spiders, states = listed("--spider", opts.spider), listed("--state", opts.state, RUN_STATES)
        with open_store(self.given) as store:
            rows = partial(list_runs, store.db, datetime.now(UTC), spiders, states, jobs=listed("--job", opts.job))
            limited(self.name, "run", rows, columns(opts.format), opts.format, limit)

    def _show(self, opts: Options) -> None:
        from crawler.console.output import json_line, listing
        from crawler.console.run import REVIEWS, show_run
        from crawler.console.times import parse_time
        from crawler.store.connection import open_store
        from crawler.store.queries.runs import as_it_is, find_run, looks_of, reviews_of, skipped_of

        now = datetime.now(UTC)
        if opts.by:
            self._forecast(opts, parse_time(opts.by), now)
            return
        with open_store(self.given) as store:
            run = as_it_is(store.db, find_run(store.db, opts.run), now)
            if opts.format == "csv":
                listing(reviews_of(store.db, run), REVIEWS, "csv")
                return
            skipped = skipped_of(store.db, run["_id"])
            looks = looks_of(store.db, run["_id"])
            left = list(reviews_of(store.db, run, incomplete=True))
        if opts.format == "json":
            print(json_line({**run, "skipped": skipped, "views": looks, "not_reviewed": left}))  # noqa: T201 - the command's answer
        else:
            show_run(run, skipped, looks, left, now)

    def _forecast(self, opts: Options, by: datetime, now: datetime) -> None:
        from crawler.console.forecast import HOSTS, as_row, document, show_forecast, show_verdict
        from crawler.console.output import json_line, listing
        from crawler.console.run import show_figures, show_not_reviewed
        from crawler.schedule.outlook import outlook
        from crawler.store.connection import open_store
        from crawler.store.queries.progress import progress_of, usual_size
        from crawler.store.queries.runs import as_it_is, find_run, reviews_of

        with open_store(self.given) as store:
            run = as_it_is(store.db, find_run(store.db, opts.run), now)
            reviews = progress_of(store.db, run)
            left = list(reviews_of(store.db, run, incomplete=True))
        found = outlook(run, reviews, usual_size(reviews), by, now)
        if opts.format == "csv":
            listing(map(as_row, found.hosts), HOSTS, "csv")
        elif opts.format == "json":
            print(json_line({**run, "forecast": document(found), "not_reviewed": left}))  # noqa: T201 - the answer
        else:
            show_verdict(found)
            show_figures(run, now)
            show_forecast(found)
            show_not_reviewed(
                run, [review for review in left if review["state"] != "interrupted" or run["state"] == "finished"]
            )


def _list_options(parser: argparse.ArgumentParser) -> None:
    from crawler.console.limits import limit_option
    from crawler.console.output import format_options

    parser.add_argument("--spider", metavar="NAME", help="deep, …; several with commas")
    parser.add_argument("--job", metavar="ID", help="Scrapyd's id of the job; several with commas")
    parser.add_argument("--state", metavar="NAME", help="running, finished, interrupted, failed; several with commas")
    limit_option(parser)
    format_options(parser)


def _show_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's id, its unique beginning, or latest")
    parser.add_argument(
        "--by",
        metavar="DATE",
        help="tell time left per server, and what will not finish before this date begins, or this time, in Vietnam",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--json", dest="format", action="store_const", const="json", help="one object, in UTC")
    group.add_argument("--csv", dest="format", action="store_const", const="csv", help="every host of the run as CSV")
    parser.set_defaults(format="table")
