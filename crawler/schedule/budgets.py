"""Budgets by URL shape: they end calendars, facets and templates that yield the same page for ever."""

import re
from collections import Counter, deque
from itertools import islice
from urllib.parse import parse_qsl, urlsplit
from zlib import crc32

from crawler.urls import trap

CALENDAR_URLS = 60
"""URLs of one calendar shape: five years of months."""
FACET_SETS = 30
"""Different sets of parameter names on one path; real templates use a handful."""
FACET_URLS = 300
"""URLs of one path with one set of three or more parameters, unless one of these tells them apart."""
FACET_RATIO = 4
"""URLs to values of the parameter that has most: a number of articles gives about one, filters multiply."""
SHAPE_URLS = 10_000
"""URLs of any one shape; the largest school news archives seen hold about 4,000."""
NEAR_DUPLICATES = 25
"""Near-duplicates in a row after which a shape is spent, or as many as it has had different pages before."""
_DISTANCE = 3
"""Bits of the 64-bit simhash; the usual bound for near-duplicates (Manku et al., WWW 2007)."""
_REMEMBERED = 16
_MAX_VALUES = SHAPE_URLS // FACET_RATIO

_CALENDAR_NAME = re.compile(r"(?:year|month|day|date|thang|nam|ngay|tuan|week|y|m|d|cal_?\w*|calendar\w*)", re.I)
# What steps through time by itself; a year or a letter may as well be a filter.
_STEP_NAME = re.compile(r"(?:month|day|date|thang|ngay|tuan|week|cal_?\w*|calendar\w*)", re.I)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?|\d{6}|\d{8}")
_CALENDAR_PATH = re.compile(
    r"/(calendar|lich|lich-(?!su\b)[a-z-]+|event|su-kien|archive|date|day|week|month|year|ngay|tuan|thang|nam)s?/", re.I
)


class _Facet:
    """URLs of one path with one set of parameters, and the values that each of these had."""

    def __init__(self) -> None:
        self.urls = 0
        self._values: dict[str, set[int]] = {}

    @property
    def multiplies(self) -> bool:
        """True when there are far more URLs than values of any parameter: they are combinations."""
        return self.urls >= FACET_RATIO * max(map(len, self._values.values()), default=0)

    def note(self, pairs: list[tuple[str, str]]) -> None:
        self.urls += 1
        for name, value in pairs:
            values = self._values.setdefault(name, set())
            if len(values) <= _MAX_VALUES:
                values.add(crc32(value.encode("utf-8", "replace")))


class ShapeBudgets:
    """What one host may still add to its frontier, by shape. State is rebuilt from the frontier after a crash."""

    def __init__(self) -> None:
        self._shapes: Counter[str] = Counter()
        self._sets: dict[str, set[str]] = {}
        self._facets: dict[str, _Facet] = {}

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
        path, names, _ = _facet(url)
        known = self._sets.get(path, ())
        if names not in known and len(known) >= FACET_SETS:
            return "parameter_combinations"
        facet = self._facets.get(f"{path}?{names}")
        return "parameter_combinations" if facet and facet.urls >= FACET_URLS and facet.multiplies else ""

    def note(self, url: str, shape: str) -> None:
        """Count an admitted URL."""
        self._shapes[shape] += 1
        if "?" in url:
            path, names, pairs = _facet(url)
            sets = self._sets.setdefault(path, set())
            if len(sets) < FACET_SETS:
                sets.add(names)
            if names.count("&") >= 2:
                self._facets.setdefault(f"{path}?{names}", _Facet()).note(pairs)


def _facet(url: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Path, the sorted names of the parameters, and these with their values."""
    parts = urlsplit(url)
    pairs = list(islice(parse_qsl(parts.query, keep_blank_values=True), 50))
    return parts.path, "&".join(sorted({name for name, _ in pairs})), pairs


def is_calendar(url: str, shape: str) -> bool:
    """True for URLs that count through days, months or years without being articles of that day."""
    parts = urlsplit(url)
    counted = [pair for pair in islice(parse_qsl(parts.query), 50) if pair[1].isdigit() or _DATE.fullmatch(pair[1])]
    if counted:
        named = [name for name, _ in counted if _CALENDAR_NAME.fullmatch(name)]
        # Any other number may be the article's, and then the date only says where it stands.
        return len(named) == len(counted) and (len(named) > 1 or bool(_STEP_NAME.fullmatch(named[0])))
    return bool(_CALENDAR_PATH.search(parts.path)) and "{slug" not in shape and bool(re.search(r"\d", parts.path))


class NearDuplicates:
    """Per shape: how many pages in a row said the same as one of the last pages of that shape."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[int]] = {}
        self._row: Counter[str] = Counter()
        self._different: Counter[str] = Counter()
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
            self._different[shape] += 1
            return False
        self._row[shape] += 1
        if self._row[shape] >= max(NEAR_DUPLICATES, self._different[shape]):
            self.spent.add(shape)
            del self._recent[shape]
            return True
        return False
