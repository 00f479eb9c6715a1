"""Where on a page: the zone (main, nav, header, footer, aside, comments) and the template region.

A region is the zone and the nearest container with an id or class, without numbers: ``footer>div#links``. It is the
same on all pages of one template, so that a finding keeps its identity when the page under it changes. What visitors
may write themselves, in the words of many platforms, is the zone ``comments``: see ``regions``.
"""

import re
from functools import lru_cache

from crawler.page.regions import regions

_BY_TAG = {"nav": "nav", "header": "header", "footer": "footer", "aside": "aside"}
_BY_ROLE = {"navigation": "nav", "banner": "header", "contentinfo": "footer", "complementary": "aside"}
_EDGE_BEFORE, _EDGE_AFTER = r"(?:^|[\s_-])", r"(?=$|[\s\d_-])"
_BY_NAME = (
    ("footer", re.compile(rf"{_EDGE_BEFORE}(?:footer|copyright|chan-?trang){_EDGE_AFTER}")),
    (
        "nav",
        re.compile(rf"{_EDGE_BEFORE}(?:menu|navbar|navigation|nav|breadcrumbs?|megamenu|topmenu){_EDGE_AFTER}"),
    ),
    (
        "aside",
        re.compile(rf"{_EDGE_BEFORE}(?:sidebar|aside|widget-area|cot-?(?:trai|phai)|col-?(?:left|right)){_EDGE_AFTER}"),
    ),
    (
        "header",
        re.compile(
            r"(?:^|\s)(?:(?:site|page|main|top|the)?[_-]?header(?:[_-](?:top|main|wrapper?|inner))?|masthead|top-?bar|banner)(?=$|\s)"
        ),
    ),
)
# Inside these a more special zone may begin; the others keep everything below them.
_OPEN_ZONES = frozenset(("main", "header", "aside"))
# Classes that say how a thing looks or in which state it is, not what it is.
_STATES = re.compile(
    r"active|current|open|show|in|first|last|odd|even|clear(?:fix)?|selected|hidden|row|wow|fade\w*|container[\w-]*"
    r"|(?:col|d|m[tblrxy]?|p[tblrxy]?|text|pull|float|align|grid|flex|order|offset|span|w|h|bg)(?:-[\w-]+|\d+)"
)
_DIGITS = re.compile(r"\d+")
_RANDOM = re.compile(r"(?=\D*\d)[0-9a-f-]{8,}|\D*(?:\d+\D+){3,}")
_TRIM = re.compile(r"[-_:.]+(?=[-_:.])|^[-_:.]+|[-_:.]+$")


@lru_cache(maxsize=8192)
def place_of(tag: str, ident: str, classes: str, role: str, zone: str) -> tuple[str, str]:
    """Zone and region of a container with these attributes inside ``zone``; the region is "" without a name."""
    # Without the numbers the thousands of comments of a page look alike, and the patterns are tried once.
    zone = _zone(tag, _DIGITS.sub("0", ident), _DIGITS.sub("0", classes), role, zone)
    name = name_of(tag, ident, classes)
    return zone, f"{zone}>{name}" if name else ""


@lru_cache(maxsize=8192)
def _zone(tag: str, ident: str, classes: str, role: str, zone: str) -> str:
    if zone not in _OPEN_ZONES or tag in ("body", "html"):
        return zone
    if tag == "article" and zone == "header":
        return "main"
    if regions().kind_of(tag, ident, classes):
        return "comments"
    names = f"{ident} {classes}"[:300].lower()
    for found, pattern in _BY_NAME:
        if pattern.search(names) and not (zone == "aside" and found == "header"):
            return found
    found = _BY_ROLE.get(role) or _BY_TAG.get(tag, "")
    return found or zone


def name_of(tag: str, ident: str, classes: str) -> str:
    """``tag#id`` or ``tag.class`` without numbers and without what changes from page to page, or ""."""
    if ident and len(ident) < 100 and (name := _plain(ident)):
        return f"{tag}#{name}"
    for each in classes.split()[:6]:
        if len(each) < 60 and not _STATES.fullmatch(each) and (name := _plain(each)):
            return f"{tag}.{name}"
    return ""


def _plain(name: str) -> str:
    if _RANDOM.fullmatch(name):
        return ""
    name = _TRIM.sub("", _DIGITS.sub("", name)).strip()
    return name if len(name) > 1 and not re.search(r"[\s>{}<\"']", name) else ""
