"""One host as the running crawl knows it, and what is said of it in the end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from crawler.items import Discovery, Miss, Page
from crawler.page.imprint import imprint
from crawler.schedule.access import Access
from crawler.schedule.budgets import NearDuplicates, ShapeBudgets
from crawler.schedule.chains import Chains
from crawler.schedule.faults import name_of
from crawler.schedule.looks import NO_BROWSER, NOT_RENDERED, UNREACHABLE, Looks
from crawler.schedule.policy import Policy
from crawler.schedule.spellings import Spellings
from crawler.store.frontier import Entry
from crawler.urls import host_of

UNTOLD = frozenset(("no_robots", "no_sitemap", "probe"))
"""Causes of addresses that were only tried on the chance: nobody missed them."""
MAX_SEEN = 400_000
"""Digests of URLs kept in memory for one host (about 60 bytes each); beyond it the frontier's key decides."""
_BLOCKED = (401, 403, 407, 429, 451, 503)
HTML = ("text/html", "application/xhtml+xml")


@dataclass(slots=True)
class HostState:
    """Everything in memory about one host of the run. Bounded: ``hot`` by the refill, ``seen`` by MAX_SEEN.

    ``dry``: nothing of it waits in the frontier, until something is found; ``flushes``: writes that concerned it;
    ``full``: the budget that is used up, in words.
    """

    host: str
    base_delay: float
    seen: set[int] = field(default_factory=set)
    budgets: ShapeBudgets = field(default_factory=ShapeBudgets)
    near: NearDuplicates = field(default_factory=NearDuplicates)
    chains: Chains = field(default_factory=Chains)
    access: Access = field(default_factory=Access)
    looks: Looks = field(default_factory=Looks)
    spellings: Spellings = field(default_factory=Spellings)
    soft: set[int] = field(default_factory=set)
    homes: set[int] = field(default_factory=set)
    probed: bool = False
    policy: Policy = field(default_factory=Policy)
    crawl_delay: float = 0.0
    hot: list[Entry] = field(default_factory=list)
    again: list[Entry] = field(default_factory=list)
    inflight: int = 0
    pending: int = 0
    flushes: int = 0
    refilling: bool = False
    dry: bool = False
    loaded: bool = False
    begun: bool = False
    not_before: float = 0.0
    closed_until: float = 0.0
    spent: float = 0.0
    admitted: int = 0
    settled: int = 0
    pages: int = 0
    volume: int = 0
    failures: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    readable: int = 0
    error: str = ""
    refused: str = ""
    home: tuple[str, int] | None = None
    home_redirect: str = ""
    scheme: str = ""
    https: bool = False
    plain: bool = False
    plain_too: bool = False
    twin_of: str = ""
    alias: str = ""
    held: bool = False
    full: str = ""
    skipped: Counter[str] = field(default_factory=Counter)
    ended: str = ""

    @property
    def delay(self) -> float:
        """Seconds this host wants between requests."""
        return self.policy.wish(self.base_delay, self.crawl_delay)

    @property
    def is_open(self) -> bool:
        """True while something may be fetched from it (leaving aside the time)."""
        return not self.ended and not self.policy.paused

    @property
    def ready_at(self) -> float:
        """From when on it may be asked: what the server wished, and the operator's hours."""
        return max(self.not_before, self.closed_until)

    @property
    def has_work(self) -> bool:
        """True when an entry is at hand. A held twin waits for the comparison of the home pages."""
        return bool(self.again or (self.hot and not self.held))

    @property
    def is_idle(self) -> bool:
        """True when nothing is at hand, on its way or unwritten."""
        return not (self.hot or self.again or self.inflight or self.pending)

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

    def recall(self, progress: Mapping[str, Any]) -> None:
        """Take up what an earlier process of the run knew: robots.txt is not fetched again."""
        self.spent = float(progress.get("spent") or 0)
        self.crawl_delay = float(progress.get("crawl_delay") or 0)

    def knows(self, digest: str) -> bool:
        """True when the URL of this digest is in the frontier already."""
        return int(digest[:16], 16) in self.seen

    def skip(self, item: Discovery) -> None:
        """Count a URL that is not fetched."""
        self.skipped[item.skip] += 1

    def pointless(self, url: str, digest: str, shape: str) -> str:
        """The cause why a URL is not worth a fetch by what was learned since it was found, or ""."""
        if shape in self.near.spent:
            return "near_duplicate"
        return "case_twin" if self.spellings.knows(url, int(digest[:16], 16), self.seen) else ""

    def refuse(self, entry: Entry) -> str:
        """The cause why a look in another view is not worth a fetch any more, counted, or ""."""
        cause = self.looks.refused(entry)
        if cause and cause != NO_BROWSER:
            self.skipped[cause] += 1
        return cause

    def missed(self, miss: Miss) -> None:
        """A look that came to nothing; that there is no browser is said once."""
        if miss.cause != NO_BROWSER:
            self.skipped[f"view_{name_of(miss.cause)}" if miss.state == "failed" else UNREACHABLE] += 1
        elif not self.looks.blind:
            self.looks.blind = True
            self.skipped[NOT_RENDERED] += 1

    def observe(self, page: Page, entry: Entry) -> str:
        """Take note of an answer; returns the cause when it is none of the site's pages.

        It may make the shape of the URL spent.
        """
        self.answers[page.status] += 1
        self.failures = 0
        self.access.note(page)
        if entry.via == "home":
            self.home = (sha256(page.body).hexdigest(), page.simhash)
            self.home_redirect = next((item.url for item in page.redirects if item.kind == "http"), "")
        if page.wall:
            self.skipped[page.wall] += 1
            return ""
        if self._is_soft(page, entry):
            return "soft_404"
        self._follow(page, entry)
        self.spellings.compare(page)
        if page.status == 200 and page.blocks and (page.document or page.type in HTML) and not entry.is_clue:
            self.readable += 1
            if not page.document:  # timetables are much alike, and no endless space
                self.near.observe(entry.shape, page.simhash)
        return ""

    def _follow(self, page: Page, entry: Entry) -> None:
        """Note where a page redirects; a redirect that arrives nowhere is taken out of its links."""
        leads = {redirect.kind: redirect.url for redirect in reversed(page.redirects)}
        target = leads.pop("http", "")
        if target:
            sets_cookie = any(name.lower() == "set-cookie" for name, _ in page.headers)
            if not self.chains.follow(entry, target, sets_cookie):
                page.links = [link for link in page.links if link.url != target]
                self.skipped["redirect_loop"] += 1
        elif leads and self.chains.is_home(entry):
            self.chains.refresh = next((url for url in leads.values() if host_of(url) != self.host), "")

    def _is_soft(self, page: Page, entry: Entry) -> bool:
        """True for an answer that the host gives to addresses which do not exist.

        The answer to the probe itself stands for all of them, unless it is the home page again.
        """
        if page.status != 200 or page.type not in HTML:
            return False
        if entry.via == "home":
            self.homes.add(imprint(page))
            return False
        if entry.via != "probe":
            return bool(self.soft) and imprint(page) in self.soft
        mark = imprint(page)
        known = mark in self.soft or mark in self.homes
        self.soft.add(mark)
        return known


def over_budget(host: HostState, pages: int, size: int, seconds: float) -> str:
    """The budget that bites, in words, or "". Time counts while the host may be visited."""
    if host.pages >= pages:
        return f"page budget reached: {pages} pages"
    if host.volume >= size:
        return f"byte budget reached: {size // 1024**2} MB"
    if host.spent >= seconds:
        return f"time budget reached: {seconds / 3600:g} hours"
    return ""


def verdict(host: HostState) -> tuple[str, str]:
    """End state and cause of a host whose frontier is empty."""
    if host.full:
        return "budget", host.full
    if host.refused and not host.answers:
        return "refused", host.refused
    if not host.answers:
        return "unreachable", host.error or "no answer"
    walls = host.access.last_word(host.readable)
    if walls:
        return walls
    away = host.chains.away if not host.readable else host.chains.refresh if host.readable == 1 else ""
    if away:
        return "redirected", f"redirects to {away}"
    if host.readable:
        return "complete", ""
    if host.chains.circle:
        cookie = ", wants a cookie" if host.chains.cookie else ""
        return "blocked" if cookie else "unreachable", f"redirect loop: back to {host.chains.circle}{cookie}"
    blocked = _most({status: times for status, times in host.answers.items() if status in _BLOCKED})
    if blocked:
        return "blocked", blocked
    if 200 in host.answers:
        return "complete", "nothing readable: no page with text"
    errors = {status: times for status, times in host.answers.items() if status >= 400}
    return "unreachable", _most(errors or host.answers)


def _most(answers: Mapping[int, int]) -> str:
    """The status that came most often, in words; "" where there is none."""
    if not answers:
        return ""
    status, times = min(answers.items(), key=lambda item: (-item[1], item[0]))
    return f"answered {status} ({times} times), no page to read"
