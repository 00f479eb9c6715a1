"""Where a page leads by itself is judged too: a neutral name on the way does not make a betting house honest."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from crawler.items import Evidence, Landing, Page, Violation
from crawler.urls import shape
from pipelines.engine import Engine, Match
from pipelines.engine.evidence import address_keys
from pipelines.judge import Judge, html_document

WORDS = {
    "load": "opened by the page itself",
    "delay": "opened by the page after a delay",
    "click": "opened by a click on an empty part of the page",
    "popup": "opened in another window",
    "frame": "shown in a frame",
    "hidden_frame": "in a frame that nobody sees",
}
VECTORS = {"frame": "linked", "hidden_frame": "planted"}
"""What stands in a frame comes from elsewhere, and the page stays; everything else leads the visitor away."""
MOST = 5
"""Landing pages of one page that are judged."""
_CHAIN = 300


def judge_wholly(judge: Judge, page: Page, known: Mapping[str, frozenset[str]] | None = None) -> None:
    """Give a page its violations, those of its landing pages too; ``known`` as for ``Judge``."""
    judge(page, known)
    page.violations += landing_violations(page, judge.engine)


def landing_violations(page: Page, engine: Engine) -> list[Violation]:
    """What the rules find on the landing pages of a page, as offences of the page that leads there.

    One for each category and way; its place is the shape of the page's address, as for every redirect. The landings get
    their ``verdict`` and ``category``.
    """
    found: dict[tuple[str, str], Violation] = {}
    for landing in page.landings[:MOST]:
        verdict = engine.verdict(html_document(landing.body, landing.url))
        if landing.body:
            landing.verdict, landing.category = verdict.word, verdict.matches[0].category if verdict.matches else ""
        for match in verdict.matches:
            key = (match.category, VECTORS.get(landing.cause, "redirected"))
            known = found.get(key)
            if known is None or (known.confidence, match.confidence) == ("suspected", "confirmed"):
                found[key] = _violation(page, landing, match)
    return list(found.values())


def _violation(page: Page, landing: Landing, match: Match) -> Violation:
    cause = WORDS.get(landing.cause, landing.cause)
    chain = " → ".join(urlsplit(url).netloc for url in landing.chain or [landing.url])[:_CHAIN]
    evidence = [Evidence("redirect", chain, cause, landing.url)]
    evidence += [
        Evidence(quote.part, quote.quote, f"landing page, {quote.where}", landing.url) for quote in match.evidence[:3]
    ]
    keys = [key for url in (*landing.chain, landing.url) for key in address_keys(url)]
    return Violation(
        rule=match.rule,
        category=match.category,
        vector=VECTORS.get(landing.cause, "redirected"),
        severity=match.severity,
        confidence=match.confidence,
        place=f"shape:{shape(page.url)}",
        evidence=evidence,
        keys=list(dict.fromkeys([*keys, *match.keys]))[:12],
    )
