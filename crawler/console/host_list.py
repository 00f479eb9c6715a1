"""The list of hosts: its filters and columns."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.synchronous.database import Database

from crawler.console.limits import limit_option
from crawler.console.output import NARROW, Column, Format, Row, console, format_options
from crawler.console.times import local
from crawler.console.words import listed
from crawler.store.contract import LIVENESS, REVIEW_ENDS
from crawler.store.queries.hosts import NEVER, HostFilter
from crawler.store.queries.units import check_units
from crawler.urls import defang

STATES = ("registered", "discovered", "dismissed", "retired")
OUTCOMES = ("confirmed", "probable", "ambiguous", "imitation", "hijacked", "none")
RECOGNISED = ("yes", "no", "imitation")


def options(parser: argparse.ArgumentParser) -> None:
    """Add the filters and formats."""
    many = "; several with commas"
    parser.add_argument("--unit", metavar="CODE", help=f"unit code{many}")
    parser.add_argument("--state", metavar="NAME", help=f"{', '.join(STATES)}{many}")
    parser.add_argument(
        "--review", metavar="NAME", help=f"how its last review ended: {', '.join(REVIEW_ENDS)}, or {NEVER}{many}"
    )
    parser.add_argument("--liveness", metavar="NAME", help=f"live, parked, dead, …{many}")
    parser.add_argument("--group", metavar="GROUP", help=f"server group{many}")
    parser.add_argument("--source", metavar="NAME", help=f"how it was found: transfer, link, name, import, …{many}")
    parser.add_argument("--outcome", metavar="NAME", help=f"whose it is: {', '.join(OUTCOMES)}{many}")
    parser.add_argument("--recognised", metavar="NAME", help=f"{', '.join(RECOGNISED)}{many}")
    limit_option(parser)
    format_options(parser)


def wanted_of(opts: argparse.Namespace) -> HostFilter:
    """The filter of the arguments; raises BadArgument before anything is opened."""
    return HostFilter(
        units=listed("--unit", opts.unit),
        states=listed("--state", opts.state, STATES),
        reviews=listed("--review", opts.review, (*REVIEW_ENDS, NEVER)),
        liveness=listed("--liveness", opts.liveness, LIVENESS),
        groups=listed("--group", opts.group),
        sources=listed("--source", opts.source),
        outcomes=listed("--outcome", opts.outcome, OUTCOMES),
        recognised=listed("--recognised", opts.recognised, RECOGNISED),
    )


def checked(db: Database[dict[str, Any]], wanted: HostFilter) -> None:
    """Raise BadArgument for a unit that is not there."""
    check_units(db, wanted.units)


def columns(fmt: Format) -> Sequence[Column]:
    """On a narrow terminal two fields share a column."""
    host = Column("host", "_id", ratio=2)
    units = Column("unit", "units")
    cause = Column("cause", "review.cause", kind="url", ratio=2)  # it may name where a site redirects to
    pages = Column("pages", "review.pages", kind="number")
    if fmt == "table" and sys.stdout.isatty() and console().width < NARROW:
        return [Column("host", _host, ratio=1), units, Column("review", _review), pages]
    return [
        host,
        units,
        Column("state", "state"),
        Column("liveness", "liveness"),
        Column("found by", _sources),
        Column("whose", "attribution.outcome"),
        Column("review", "review.state"),
        cause,
        pages,
        Column("reviewed", "review.ended", kind="time"),
        Column("policy", lambda row: policy_words(row.get("policy"))),
    ]


def _host(row: Row) -> str:
    cause = (row.get("review") or {}).get("cause")
    return f"{row['_id']}\n{defang(cause)}" if cause else str(row["_id"])


def _sources(row: Row) -> str:
    return ", ".join(dict.fromkeys(source["technique"] for source in row.get("sources") or ()))


def _review(row: Row) -> str:
    review = row.get("review") or {}
    ended = local(review["ended"])[:10] if review.get("ended") else ""
    return "\n".join(filter(None, (review.get("state"), ended, policy_words(row.get("policy")))))


def policy_words(policy: Mapping[str, Any] | None) -> str:
    """``paused, 2 s, 22:00-05:00``, or "" where nothing restricts the host."""
    policy = policy or {}
    parts = ["paused"] if policy.get("paused") else []
    if policy.get("delay") is not None:
        parts.append(f"{policy['delay']:g} s")
    if policy.get("hours"):
        parts.append(str(policy["hours"]))
    return ", ".join(parts)
