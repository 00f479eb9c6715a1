"""Does a host tell /Tin-Tuc/ from /tin-tuc/? Learned from its answers to both; the second spelling is then left out."""

import re

from crawler.items import Page
from crawler.page.simhash import distance
from crawler.urls import digest

SURE = 3
"""Pairs that answered the same before a second spelling is left out."""
_REMEMBERED = 500
"""Pages whose content is kept for comparison (about 200 bytes each)."""
_NEAR = 6
"""Bits of the 64-bit simhash: side bars change between two answers."""
_LETTERS = re.compile(r"%[0-9A-F]{2}|[A-Z]+")
Print = tuple[int, str, int]


def without_case(url: str) -> str:
    """A canonical URL with its path in small letters; escapes and parameters stay."""
    place = url.find("/", url.find("//") + 2)
    path, mark, query = url[place:].partition("?")
    small = _LETTERS.sub(lambda match: match[0] if match[0][0] == "%" else match[0].lower(), path)
    return f"{url[:place]}{small}{mark}{query}"


class Spellings:
    """What one host has shown. A URL in small letters is the plain one; only the others are kept in memory."""

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._prints: dict[int, tuple[str, Print]] = {}
        self.same = self.different = 0

    def begin(self, url: str) -> None:
        """Note that a URL is fetched."""
        plain = without_case(url)
        if plain != url:
            self._begun.add(_key(plain))

    def knows(self, url: str, key: int, seen: set[int]) -> bool:
        """True when the host makes no difference and another spelling of ``url`` was fetched, or will be.

        ``key`` is the URL's own key, ``seen`` holds those of all URLs that were admitted.
        """
        if self.same < SURE or self.different:
            return False
        plain = without_case(url)
        if plain == url:
            return key in self._begun
        own = _key(plain)
        return own in self._begun or own in seen

    def compare(self, page: Page) -> None:
        """Learn from an answer, if its URL was answered in another spelling before."""
        key = _key(without_case(page.url))
        known = self._prints.get(key)
        found = (page.status, page.title, page.simhash)
        if known is None:
            if len(self._prints) < _REMEMBERED:
                self._prints[key] = (page.url, found)
        elif known[0] != page.url:
            if not _alike(known[1], found):
                self.different += 1
            elif page.status == 200:
                self.same += 1


def _key(url: str) -> int:
    return int(digest(url)[:16], 16)


def _alike(one: Print, other: Print) -> bool:
    if one[:2] != other[:2]:
        return False
    return one[2] == other[2] or (bool(one[2] and other[2]) and distance(one[2], other[2]) <= _NEAR)
