"""A ruleset made ready: every signal once, every pattern once, two databases a group of parts.

A page is first searched for triggers only: for each rule the rarest set of signals without which it cannot hold, and
whatever else asks for the same patterns. Most pages have none, and everything else (offers, honest contexts) is sought
only where those leave a rule possible.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.engine.condition import Condition
from pipelines.engine.database import Database, Pattern
from pipelines.engine.rule import Rule, Signal
from pipelines.engine.ruleset import Ruleset
from pipelines.engine.view import group_of


@dataclass(slots=True)
class Ready:
    """A rule with the numbers of its signals."""

    rule: Rule
    signals: dict[str, int]
    positive: frozenset[str]
    when: Condition
    unless: Condition | None
    triggers: tuple[int, ...] | None  # None when it may hold on any page


class Owners(NamedTuple):
    """A database with the circle of signals that seek each of its patterns, by part; -1 where none does."""

    database: Database
    circles: dict[str, list[int]]


@dataclass(slots=True)
class Compiled:
    """All that judging needs, built once a process."""

    ruleset: Ruleset
    signals: list[Signal] = field(default_factory=list)
    numbers: dict[Signal, int] = field(default_factory=dict)
    rules: list[Ready] = field(default_factory=list)
    rules_of: dict[int, list[int]] = field(default_factory=dict)
    triggered: dict[int, list[int]] = field(default_factory=dict)  # trigger -> rules
    always: list[int] = field(default_factory=list)
    # Signals that seek the same pattern in the same part: a hit is noted once for all of them.
    circles: list[tuple[int, ...]] = field(default_factory=list)
    circles_of: dict[int, list[int]] = field(default_factory=dict)
    late: frozenset[int] = frozenset()  # signals that only ``rest`` finds
    unsettled: frozenset[int] = frozenset()  # those that want such a one near or far
    first: dict[str, Owners] = field(default_factory=dict)
    rest: dict[str, Owners] = field(default_factory=dict)
    domains: list[int] = field(default_factory=list)
    standings: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    scripts: list[int] = field(default_factory=list)
    wanted: frozenset[str] = frozenset()


def compile_ruleset(ruleset: Ruleset) -> Compiled:
    """Number the signals, choose the triggers, share equal patterns, build the databases."""
    compiled = Compiled(ruleset)
    for rule in ruleset.rules:
        if rule.status != "retired":
            _add(compiled, rule)
    counts = dict.fromkeys(("count", "ratio", "selector"), compiled.counts)
    by_matcher = {
        "domains": compiled.domains,
        "standing": compiled.standings,
        "script": compiled.scripts,
        **counts,
    }
    for sid, signal in enumerate(compiled.signals):
        if signal.matcher in by_matcher:
            by_matcher[signal.matcher].append(sid)
    for number, ready in enumerate(compiled.rules):
        if ready.triggers is None:
            compiled.always.append(number)
        for sid in ready.triggers or ():
            compiled.triggered.setdefault(sid, []).append(number)
    _databases(compiled)
    compiled.wanted = frozenset(part for signal in compiled.signals for part in signal.parts)
    return compiled


def _add(compiled: Compiled, rule: Rule) -> None:
    signals = {signal.name: _number(compiled, signal) for signal in rule.signals}
    positive = rule.when.positive()
    costs = {signal.name: _cost(signal) for signal in rule.signals}
    names = _triggers(rule.when, costs)
    triggers = None if names is None else tuple(sorted(signals[name] for name in names))
    for name in sorted(positive):
        compiled.rules_of.setdefault(signals[name], []).append(len(compiled.rules))
    compiled.rules.append(Ready(rule, signals, positive, rule.when, rule.unless, triggers))


def _number(compiled: Compiled, signal: Signal) -> int:
    if signal not in compiled.numbers:
        compiled.numbers[signal] = len(compiled.signals)
        compiled.signals.append(signal)
        for way in (signal.near, signal.apart):
            if way is not None:
                _number(compiled, way.signal)
    return compiled.numbers[signal]


def _cost(signal: Signal) -> float:
    """How often a signal is likely to be seen: short words often, long phrases hardly ever."""
    if signal.matcher == "terms":
        return sum(4.0 ** -min(len(text), 12) for text in signal.values) / signal.distinct
    if signal.matcher == "regex":
        return len(signal.values) * 4.0**-6
    if signal.matcher in ("count", "ratio"):
        return 4.0**-5 if signal.parts == ("redirect.host",) else 1.0
    return 4.0**-5 if signal.matcher in ("domains", "standing") else 4.0**-3


def _triggers(condition: Condition, costs: Mapping[str, float]) -> frozenset[str] | None:
    """The cheapest signals of which one fires whenever the condition holds; None when there are none such."""
    if condition.op in ("name", "of"):
        return frozenset(condition.names)
    if condition.op == "not":
        return None
    found = [_triggers(part, costs) for part in condition.parts]
    sets = [each for each in found if each is not None]
    if condition.op == "or":
        return frozenset().union(*sets) if len(sets) == len(found) else None
    return min(sets, key=lambda each: (sum(costs[name] for name in each), sorted(each)), default=None)


Sought = dict[str, dict[Pattern, dict[str, list[int]]]]


def _databases(compiled: Compiled) -> None:
    """Patterns of triggers (and of what stands near them) first, all others apart."""
    early = _early(compiled)
    first: Sought = {}
    rest: Sought = {}
    for sid, signal in enumerate(compiled.signals):
        for group, patterns in _patterns(signal).items():
            into = (first if sid in early else rest).setdefault(group, {})
            for pattern, parts in patterns.items():
                owners = into.setdefault(pattern, defaultdict(list))
                for part in parts:
                    owners[part].append(sid)
    numbers: dict[tuple[int, ...], int] = {}
    compiled.first = {group: _owners(first[group], group, numbers) for group in sorted(first)}
    compiled.rest = {group: _owners(rest[group], group, numbers) for group in sorted(rest)}
    compiled.circles = list(numbers)
    for number, circle in enumerate(compiled.circles):
        for sid in circle:
            compiled.circles_of.setdefault(sid, []).append(number)
    compiled.late = frozenset(compiled.circles_of) - early
    compiled.unsettled = frozenset(
        sid
        for sid, signal in enumerate(compiled.signals)
        if any(way and compiled.numbers[way.signal] in compiled.late for way in (signal.near, signal.apart))
    )


def _early(compiled: Compiled) -> set[int]:
    """The triggers, and the signals whose patterns are all sought for them already, so that they cost nothing."""
    if compiled.always:
        return set(range(len(compiled.signals)))
    early = set(compiled.triggered)
    sought: dict[str, set[Pattern]] = {}
    for sid in early:
        for group, patterns in _patterns(compiled.signals[sid]).items():
            sought.setdefault(group, set()).update(patterns)
    for sid, signal in enumerate(compiled.signals):
        if all(patterns.keys() <= sought.get(group, set()) for group, patterns in _patterns(signal).items()):
            early.add(sid)
    return early


def _patterns(signal: Signal) -> dict[str, dict[Pattern, list[str]]]:
    """The patterns of a signal with the parts in which they are sought, by group."""
    found: dict[str, dict[Pattern, list[str]]] = {}
    if signal.matcher in ("terms", "regex"):
        kind = "term" if signal.matcher == "terms" else "regex"
        patterns = [Pattern(kind, value, signal.word) for value in signal.values]
        for part in signal.parts:
            group = found.setdefault(group_of(part), {})
            for pattern in patterns:
                group.setdefault(pattern, []).append(part)
    return found


def _owners(sought: dict[Pattern, dict[str, list[int]]], group: str, numbers: dict[tuple[int, ...], int]) -> Owners:
    database = Database(tuple(sorted(sought)), group == "urls")
    parts = sorted({part for owners in sought.values() for part in owners})
    circles = {part: [_circle(sought[p].get(part), numbers) for p in database.patterns] for part in parts}
    return Owners(database, circles)


def _circle(owners: list[int] | None, numbers: dict[tuple[int, ...], int]) -> int:
    return numbers.setdefault(tuple(owners), len(numbers)) if owners else -1
