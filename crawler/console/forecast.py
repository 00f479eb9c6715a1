"""Whether a run will be done by a date, on a page: a verdict, the servers with the most urgent first, the hosts."""

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from crawler.console.finding import heading
from crawler.console.limits import TABLE_LIMIT
from crawler.console.output import Column, Row, console, listing
from crawler.console.times import local
from crawler.schedule.outlook import HostOutlook, Outlook, ServerOutlook
from crawler.urls import defang

NAMED = 3
"""Servers that the verdict names."""
WIDE = 150
"""Columns of a terminal from which on every figure has a column of its own."""

HOSTS = [
    Column("server", "server"),
    Column("host", "host"),
    Column("unit", "units"),
    Column("state", "state"),
    Column("pages", "pages", kind="number"),
    Column("URLs left", "left", kind="number"),
    Column("likely", "likely", kind="number"),
    Column("at the earliest", "earliest", kind="time"),
    Column("expected", "expected", kind="time"),
    Column("in time", "in_time"),
    Column("why", "why", kind="url"),
]
"""Every host, for a spreadsheet."""


def verdict(found: Outlook) -> str:
    """One line: will it be done?"""
    by, servers, count = _day(found.by), found.servers, len(found.servers)
    if not servers:
        return "the run has no host"
    pending = [server for server in servers if server.pending]
    if not pending:
        left = sum(host.finishes == "ended" for host in found.hosts)
        whole = f"{_are(count, 'server')} done"
        return f"{whole}; {_are(left, 'host')} not reviewed in full" if left else f"{whole}, all hosts are reviewed"
    start = "" if found.state == "running" else "gone on with now, "
    late = [server for server in pending if server.finishes == "no"]
    if late:
        certain = sum(server.certain for server in late)
        named = ", ".join(defang(server.server) for server in late[:NAMED]) + (", …" if len(late) > NAMED else "")
        surely = f" ({certain} surely not)" if certain else ""
        return f"{start}{len(late)} of {_servers(count)} will not finish by {by}{surely}: {named}"
    last = max(pending, key=lambda server: server.expected or found.now)
    doubt = _doubt(found)
    ends = f"; the last, {defang(last.server)}, on {local(last.expected)}" if last.expected else ""
    return f"{start}{count} of {_servers(count)} will finish by {by}{ends}{doubt}"


def _doubt(found: Outlook) -> str:
    cut = sum(host.finishes == "cut" for host in found.hosts)
    unknown = sum(host.finishes == "unknown" for host in found.hosts)
    words = f"; {_hosts(cut)} will be cut off by a budget" if cut else ""
    return words + (f"; of {_hosts(unknown)} the size is not known yet" if unknown else "")


def as_row(item: HostOutlook | ServerOutlook) -> dict[str, Any]:
    """An outlook as a row of tables, with ``in_time`` in a word."""
    row = {name: getattr(item, name) for name in item.__dataclass_fields__}
    words = {"no": "no, surely" if item.certain else "no", "unknown": "perhaps", "ended": "over"}
    return {**row, "in_time": words.get(item.finishes, item.finishes)}


def document(found: Outlook) -> dict[str, Any]:
    """An outlook as JSON holds it."""
    return {
        "by": found.by,
        "at": found.now,
        "verdict": verdict(found),
        "servers": [as_row(server) for server in found.servers],
        "hosts": [as_row(host) for host in found.hosts],
    }


def show_verdict(found: Outlook) -> None:
    """Write the one line that matters."""
    bad = any(server.finishes == "no" for server in found.servers)
    console().print(verdict(found), style="bold red" if bad else "bold", soft_wrap=False)
    sys.stdout.write("\n")


def show_forecast(found: Outlook) -> None:
    """Write the servers that are not done, and the hosts that will not be in time."""
    servers = [as_row(server) for server in found.servers if server.pending]
    if servers:
        done = len(found.servers) - len(servers)
        heading("Time left per server, most urgent first" + (f" ({_are(done, 'server')} done)" if done else ""))
        listing(servers, _server_columns(found.now), "table")
    late = [as_row(host) for host in found.hosts if host.finishes in ("no", "cut", "unknown")]
    if late:
        heading(f"Hosts that will not be reviewed in full by {_day(found.by)}, or may not")
        listing(late[:TABLE_LIMIT], _host_columns(found.now), "table")
        if len(late) > TABLE_LIMIT:
            console().print(f"and {len(late) - TABLE_LIMIT} more; --csv lists all hosts")


def _server_columns(now: datetime) -> Sequence[Column]:
    left, in_time = Column("URLs left", _left), Column("in time", "in_time")
    why = Column("why", "why", ratio=1)
    if _narrow():
        where = Column("server", lambda row: f"{row['server']}\n{row['pending']} of {row['hosts']} hosts", kind="time")
        time = Column("time left", lambda row: f"{_span(row['expected'], now)}\n{_end(row)}", kind="time")
        return [where, left, time, Column("in time", _in_time_and_why, ratio=1)]
    return [
        Column("server", "server"),
        Column("hosts", lambda row: f"{row['pending']} of {row['hosts']}"),
        left,
        Column("pace", lambda row: f"{row['pace']:g} s" + (f" · {row['share']:.0%}" if row["share"] else "")),
        Column("at best", lambda row: _span(row["earliest"], now)),
        Column("time left", lambda row: _span(row["expected"], now)),
        Column("expected end", _end),
        in_time,
        why,
    ]


def _host_columns(now: datetime) -> Sequence[Column]:
    left, in_time = Column("URLs left", _left), Column("in time", "in_time")
    why = Column("why", "why", ratio=4)
    if _narrow():
        named = Column("host", lambda row: f"{row['host']}\n{', '.join(row['units'])}", ratio=4)
        time = Column("time left", lambda row: _span(row["expected"], now), kind="time")
        return [named, left, time, Column("in time", _in_time_and_why, ratio=3)]
    return [
        Column("host", "host", ratio=3),
        Column("unit", "units"),
        Column("server", "server"),
        Column("pages", "pages", kind="number"),
        left,
        Column("time left", lambda row: _span(row["expected"], now)),
        Column("expected end", _end),
        in_time,
        why,
    ]


def _in_time_and_why(row: Row) -> str:
    return f"{row['in_time']}: {row['why']}" if row["why"] else str(row["in_time"])


def _narrow() -> bool:
    return sys.stdout.isatty() and console().width < WIDE


def _left(row: Row) -> str:
    """``1,240 → 3,000``: known ones, and how many they are likely to become."""
    likely = row["likely"]
    if likely is None:
        return f"{row['left']:,} → ?"
    return f"{row['left']:,}" if likely <= row["left"] else f"{row['left']:,} → {likely:,}"


def _end(row: Row) -> str:
    return local(row["expected"]) if row["expected"] else "never"


def _span(then: datetime | None, now: datetime) -> str:
    """``3 d 4 h``, ``2 h 05 min``, ``4 min``, ``< 1 min``; never."""
    if then is None:
        return "never"
    minutes = max(0, round((then - now) / timedelta(minutes=1)))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min" if minutes else "< 1 min"


def _day(by: datetime) -> str:
    """A date that was given without a time, as it was given."""
    return local(by).removesuffix(" 00:00")


def _servers(count: int) -> str:
    return f"{count} server{'s' if count != 1 else ''}"


def _hosts(count: int) -> str:
    return f"{count} host{'s' if count != 1 else ''}"


def _are(count: int, what: str) -> str:
    return f"{count} {what}{'s are' if count != 1 else ' is'}"
