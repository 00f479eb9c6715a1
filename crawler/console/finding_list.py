"""The list of findings: its filters and columns."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pymongo.synchronous.database import Database

from crawler.console.finding import page_of
from crawler.console.limits import limit_option
from crawler.console.output import NARROW, Column, Format, console, format_options
from crawler.console.times import parse_time
from crawler.console.words import CATEGORIES, CONFIDENCES, FINDING_STATES, SEVERITIES, VECTORS, listed
from crawler.store.queries.campaigns import find_campaign
from crawler.store.queries.findings import FindingFilter
from crawler.store.queries.hosts import find_host
from crawler.store.queries.runs import find_run
from crawler.store.queries.units import check_units
from crawler.urls import defang

CAMPAIGN_COLUMNS = (
    Column("ID", "_id"),
    Column("units", "unit_count", kind="number"),
    Column("findings", "finding_count", kind="number"),
    Column("leads to", lambda row: defang(", ".join((row.get("destinations") or row["keys"])[:5])), ratio=1),
    Column("landing page", lambda row: defang(((row.get("landing") or {}).get("title")) or ""), ratio=1),
    Column("first seen", "first_seen", kind="time"),
    Column("last seen", "last_seen", kind="time"),
)
DEFAULT_STATES = "open,recurred"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the filters and formats."""
    many = "; several with commas"
    parser.add_argument("--unit", metavar="CODE", help=f"unit code{many}")
    parser.add_argument("--category", metavar="NAME", help=f"gambling, adult, loans, …{many}")
    parser.add_argument("--vector", metavar="NAME", help=f"planted, posted, redirected, linked{many}")
    parser.add_argument(
        "--state", metavar="NAME", default=DEFAULT_STATES, help="open, fixed, recurred, dismissed or all [%(default)s]"
    )
    parser.add_argument("--host", metavar="HOST", help=f"host or host:port{many}")
    parser.add_argument("--confidence", metavar="NAME", help=f"confirmed, suspected{many}")
    parser.add_argument("--severity", metavar="NAME", help=f"critical, high, medium, low, info{many}")
    parser.add_argument("--rule", metavar="ID", help=f"a rule among those that fired{many}")
    parser.add_argument("--since", metavar="DATE", help="still seen on this day or later (dd/mm/yyyy in Vietnam)")
    parser.add_argument("--until", metavar="DATE", help="first seen on this day or before")
    parser.add_argument("--run", metavar="RUN", help="seen or changed by this run (an id, its beginning, or latest)")
    parser.add_argument("--campaign", metavar="ID", help="of one source: an id of `scrapy findings campaigns`")
    limit_option(parser)
    format_options(parser)


def wanted_of(opts: argparse.Namespace) -> FindingFilter:
    """The filter of the arguments; raises BadArgument before anything is opened."""
    return FindingFilter(
        units=listed("--unit", opts.unit),
        categories=listed("--category", opts.category, CATEGORIES),
        vectors=listed("--vector", opts.vector, VECTORS),
        states=() if opts.state == "all" else listed("--state", opts.state, FINDING_STATES),
        hosts=listed("--host", opts.host),
        confidences=listed("--confidence", opts.confidence, CONFIDENCES),
        severities=listed("--severity", opts.severity, SEVERITIES),
        rules=listed("--rule", opts.rule),
        since=parse_time(opts.since) if opts.since else None,
        until=parse_time(opts.until, end=True) if opts.until else None,
        run=opts.run or "",
        campaign=opts.campaign or "",
    )


def checked(db: Database[dict[str, Any]], wanted: FindingFilter) -> FindingFilter:
    """The filter with hosts, run and campaign as the store knows them. Raises BadArgument for what is not there."""
    check_units(db, wanted.units)
    hosts = tuple(find_host(db, host)["_id"] for host in wanted.hosts)
    ids = tuple(find_campaign(db, wanted.campaign)["findings"]) if wanted.campaign else None
    return replace(wanted, hosts=hosts, run=find_run(db, wanted.run)["_id"] if wanted.run else "", ids=ids)


def columns(fmt: Format) -> Sequence[Column]:
    """Every field in a CSV; on a narrow terminal two of them share a column."""
    full = [
        Column("ID", "short"),
        Column("severity", "severity"),
        Column("confidence", "confidence"),
        Column("state", "state"),
        Column("category", "category"),
        Column("vector", "vector"),
        Column("unit", "unit"),
    ]
    if fmt == "csv":
        return [
            *full,
            Column("unit name", "unit_name"),
            Column("loại vi phạm", lambda row: CATEGORIES.get(row["category"], "")),
            Column("host", "host"),
            Column("pages", "url_count"),
            Column("URL", "url"),
            Column("place", "place"),
            Column("rule", "rule"),
            Column("first seen", "first_seen"),
            Column("last seen", "last_seen"),
        ]
    if sys.stdout.isatty() and console().width < NARROW:
        return [
            Column("ID", "short"),
            Column("severity", lambda row: f"{row['severity']}\n{row['confidence']}"),
            Column("what", lambda row: f"{row['category']}\n{row['vector']}"),
            Column("unit", lambda row: f"{row.get('unit') or ''}\n{row['state']}"),
            Column("host", "host", ratio=1),
            Column("pages", "url_count", kind="number"),
        ]
    return [
        *full,
        Column("host", "host", ratio=2),
        Column("page", lambda row: page_of(row["url"]), ratio=3),
        Column("pages", "url_count", kind="number"),
        Column("last seen", "last_seen", kind="time"),
    ]
