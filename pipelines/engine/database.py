"""The hyperscan databases of a part: all phrases and patterns of all rules, two passes over the folded bytes.

Phrases are compiled as pure literals, which is some forty times faster to compile than with word boundaries; the
boundaries are looked at around each hit. Patterns need start offsets and have a database of their own. Phrases
outside the Latin alphabet cannot be folded; they are sought in the original by one alternation, and only in texts
that have such letters at all.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import Any

import hyperscan

from pipelines.engine import kept
from pipelines.engine.normal import fold

FLAGS = hyperscan.HS_FLAG_SOM_LEFTMOST | hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_MULTILINE
MAX_HITS = 500  # a pattern and part: more prove nothing more, and one flooded word must not hide another
GAPS = (" ", "-", ".")  # between the words of a phrase, one and the same
GAPS_IN_URLS = ("", *GAPS, "+")


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """What is sought: ``kind`` is term or regex; ``word`` whether it must stand as whole words."""

    kind: str
    text: str
    word: bool = True

    @property
    def foreign(self) -> bool:
        """Whether it cannot be folded to ASCII."""
        return self.kind == "term" and sum(map(str.isalnum, fold(self.text))) < sum(map(str.isalnum, self.text))

    def expression(self) -> str:
        """The hyperscan expression of a regex over folded bytes."""
        return _plain_letters(self.text)

    @property
    def accented(self) -> re.Pattern[str] | None:
        """What a regex written with accents means by them; None when it is written without."""
        return None if self.kind != "regex" or self.text.isascii() else _with_accents(self.text)

    def literals(self, gaps: tuple[str, ...]) -> list[str]:
        """The folded forms of a phrase."""
        words = fold(self.text).split()
        return list(dict.fromkeys(gap.join(words) for gap in gaps)) if words else []


def _plain_letters(text: str) -> str:
    """Diacritics off, everything else as it is: ``\\S`` and ``\\s`` must stay apart."""
    return "".join(letter if letter.isascii() else (fold(letter) or letter) for letter in text)


@lru_cache(maxsize=4096)
def _with_accents(text: str) -> re.Pattern[str]:
    """Each accented letter stands for itself or its bare form, as in terms."""
    made, inside = [], False
    for letter in unicodedata.normalize("NFC", text):
        inside = (inside or letter == "[") and letter != "]"
        both = letter if letter.isascii() else letter + (fold(letter) or letter)
        made.append(both if letter.isascii() or inside else f"[{both}]")
    return re.compile("".join(made), re.IGNORECASE)


@lru_cache(maxsize=4096)
def complaint(pattern: Pattern) -> str:
    """Why hyperscan refuses a pattern, or nothing."""
    expression = pattern.expression()
    if not expression.isascii():
        return "a regex can hold Latin letters only; use terms for others"
    if not expression:
        return "nothing is left of it when accents and signs are taken off"
    try:
        _ = pattern.accented
    except re.error as error:
        return f"not a regex: {error}"
    name = kept.name_of([expression], [0], FLAGS)
    if kept.is_sound(name):
        return ""
    try:
        hyperscan.Database().compile(expressions=[expression.encode()], ids=[0], flags=[FLAGS])
    except hyperscan.error as error:
        return f"not a regex of the permitted kind: {_reason(error)}"
    kept.note_sound(name)
    return ""


def _reason(error: Exception) -> str:
    text = next((str(arg) for arg in error.args if isinstance(arg, str | bytes)), str(error))
    return " ".join(text.split())[:160]


class Database:
    """Compiled patterns. A hit is (number of the pattern, start, end) over the folded bytes."""

    def __init__(self, patterns: tuple[Pattern, ...], urls: bool = False) -> None:
        self.patterns = patterns
        self._lock = Lock()  # a scratch serves one thread at a time
        numbered = list(enumerate(patterns))
        gaps = GAPS_IN_URLS if urls else GAPS
        # (pattern, length, whole words) of each literal
        self._literals: list[tuple[int, int, bool]] = []
        texts: list[str] = []
        for number, pattern in numbered:
            if pattern.kind == "term" and not pattern.foreign:
                forms = pattern.literals(gaps)
                texts += forms
                self._literals += [(number, len(form), pattern.word) for form in forms]
        self._words = _compile([re.escape(text) for text in texts], list(range(len(texts))), 0)
        regexes = [(number, pattern.expression()) for number, pattern in numbered if pattern.kind == "regex"]
        self._regexes = _compile([text for _, text in regexes], [number for number, _ in regexes], FLAGS)
        self._names = {p.text.lower(): number for number, p in numbered if p.foreign}
        # The longest first, as the alternation takes the first that fits.
        names = sorted(self._names, key=lambda name: (-len(name), name))
        self._foreign = re.compile("|".join(map(re.escape, names))) if names else None

    def scan(self, data: bytes) -> list[tuple[int, int, int]]:
        """All hits; of several ends for one start the longest."""
        hits = self.scan_words(data)
        if self._regexes is not None:
            hits += self._scan_regexes(data)
        return hits

    def scan_words(self, data: bytes) -> list[tuple[int, int, int]]:
        """The hits of phrases alone."""
        if self._words is None:
            return []
        literals, counts, hits = self._literals, [0] * len(self._literals), []

        def found(literal: int, _start: int, end: int, _flags: int, _context: object) -> None:
            number, length, word = literals[literal]
            start = end - length
            if word and ((start and chr(data[start - 1]).isalnum()) or chr(data[end]).isalnum()):
                return
            counts[literal] += 1
            if counts[literal] <= MAX_HITS:
                hits.append((number, start, end))

        data += b"\n"  # spares the callback a look at the length
        self._run(self._words, data, found)
        return hits

    def _scan_regexes(self, data: bytes) -> list[tuple[int, int, int]]:
        ends: dict[tuple[int, int], int] = {}
        counts: dict[int, int] = {}

        def found(number: int, start: int, end: int, _flags: int, _context: object) -> None:
            if (number, start) not in ends:
                counts[number] = counts.get(number, 0) + 1
                if counts[number] > MAX_HITS:
                    return
            ends[(number, start)] = end

        self._run(self._regexes, data, found)
        return [(number, start, end) for (number, start), end in ends.items()]

    def _run(self, database: Any, data: bytes, found: Any) -> None:
        with self._lock:
            database.scan(data, match_event_handler=found)

    def scan_foreign(self, text: str) -> list[tuple[int, int, int]]:
        """Hits of phrases in other alphabets, over the original text."""
        if self._foreign is None:
            return []
        lower = text.lower()
        found = islice(self._foreign.finditer(lower if len(lower) == len(text) else text), MAX_HITS)
        return [(self._names[match[0]], match.start(), match.end()) for match in found]


def _compile(expressions: list[str], ids: list[int], flags: int) -> Any:
    """A compiled database, or None when there is nothing to seek."""
    if not expressions:
        return None
    name = kept.name_of(expressions, ids, flags)
    if (known := kept.recall(name)) is not None:
        return known
    database = hyperscan.Database()
    database.compile(expressions=[text.encode() for text in expressions], ids=ids, flags=[flags] * len(ids))
    kept.keep(name, database)
    return database
