"""A rule as it is decided on: frozen, checked when it was read."""

import hashlib
import json
from dataclasses import dataclass

from pipelines.engine.condition import Condition

# What the engine makes of a rule; raise it when the same rules decide otherwise.
SEMANTICS = 1

CATEGORIES = (
    "gambling",
    "adult",
    "loans",
    "forged_papers",
    "drugs",
    "weapons",
    "counterfeit",
    "superstition",
    "piracy",
    "spam_foreign",
    "malware",
    "compromise",
)
VECTORS = ("planted", "posted", "redirected", "linked", "derive")
SEVERITIES = ("critical", "high", "medium", "low", "info")
STATUSES = ("shadow", "active", "retired")
# Independent kinds of evidence; "context" never speaks for a finding, it only spares one.
FAMILIES = ("behaviour", "brand", "placement", "subject", "offer", "links", "structure", "context")
MATCHERS = ("terms", "regex", "domains", "standing", "count", "ratio", "selector", "script")
# What other pages said of a destination: it came in a burst of new ones, is only ever hidden, or pages of other units
# with offences of a category lead to it.
STANDINGS = ("burst", "buried", *CATEGORIES)
# natural: right accents or none; exact: the accented form only; folded: any accents; disguised: written to hide.
FORMS = ("natural", "exact", "folded", "disguised")


@dataclass(frozen=True, slots=True)
class Near:
    """A hit of another signal in the same piece, at most so many words away."""

    signal: "Signal"
    words: int


@dataclass(frozen=True, slots=True)
class Signal:
    """What is sought where. ``values`` are the terms, patterns, list categories, standings, selectors or alphabets of
    ``matcher``."""

    name: str
    family: str
    parts: tuple[str, ...]
    matcher: str
    values: tuple[str, ...] = ()
    form: str = "natural"
    word: bool = True
    distinct: int = 1  # different values or spellings
    times: int = 1  # hits, letters of an alphabet, or pieces counted
    share: int = 0  # percent of the pieces of these parts
    hosts: int = 0  # different destination hosts among the hits
    density: int = 0  # hits a thousand words
    near: Near | None = None
    apart: Near | None = None  # the opposite: hits with the other one that near do not count
    hidden: bool | None = None
    external: bool | None = None
    reasons: tuple[str, ...] = ()  # why the piece is hidden
    zones: tuple[str, ...] = ()
    decisive: bool = False

    def essence(self) -> list[object]:
        """What decides, for digests."""
        near, apart = ([way.signal.essence(), way.words] if way else None for way in (self.near, self.apart))
        fields = (
            self.family, self.parts, self.matcher, sorted(self.values), self.form, self.word, self.distinct, self.times,
            self.hosts, self.density, near, apart, self.hidden, self.external, self.zones, self.reasons, self.decisive,
        )  # fmt: skip
        return [*fields, self.share] if self.share else list(fields)


@dataclass(frozen=True, slots=True)
class Example:
    """A document that a rule must, or must not, find: ``kind`` is text or html; ``known`` what the store would say of
    destinations, as (host, standings)."""

    kind: str
    content: str
    line: int
    url: str = ""
    confidence: str = ""
    vector: str = ""
    known: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``signals`` holds those that its conditions name, by name."""

    id: str
    file: str
    line: int
    title_vi: str
    title_en: str
    category: str
    vector: str
    severity: str
    status: str
    basis: str
    remedy: str
    falsepositives: tuple[str, ...]
    when: Condition
    unless: Condition | None
    signals: tuple[Signal, ...]
    positive: tuple[Example, ...]
    negative: tuple[Example, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of what decides: words for people and examples may change without judging anew."""
        essence = [
            SEMANTICS, self.id, self.category, self.vector, self.severity, self.status,
            _plain(self.when), _plain(self.unless), [[s.name, s.essence()] for s in self.signals],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(essence, ensure_ascii=True).encode()).hexdigest()


def _plain(condition: Condition | None) -> list[object] | None:
    if condition is None:
        return None
    return [condition.op, condition.names, [_plain(part) for part in condition.parts], condition.least]
