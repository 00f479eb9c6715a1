"""Which of a page's links go to the frontier, of which host, how early, or why not."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from urllib.parse import urlsplit

from crawler.items import Discovery, Link, Page
from crawler.schedule.hosts import HostState
from crawler.schedule.priority import TOP, priority
from crawler.store.frontier import VIEWS, Entry
from crawler.store.sites import Sites
from crawler.urls import digest, host_of, is_media, shape
from crawler.views.views import key_of

TRAPS = frozenset(
    (
        "path_repeat",
        "too_long",
        "too_deep",
        "too_many_parameters",
        "calendar",
        "parameter_combinations",
        "shape_budget",
        "near_duplicate",
        "case_twin",
    )
)
"""Causes whose URLs are kept in the frontier, so that an operator can look whether that was right."""
KEPT_TRAPS = 200
"""Rows a host and cause and process."""
MOVED = 480
PROBE = TOP - 3
FOLLOWED = "redirect"
"""Reason of a look at what another look was led to."""
MAX_HOPS = 5
LATELY = 8_192
"""URLs whose fate was decided lately and need not be looked up again."""
_NOT_FOLLOWED = frozenset(("comment",))


class Admission:
    """Decides for every link of a page; all hosts of the run are known to it."""

    def __init__(self, scope: Sites, hosts: Mapping[str, HostState]) -> None:
        self._scope = scope
        self._hosts = hosts
        self._kept: Counter[tuple[str, str]] = Counter()
        self._lately: set[str] = set()

    def admit(self, page: Page, entry: Entry) -> list[Discovery]:
        """New URLs out of a page's links, and the traps worth recording."""
        now = datetime.now(UTC)
        if entry.via == "probe" and page.status == 200:
            return []  # its links are as good as its address
        if page.left_out and page.host in self._hosts:
            self._hosts[page.host].skipped["links_left_out"] += page.left_out
        found = []
        for link in page.links:
            if link.hidden in _NOT_FOLLOWED:
                continue
            item = self.consider(link, entry.depth + 1, now)
            if item is not None:
                found.append(item)
        return found

    def follow(self, page: Page, entry: Entry) -> list[Discovery]:
        """Where a look at a page was led to another address of its host: that one in the same view."""
        led = next((step.url for step in page.redirects if step.kind == "http"), "")
        hops = entry.depth + 1 if entry.reason == FOLLOWED else 1
        if hops > MAX_HOPS or not led or host_of(led) != page.host or digest(led) == entry.page:
            return []
        key, rank = key_of(digest(led), entry.view), VIEWS + MAX_HOPS - hops
        form = shape(led)
        return [Discovery(led, page.host, key, rank, form, "redirect", hops, view=entry.view, reason=FOLLOWED)]

    def seed(self, url: str, via: str, rank: int) -> Discovery | None:
        """A URL that nobody linked to: home page, robots.txt, an operator's list."""
        state = self._hosts.get(host_of(url))
        if state is None:
            return None
        key = digest(url)
        if not state.know(int(key[:16], 16)):
            return None
        form = shape(url)
        state.budgets.note(url, form)
        state.admitted += 1
        return Discovery(url, state.host, key, rank, form, via, 0)

    def probe(self, state: HostState, entry: Entry) -> list[Discovery]:
        """An address beside a home page, or else at the root of a host, that cannot exist: asked once there is a page.

        What the host says to it is none of its pages. A twin that may turn out to be a copy is not asked.
        """
        if not state.readable or (state.probed and entry.via != "home") or state.held or state.ended:
            return []
        state.probed = True
        folder = entry.url.rpartition("/")[0] if entry.via == "home" else "/".join(entry.url.split("/")[:3])
        found = self.seed(f"{folder}/khong-co-trang-nay-{token_hex(4)}.html", "probe", PROBE)
        return [found] if found else []

    def move(self, url: str, host: str) -> Discovery | None:
        """A URL of a twin, on the host that it copies; None when that host knows it."""
        return self.seed(_on_host(url, host), "twin", MOVED)

    def consider(self, link: Link, depth: int, now: datetime) -> Discovery | None:
        """What becomes of one link; None when it is known or nothing is recorded of it."""
        url = link.url
        if url in self._lately:  # menus stand on every page
            return None
        state = self._hosts.get(host_of(url))
        if state is None:
            return None
        if len(self._lately) >= LATELY:
            self._lately.clear()
        self._lately.add(url)
        if state.alias:
            url = _on_host(url, state.alias)
            state = self._hosts[state.alias]
        key = digest(url)
        if not state.know(int(key[:16], 16)):
            return None
        path = urlsplit(url).path
        form = ""
        cause = ""
        if self._scope.find(state.host, path) is None:
            cause = "out_of_scope"
        elif link.kind != "sitemap":  # sitemaps come as .gz
            cause = is_media(url)
        if not cause:
            form = shape(url)
            cause = state.pointless(url, key, form) or state.budgets.admit(url, form)
        if cause:
            item = Discovery(url, state.host, key, 0, form, link.kind, depth, cause)
            state.skip(item)
            self._kept[(state.host, cause)] += 1
            return item if cause in TRAPS and self._kept[(state.host, cause)] <= KEPT_TRAPS else None
        state.admitted += 1
        rank = priority(
            url,
            via=link.kind,
            anchor=link.text,
            hidden=link.hidden,
            depth=depth,
            shape_count=state.budgets.count(form),
            lastmod=link.lastmod,
            now=now,
        )
        return Discovery(url, state.host, key, rank, form, link.kind, depth)


def _on_host(url: str, host: str) -> str:
    """The same URL on another host."""
    scheme, _, rest = url.partition("://")
    _, slash, path = rest.partition("/")
    return f"{scheme}://{host}{slash}{path}"
