"""robots.txt as a source of clues: sitemaps, and paths that somebody would rather not have visited."""

from dataclasses import dataclass, field

from crawler.errors import InvalidUrl
from crawler.urls import Url, base_of, join

_MAX_BYTES = 512 * 1024
_MAX_LINES = 20_000
_MAX_SITEMAPS = 200
_MAX_DISALLOWED = 500


@dataclass(slots=True)
class Robots:
    """Absolute canonical URLs; ``crawl_delay`` in seconds, the largest that is asked of all or of us."""

    sitemaps: list[str] = field(default_factory=list)
    disallowed: list[str] = field(default_factory=list)
    crawl_delay: float | None = None


def read(body: bytes, url: str) -> Robots:
    """Read a robots.txt. Never raises; an HTML error page in its place gives nothing.

    Disallowed patterns are cut before their first wildcard, so that what is left is a page worth a look.
    """
    try:
        base = base_of(url)
    except InvalidUrl:
        return Robots()
    text = body[:_MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return Robots()
    sitemaps: dict[str, None] = {}
    disallowed: dict[str, None] = {}
    delay: float | None = None
    ours, in_agents = True, False
    for line in text.splitlines()[:_MAX_LINES]:
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon or not value:
            continue
        if name == "user-agent":
            applies = value == "*"
            ours = applies or (in_agents and ours)
        elif name == "sitemap" and isinstance(found := join(value, base), Url):
            sitemaps.setdefault(found.url)
        elif name == "disallow" and (path := _plain(value)) and isinstance(found := join(path, base), Url):
            disallowed.setdefault(found.url)
        elif name == "crawl-delay" and ours and (seconds := _seconds(value)) is not None:
            delay = max(delay or 0.0, seconds)
        in_agents = name == "user-agent"
    return Robots(list(sitemaps)[:_MAX_SITEMAPS], list(disallowed)[:_MAX_DISALLOWED], delay)


def _plain(pattern: str) -> str:
    """The folder or page that a pattern names for sure, or "" when it names everything or nothing."""
    if not pattern.startswith("/"):
        return ""
    star = pattern.find("*")
    path = pattern.rstrip("$") if star < 0 else pattern[: pattern.rfind("/", 0, star) + 1]
    return path if path.strip("/") else ""


def _seconds(text: str) -> float | None:
    try:
        value = float(text[:20])
    except ValueError:
        return None
    return value if 0 <= value < 1e6 else None
