"""Out of the pages of one visit: what signatures look at, names inside the authority's zones, dates; pure."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from crawler.discovery.host_rules import Face
from crawler.discovery.model import NameFacts
from crawler.items import Page
from crawler.register.names import fold
from crawler.urls import host_of, hostname

MAX_TEXT = 60_000
"""Characters of text of a page that signatures and attribution look at."""
_YEAR = re.compile(
    r"(?:©|\(c\)|copyright|bản quyền)[^0-9]{0,40}(?:(?:19|20)\d\d\s*[-–]\s*)?((?:19|20)\d\d)", re.IGNORECASE
)
_DATE = re.compile(r"\b(\d{1,2})[/-](\d{1,2})[/-](20\d\d)\b")
_WANTED = ("lien he", "gioi thieu", "contact", "about", "so do", "tin tuc", "thong bao")


def text_of(page: Page) -> str:
    """Visible text of a page, bounded."""
    return "\n".join(block.text for block in page.blocks if block.part == "text" and not block.hidden)[:MAX_TEXT]


def face_of(page: Page, facts: NameFacts | None) -> Face:
    """A page as signatures see it."""
    text = fold(text_of(page))
    links = frozenset(hostname(host_of(link.url)) for link in page.links[:2000])
    away = frozenset(hostname(host_of(redirect.url)) for redirect in page.redirects)
    ns = tuple(one.rstrip(".").lower() for one in facts.records.get("NS", ())) if facts else ()
    cname = facts.aliases if facts else ()
    return Face(fold(page.title), text, len(text.split()), links | away, ns, cname, page.status)


def names_in_zones(page: Page, zones: Collection[str]) -> set[str]:
    """Host names inside the authority's zones that any part of a page mentions: scripts, policies, mail addresses."""
    if not zones:
        return set()
    ends = "|".join(re.escape(zone) for zone in sorted(zones, key=len, reverse=True))
    pattern = re.compile(
        rf"(?<![a-z0-9_.-])((?:[a-z0-9_](?:[a-z0-9_-]{{0,61}}[a-z0-9_])?\.){{1,6}}(?:{ends}))(?![a-z0-9_-])"
    )
    found: set[str] = set()
    for text in _texts(page):
        found.update(pattern.findall(text.lower()))
        if len(found) > 500:
            break
    return found


def _texts(page: Page) -> Iterator[str]:
    yield from (block.text[:200_000] for block in page.blocks)
    yield from (
        value for name, value in page.headers if name.lower() in ("content-security-policy", "link", "location")
    )
    yield page.body[:300_000].decode("utf-8", "replace")


def footer_year(page: Page) -> int:
    """The year that a copyright line names, 0 where there is none."""
    years = [int(year) for block in page.blocks if block.part == "text" for year in _YEAR.findall(block.text[-3000:])]
    return max(years, default=0)


def newest(pages: Iterable[Page], now: datetime) -> datetime | None:
    """The newest date on a host's pages that is not in the future."""
    dates: list[datetime] = []
    for page in pages:
        if page.published is not None:
            dates.append(page.published if page.published.tzinfo else page.published.replace(tzinfo=UTC))
        for day, month, year in _DATE.findall(text_of(page))[:500]:
            if 1 <= int(month) <= 12 and 1 <= int(day) <= 28 + 3:
                try:
                    dates.append(datetime(int(year), int(month), int(day), tzinfo=UTC))
                except ValueError:
                    continue
    return max((date for date in dates if date <= now), default=None)


def next_pages(home: Page, limit: int) -> list[str]:
    """Pages of the same host that say most about it: contact, about, news; then the first links as they stand."""
    seen: dict[str, int] = {}
    for place, link in enumerate(home.links[:1000]):
        if host_of(link.url) != home.host or link.kind not in ("a", "area", "frame", "iframe", "sitemap"):
            continue
        path = urlsplit(link.url).path
        if path in ("", "/") or link.url == home.url or link.hidden:
            continue
        words = f"{fold(link.text)} {fold(path)}"
        rank = next((number for number, word in enumerate(_WANTED) if word in words), len(_WANTED))
        seen.setdefault(link.url, rank * 1000 + place)
    return sorted(seen, key=lambda url: (seen[url], url))[:limit]
