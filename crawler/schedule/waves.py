"""What a review adds to a host's frontier once its plain crawl is through: looks in other views, wave by wave.

First ``repeat``, so that the noise of a page is known before anything is compared with it; then the other views; then
renders that came to no end once more; then second looks at what differed; then screenshots of what was found.
Everything is derived from what is stored, so that a resumed run goes on with it.
"""

from collections.abc import Iterable

from crawler.items import Discovery
from crawler.schedule.hosts import HostState
from crawler.store.crawl import CrawlStore
from crawler.store.frontier import VIEWS
from crawler.store.survey import Survey
from crawler.urls import shape
from crawler.views.plan import FETCHED, Budget, Look, plan
from crawler.views.views import BOT, EVIDENCE, EVIDENCE_OF, MOBILE, RENDERED, REPEAT, SEARCH, key_of

_RANKS = 9_999
VIA = "view"
SECOND = "second_look"
UNSETTLED = "unsettled"


class Waves:
    """Plans the looks at one crawl's hosts within a budget."""

    def __init__(self, store: CrawlStore, budget: Budget) -> None:
        self._store = store
        self._budget = budget
        self._planned: dict[str, int] = {}  # host → pages that it had when all its looks were ordered

    async def next(self, host: HostState) -> list[Discovery]:
        """The next wave of a host that has nothing else to do; empty when all is looked at, or nothing is to be."""
        if not (self._budget.views or self._budget.renders) or not host.answers or host.alias or host.held:
            return []
        taken, reasons = await self._taken(host)
        pages = sum(host.answers.values())
        if self._planned.get(host.host) != pages:
            items = await self._pages(host, taken, reasons)
            if items:
                return items
            self._planned[host.host] = pages
        for wave in (self._again, self._second, self._evidence):
            items = await wave(host, taken)
            if items:
                return items
        return []

    async def _taken(self, host: HostState) -> tuple[dict[str, set[str]], dict[str, str]]:
        """digest → views (and second looks, as ``view~2``) that were ordered in this run; digest → why."""
        taken: dict[str, set[str]] = {}
        reasons: dict[str, str] = {}
        for row in await self._store.patiently(lambda: self._store.frontier.looks(host.host)):
            page, _, view = row["digest"].partition("~")
            taken.setdefault(page, set()).add(view)
            reasons.setdefault(page, row["reason"])
        return taken, reasons

    async def _pages(self, host: HostState, taken: dict[str, set[str]], reasons: dict[str, str]) -> list[Discovery]:
        """Repeats of all pages that are to be looked at; when they are there, the other views."""
        survey = self._survey()
        rows = await self._store.patiently(lambda: survey.rows(host.host))
        known = await self._store.patiently(lambda: survey.known_hosts(host.host))
        looks = plan(rows, self._budget, taken=taken, known=known, review_before=bool(known))
        pages = {row.digest: row for row in rows}
        # Of pages whose repeat was ordered before, what is still to be seen.
        begun = [Look(pages[page], FETCHED, reasons[page]) for page in taken if REPEAT in taken[page] and page in pages]
        wanted = [(look, view) for look in _by_page([*begun, *looks]) for view in look.views]
        wanted = [(look, view) for look, view in wanted if view not in taken.get(look.row.digest, ())]
        repeats = [pair for pair in wanted if pair[1] == REPEAT]
        return [_look(look, view, host.host, n) for n, (look, view) in enumerate(repeats or wanted)]

    async def _again(self, host: HostState, taken: dict[str, set[str]]) -> list[Discovery]:
        """Renders that came to no end, once more: a busy machine or a slow server is no reason to have seen nothing."""
        left = self._left(taken)
        if left <= 0 or host.looks.blind:
            return []
        found = await self._store.patiently(lambda: self._survey().unsettled(host.host))
        fresh = [(page, url) for page, url in found if f"{RENDERED}~2" not in taken.get(page, ())]
        return [
            look_at(url, host.host, page, RENDERED, UNSETTLED, n, look=2) for n, (page, url) in enumerate(fresh[:left])
        ]

    def _left(self, taken: dict[str, set[str]]) -> int:
        """Renders that the budget still allows."""
        return self._budget.renders - sum(view.partition("~")[0] == RENDERED for v in taken.values() for view in v)

    async def _second(self, host: HostState, taken: dict[str, set[str]]) -> list[Discovery]:
        """Each view that differed once more, and plain beside it: what comes and goes is no cloaking."""
        done = sum(f"{REPEAT}~2" in views for views in taken.values())
        found = await self._store.patiently(lambda: self._survey().differing(host.host))
        pages = list(dict.fromkeys((page, url) for page, url, view in found if f"{view}~2" not in taken.get(page, ())))
        chosen = pages[: max(0, self._budget.views - done)]
        pairs = [(page, url, REPEAT) for page, url in chosen]
        pairs += [(page, url, view) for page, url, view in found if (page, url) in chosen]
        fresh = [item for item in pairs if f"{item[2]}~2" not in taken.get(item[0], ())]
        return [look_at(url, host.host, page, view, SECOND, n, look=2) for n, (page, url, view) in enumerate(fresh)]

    async def _evidence(self, host: HostState, taken: dict[str, set[str]]) -> list[Discovery]:
        """Screenshots of confirmed findings that have none yet."""
        left = self._left(taken)
        if left <= 0 or host.looks.blind:
            return []
        found = await self._store.patiently(lambda: self._survey().unproven(host.host))
        items = list[Discovery]()
        for page, url, view, quotes in found:
            look = 2 if RENDERED in taken.get(page, ()) else 1
            if look == 2 and f"{RENDERED}~2" in taken[page]:
                continue
            reason = f"{view}{EVIDENCE_OF}" if view in (MOBILE, SEARCH, BOT) else EVIDENCE
            items.append(look_at(url, host.host, page, RENDERED, reason, len(items), look=look, frames=quotes))
        return items[:left]

    def _survey(self) -> Survey:
        return Survey(self._store.db, self._store.run)


def _by_page(looks: Iterable[Look]) -> list[Look]:
    """Looks at the same page as one, in the order of the first; what a script fills is rendered before all else."""
    found: dict[str, Look] = {}
    for look in looks:
        first = found.setdefault(look.row.digest, look)
        views = dict.fromkeys((*look.views, *first.views) if look.row.is_shell else (*first.views, *look.views))
        found[look.row.digest] = Look(first.row, tuple(views), first.reason)
    return list(found.values())


def _look(look: Look, view: str, host: str, rank: int) -> Discovery:
    row = look.row
    frames = row.quotes if view == RENDERED else ()
    return look_at(row.url, host, row.digest, view, look.reason, rank, depth=row.depth, frames=frames)


def look_at(
    url: str,
    host: str,
    page: str,
    view: str,
    reason: str,
    rank: int,
    *,
    look: int = 1,
    depth: int = 0,
    frames: Iterable[str] = (),
) -> Discovery:
    """An entry of the frontier for a look at a page (``page`` is its digest); lower ``rank`` comes first."""
    key, priority = key_of(page, view, look), VIEWS + max(0, _RANKS - rank)
    quotes = tuple(frames)
    return Discovery(url, host, key, priority, shape(url), VIA, depth, view=view, reason=reason, frames=quotes)
