"""Budgets by URL shape: they end calendars, facets and templates that yield the same page for ever."""

import re
from collections import Counter, deque
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from crawler.urls import trap

CALENDAR_URLS = 60
"""URLs of one calendar shape: five years of months."""
FACET_SETS = 30
"""Different sets of parameter names on one path; real templates use a handful."""
FACET_URLS = 300
"""URLs of one path with one set of three or more parameters."""
SHAPE_URLS = 10_000
"""URLs of any one shape; the largest school news archives seen hold about 4,000."""
NEAR_DUPLICATES = 25
"""Near-duplicates in a row after which a shape is spent."""
_DISTANCE = 3
"""Bits of the 64-bit simhash; the usual bound for near-duplicates (Manku et al., WWW 2007)."""
_REMEMBERED = 16

_CALENDAR_NAME = re.compile(r"^(year|month|day|date|thang|nam|ngay|tuan|week|y|m|d|cal_?\w*|calendar\w*)$", re.I)
_CALENDAR_PATH = re.compile(r"/(calendar|lich|lich-[a-z-]+|event|events|su-kien|archive)s?/", re.I)


class ShapeBudgets:
    """What one host may still add to its frontier, by shape. State is rebuilt from the frontier after a crash."""

    def __init__(self) -> None:
        self._shapes: Counter[str] = Counter()
        self._sets: dict[str, set[str]] = {}
        self._facets: Counter[str] = Counter()

    def count(self, shape: str) -> int:
        """URLs of this shape that were admitted so far."""
        return self._shapes[shape]

    def admit(self, url: str, shape: str) -> str:
        """Count a new URL in; returns "" or the cause why it is not fetched."""
        cause = trap(url) or self._refusal(url, shape)
        if not cause:
            self.note(url, shape)
        return cause

    def _refusal(self, url: str, shape: str) -> str:
        if self._shapes[shape] >= SHAPE_URLS:
            return "shape_budget"
        if self._shapes[shape] >= CALENDAR_URLS and is_calendar(url, shape):
            return "calendar"
        if "?" not in url:
            return ""
        path, names = _facet(url)
        known = self._sets.get(path, ())
        if names not in known and len(known) >= FACET_SETS:
            return "parameter_combinations"
        if names.count("&") >= 2 and self._facets[f"{path}?{names}"] >= FACET_URLS:
            return "parameter_combinations"
        return ""

    def note(self, url: str, shape: str) -> None:
        """Count an admitted URL."""
        self._shapes[shape] += 1
        if "?" in url:
            path, names = _facet(url)
            sets = self._sets.setdefault(path, set())
            if len(sets) < FACET_SETS:
                sets.add(names)
            if names.count("&") >= 2:
                self._facets[f"{path}?{names}"] += 1


def _facet(url: str) -> tuple[str, str]:
    """Path and the sorted names of the parameters."""
    parts = urlsplit(url)
    names = sorted({name for name, _ in islice(parse_qsl(parts.query, keep_blank_values=True), 50)})
    return parts.path, "&".join(names)


def is_calendar(url: str, shape: str) -> bool:
    """True for URLs that count through days, months or years without being articles of that day."""
    parts = urlsplit(url)
    names = [name for name, _ in islice(parse_qsl(parts.query, keep_blank_values=True), 50)]
    if any(_CALENDAR_NAME.match(name) for name in names):
        return True
    return bool(_CALENDAR_PATH.search(parts.path)) and "{slug" not in shape and bool(re.search(r"\d", parts.path))


class NearDuplicates:
    """Per shape: how many pages in a row said the same as one of the last pages of that shape."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[int]] = {}
        self._row: Counter[str] = Counter()
        self.spent: set[str] = set()

    def observe(self, shape: str, simhash: int) -> bool:
        """Note a page; True when it made its shape spent. A simhash of 0 says nothing."""
        if not simhash or shape in self.spent:
            return False
        recent = self._recent.setdefault(shape, deque(maxlen=_REMEMBERED))
        near = any(((simhash ^ other) & 0xFFFFFFFFFFFFFFFF).bit_count() <= _DISTANCE for other in recent)
        recent.append(simhash)
        if not near:
            self._row[shape] = 0
            return False
        self._row[shape] += 1
        if self._row[shape] >= NEAR_DUPLICATES:
            self.spent.add(shape)
            del self._recent[shape]
            return True
        return False
