"""Between the crawler's pages and the engine's documents."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler.items import Evidence, Page, Violation
from crawler.page import extract, legacy
from crawler.urls import host_of, shape
from pipelines.engine import Document, Engine, Match, Piece, Ruleset, Verdict, kept
from pipelines.engine.document import HIDDEN, POSTED

# Relative references of a page without an address lead nowhere; all others lead off it.
NOWHERE = "document.invalid"
DECODED = "decoded"  # why nobody sees where a script leads
# What a visitor may be led to; style sheets, feeds and the like are references of the machine.
LED_TO = frozenset({"a", "area", "frame", "iframe"})
# Addresses as people write them into plain text.
ADDRESS = re.compile(
    r"https?://[^\s<>\"')\]}]{3,500}|(?<![\w@.-])(?:[a-z0-9-]{2,40}\.){1,3}"
    r"(?:com|net|org|info|vip|win|bet|club|live|top|xyz|pro|fun|site|online|app|io|co|me|cc|link|asia|vn|club|dev)\b(?![\w@])",
    re.IGNORECASE,
)
MAX_ADDRESSES = 500
DOCUMENT = "document"
"""The region of everything in a document."""


def document(page: Page) -> Document:
    """The engine's document of a page."""
    pieces = [Piece(block.part, block.text, block.region, block.where, block.hidden) for block in page.blocks]
    if page.title and not any(piece.part == "title" for piece in pieces):
        pieces.append(Piece("title", page.title, where="title"))
    pieces += [
        Piece(
            "anchor", link.text, link.region, "link" if link.kind in ("a", "area") else link.kind, link.hidden, link.url
        )
        for link in page.links
        if link.kind in LED_TO
    ]
    pieces += [
        Piece(
            "redirect",
            redirect.url,
            where=redirect.where or redirect.kind,
            hidden=DECODED if redirect.where.endswith(DECODED) else "",
            target=redirect.url,
        )
        for redirect in page.redirects
    ]
    return Document(page.url, page.host, "html", pieces)


def html_document(body: bytes, url: str = "", content_type: str = "text/html") -> Document:
    """The engine's document of an HTML page; without ``url`` every absolute link counts as external."""
    address = url or f"http://{NOWHERE}/"
    page = extract(
        url=address,
        status=200,
        headers=[("Content-Type", content_type)],
        body=body,
        fetched=datetime.now(UTC),
        host=host_of(address),
    )
    made = document(page)
    return made if url else replace(made, url=None)


def text_document(content: str, url: str = "") -> Document:
    """The document of a bare text: its words, and the addresses written in it as links."""
    pieces = [Piece("text", legacy.modern(content, legacy.kind_of(content)), where="text")]
    for number, match in enumerate(ADDRESS.finditer(content[:1_000_000])):
        if number >= MAX_ADDRESSES:
            break
        target = match[0] if "://" in match[0] else f"http://{match[0]}/"
        pieces.append(Piece("anchor", "", where="text", target=target))
    return Document(url or None, _host(url), "text", pieces)


class Judge:
    """Judges pages by an engine. It can be sent to another process, which then compiles the same rules."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __reduce__(self) -> tuple[Callable[[Ruleset, Path | None], "Judge"], tuple[Ruleset, Path | None]]:
        return _judge_elsewhere, (self.engine.ruleset, kept.folder())

    def __call__(self, page: Page, known: Mapping[str, frozenset[str]] | None = None) -> None:
        """Give a page its violations and the digests of what judged it, unless these rules have done so.

        With ``known`` (destination → standings) it is judged again, by what other pages say of its destinations too.
        """
        ruleset = self.engine.ruleset
        if not known and (page.ruleset, page.lists) == (ruleset.digest, ruleset.lists_digest):
            return
        seen = document(page)
        seen.known = known or {}
        verdict = self.engine.verdict(seen)
        page.violations, page.shadow = found(page, verdict), list(verdict.shadow)
        page.ruleset, page.lists, page.known = ruleset.digest, ruleset.lists_digest, dict(known or {})


def destinations(page: Page) -> set[str]:
    """The hosts off the site that links and redirects of a page lead to."""
    own = (f"http://{page.host}/", f"https://{page.host}/")
    found = {link.url.split("/", 3)[2] for link in page.links if link.kind in LED_TO and not link.url.startswith(own)}
    found.update(step.url.split("/", 3)[2] for step in page.redirects if step.url.count("/") > 1)
    found.discard(page.host)
    return found


def _judge_elsewhere(ruleset: Ruleset, folder: Path | None) -> Judge:
    kept.keep_in(folder)
    return Judge(Engine(ruleset))


def violations(page: Page, engine: Engine) -> list[Violation]:
    """What the active rules find on a page, strongest first."""
    return found(page, engine.verdict(document(page)))


def found(page: Page, verdict: Verdict) -> list[Violation]:
    """The violations of a verdict, with their places on the site."""
    return [
        Violation(
            rule=match.rule,
            category=match.category,
            vector=match.vector,
            severity=match.severity,
            confidence=match.confidence,
            place=place(page.url, match),
            evidence=[Evidence(quote.part, quote.quote, quote.where, quote.target) for quote in match.evidence],
            keys=list(match.keys),
        )
        for match in verdict.matches
    ]


def place(url: str, match: Match) -> str:
    """Where on the site a match belongs, the same on every page of one kit or template.

    Links, hidden and posted things belong to a region of the template; doorways and redirects to a shape of address,
    and so does everything in documents, which have no template.
    """
    if match.region != DOCUMENT and (match.vector == "linked" or match.scope in (HIDDEN, POSTED)):
        return f"region:{match.region}"
    return f"shape:{shape(url)}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "") if url else ""
    except ValueError:
        return ""
