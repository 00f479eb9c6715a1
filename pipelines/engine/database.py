"""One hyperscan database per part: all phrases and patterns of all rules in one pass.

Phrases outside the Latin alphabet cannot be folded; they are sought in the original by one alternation, and only in
texts that have such letters at all.
"""

import re
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

import hyperscan

from pipelines.engine.normal import fold

FLAGS = hyperscan.HS_FLAG_SOM_LEFTMOST | hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_MULTILINE
MAX_HITS = 500  # a pattern and part: more prove nothing more, and one flooded word must not hide another
GAP = "[ ._+-]{1,3}"
GAP_IN_URLS = "[ ._+-]{0,3}"


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """What is sought: ``kind`` is term or regex; ``word`` whether it must stand as whole words."""

    kind: str
    text: str
    word: bool = True

    @property
    def foreign(self) -> bool:
        """Whether it cannot be folded to ASCII."""
        return self.kind == "term" and sum(map(str.isalnum, fold(self.text))) < sum(
            map(str.isalnum, self.text)
        )

    def expression(self, urls: bool) -> str:
        """The hyperscan expression over folded bytes."""
        if self.kind == "regex":
            return _plain_letters(self.text)
        gap = GAP_IN_URLS if urls else GAP
        inner = gap.join(re.escape(word) for word in fold(self.text).split())
        if not self.word:
            return inner
        left = r"\b" if inner[:1].isalnum() else ""
        return f"{left}{inner}\\b" if inner[-1:].isalnum() else f"{left}{inner}"


def _plain_letters(text: str) -> str:
    """Diacritics off, everything else as it is: ``\\S`` and ``\\s`` must stay apart."""
    return "".join(letter if letter.isascii() else (fold(letter) or letter) for letter in text)


def complaint(pattern: Pattern) -> str:
    """Why hyperscan refuses a pattern, or nothing."""
    expression = pattern.expression(urls=False)
    if not expression.isascii():
        return "a regex can hold Latin letters only; use terms for others"
    if not expression:
        return "nothing is left of it when accents and signs are taken off"
    try:
        hyperscan.Database().compile(expressions=[expression.encode()], ids=[0], flags=[FLAGS])
    except hyperscan.error as error:
        return f"not a regex of the permitted kind: {_reason(error)}"
    return ""


def _reason(error: Exception) -> str:
    text = next((str(arg) for arg in error.args if isinstance(arg, str | bytes)), str(error))
    return " ".join(text.split())[:160]


@dataclass(slots=True)
class Database:
    """The compiled patterns of a part. A hit is (number of the pattern, start, end) over the folded bytes."""

    patterns: tuple[Pattern, ...]
    urls: bool = False
    _database: "hyperscan.Database | None" = field(default=None, init=False)
    _foreign: "re.Pattern[str] | None" = field(default=None, init=False)
    _names: dict[str, int] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        latin = [(number, p) for number, p in enumerate(self.patterns) if not p.foreign]
        if latin:
            self._database = hyperscan.Database()
            self._database.compile(
                expressions=[p.expression(self.urls).encode() for _, p in latin],
                ids=[number for number, _ in latin],
                flags=[FLAGS] * len(latin),
            )
        self._names = {p.text.lower(): number for number, p in enumerate(self.patterns) if p.foreign}
        if self._names:
            # The longest first, as the alternation takes the first that fits.
            names = sorted(self._names, key=lambda name: (-len(name), name))
            self._foreign = re.compile("|".join(map(re.escape, names)))

    def scan(self, data: bytes) -> list[tuple[int, int, int]]:
        """All hits, by place; of several ends for one start the longest."""
        if self._database is None:
            return []
        ends: dict[tuple[int, int], int] = {}
        counts: dict[int, int] = {}

        def found(number: int, start: int, end: int, _flags: int, _context: object) -> None:
            if (number, start) not in ends:
                counts[number] = counts.get(number, 0) + 1
                if counts[number] > MAX_HITS:
                    return
            ends[(number, start)] = end

        with self._lock:
            self._database.scan(data, match_event_handler=found)
        return [(number, start, end) for (number, start), end in ends.items()]

    def scan_foreign(self, text: str) -> list[tuple[int, int, int]]:
        """Hits of phrases in other alphabets, over the original text."""
        if self._foreign is None:
            return []
        lower = text.lower()
        found = islice(self._foreign.finditer(lower if len(lower) == len(text) else text), MAX_HITS)
        return [(self._names[match[0]], match.start(), match.end()) for match in found]
