"""References of a page: from what is written to canonical links, bounded and without repetition.

One link is kept for each (url, kind, hidden, region, text): the same address under another anchor text is other
evidence, the same one again is not. A link without text gives way to the same one with text. At most 5,000 are
kept, of these at most 4,000 visible ones, so that a page full of links cannot push out the hidden ones at its end.
Beside these every page of the own host is kept once, whatever the others are: it may be known from nowhere else.
"""

from typing import NamedTuple

from crawler.items import Link
from crawler.page.scope import fold
from crawler.urls import Base, Url, join

MAX_LINKS = 5_000
_MAX_VISIBLE = 4_000
_MAX_ALL = 25_000
_MAX_JOINED = 50_000
_MAX_ANCHOR = 200


class Reference(NamedTuple):
    """A reference as it is written on the page."""

    raw: str
    kind: str
    region: str
    hidden: str
    rel: str
    text: list[str]


def collect(references: list[Reference], base: Base) -> tuple[list[Link], int, int]:
    """Canonical links in the order of the page, how many references to web pages there were in all, and how many of
    them were left out for want of room."""
    own = base.origin.partition("//")[2]
    kept: dict[tuple[str, str, str, str], Link] = {}
    more: dict[tuple[str, str, str, str, str], Link] = {}
    links: list[Link] = []
    urls: set[str] = set()
    count = visible = left_out = 0
    for raw, kind, region, hidden, rel, parts in references[:_MAX_JOINED]:
        url = join(raw, base)
        if not isinstance(url, Url):
            continue
        count += 1
        text = fold(parts, _MAX_ANCHOR) if parts else ""
        key = (url.url, kind, hidden, region)
        known = kept.get(key)
        if known is not None:
            if not text or known.text == text:
                continue
            if not known.text:
                known.text = text
                continue
            if (*key, text) in more:
                continue
        shown = not hidden and region != "tail"
        if len(links) >= MAX_LINKS or (visible >= _MAX_VISIBLE and shown):
            new = url.url not in urls
            if not new or url.host != own or len(links) >= _MAX_ALL:
                left_out += new
                continue
        link = Link(url.url, text, kind, region, hidden, rel)
        links.append(link)
        visible += shown
        urls.add(url.url)
        if known is None:
            kept[key] = link
        else:
            more[(*key, text)] = link
    beyond = max(0, len(references) - _MAX_JOINED)
    return links, count + beyond, left_out + beyond
