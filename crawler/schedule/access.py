"""Does a host still show its pages? Told by walls and refusals that come one after the other.

Which end state that gives is decided by what has to be done about it. A captcha, a check of the browser or a wanted
cookie keeps us out while visitors come in: ``blocked``, somebody has to let us through. A maintenance notice on every
address keeps everybody out: nothing was reviewed, and the same run tomorrow may well do it, so it is ``unreachable``
and stands among the hosts that were not reviewed, whatever its status says; ``complete`` would hide it there.
"""

from collections import Counter

from crawler.items import Page
from crawler.page.walls import BROWSER_CHECK, CAPTCHA, COOKIE, MAINTENANCE, SUSPENDED, notice_of
from crawler.urls import clean

WALLS = 12
"""Walls in a row after which a host is left alone."""
REFUSALS = 40
"""Answers like 403 or 500 in a row after which it is; the folders of a long robots.txt may all be forbidden."""
BUSY_STATUS = (429, 503)
BUSY = 12
"""Answers in a row that ask to come back later."""
MAX_WAIT = 3600.0
"""Seconds that they may ask for together."""
_LAST_WALLS = 3  # walls at the end of a host that make its review no complete one
_REFUSING = (401, 403, 407, 429, 451, 503)
_GONE = (404, 410)

_ENDS = {
    CAPTCHA: ("blocked", "asks for a captcha"),
    BROWSER_CHECK: ("blocked", "checks the browser before it shows a page"),
    COOKIE: ("blocked", "wants a cookie set by a script before it shows a page"),
    MAINTENANCE: ("unreachable", "maintenance page"),
    SUSPENDED: ("unreachable", "suspended by its provider"),
}
_QUOTED = (MAINTENANCE, SUSPENDED)


class Access:
    """What the answers of one host say about that."""

    def __init__(self) -> None:
        self.walls: Counter[str] = Counter()
        self._row = 0
        self._last = ""
        self._words = ""
        self._busy = 0
        self._waited = 0.0

    def busy(self, wait: float) -> bool:
        """Note that the host asked to come back after so many seconds; True when that goes on for too long."""
        self._busy += 1
        self._waited += wait
        return self._busy >= BUSY or self._waited > MAX_WAIT

    def note(self, page: Page) -> None:
        """Take note of an answer. A redirect says nothing: it may lead to a wall."""
        if page.status not in BUSY_STATUS:
            self._busy, self._waited = 0, 0.0
        if page.wall:
            self._words = clean(notice_of(page), 80) if page.wall in _QUOTED else ""
            self.walls[page.wall] += 1
            self._again(page.wall)
        elif page.status in _REFUSING or page.status >= 500:
            self._again(str(page.status))
        elif page.status == 200 or page.status in _GONE:
            self._row, self._last = 0, ""

    def _again(self, kind: str) -> None:
        self._row = self._row + 1 if kind == self._last else 1
        self._last = kind

    def lost(self, pages: int) -> tuple[str, str] | None:
        """State and cause when the host shows nothing any more, after so many readable pages."""
        if self._last in _ENDS:
            return self._end(self._last, pages) if self._row >= WALLS else None
        if self._row < REFUSALS:
            return None
        state = "blocked" if int(self._last) in _REFUSING else "unreachable"
        return state, f"answered {self._last} to {self._row} addresses in a row{_after(pages)}"

    def last_word(self, pages: int) -> tuple[str, str] | None:
        """State and cause when nothing is left to ask, and the last answers were walls or all of them."""
        if not self.walls or (pages and self._row < _LAST_WALLS):
            return None
        if pages:
            return self._end(self._last, pages) if self._last in _ENDS else None
        return self._end(sorted(self.walls, key=lambda kind: (-self.walls[kind], kind))[0], 0)

    def _end(self, kind: str, pages: int) -> tuple[str, str]:
        state, words = _ENDS[kind]
        quote = f' "{self._words}"' if self._words and kind in _QUOTED else ""
        return state, f"{words}{quote}{_after(pages)}"


def _after(pages: int) -> str:
    return f" after {pages} pages" if pages else ""
