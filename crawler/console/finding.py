"""One finding on a page: all that a person needs to defend it before whoever runs the site."""

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crawler.console.output import Column, Row, console, fields, listing
from crawler.console.times import local
from crawler.console.words import CATEGORIES, CONFIDENCES, FINDING_STATES, SEVERITIES, VECTORS, VIEWS, both
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
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "shown": ("shows it", "có hiện vi phạm"),
    "gone": ("shows it no more", "đã hiện, nay không còn"),
    "not_shown": ("looked at, does not show it", "đã xem, không hiện"),
    "wall": ("looked at, only a wall answered", "đã xem, bị chặn"),
    "not_looked_at": ("not looked at", "chưa xem"),
}
"""What ``looks`` say, in English and Vietnamese: what was not looked at is never called clean."""
SHOWN_RECORDS = 10
_LOOKS = [
    Column("view", lambda row: both(row["view"], VIEWS)),
    Column("outcome", lambda row: " · ".join((*OUTCOMES[row["outcome"]], *([row["cause"]] if row["cause"] else ())))),
    Column("pages", "pages", kind="number"),
    Column("last", "last", kind="time"),
]
_SNAPSHOTS = [
    Column("SHA-256", "sha256"),
    Column("kind", "kind"),
    Column("view", "view"),
    Column("bytes", lambda row: "not kept any more" if row["size"] is None else f"{row['size']:,}", kind="number"),
    Column("page", lambda row: page_of(row["url"]) if row["url"] else "", ratio=1, wide=True),
]


def show_finding(finding: Row) -> None:
    """Write what ``dossier.gather`` gathered."""
    fields(_head(finding))
    _evidence(finding.get("evidence", ()))
    _section("Views", finding["looks"], _LOOKS)
    for record in finding["records"][:SHOWN_RECORDS]:
        _record(record)
    _section("History", finding.get("history", ()), _HISTORY)
    shown, count = finding["sightings"], finding["sighting_count"]
    _section(f"Sightings ({len(shown)} of {count})", shown, _SIGHTINGS)
    more = f"; {finding['snapshots_left_out']} more records are kept" if finding["snapshots_left_out"] else ""
    _section(f"Snapshots (--save DIR writes them{more})", finding["snapshots"], _SNAPSHOTS)


def page_of(url: str) -> str:
    """Path and query of a URL: what there is to tell beside its host."""
    path = url.partition("://")[2].partition("/")[2]
    return f"/{path}"


def heading(text: str) -> None:
    """A line that begins a section."""
    sys.stdout.write("\n")
    console().print(clean(text), style="bold")


def time_of(text: str) -> str:
    """The time of a record (ISO 8601) in Vietnam."""
    return local(datetime.fromisoformat(text))


def chain_of(record: Row) -> list[tuple[str, list[str]]]:
    """Where a record's page led: for each way the addresses as they are, with arrows, and facts about it as slugs."""
    ways = []
    for redirect in record.get("redirects") or ():
        ways.append((str(redirect["url"]), _facts(redirect, "kind", "where")))
    for landing in record.get("landings") or ():
        way = [url for url in landing.get("chain") or () if url != landing["url"]]
        ways.append((" → ".join([*way, landing["url"]]), _facts(landing, "cause", "title", "lang", "verdict")))
    return ways


def _facts(row: Row, *names: str) -> list[str]:
    return [str(row[name]) for name in names if row.get(name)]


def _step(way: str, facts: list[str]) -> str:
    return defang(f"{way} ({', '.join(facts)})" if facts else way)


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
    yield "campaign", _campaign(finding.get("campaign"))
    yield "ruleset", finding.get("ruleset")
    yield "lists", finding.get("lists")
    yield "evidence", _intact(finding)
    for chain in finding["chains"]:
        yield "chain", f"{chain['head']} (link {chain['n']} of run {chain['run']})"


def _intact(finding: Row) -> str:
    if finding["evidence_faults"]:
        return "\n".join(["DAMAGED · bằng chứng không còn nguyên vẹn:", *finding["evidence_faults"]])
    if not finding["snapshots"]:
        return "none is kept · không còn bằng chứng"
    return f"intact · bằng chứng nguyên vẹn ({len(finding['snapshots'])} files read, chains followed)"


def _campaign(row: Mapping[str, Any] | None) -> str:
    if not row:
        return ""
    leads = ", ".join(row["destinations"][:3])
    named = f"; leads to {defang(leads)}" if leads else ""
    return f"{row['_id']} · cùng nguồn với {row['unit_count'] - 1} trường khác ({row['host_count']} hosts{named})"


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


def _record(record: Row) -> None:
    """A page in a view: when it was fetched, and where it led."""
    heading(f"Seen as {both(record['view'], VIEWS)}")
    status = f"{record['status']}" + (f" from {record['ip']}" if record.get("ip") else "")
    counts = ", ".join(f"{name} {n}" for name, n in (record.get("counts") or {}).items())
    pairs = (
        ("page", defang(record["url"])),
        ("fetched", time_of(record["fetched"])),
        ("answer", status),
        ("leads to", "\n".join(_step(*way) for way in chain_of(record))),
        ("browser", record.get("state")),
        ("tried", counts),
        ("framed", "; ".join(defang(quote) for quote in record.get("framed") or ())),
        ("judged by", f"ruleset {record.get('ruleset')}, lists {record.get('lists')}"),
        ("record", record["sha256"]),
    )
    fields(pairs)


def _section(title: str, rows: Iterable[Row], columns: list[Column]) -> None:
    rows = list(rows)
    if rows:
        heading(title)
        listing(rows, columns, "table")
