"""A ruleset made ready: every signal once, every pattern once, one database a part."""

from collections import defaultdict
from dataclasses import dataclass, field

from pipelines.engine.condition import Condition
from pipelines.engine.database import Database, Pattern
from pipelines.engine.rule import Rule, Signal
from pipelines.engine.ruleset import Ruleset
from pipelines.engine.view import URL_PARTS


@dataclass(slots=True)
class Ready:
    """A rule with the numbers of its signals."""

    rule: Rule
    signals: dict[str, int]
    positive: frozenset[str]
    when: Condition
    unless: Condition | None


@dataclass(slots=True)
class PartMatcher:
    """A part's database; ``owners`` gives for each pattern the signals that seek it."""

    database: Database
    owners: list[tuple[int, ...]]


@dataclass(slots=True)
class Compiled:
    """All that judging needs, built once a process."""

    ruleset: Ruleset
    signals: list[Signal] = field(default_factory=list)
    numbers: dict[Signal, int] = field(default_factory=dict)
    rules: list[Ready] = field(default_factory=list)
    rules_of: dict[int, list[int]] = field(default_factory=dict)
    matchers: dict[str, PartMatcher] = field(default_factory=dict)
    domains: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    scripts: list[int] = field(default_factory=list)
    wanted: frozenset[str] = frozenset()


def compile_ruleset(ruleset: Ruleset) -> Compiled:
    """Number the signals, share equal patterns, build the databases."""
    compiled = Compiled(ruleset)
    numbers = compiled.numbers

    def number(signal: Signal) -> int:
        if signal not in numbers:
            numbers[signal] = len(compiled.signals)
            compiled.signals.append(signal)
            for way in (signal.near, signal.apart):
                if way is not None:
                    number(way.signal)
        return numbers[signal]

    rules_of: dict[int, list[int]] = defaultdict(list)
    for rule in ruleset.rules:
        if rule.status == "retired":
            continue
        signals = {signal.name: number(signal) for signal in rule.signals}
        ready = Ready(rule, signals, rule.when.positive(), rule.when, rule.unless)
        for name in sorted(ready.positive):
            rules_of[signals[name]].append(len(compiled.rules))
        compiled.rules.append(ready)
    compiled.rules_of = dict(rules_of)
    by_matcher = {"domains": compiled.domains, "count": compiled.counts, "script": compiled.scripts}
    for sid, signal in enumerate(compiled.signals):
        if signal.matcher in by_matcher:
            by_matcher[signal.matcher].append(sid)
    compiled.matchers = _matchers(compiled.signals)
    compiled.wanted = frozenset(part for signal in compiled.signals for part in signal.parts)
    return compiled


def _matchers(signals: list[Signal]) -> dict[str, PartMatcher]:
    """A matcher for each part. Parts of one kind share a database: a hit that no signal seeks there has no owner."""
    sought: dict[str, dict[Pattern, list[int]]] = defaultdict(lambda: defaultdict(list))
    for sid, signal in enumerate(signals):
        if signal.matcher not in ("terms", "regex"):
            continue
        kind = "term" if signal.matcher == "terms" else "regex"
        for part in signal.parts:
            for value in signal.values:
                sought[part][Pattern(kind, value, signal.word)].append(sid)
    groups: dict[str, set[Pattern]] = defaultdict(set)
    for part, patterns in sought.items():
        groups[_group(part)].update(patterns)
    databases = {group: Database(tuple(sorted(groups[group])), group == "urls") for group in sorted(groups)}
    matchers = {}
    for part in sorted(sought):
        database = databases[_group(part)]
        owners = [tuple(sought[part].get(pattern, ())) for pattern in database.patterns]
        matchers[part] = PartMatcher(database, owners)
    return matchers


def _group(part: str) -> str:
    if part in URL_PARTS:
        return "urls"
    return "code" if part in ("script", "style", "header") else "text"
