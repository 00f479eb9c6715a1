"""``when`` and ``unless``: a boolean over signal names.

a and (b or c) and not d
2 of brand_*            any of (x, y)            all of offer_*
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

TOKEN = re.compile(r"\s*(?:([a-z][a-z0-9_]*\*?|\*)|([0-9]{1,3})|([(),])|(\S))")
WORDS = frozenset({"and", "or", "not", "of", "any", "all"})
MAX_DEPTH = 30


class BadCondition(ValueError):
    """Raised by ``parse`` with a text for the rule's author."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One node: ``op`` is name, and, or, not, or of; ``names`` for name and of, ``parts`` for the others."""

    op: str
    names: tuple[str, ...] = ()
    parts: tuple["Condition", ...] = ()
    least: int = 0

    def holds(self, fired: frozenset[str] | set[str]) -> bool:
        if self.op == "name":
            return self.names[0] in fired
        if self.op == "of":
            return sum(name in fired for name in self.names) >= self.least
        if self.op == "not":
            return not self.parts[0].holds(fired)
        test = all if self.op == "and" else any
        return test(part.holds(fired) for part in self.parts)

    def decides(self, fires: Callable[[str], bool]) -> bool:
        """As ``holds``, asking for no more signals than it needs."""
        if self.op == "name":
            return fires(self.names[0])
        if self.op == "of":
            return sum(map(fires, self.names)) >= self.least
        if self.op == "not":
            return not self.parts[0].decides(fires)
        test = all if self.op == "and" else any
        return test(part.decides(fires) for part in self.parts)

    def possible(self, candidates: set[str]) -> bool:
        """Whether it can hold when no signal outside ``candidates`` fires: negations count as true."""
        if self.op == "not":
            return True
        if self.op in ("and", "or"):
            test = all if self.op == "and" else any
            return test(part.possible(candidates) for part in self.parts)
        return self.holds(candidates)

    def positive(self, negated: bool = False) -> frozenset[str]:
        """The names that speak for the condition; those under ``not`` do not."""
        if self.op in ("name", "of"):
            return frozenset() if negated else frozenset(self.names)
        flip = negated != (self.op == "not")
        return frozenset().union(*(part.positive(flip) for part in self.parts))

    def all_names(self) -> frozenset[str]:
        return frozenset(self.names).union(*(part.all_names() for part in self.parts))


def parse(text: str, known: frozenset[str]) -> Condition:
    """The condition of a text over the names that exist; raises BadCondition."""
    parser = _Parser(_tokens(text), known)
    condition = parser.either(0)
    if parser.peek():
        raise BadCondition(f"{parser.peek()!r} is too much; between two signals stands and, or")
    return condition


def _tokens(text: str) -> list[str]:
    tokens = []
    for match in TOKEN.finditer(text):
        if match[4]:
            raise BadCondition(
                f"{text[match.start() :].strip()[:20]!r} has no meaning here; names of signals do, and, or, not, ( )"
            )
        tokens.append(match[1] or match[2] or match[3])
    return tokens


class _Parser:
    """Recursive descent: or binds weaker than and, and weaker than not."""

    def __init__(self, tokens: list[str], known: frozenset[str]) -> None:
        self.tokens, self.known, self.at = tokens, known, 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise BadCondition(f"expected {wanted or 'a signal'}, found {token or 'the end'}")
        self.at += 1
        return token

    def either(self, depth: int) -> Condition:
        return self._chain("or", depth)

    def _chain(self, word: str, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise BadCondition("nested too deeply")
        read = self.single if word == "and" else lambda level: self._chain("and", level)
        parts = [read(depth + 1)]
        while self.peek() == word:
            self.take()
            parts.append(read(depth + 1))
        return parts[0] if len(parts) == 1 else Condition(word, parts=tuple(parts))

    def single(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise BadCondition("nested too deeply")
        first = self.take()
        if first == "not":
            return Condition("not", parts=(self.single(depth + 1),))
        if first == "(":
            inner = self.either(depth + 1)
            self.take(")")
            return inner
        if first in ("any", "all") or first.isdecimal():
            return self._several(first)
        return Condition("name", names=(self._name(first),))

    def _several(self, token: str) -> Condition:
        self.take("of")
        names: list[str] = []
        if self.peek() == "(":
            self.take()
            names += self._pattern(self.take())
            while self.peek() == ",":
                self.take()
                names += self._pattern(self.take())
            self.take(")")
        else:
            names += self._pattern(self.take())
        names = sorted(set(names))
        least = {"any": 1, "all": len(names)}.get(token) or int(token)
        if not 1 <= least <= len(names):
            raise BadCondition(f"{token} of {len(names)} signals cannot be")
        return Condition("of", names=tuple(names), least=least)

    def _pattern(self, token: str) -> list[str]:
        if not token.endswith("*"):
            return [self._name(token)]
        found = [name for name in sorted(self.known) if fnmatchcase(name, token)]
        if not found:
            raise BadCondition(f"no signal is called {token}")
        return found

    def _name(self, token: str) -> str:
        if token in WORDS or token not in self.known:
            raise BadCondition(f"no signal is called {token!r}")
        return token
