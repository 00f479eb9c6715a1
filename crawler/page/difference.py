"""What one view of a page shows that plain visits do not, measured against how far plain visits differ themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from crawler.page.features import Features, Line

NEW_SHARE, NEW_WEIGHT = 0.25, 300
"""Share of the text, and characters, that must be new beyond the noise for the text to count as other."""
TITLE_WORDS = 2  # of a title that says anything
NEW_DOMAINS = 3  # one may be a banner that two plain visits did not meet
FOREIGN_SHARE, NATIVE_SHARE = 0.3, 0.05  # of the letters
NATIVE_LEAST = 0.01  # of unaccented Vietnamese, or of a text in another language with a few names in it
MENU_LINKS, MENU_GONE = 4, 0.8
REFUSAL = 300
"""Characters of visible text that a page may have which says nothing but no."""
REFUSAL_SHARE = 0.2  # of what the plain visit shows
_NOTHING_THERE = (404, 410)
STRONG = frozenset({"title", "language", "links"})
WEAK = frozenset({"text", "template", "code"})


@dataclass(frozen=True, slots=True)
class Difference:
    """What only the view shows.

    ``signs`` are of ``STRONG`` and ``WEAK``; ``new``, ``gone`` and ``noise`` shares of the text from 0 to 1;
    ``lines`` the hashes of new lines, ``domains`` the new ones that links lead to; ``redirects`` targets off the site
    by domain; ``noisy`` the regions whose links change by themselves. ``blocked`` when the view was refused what plain
    visits get; ``comparable`` when there was a text on both sides.
    """

    signs: frozenset[str] = frozenset()
    new: float = 0.0
    gone: float = 0.0
    noise: float = 0.0
    lines: frozenset[int] = frozenset()
    domains: frozenset[str] = frozenset()
    redirects: Mapping[str, str] = field(default_factory=dict)
    noisy: frozenset[str] = frozenset()
    blocked: bool = False
    comparable: bool = False

    @property
    def suspicious(self) -> bool:
        """A way off the site that plain visits do not have, or two signs one of which honest variants do not give."""
        return bool(self.redirects) or (len(self.signs) > 1 and bool(self.signs & STRONG))


def usable(plain: Features) -> bool:
    """True when a plain visit says what the page shows, be it that nothing is there: answered, and by no wall."""
    return (plain.status < 400 or plain.status in _NOTHING_THERE) and not plain.wall


def difference(view: Features, plain: Sequence[Features]) -> Difference:
    """The difference of a view from plain fetches of the same URL; those that were refused themselves do not count.

    Without any that counts nothing differs, and nothing is comparable.
    """
    plain = [each for each in plain if usable(each)]
    noisy = _noisy(plain)
    if not plain:
        return Difference()
    if _is_blocked(view, plain):
        return Difference(noisy=noisy, blocked=True)
    known = frozenset[str]().union(*(each.domains for each in plain))
    redirects = {name: url for name, url in sorted(view.redirects.items()) if name not in known}
    if not all(_has_text(each) for each in (view, *plain)):
        return Difference(redirects=redirects, noisy=noisy)
    new, gone, noise, lines = _text(view, plain, noisy)
    domains = _domains(view, noisy) - known
    hidden = sum(weight for name, weight in view.hidden.items() if not any(name in each.hidden for each in plain))
    fresh = sum(view.lines[name].weight for name in lines)
    found = {
        "text": (new - noise >= NEW_SHARE and fresh >= NEW_WEIGHT) or hidden >= max(NEW_WEIGHT, 2 * _unrest(plain)),
        "title": _other_title(view, plain),
        "language": _other_language(view, plain),
        "links": len(domains) >= NEW_DOMAINS,
        "template": _lost_menu(view, plain),
        "code": bool(view.code - known) and len({each.code for each in plain}) == 1,
    }
    signs = frozenset(name for name, holds in found.items() if holds)
    return Difference(signs, new, gone, noise, lines, frozenset(domains), redirects, noisy, comparable=True)


def _has_text(each: Features) -> bool:
    """A redirect has no text of its own, and that of a shell comes when a script has run."""
    return (each.status < 300 or each.status in _NOTHING_THERE) and bool(each.lines) and not each.shell


def _noisy(plain: Sequence[Features]) -> frozenset[str]:
    """Regions whose links differ between plain fetches: banners, boxes with random articles, advertisements."""
    regions = frozenset[str]().union(*(each.links.keys() for each in plain))
    return frozenset(region for region in regions if len({each.links.get(region, frozenset()) for each in plain}) > 1)


def _is_blocked(view: Features, plain: Sequence[Features]) -> bool:
    """Refused by status or wall, given nothing, or given a few words that lead nowhere in place of a page."""
    if view.status >= 400 or view.wall:
        return True
    if view.status >= 300 or view.redirects:
        return False
    usual = min(each.weight for each in plain)
    if not view.lines:
        return not view.shell and usual > 0
    leads = any(view.leads.values()) or view.code or view.hidden
    return not leads and not view.shell and view.weight < min(REFUSAL, REFUSAL_SHARE * usual)


def _text(
    view: Features, plain: Sequence[Features], noisy: frozenset[str]
) -> tuple[float, float, float, frozenset[int]]:
    """Shares of the text that are new, gone and noise, and the new lines; of the main zone where it has enough."""
    everything = [_steady(each, noisy) for each in (view, *plain)]
    main = [{name: line for name, line in each.items() if line.slot.startswith("main")} for each in everything]
    seen, *known = main if min(map(_weight, main)) >= NEW_WEIGHT else everything
    union = frozenset[int]().union(*known)
    core = {name: line for name, line in known[0].items() if all(name in other for other in known)}
    fresh = frozenset(name for name in seen if name not in union)
    noise = max((_missing(one, other) for one, other in permutations(known, 2)), default=0.0)
    return _share(seen, fresh), _missing(core, seen), noise, fresh


def _steady(each: Features, noisy: frozenset[str]) -> dict[int, Line]:
    return {name: line for name, line in each.lines.items() if line.slot not in noisy}


def _weight(lines: Mapping[int, Line]) -> int:
    return sum(line.weight for line in lines.values())


def _share(lines: Mapping[int, Line], part: Iterable[int]) -> float:
    whole = _weight(lines)
    return sum(lines[name].weight for name in part) / whole if whole else 0.0


def _missing(one: Mapping[int, Line], other: Mapping[int, Line]) -> float:
    """The share of one's text that the other does not have."""
    return _share(one, (name for name in one if name not in other))


def _unrest(plain: Sequence[Features]) -> int:
    """Characters of hidden text that differ between plain fetches."""
    return max(
        (
            sum(weight for name, weight in one.hidden.items() if name not in other.hidden)
            for one, other in permutations(plain, 2)
        ),
        default=0,
    )


def _domains(view: Features, noisy: frozenset[str]) -> set[str]:
    return {name for region, names in view.leads.items() if region not in noisy for name in names}


def _other_title(view: Features, plain: Sequence[Features]) -> bool:
    """No word in common with any plain title: a counter, a greeting or a slogan beside the name leaves words."""
    titles = [each.title for each in plain]
    return all(len(title) >= TITLE_WORDS and not title & view.title for title in titles) and len(view.title) >= (
        TITLE_WORDS
    )


def _other_language(view: Features, plain: Sequence[Features]) -> bool:
    """Other letters, or Vietnamese in one and not in the other; unknown where there are too few letters."""
    if view.foreign < 0 or any(each.foreign < 0 for each in plain):
        return False
    if view.foreign >= FOREIGN_SHARE and all(each.foreign < NATIVE_SHARE for each in plain):
        return True
    return view.vietnamese < NATIVE_LEAST and all(each.vietnamese >= NATIVE_SHARE for each in plain)


def _lost_menu(view: Features, plain: Sequence[Features]) -> bool:
    menu = frozenset.intersection(*(each.menu for each in plain))
    return len(menu) >= MENU_LINKS and len(menu - view.menu) >= MENU_GONE * len(menu)
