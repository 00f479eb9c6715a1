"""One host as the running crawl knows it, and what is said of it in the end."""

from collections import Counter
from dataclasses import dataclass, field

from crawler.items import Discovery, Page
from crawler.schedule.budgets import NearDuplicates, ShapeBudgets
from crawler.schedule.policy import Policy
from crawler.store.frontier import Entry

MAX_SEEN = 400_000
"""Digests of URLs kept in memory for one host (about 60 bytes each); beyond it the frontier's key decides."""
_BLOCKED = (401, 403, 407, 429, 451, 503)


@dataclass(slots=True)
class HostState:
    """Everything in memory about one host of the run. Bounded: ``hot`` by the refill, ``seen`` by MAX_SEEN."""

    host: str
    base_delay: float
    seen: set[int] = field(default_factory=set)
    budgets: ShapeBudgets = field(default_factory=ShapeBudgets)
    near: NearDuplicates = field(default_factory=NearDuplicates)
    policy: Policy = field(default_factory=Policy)
    crawl_delay: float = 0.0
    hot: list[Entry] = field(default_factory=list)
    again: list[Entry] = field(default_factory=list)
    inflight: int = 0
    pending: int = 0
    flushes: int = 0
    refilling: bool = False
    loaded: bool = False
    begun: bool = False
    not_before: float = 0.0
    started: float | None = None
    pages: int = 0
    volume: int = 0
    failures: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    readable: int = 0
    error: str = ""
    refused: str = ""
    home: tuple[str, int] | None = None
    home_redirect: str = ""
    prefer_https: bool = False
    https: bool = False
    twin_of: str = ""
    alias: str = ""
    held: bool = False
    skipped: Counter[str] = field(default_factory=Counter)
    ended: str = ""

    @property
    def delay(self) -> float:
        """Seconds this host wants between requests: the operator's word wins over robots.txt's."""
        if self.policy.delay is not None:
            return self.policy.delay
        return max(self.base_delay, self.crawl_delay)

    @property
    def is_open(self) -> bool:
        """True while something may be fetched from it (leaving aside the time)."""
        return not self.ended and not self.policy.paused

    @property
    def has_work(self) -> bool:
        """True when an entry is at hand. A held twin waits for the comparison of the home pages."""
        return bool(self.again or (self.hot and not self.held))

    def pop(self) -> Entry:
        """The best entry at hand; retries go first."""
        return self.again.pop() if self.again else self.hot.pop()

    def know(self, key: int) -> bool:
        """Note a URL's digest; False when it was known."""
        if key in self.seen:
            return False
        if len(self.seen) < MAX_SEEN:
            self.seen.add(key)
        return True

    def skip(self, item: Discovery) -> None:
        """Count a URL that is not fetched."""
        self.skipped[item.skip] += 1

    def observe(self, page: Page, entry: Entry) -> None:
        """Take note of an answer; it may make the shape of the URL spent."""
        self.answers[page.status] += 1
        self.failures = 0
        if page.status == 200 and page.blocks:
            self.readable += 1
            if not page.document:  # timetables are much alike, and no endless space
                self.near.observe(entry.shape, page.simhash)


def over_budget(host: HostState, now: float, pages: int, size: int, seconds: float) -> str:
    """The budget that bites, in words, or ""."""
    if host.pages >= pages:
        return f"page budget reached: {pages} pages"
    if host.volume >= size:
        return f"byte budget reached: {size // 1024**2} MB"
    if host.started is not None and now - host.started >= seconds:
        return f"time budget reached: {seconds / 3600:g} hours"
    return ""


def verdict(host: HostState) -> tuple[str, str]:
    """End state and cause of a host whose frontier is empty."""
    if host.refused and not host.answers:
        return "refused", host.refused
    if not host.answers:
        return "unreachable", host.error or "no answer"
    if host.readable:
        return "complete", ""
    if host.home_redirect:
        return "redirected", f"redirects to {host.home_redirect}"
    worst, times = sorted(host.answers.items(), key=lambda item: (-item[1], item[0]))[0]
    blocked = sum(times for status, times in host.answers.items() if status in _BLOCKED)
    if blocked:
        return "blocked", f"answered {worst} ({times} times), no page to read"
    if 200 in host.answers:
        return "complete", "nothing readable: no page with text"
    return "unreachable", f"answered {worst} ({times} times), no page to read"
