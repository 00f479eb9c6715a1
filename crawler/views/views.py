"""The views: by which headers each is asked, and what its fetches are called in the frontier. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from crawler.items import Page

PLAIN, SEARCH, BOT, MOBILE, RENDERED, REPEAT = "plain", "search", "bot", "mobile", "rendered", "repeat"
VIEWS = (PLAIN, SEARCH, BOT, MOBILE, RENDERED, REPEAT)
"""In the order in which a recheck takes them: cheap ones first."""
OPEN = (PLAIN, REPEAT)
"""Views in which we say who we are; all others imitate a visitor."""
EVIDENCE, EVIDENCE_OF = "evidence", "_evidence"
"""Reason of a render that takes a picture of what was found, and how it ends when the browser plays the visitor named
before, because only that one saw it."""
REFUSALS = (401, 403, 407, 429, 451, 503)
"""What a site answers to a visitor whom it does not let in."""

_CHROME = "Chrome/140.0.0.0"
_GOOGLE = "https://www.google.com.vn/"
_COCCOC = "https://coccoc.com/search?query="


@dataclass(frozen=True, slots=True)
class View:
    """``headers`` go on top of the usual ones of a desktop browser."""

    name: str
    headers: Mapping[str, str] = field(default_factory=dict)


_ALL = (
    View(PLAIN),
    View(REPEAT),
    View(RENDERED),  # the browser has its own
    View(SEARCH, {"Referer": _GOOGLE}),
    View(
        BOT,
        {
            "User-Agent": "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
            f"+http://www.google.com/bot.html) {_CHROME} Safari/537.36"
        },
    ),
    View(
        MOBILE,
        {
            "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"{_CHROME} Mobile Safari/537.36"
        },
    ),
)
_BY_NAME = {view.name: view for view in _ALL}


def headers_of(view: str, host: str, digest: str) -> dict[str, str]:
    """What a request of this view carries beside the usual headers.

    Search visitors come from Google or from Cốc Cốc, by page (the first digit of its ``digest``): a second look at a
    page comes the same way as the first.
    """
    headers = dict(_BY_NAME[view].headers)
    if view == SEARCH and int(digest[:1] or "0", 16) % 2:
        headers["Referer"] = _COCCOC + quote(host.partition(":")[0])
    return headers


def key_of(page: str, view: str, look: int = 1) -> str:
    """The frontier's digest of a fetch: the page's own for the plain view, ``page~view`` or ``page~view~2`` else."""
    if view == PLAIN:
        return page
    return f"{page}~{view}" if look == 1 else f"{page}~{view}~{look}"


def parts_of(key: str) -> tuple[str, str, int]:
    """(the page's digest, view, look) of what ``key_of`` gave."""
    page, *rest = key.split("~")
    return page, rest[0] if rest else PLAIN, int(rest[1]) if len(rest) > 1 else 1


def is_blocked(page: Page) -> bool:
    """True when a page was refused to a view: a block page or a captcha tells nothing of what others see."""
    return bool(page.wall) or page.status in REFUSALS
