"""One finding on a page: all that a person needs to defend it before whoever runs the site."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from crawler.console.output import Column, Row, console, fields, listing
from crawler.console.times import local
from crawler.console.words import CATEGORIES, CONFIDENCES, FINDING_STATES, SEVERITIES, VECTORS, both
from crawler.urls import clean, defang

_SIGHTINGS = [
    Column("state", lambda row: f"gone {local(row['gone'])}" if row.get("gone") else "seen"),
    Column("last seen", "last_seen", kind="time"),
    Column("view", "view"),
    Column("page", lambda row: page_of(row["url"]), ratio=1),
    Column("snapshot", lambda row: (row.get("snapshot") or "")[:12], wide=True),
    Column("run", "run", wide=True),
]
_HISTORY = [
    Column("when", "at", kind="time"),
    Column("from", "from"),
    Column("to", "to"),
    Column("cause", lambda row: defang(row.get("cause") or ""), ratio=1),
    Column("by", "by"),
    Column("run", "run", wide=True),
]


def show_finding(finding: Row) -> None:
    """Write what ``commands.findings`` gathered: a finding with unit_name, rule_texts, sightings and snapshots."""
    fields(_head(finding))
    _evidence(finding.get("evidence", ()))
    _section("History", finding.get("history", ()), _HISTORY)
    shown, count = finding["sightings"], finding["sighting_count"]
    _section(f"Sightings ({len(shown)} of {count})", shown, _SIGHTINGS)
    if finding["snapshots"]:
        heading("Snapshots (SHA-256 of the stored WARC record; --save DIR writes them)")
        for snapshot in finding["snapshots"]:
            _line(f"{snapshot['sha256']}  {_size(snapshot['size'])}")


def page_of(url: str) -> str:
    """Path and query of a URL: what there is to tell beside its host."""
    path = url.partition("://")[2].partition("/")[2]
    return f"/{path}"


def heading(text: str) -> None:
    """A line that begins a section."""
    sys.stdout.write("\n")
    console().print(clean(text), style="bold")


def _head(finding: Row) -> Iterable[tuple[str, Any]]:
    rule: Mapping[str, Any] = finding.get("rule_texts") or {}
    unit = " · ".join(part for part in (finding.get("unit"), finding.get("unit_name")) if part)
    more = len(finding.get("rules", ())) > 1
    yield "finding", finding["short"]
    yield "identity", finding["_id"]
    yield "state", both(finding["state"], FINDING_STATES)
    yield "dismissed", _dismissed(finding.get("dismissed"))
    yield "unit", unit or "none"
    yield "host", finding["host"]
    yield "site", (finding.get("site") or "").rstrip("/")
    yield "category", both(finding["category"], CATEGORIES)
    yield "vector", both(finding["vector"], VECTORS)
    yield "severity", both(finding["severity"], SEVERITIES)
    yield "confidence", both(finding["confidence"], CONFIDENCES)
    yield "place", defang(finding["place"])
    yield "pages now", finding["url_count"]
    yield "URL", defang(finding["url"])
    yield "rule", finding["rule"] + (f" · {rule['title']}" if rule.get("title") else "")
    yield "other rules", ", ".join(name for name in finding["rules"] if name != finding["rule"]) if more else ""
    yield "basis", rule.get("basis")
    yield "remedy", rule.get("remedy")
    yield "views", ", ".join(finding.get("views") or ())
    yield "first seen", finding["first_seen"]
    yield "last seen", finding["last_seen"]
    yield "recurrences", finding.get("recurrences") or None
    yield "ruleset", finding.get("ruleset")


def _dismissed(words: Mapping[str, Any] | None) -> str:
    if not words:
        return ""
    until = f", until {local(words['until'])}" if words.get("until") else ""
    return f"{words['reason']} ({words['by']}, {local(words['at'])}{until})"


def _evidence(items: Iterable[Mapping[str, Any]]) -> None:
    for number, item in enumerate(items, 1):
        heading(f"Evidence {number}")
        target = item.get("target")
        pairs = (
            ("part", item.get("part")),
            ("where", defang(item.get("where") or "")),
            ("quote", f"“{defang(item.get('quote') or '')}”"),
            ("leads to", defang(target) if target else ""),
            ("snapshot", item.get("snapshot")),
        )
        fields(pairs)


def _section(title: str, rows: Iterable[Row], columns: list[Column]) -> None:
    rows = list(rows)
    if rows:
        heading(title)
        listing(rows, columns, "table")


def _line(text: str) -> None:
    console().print(text, soft_wrap=True)


def _size(size: int | None) -> str:
    return "not kept any more" if size is None else f"{size:,} bytes"
