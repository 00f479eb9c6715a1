"""Who asks, as a cloaking server tells it from a request: each one by name."""

from __future__ import annotations

import re
from collections.abc import Callable

from crawler.demo.model import Request

_BOTS = re.compile(r"googlebot|bingbot|coccocbot", re.IGNORECASE)
_SEARCHES = re.compile(r"https?://([\w.-]+\.)?(google|coccoc|bing)\.", re.IGNORECASE)
_MOBILES = re.compile(r"android|iphone|mobile", re.IGNORECASE)
NIGHT = range(6, 22)
"""Hours in which it is not night."""


def bot(request: Request) -> bool:
    return bool(_BOTS.search(request.headers.get("user-agent", "")))


def search(request: Request) -> bool:
    return bool(_SEARCHES.match(request.headers.get("referer", "")))


def mobile(request: Request) -> bool:
    """A telephone; the search engine's telephone is a robot."""
    return bool(_MOBILES.search(request.headers.get("user-agent", ""))) and not bot(request)


def night(request: Request) -> bool:
    return request.hour not in NIGHT


WHO: dict[str, Callable[[Request], bool]] = {
    "anyone": lambda request: True,
    "bot": bot,
    "search": search,
    "mobile": mobile,
    "new": lambda request: "cookie" not in request.headers,
    "first": lambda request: request.again == 1,
    "later": lambda request: request.again > 1,
    "search_or_night": lambda request: search(request) or night(request),
    "search_by_day": lambda request: search(request) and not night(request),
    "search_by_night": lambda request: search(request) and night(request),
}
