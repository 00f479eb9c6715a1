"""What goes into the engine and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# The parts that rules may name. Those of DERIVED the engine makes itself out of the others.
GIVEN = (
    "title",
    "meta",
    "heading",
    "text",
    "anchor",
    "alt",
    "form",
    "document",
    "script",
    "style",
    "comment",
    "tail",
    "hidden",
    "header",
    "redirect",
)
DERIVED = ("url", "path", "query", "link.target", "link.host", "redirect.host")
PARTS = GIVEN + DERIVED

# Scopes: a rule is decided in each alone, so that honest words in one cannot spare another.
PAGE, POSTED, HIDDEN, REDIRECTED = "page", "posted", "hidden", "redirected"
SCOPES = (PAGE, POSTED, HIDDEN, REDIRECTED)


@dataclass(slots=True)
class Piece:
    """A piece of a document: its part, its text as written, and its place.

    ``target`` is the destination of an anchor or redirect; ``hidden`` the reason why nobody sees it.
    """

    part: str
    text: str
    region: str = ""
    where: str = ""
    hidden: str = ""
    target: str = ""


@dataclass(slots=True)
class Document:
    """One page or text. Without ``host`` every absolute link counts as external; ``kind`` is html or text.

    ``known`` is what other pages said of destinations: host → standings (``rule.STANDINGS``).
    """

    url: str | None
    host: str
    kind: str
    pieces: list[Piece] = field(default_factory=list)
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of evidence: what stands there (at most 200 characters), in which part, where, leading where to."""

    part: str
    quote: str
    where: str = ""
    target: str = ""
    region: str = ""
    signal: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fired in one scope of a document; ``region`` is that of its strongest evidence."""

    rule: str
    category: str
    vector: str
    severity: str
    confidence: str
    scope: str
    region: str
    evidence: tuple[Quote, ...]
    keys: tuple[str, ...]
    families: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All matches of a document, strongest first, and the ids of shadow rules that would have fired."""

    matches: tuple[Match, ...] = ()
    shadow: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """``confirmed``, ``suspected`` or ``clean``."""
        return self.matches[0].confidence if self.matches else "clean"
