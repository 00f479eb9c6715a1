"""Where to look: which pages of a host are seen in which views, in which order, and why. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from crawler.views.suspicion import WEIGHTS, Neighbours, Row
from crawler.views.views import BOT, MOBILE, RENDERED, REPEAT, SEARCH

FETCHED = (REPEAT, SEARCH, BOT, MOBILE)
"""Views that cost one plain fetch each; a page gets all of them or none."""
SAMPLE = 2
"""Pages of a template."""
TEMPLATES = 0.5
"""Share of a budget that samples of templates take at most before the suspicious have had their turn."""
LOOKING = 0.75
"""Share of the renders for looking; the rest is for evidence of what was found."""
_ALIKE = 12
"""Points that a page loses for each doubling of better ones of its own template: a kit's pages say the same."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Pages of a host and run that get the fetched views, and renders; 0 switches them off."""

    views: int
    renders: int


@dataclass(frozen=True, slots=True)
class Look:
    """One page, the views it is worth, and why."""

    row: Row
    views: tuple[str, ...]
    reason: str


def plan(
    rows: Iterable[Row],
    budget: Budget,
    *,
    taken: Mapping[str, Collection[str]] | None = None,
    known: Collection[str] = (),
    review_before: bool = False,
) -> list[Look]:
    """What is to be looked at, the most important first.

    ``taken`` maps digests to the views of which a fetch was ordered before in this run: they count in the budget and
    are not ordered again. ``known`` are hosts that the site named before this run; ``review_before`` tells that it was
    reviewed before, so that what is new on it is news. The same input gives the same plan, in whatever order.
    """
    rows = sorted(rows, key=lambda row: (row.url, row.digest))
    ranked = _ranked(rows, Neighbours(rows, known, review_before))
    ordered = taken or {}
    fetched = {digest for digest, views in ordered.items() if REPEAT in views}
    rendered = {digest for digest, views in ordered.items() if RENDERED in views}
    for_views = _chosen(ranked, budget.views, fetched)
    shells = [(item.row, "shell") for item in ranked if item.row.is_shell]
    renders = max(1, int(budget.renders * LOOKING)) if budget.renders else 0
    for_renders = _chosen(ranked, renders, rendered, shells)
    return _joined(for_views, for_renders)


@dataclass(frozen=True, slots=True)
class _Ranked:
    row: Row
    reason: str
    score: float


def _ranked(rows: Sequence[Row], neighbours: Neighbours) -> list[_Ranked]:
    """Pages by suspicion; of pages of one template, each further one counts less."""
    judged = [(neighbours.reasons(row), row) for row in rows]
    scored = [(sum(WEIGHTS[name] for name in reasons), next(iter(reasons), ""), row) for reasons, row in judged]
    alike: dict[str, int] = defaultdict(int)
    found = []
    for score, reason, row in sorted(scored, key=lambda item: (-item[0], item[2].url)):
        found.append(_Ranked(row, reason, score - _ALIKE * log2(1 + alike[row.shape]) if score else 0.0))
        alike[row.shape] += 1
    return sorted(found, key=lambda item: (-item.score, item.row.url))


def _chosen(
    ranked: Sequence[_Ranked], budget: int, before: Collection[str], urgent: Sequence[tuple[Row, str]] = ()
) -> dict[str, tuple[Row, str]]:
    """digest → (page, reason) of what the budget still allows: homes, what is ``urgent``, templates, the suspicious,
    more templates, and then whatever is left, from each template in turn."""
    room = budget - len(before)
    chosen: dict[str, tuple[Row, str]] = {}

    def choose(items: Iterable[tuple[Row, str]], most: int) -> None:
        for row, reason in items:
            if len(chosen) >= min(room, most):
                return
            if row.digest not in before:
                chosen.setdefault(row.digest, (row, reason))

    samples = _samples([item for item in ranked if _is_page(item.row)])
    choose(((item.row, "home") for item in ranked if item.row.is_home), room)
    choose(urgent, int(room * TEMPLATES))
    choose(samples, int(room * TEMPLATES))
    choose(((item.row, item.reason) for item in ranked if item.reason and _is_page(item.row)), room)
    choose(samples, room)
    choose(_samples([item for item in ranked if _is_page(item.row)], budget), room)
    return chosen


def _is_page(row: Row) -> bool:
    return row.readable and row.status == 200


def _samples(ranked: Sequence[_Ranked], most: int = SAMPLE) -> list[tuple[Row, str]]:
    """Up to ``most`` pages of each template, the most suspicious of it; large templates first, one of each first."""
    by_shape: dict[str, list[_Ranked]] = defaultdict(list)
    for item in ranked:
        by_shape[item.row.shape].append(item)
    shapes = sorted(by_shape, key=lambda shape: (-len(by_shape[shape]), shape))
    rounds = [[by_shape[shape][n : n + 1] for shape in shapes] for n in range(most)]
    return [(item.row, item.reason or "template") for one in rounds for items in one for item in items]


def _joined(views: Mapping[str, tuple[Row, str]], renders: Mapping[str, tuple[Row, str]]) -> list[Look]:
    """One look for a page; what a script fills is worth its render before anything else."""
    found = []
    for digest, (row, reason) in {**renders, **views}.items():
        fetched = FETCHED if digest in views else ()
        render = (RENDERED,) if digest in renders else ()
        found.append(Look(row, (*render, *fetched) if row.is_shell else (*fetched, *render), reason))
    order = {digest: n for n, digest in enumerate(dict.fromkeys([*views, *renders]))}
    return sorted(found, key=lambda look: (not look.row.is_home, order[look.row.digest]))
