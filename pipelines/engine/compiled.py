"""A ruleset made ready: every signal once, every pattern once, two databases a group of parts.

A page is first searched for triggers only: for each rule the rarest set of signals without which it cannot hold. Most
pages have none, and everything else (offers, honest contexts) is sought only where a trigger fired.
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
    """A database with the signals that seek each of its patterns, by part."""

    database: Database
    signals: dict[str, list[tuple[int, ...]]]


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
    first: dict[str, Owners] = field(default_factory=dict)
    rest: dict[str, Owners] = field(default_factory=dict)
    domains: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    scripts: list[int] = field(default_factory=list)
    wanted: frozenset[str] = frozenset()


def compile_ruleset(ruleset: Ruleset) -> Compiled:
    """Number the signals, choose the triggers, share equal patterns, build the databases."""
    compiled = Compiled(ruleset)
    for rule in ruleset.rules:
        if rule.status != "retired":
            _add(compiled, rule)
    by_matcher = {"domains": compiled.domains, "count": compiled.counts, "script": compiled.scripts}
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
    if signal.matcher == "count":
        return 4.0**-5 if signal.parts == ("redirect.host",) else 1.0
    return 4.0**-5 if signal.matcher == "domains" else 4.0**-3


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


def _databases(compiled: Compiled) -> None:
    """Patterns of triggers (and of what stands near them) first, all others apart."""
    early = set(range(len(compiled.signals))) if compiled.always else set(compiled.triggered)
    sought: dict[bool, dict[str, dict[Pattern, dict[str, list[int]]]]] = {True: {}, False: {}}
    for sid, signal in enumerate(compiled.signals):
        if signal.matcher not in ("terms", "regex"):
            continue
        kind = "term" if signal.matcher == "terms" else "regex"
        for value in signal.values:
            pattern = Pattern(kind, value, signal.word)
            for part in signal.parts:
                patterns = sought[sid in early].setdefault(group_of(part), {})
                patterns.setdefault(pattern, defaultdict(list))[part].append(sid)
    compiled.first = {group: _owners(sought[True][group], group) for group in sorted(sought[True])}
    compiled.rest = {group: _owners(sought[False][group], group) for group in sorted(sought[False])}


def _owners(sought: dict[Pattern, dict[str, list[int]]], group: str) -> Owners:
    database = Database(tuple(sorted(sought)), group == "urls")
    parts = sorted({part for owners in sought.values() for part in owners})
    signals = {part: [tuple(sought[p].get(part, ())) for p in database.patterns] for part in parts}
    return Owners(database, signals)
