"""Holds what a run left in the store against the province's planted truth."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.errors import InvalidUrl
from crawler.store.outcome import Outcome
from crawler.urls import digest, parse


@dataclass(slots=True)
class Verdict:
    """What was right and what was not, each fault as one line; ``suspected`` are look-alikes only suspected.

    ``vectors`` holds truths found and truths in all by vector; ``viewed`` the same of those that not everybody is
    shown, found where they are shown and nowhere else. ``restless`` are pages that only looked like cloaking.
    """

    truths: int = 0
    found: int = 0
    lookalikes: int = 0
    suspected: int = 0
    hosts: int = 0
    pages: int = 0
    missed: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    misviewed: list[str] = field(default_factory=list)
    restless: list[str] = field(default_factory=list)
    viewed: list[int] = field(default_factory=lambda: [0, 0])
    vectors: dict[str, list[int]] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """True when nothing was missed, nobody was blamed and every host ended as it should."""
        blamed = self.flagged or self.strays or self.restless
        return not (self.missed or self.misviewed or blamed or self.differing or self.unreached)

    def count(self, vector: str, is_found: bool) -> None:
        """Note one truth."""
        self.truths += 1
        self.found += is_found
        counts = self.vectors.setdefault(vector, [0, 0])
        counts[0] += is_found
        counts[1] += 1


def compare(outcome: Outcome, truth: Mapping[str, Any]) -> Verdict:
    """``truth`` is the province's truth as plain data with real ports."""
    verdict = Verdict(pages=outcome.pages)
    _violations(verdict, outcome, truth)
    _hosts(verdict, outcome, truth["hosts"])
    _pages(verdict, outcome, truth["pages"])
    return verdict


def _key(url: str) -> str:
    try:
        return digest(parse(url).url)
    except InvalidUrl:
        return url


def _violations(verdict: Verdict, outcome: Outcome, truth: Mapping[str, Any]) -> None:
    """A truth is found when one of its pages shows a confirmed finding of its category and vector."""
    seen: dict[str, set[tuple[str, str, str]]] = {}
    views: dict[tuple[str, str, str], set[str]] = {}
    for item in outcome.sighted:
        url = _key(item.url)
        seen.setdefault(url, set()).add((item.category, item.vector, item.confidence))
        if item.confidence == "confirmed":
            views.setdefault((url, item.category, item.vector), set()).add(item.view)
    guilty: set[str] = set()
    for planted in truth["violations"]:
        urls = {_key(url) for url in (planted["url"], *planted["urls"])}
        guilty |= urls
        signs = {sign for url in urls for sign in seen.get(url, ())}
        is_found = (planted["category"], planted["vector"], "confirmed") in signs
        verdict.count(planted["vector"], is_found)
        if not is_found:
            told = ", ".join(sorted("/".join(sign) for sign in signs)) or "nothing"
            wanted = f"{planted['category']}/{planted['vector']}"
            verdict.missed.append(f"{planted['url']} ({planted['form']}): expected {wanted}, found {told}")
        if planted.get("views"):
            signs_in = (views.get((url, planted["category"], planted["vector"]), set()) for url in urls)
            _views(verdict, planted, set().union(*signs_in))
    innocent = {_key(item["url"]): item for item in truth["lookalikes"]}
    verdict.lookalikes = len(innocent)
    for url, item in innocent.items():
        levels = {confidence for _, _, confidence in seen.get(url, ())}
        if "confirmed" in levels:
            verdict.flagged.append(f"{item['url']} ({item['form']})")
        elif levels and item.get("cloaking"):
            verdict.restless.append(f"{item['url']} ({item['form']})")
        elif levels:
            verdict.suspected += 1
    for item in outcome.sighted:
        if item.confidence == "confirmed" and _key(item.url) not in guilty | set(innocent):
            verdict.strays.append(f"{item.url}: {item.category}/{item.vector} by {item.rule}")


def _views(verdict: Verdict, planted: Mapping[str, Any], seen: set[str]) -> None:
    """Not everybody is shown this one: it has to be sighted in a view that shows it, and in no other.

    ``repeat`` is ``plain`` once more, and where only its second answer differs the truth says so.
    """
    shown = set(planted["views"])
    allowed = shown | set(planted.get("may", ())) | ({"repeat"} if "plain" in shown else set())
    faults = []
    if not seen & shown:
        faults.append(f"not seen in {', '.join(sorted(shown))}")
    if seen - allowed:
        faults.append(f"seen in {', '.join(sorted(seen - allowed))}, which do not show it")
    verdict.viewed[0] += not faults
    verdict.viewed[1] += 1
    if faults:
        verdict.misviewed.append(f"{planted['url']} ({planted['form']}): {'; '.join(faults)}")


def _hosts(verdict: Verdict, outcome: Outcome, ends: list[Mapping[str, Any]]) -> None:
    verdict.hosts = len(ends)
    for end in ends:
        faults = list(_faults(outcome, end))
        if faults:
            verdict.differing.append(f"{end['host']}: {'; '.join(faults)}")


def _faults(outcome: Outcome, end: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the end of one host: its state and cause, what it skipped, how much it stored."""
    host = end["host"]
    state, cause = outcome.reviews.get(host, ("not in the run", ""))
    if state != end["state"] or end["cause"].lower() not in cause.lower():
        wanted = f"{end['state']} ({end['cause']})" if end["cause"] else end["state"]
        yield f"expected {wanted}, ended {state} ({cause})"
    counted = outcome.skipped.get(host, {})
    for name, least in end.get("skipped", ()):
        if counted.get(name, 0) < least:
            yield f"expected {least} URLs skipped as {name}, counted {counted.get(name, 0)}"
    stored = len(outcome.stored.get(host, ()))
    if end.get("most") and stored > end["most"]:
        yield f"expected at most {end['most']} pages, stored {stored}"


def _pages(verdict: Verdict, outcome: Outcome, pages: Mapping[str, Mapping[str, Any]]) -> None:
    for host, wanted in pages.items():
        spell = str.lower if wanted.get("caseless") else str
        stored = {_key(spell(url)) for url in outcome.stored.get(host, ())}
        for path in wanted["stored"]:
            url = f"http://{host}{path}"
            if _key(spell(url)) not in stored and not any(re.search(text, path) for text, _ in wanted["optional"]):
                verdict.unreached.append(url)
