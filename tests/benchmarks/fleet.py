"""Many schools on few servers that take their time: how much of what politeness allows is used, and by whom.

800 hosts on 60 server addresses, each answer after 100 ms, the usual delay of 0.5 s and two connections a server.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pymongo.synchronous.database import Database

from crawler.schedule.outlook import outlook
from crawler.store.queries.progress import progress_of, usual_size
from crawler.store.queries.runs import as_it_is, find_run
from tests.benchmarks.measure import Measured, deep, ours, register, storing, watch
from tests.benchmarks.report import Report
from tests.benchmarks.server import Visit, serving
from tests.benchmarks.sites import News

HOSTS, SERVERS, PAGES = 800, 60, 22
ANSWER, DELAY, CONNECTIONS = 0.1, 0.5, 2
GOAL = 0.9
JITTER = 0.1
"""Seconds that two requests may come closer to each other than they were sent."""
ASKED_AT = 0.4
"""Part of the pages after which the time left is asked for."""


def run(options: Namespace, report: Report) -> None:
    """One crawl; figures are the server's."""
    pages = max(12, round(PAGES * options.scale))
    names = {f"truong-{number:03}.fleet.test": f"127.78.0.{1 + number % SERVERS}" for number in range(HOSTS)}
    promised: dict[str, float] = {}
    with (
        serving(News(pages, each=True), delay=ANSWER, names=names) as served,
        storing() as store,
        tempfile.TemporaryDirectory() as work,
    ):
        database = store.database("fleet")
        register(database, served.hosts)
        known = {"RASOAT_SERVER_DELAY": str(DELAY), "RASOAT_SERVER_CONNECTIONS": str(CONNECTIONS)}
        environment = ours(served, store, database, **known, RASOAT_ALLOWED_NETWORKS="127.78.0.0/16")

        def ask(answered: int, _rss: float) -> None:
            if not promised and answered >= ASKED_AT * pages * HOSTS:
                promised.update(_promise(database))

        before = store.cpu()
        measured = watch("fleet", deep(), served, env=environment, cwd=Path(work), each=ask, timeout=1800)
        measured.extra["mongo"] = store.cpu() - before
        complete = database["reviews"].count_documents({"state": "complete", "pages": pages})
    if measured.code:
        raise RuntimeError(f"exit {measured.code}\n{measured.output[-3000:]}")
    _told(measured, complete, pages, promised, report)


def _promise(database: Database[dict[str, Any]]) -> dict[str, float]:
    """Seconds from now to the end of the run, as ``runs show --by`` would tell them."""
    now = datetime.now(UTC)
    run = as_it_is(database, find_run(database, "latest"), now)
    reviews = progress_of(database, run)
    found = outlook(run, reviews, usual_size(reviews), now + timedelta(days=1), now)
    ends = {
        "earliest": [item.earliest for item in found.servers],
        "expected": [item.expected for item in found.servers],
    }
    left = {name: max((end - now).total_seconds() for end in times if end) for name, times in ends.items()}
    return {"at": time.monotonic(), **left}


def _told(measured: Measured, complete: int, pages: int, promised: dict[str, float], report: Report) -> None:
    visits = measured.seen.visits
    servers, hosts = _by(visits, "address"), _by(visits, "host")
    start, end = visits[0].start, max(visit.start for visit in visits)
    bound = max(len(seen) - 1 for seen in servers.values()) * DELAY
    shares = sorted((len(seen) - 1) * DELAY / (seen[-1].start - seen[0].start) for seen in servers.values())
    firsts = sorted(next(visit.end for visit in seen if visit.page) - start for seen in hosts.values())
    waits = [_longest_wait(seen) for seen in hosts.values()]
    share = bound / (end - start)
    rows: list[list[Any]] = [
        ["hosts complete with every page", complete],
        ["pages", measured.seen.pages],
        ["pages/s at the servers", measured.seen.pages / (end - start)],
        ["requests/s at the servers", len(visits) / (end - start)],
        ["seconds from the first request to the last", end - start],
        ["seconds that politeness alone would take", bound],
        ["share of the politeness bound", share],
        ["share of a server between its own first and last request, least", shares[0]],
        ["the same, median", median(shares)],
        ["seconds to the first page of a host, median", median(firsts)],
        ["the same, last host", firsts[-1]],
        ["longest pause of a host between two requests, seconds, median", median(waits)],
        ["the same, most", max(waits)],
        ["least seconds between two requests to a server", min(_gap(seen) for seen in servers.values())],
        ["most requests to a server at once", max(_together(seen) for seen in servers.values())],
        ["seconds of wall time", measured.wall],
        ["CPU seconds of the crawl", measured.cpu],
        ["CPU seconds of MongoDB", measured.extra["mongo"]],
        ["peak MB", measured.peak],
    ]
    if promised:
        left = end - promised["at"]
        rows += [
            [f"seconds left at {ASKED_AT:.0%} of the pages", left],
            ["the same, as forecast at the earliest", promised["earliest"]],
            ["the same, as forecast", promised["expected"]],
        ]
    title = f"fleet: {HOSTS} hosts of {pages} pages on {SERVERS} servers, {ANSWER * 1000:g} ms an answer"
    report.table(title, ["", "measured"], rows)
    report.goal("share of the politeness bound", share, GOAL)
    report.goal("hosts complete", complete, HOSTS)
    report.goal(
        "requests to a server at once", max(_together(seen) for seen in servers.values()), CONNECTIONS, most=True
    )
    report.goal("seconds between two requests", min(_gap(seen) for seen in servers.values()), DELAY - JITTER)
    report.result("fleet", **{name.replace(" ", "_"): value for name, value in rows}, goal=GOAL)


def _by(visits: Sequence[Visit], name: str) -> dict[str, list[Visit]]:
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        found[getattr(visit, name)].append(visit)
    return found


def _gap(visits: Sequence[Visit]) -> float:
    return min(after.start - before.start for before, after in itertools.pairwise(visits))


def _longest_wait(visits: Sequence[Visit]) -> float:
    return max(after.start - before.start for before, after in itertools.pairwise(visits))


def _together(visits: Sequence[Visit]) -> int:
    """The most requests that were open at once."""
    steps = sorted([(visit.start, 1) for visit in visits] + [(visit.end, -1) for visit in visits])
    return max(itertools.accumulate(step for _, step in steps))
