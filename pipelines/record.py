"""The record that ties what was kept of one page in one view: addresses, time, digests, rules and files."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from crawler.items import Block, Landing, Link, Page, Redirect
from crawler.page import extract

FORMAT = 1
MAX_URL = 2000
MAX_REDIRECTS, MAX_LANDINGS, MAX_CHAIN, MAX_EDGES = 20, 5, 12, 200
MAX_KNOWN = 200
MAX_ADDED, MAX_ADDED_TEXT = 200, 200_000


def record_of(page: Page, files: Mapping[str, str]) -> dict[str, Any]:
    """All that is said of a page; ``files`` are the SHA-256 of its ``warc``, ``dom`` and ``screenshot``."""
    rendered = page.rendered
    found: dict[str, Any] = {
        "format": FORMAT,
        "run": page.run,
        "url": page.url[:MAX_URL],
        "host": page.host,
        "view": page.view,
        "fetched": page.fetched.isoformat(timespec="seconds"),
        "status": page.status,
        "ip": page.ip,
        "title": page.title[:500],
        "document": page.document,
        "redirects": [_short(asdict(each)) for each in page.redirects[:MAX_REDIRECTS]],
        "ruleset": page.ruleset,
        "lists": page.lists,
        "rules": [
            {
                "rule": each.rule,
                "category": each.category,
                "vector": each.vector,
                "severity": each.severity,
                "confidence": each.confidence,
                "place": each.place,
            }
            for each in page.violations
        ],
        "known": {host: sorted(page.known[host]) for host in sorted(page.known)[:MAX_KNOWN]},
        "warc": files.get("warc", ""),
        "dom": files.get("dom", ""),
        "screenshot": files.get("screenshot", ""),
        "framed": [],
        "landings": [_landing(each) for each in page.landings[:MAX_LANDINGS]],
    }
    if rendered is not None:
        found |= {
            "state": rendered.state,
            "look": rendered.look,
            "framed": [quote[:300] for quote in rendered.framed[:20]],
            "edges": [_short(asdict(each)) for each in rendered.edges[:MAX_EDGES]],
            "counts": dict(sorted(rendered.counts.items())[:50]),
            "added": _added(page, rendered.look),
        }
    return found


def packed(record: Mapping[str, Any]) -> bytes:
    """A record as it is stored: the same bytes for the same facts."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "replace")  # a lone surrogate cannot be written


def _landing(landing: Landing) -> dict[str, Any]:
    return {
        "url": landing.url[:MAX_URL],
        "chain": [url[:MAX_URL] for url in landing.chain[:MAX_CHAIN]],
        "cause": landing.cause,
        "status": landing.status,
        "title": landing.title[:300],
        "lang": landing.lang[:20],
        "verdict": landing.verdict,
        "category": landing.category,
        "screenshot": landing.snapshot,
    }


def _short(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value[:MAX_URL] if isinstance(value, str) else value for name, value in values.items()}


def _added(page: Page, look: str) -> dict[str, Any]:
    """What only the browser saw and its document does not tell: text of frames and shadows, what styles hide."""
    alone = extract(
        url=page.url,
        status=page.status,
        headers=DOCUMENT,
        body=page.body,
        fetched=page.fetched,
        host=page.host,
        look=look,
    )
    return {
        "blocks": _beyond(page.blocks, alone.blocks),
        "links": _beyond(page.links, alone.links),
        "redirects": _beyond(page.redirects, alone.redirects),
    }


DOCUMENT = [("Content-Type", "text/html; charset=utf-8")]
"""The header of a document that the browser wrote down."""


def _beyond(there: Iterable[Block | Link | Redirect], known: Iterable[Block | Link | Redirect]) -> list[dict[str, Any]]:
    """Those of ``there`` that are not ``known``, bounded in number and length."""
    old = {repr(each) for each in known}
    added: list[dict[str, Any]] = []
    room = MAX_ADDED_TEXT
    for each in there:
        if len(added) >= MAX_ADDED or room <= 0:
            break
        if repr(each) not in old:
            values = asdict(each)
            values.pop("lastmod", None)
            cut = {name: value[:room] if isinstance(value, str) else value for name, value in values.items()}
            room -= sum(len(value) for value in cut.values() if isinstance(value, str))
            added.append(cut)
    return added
