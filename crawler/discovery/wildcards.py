"""What a zone answers for names that cannot exist, by record type, and whether an answer is more than that; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

import dns.name

from crawler.discovery.messages import Said

Judgement = Literal["absent", "present", "same", "unknown"]
"""``same``: answered like a name that cannot exist, so DNS cannot tell; only a visit or zone data can."""

FIRST_CANARIES = 3
CANARIES = 10
"""Names asked of every parent: a few, and more where one of them is answered."""
KINDS = ("A", "AAAA", "TXT", "MX")
MAX_SURPRISES = 3
"""Later canaries that answer unlike all before; after them the parent's answers mean nothing."""
NO_DATA = frozenset(("",))


def canary(parent: dns.name.Name, dice: Random) -> dns.name.Name:
    """A name below ``parent`` that nobody can have meant."""
    letters = "".join(dice.choice("bcdfghjklmnpqrstvwxz0123456789") for _ in range(14))
    return dns.name.Name((f"q{letters}".encode(), *parent.labels))


@dataclass(slots=True)
class Table:
    """One parent's wildcard by type: the values that canaries were answered with.

    An empty table means that there is none. ``lies`` is set when later canaries went on surprising.
    """

    pools: dict[str, set[str]] = field(default_factory=dict)
    asked: int = 0
    surprises: int = 0

    def learn(self, kind: str, said: Said | None) -> None:
        """Note what a canary was answered."""
        self.asked += 1
        if said is not None and said.exists:
            self.pools.setdefault(kind, set()).update(values(said, kind))

    @property
    def is_wild(self) -> bool:
        """Whether names that cannot exist are answered."""
        return bool(self.pools)

    @property
    def lies(self) -> bool:
        return self.surprises > MAX_SURPRISES

    def judge(self, name: dns.name.Name, kind: str, said: Said | None) -> Judgement:
        """What the answer for a guess says about the name itself."""
        if said is None or said.exists is None:
            return "unknown"
        if not said.exists:
            return "absent"
        if not self.is_wild:
            return "present"
        if said.labels is not None:  # a signed answer tells by itself whether it was made of a wildcard
            return "present" if said.labels >= len(name) - 1 else "same"
        found = values(said, kind)
        return "same" if found <= self.pools.get(kind, NO_DATA) else "present"


def values(said: Said, kind: str) -> set[str]:
    """What an answer holds, aliases included; a set with an empty text for no data."""
    aliases = {f"→{alias.to_text().lower()}" for alias in said.aliases}
    return (aliases or set(said.records.get(kind, ()))) or set(NO_DATA)


def differs(table: Table, answers: Iterable[tuple[str, Said | None]]) -> bool:
    """Whether any type is answered unlike the wildcard: then the name exists by itself, whatever its address."""
    for kind, said in answers:
        if said is None or said.exists is None:
            continue
        if not values(said, kind) <= table.pools.get(kind, NO_DATA):
            return True
    return False
