"""One host on a page: whose it is, how it is reached, how it was reviewed."""

from collections.abc import Iterable, Mapping
from typing import Any

from crawler.console.finding import heading
from crawler.console.host_list import policy_words
from crawler.console.output import Column, Row, fields, listing
from crawler.console.times import local
from crawler.urls import defang

_SITES = [
    Column("site", lambda row: row["_id"].rstrip("/"), ratio=1),
    Column("unit", "unit"),
    Column("name", "unit_name", ratio=1),
    Column("official", "official"),
    Column("state", "state"),
]
_REVIEWS = [
    Column("run", "run"),
    Column("state", "state"),
    Column("cause", lambda row: defang(row.get("cause") or ""), ratio=1),
    Column("pages", "pages", kind="number"),
    Column("ended", "ended", kind="time"),
]


def show_host(host: Row, details: Row) -> None:
    """Write a host document and what ``host_details`` tells of it."""
    fields(_head(host, details))
    for title, name, columns in (("Sites", "sites", _SITES), ("Reviews, newest first", "reviews", _REVIEWS)):
        if details[name]:
            heading(title)
            listing(details[name], columns, "table")


def _head(host: Row, details: Row) -> Iterable[tuple[str, Any]]:
    review: Mapping[str, Any] = host.get("review") or {}
    yield "host", host["_id"]
    yield "state", host["state"]
    yield from _whose(host.get("attribution") or {})
    yield "recognised", host.get("recognised")
    yield "liveness", host.get("liveness")
    for verdict in host.get("verdicts") or ():
        yield "verdict", f"{verdict['rule']}: {defang('; '.join(map(str, verdict.get('evidence') or ())))}"
    yield "server group", host.get("group")
    yield "policy", _policy(host.get("policy"))
    yield "findings", counts(details["findings"])
    yield "last review", _review(review)
    yield "skipped", counts(review.get("skipped") or ())
    for name in ("dns", "tls"):
        yield from _facts(name, host.get(name))
    for source in host.get("sources") or ():
        detail = f" {source['detail']}" if source.get("detail") else ""
        yield "source", f"{source['technique']}{detail}, since {local(source['first_seen'])}"


def _whose(whose: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Whom a host is attributed to, how surely, and by whom; each candidate with what speaks for it."""
    if not whose:
        return
    by = f", by {whose['by']}" if whose.get("by") else ""
    yield "attributed to", f"{whose.get('unit') or 'nobody'} ({whose.get('outcome')}{by})"
    for one in whose.get("candidates") or ():
        signs = [reason["rule"] for reason in whose.get("reasons") or () if reason.get("unit") == one["unit"]]
        yield "candidate", f"{one['unit']}: identity {one['identity']}, control {one['control']} ({', '.join(signs)})"


def counts(items: Iterable[Mapping[str, Any]]) -> str:
    """``complete 12, budget 1``."""
    return ", ".join(f"{item['name']} {item['n']:,}" for item in items)


def _review(review: Mapping[str, Any]) -> str:
    if not review:
        return "none"
    cause = f": {defang(review['cause'])}" if review.get("cause") else ""
    ended = f", {local(review['ended'])}" if review.get("ended") else ""
    return f"{review['state']}{cause}; {review.get('pages') or 0:,} pages{ended}"


def _policy(policy: Mapping[str, Any] | None) -> str:
    words = policy_words(policy)
    if not policy:
        return ""
    because = f" ({policy['reason']})" if policy.get("reason") else ""
    at = f", {local(policy['at'])}" if policy.get("at") else ""
    return f"{words or 'none of its own'}{because}, by {policy.get('by') or 'nobody'}{at}"


def _facts(name: str, facts: Mapping[str, Any] | None) -> Iterable[tuple[str, Any]]:
    """Each fact on a line of its own; lists joined, what is empty left out."""
    for key, value in sorted((facts or {}).items()):
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        yield f"{name} {key}", defang(value) if isinstance(value, str) else value
