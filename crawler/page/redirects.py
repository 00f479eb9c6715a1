"""Automatic ways off a page: HTTP, Refresh header, meta refresh, plain JavaScript with a literal target."""

import re
from collections.abc import Iterator

from crawler.items import Redirect
from crawler.urls import Base, Url, join

_REFRESH = re.compile(r"\s*[\d.]*\s*[;,]?\s*(?:url\s*=\s*)?(.*)", re.IGNORECASE | re.DOTALL)
_MAX_REDIRECTS = 20


def refresh_target(content: str) -> str:
    """The target of a refresh value (``5; url=/x``), or "" when it only reloads."""
    match = _REFRESH.match(content[:3000])
    target = match.group(1).strip() if match else ""
    if target[:1] in ("'", '"'):
        return target[1:].partition(target[0])[0]
    return target


def from_headers(status: int, headers: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """(kind, target as written, where) of Location and Refresh."""
    for name, value in headers:
        lower = name.lower()
        if lower == "location" and 300 <= status < 400:
            yield "http", value, f"HTTP {status}"
        elif lower == "refresh" and (target := refresh_target(value)):
            yield "refresh", target, "Refresh"


def resolve(found: list[tuple[str, str, str]], base: Base, page: str) -> list[Redirect]:
    """Canonical redirects without repetition; a page that only leads to itself reloads and is left out."""
    redirects: dict[tuple[str, str], Redirect] = {}
    for kind, raw, where in found[: 4 * _MAX_REDIRECTS]:
        url = join(raw, base)
        if isinstance(url, Url) and (url.url != page or kind == "http"):
            redirects.setdefault((kind, url.url), Redirect(kind, url.url, where))
    return list(redirects.values())[:_MAX_REDIRECTS]
