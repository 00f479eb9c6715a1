"""Holds what a run left in the store against the province's planted truth."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.errors import InvalidUrl
from crawler.store.outcome import Outcome
from crawler.urls import digest, parse


@dataclass(slots=True)
class Verdict:
    """What was right and what was not, each fault as one line; ``suspected`` are look-alikes only suspected.

    ``vectors`` holds truths found and truths in all by vector.
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
    vectors: dict[str, list[int]] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """True when nothing was missed, nobody was blamed and every host ended as it should."""
        return not (self.missed or self.flagged or self.strays or self.differing or self.unreached)


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
    for item in outcome.sighted:
        seen.setdefault(_key(item.url), set()).add((item.category, item.vector, item.confidence))
    guilty: set[str] = set()
    for planted in truth["violations"]:
        urls = {_key(url) for url in (planted["url"], *planted["urls"])}
        guilty |= urls
        verdict.truths += 1
        counts = verdict.vectors.setdefault(planted["vector"], [0, 0])
        counts[1] += 1
        signs = {sign for url in urls for sign in seen.get(url, ())}
        if (planted["category"], planted["vector"], "confirmed") in signs:
            verdict.found += 1
            counts[0] += 1
        else:
            told = ", ".join(sorted("/".join(sign) for sign in signs)) or "nothing"
            wanted = f"{planted['category']}/{planted['vector']}"
            verdict.missed.append(f"{planted['url']} ({planted['form']}): expected {wanted}, found {told}")
    innocent = {_key(item["url"]): item for item in truth["lookalikes"]}
    verdict.lookalikes = len(innocent)
    for url, item in innocent.items():
        levels = {confidence for _, _, confidence in seen.get(url, ())}
        if "confirmed" in levels:
            verdict.flagged.append(f"{item['url']} ({item['form']})")
        elif levels:
            verdict.suspected += 1
    for item in outcome.sighted:
        if item.confidence == "confirmed" and _key(item.url) not in guilty | set(innocent):
            verdict.strays.append(f"{item.url}: {item.category}/{item.vector} by {item.rule}")


def _hosts(verdict: Verdict, outcome: Outcome, ends: list[Mapping[str, str]]) -> None:
    verdict.hosts = len(ends)
    for end in ends:
        state, cause = outcome.reviews.get(end["host"], ("not in the run", ""))
        if state != end["state"] or end["cause"].lower() not in cause.lower():
            wanted = f"{end['state']} ({end['cause']})" if end["cause"] else end["state"]
            verdict.differing.append(f"{end['host']}: expected {wanted}, ended {state} ({cause})")


def _pages(verdict: Verdict, outcome: Outcome, pages: Mapping[str, Mapping[str, Any]]) -> None:
    for host, wanted in pages.items():
        stored = {_key(url) for url in outcome.stored.get(host, ())}
        for path in wanted["stored"]:
            url = f"http://{host}{path}"
            if _key(url) not in stored and not any(re.search(text, path) for text, _ in wanted["optional"]):
                verdict.unreached.append(url)
