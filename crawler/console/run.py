"""Runs in a list, and one on a page."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from shlex import quote
from typing import Any

from crawler.console.finding import heading
from crawler.console.host import counts
from crawler.console.output import NARROW, Column, Format, Row, console, fields, listing
from crawler.console.times import local

REVIEWS = [
    Column("host", "host", ratio=2),
    Column("unit", "units"),
    Column("state", "state"),
    Column("cause", "cause", kind="url", ratio=3),  # it may name where a site redirects to
    Column("pages", "pages", kind="number"),
    Column("skipped", lambda row: counts(row.get("skipped") or ()), wide=True, ratio=2),
]


def columns(fmt: Format) -> Sequence[Column]:
    """On a narrow terminal only what fits."""
    run = Column("run", "_id")
    state = Column("state", "state")
    hosts = Column("complete", _hosts)
    pages = Column("pages", "pages", kind="number")
    new = Column("new", "findings.new", kind="number")
    if fmt == "table" and sys.stdout.isatty() and console().width < NARROW:
        state = Column("state", lambda row: f"{row['state']}\n{local(row['started'])}")
        return [run, state, hosts, pages, new]
    return [
        run,
        state,
        Column("started", "started", kind="time"),
        Column("took", lambda row: duration(row["started"], row.get("ended"))),
        hosts,
        pages,
        new,
        Column("open", "findings.open", kind="number"),
        Column("fixed", "findings.fixed", kind="number"),
        Column("recurred", "findings.recurred", kind="number"),
        Column("reason", "reason", ratio=1),
        Column("job", "job", wide=True),
    ]


def show_run(run: Row, skipped: Sequence[Row], looks: Sequence[Row], left: Sequence[Row], now: datetime) -> None:
    """Write a run: its figures, ``skipped`` and ``looks`` [{name, n}], and the reviews ``left`` over."""
    show_figures(run, now)
    if skipped:
        heading("URLs not fetched, by cause")
        listing(skipped, [Column("cause", "name"), Column("URLs", "n", kind="number")], "table")
    if looks:
        heading("Looks at pages in other views, by reason")
        listing(looks, [Column("reason", "name"), Column("looks", "n", kind="number")], "table")
    show_not_reviewed(run, left)


def show_figures(run: Row, now: datetime) -> None:
    """Write what a run did, as names and values."""
    fields(_head(run, now))


def show_not_reviewed(run: Row, left: Sequence[Row]) -> None:
    """Write the reviews that did not end complete."""
    if left:
        heading(f"Hosts not {'rechecked' if run['spider'] == 'recheck' else 'reviewed'} in full, and why")
        listing(left, REVIEWS, "table")


def _head(run: Row, now: datetime) -> Iterable[tuple[str, Any]]:
    ended = run.get("ended")
    findings: Mapping[str, Any] = run.get("findings") or {}
    told = [f"{findings[name]:,} {name}" for name in ("new", "recurred", "fixed") if name in findings]
    yield "run", run["_id"]
    yield "state", run["state"]
    yield "reason", run.get("reason")
    yield "spider", run["spider"]
    yield "arguments", " ".join(_arguments(run))
    yield "job", " ".join(filter(None, (run.get("job"), run.get("version") and f"(version {run['version']})")))
    yield "log", run.get("log")
    yield "started", run["started"]
    yield "ended", ended
    yield "duration", duration(run["started"], ended or now)
    yield "hosts", counts(run.get("hosts") or ())
    yield "pages", f"{run.get('pages') or 0:,}"
    yield "findings", ", ".join(told) + f"; {findings.get('open', 0):,} open in all{' when it ended' if ended else ''}"
    if run["state"] in ("interrupted", "failed"):
        # With the arguments, because they say which hosts the run is about.
        words = [f"resume={run['_id']}", *_arguments(run)]
        yield "go on with", " ".join([f"scrapy crawl {run['spider']}", *(f"-a {quote(word)}" for word in words)])


def duration(start: datetime, end: datetime | None) -> str:
    """``2 h 05 min``, ``3 min 20 s``, ``12 s``; "" without an end."""
    if end is None:
        return ""
    minutes, seconds = divmod(max(0, int((end - start).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _hosts(run: Row) -> str:
    """``12 of 15``: complete ones of all."""
    hosts = {item["name"]: item["n"] for item in run.get("hosts") or ()}
    return f"{hosts.get('complete', 0)} of {sum(hosts.values())}"


def _arguments(run: Row) -> list[str]:
    """``units=A,B`` as they are written after ``-a``."""
    args: Mapping[str, Any] = run.get("args") or {}
    return [
        f"{name}={','.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in sorted(args.items())
    ]
