"""The engine: documents in, matches out. One instance a process; judging is a pure function of the document."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.engine import evidence
from pipelines.engine.case import Case
from pipelines.engine.compiled import Ready, compile_ruleset
from pipelines.engine.document import HIDDEN, PAGE, POSTED, REDIRECTED, Document, Match, Quote, Verdict
from pipelines.engine.evidence import Hit
from pipelines.engine.normal import fold
from pipelines.engine.rule import FAMILIES, SEVERITIES
from pipelines.engine.ruleset import Ruleset
from pipelines.engine.view import View

ENOUGH_FAMILIES = 2
SHOWN = 6  # names of signals that an explanation gives at most
ENOUGH_OFFERS = 3  # that a page makes in its own words before it is more than a page with a link
VECTOR_OF_SCOPE = {HIDDEN: "planted", POSTED: "posted", REDIRECTED: "redirected"}
# On a page where only these speak, the page itself is honest and merely leads to the wrong place.
LINK_PARTS = frozenset({"anchor", "link.host", "link.target"})
SILENT_PARTS = LINK_PARTS | {"script", "style", "header"}
COPIES = frozenset({"text", "alt", "document"})  # where the words of links stand once more


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one rule came out in one scope; what ``--explain`` shows. ``missing`` is empty for a confirmed finding."""

    rule: str
    scope: str
    fired: tuple[tuple[str, Quote], ...]
    when: bool
    spared: tuple[str, ...]
    families: tuple[str, ...]
    missing: str
    match: Match | None


class Engine:
    """A compiled ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self._compiled = compile_ruleset(ruleset)

    def judge(self, document: Document) -> list[Match]:
        """The matches of active rules, strongest first. Never raises on any document."""
        return list(self.verdict(document).matches)

    def verdict(self, document: Document) -> Verdict:
        """As ``judge``, with the shadow rules that would have fired."""
        case = Case(self._compiled, document)
        matches, shadow = [], set()
        for ready in self._possible(case):
            for outcome in self._outcomes(ready, case, brief=True):
                if outcome.match is None:
                    continue
                if ready.rule.status == "active":
                    matches.append(outcome.match)
                else:
                    shadow.add(ready.rule.id)
        return Verdict(tuple(sorted(_one_story(matches), key=_strength)), tuple(sorted(shadow)))

    def explain(self, document: Document) -> list[Outcome]:
        """Every rule of which at least one signal fired, in every scope where it did."""
        case = Case(self._compiled, document)
        candidates = case.complete()
        numbers = sorted({number for sid in candidates for number in self._compiled.rules_of.get(sid, ())})
        return [
            outcome for number in numbers for outcome in self._outcomes(self._compiled.rules[number], case, brief=False)
        ]

    def _possible(self, case: Case) -> Iterable[Ready]:
        """The rules that the signals which may fire do not rule out."""
        rules = self._compiled.rules
        numbers = [number for number in case.triggered() if self._may_hold(rules[number], case)]
        candidates = case.complete() if numbers else set()
        for number in sorted(numbers):
            ready = rules[number]
            if ready.when.possible({name for name, sid in ready.signals.items() if sid in candidates}):
                yield ready

    def _may_hold(self, ready: Ready, case: Case) -> bool:
        """Whether a rule may hold in some scope, by what was sought first."""
        return any(
            ready.when.possible({name for name, sid in ready.signals.items() if case.may_fire(sid, scope)})
            for scope in case.scopes()
        )

    def _outcomes(self, ready: Ready, case: Case, brief: bool) -> Iterable[Outcome]:
        signals = ready.signals
        for scope in case.scopes():
            when = ready.when.decides(lambda name, scope=scope: bool(case.fires(signals[name], scope)))  # type: ignore[misc]
            if brief and not when:
                continue
            fired = {name: hits for name, sid in signals.items() if (hits := case.fires(sid, scope))}
            speaking = {name: fired[name] for name in sorted(ready.positive & fired.keys())}
            if any(hit.scope == scope for hits in speaking.values() for hit in hits):
                yield self._outcome(ready, case, scope, fired, speaking, when)

    def _outcome(
        self,
        ready: Ready,
        case: Case,
        scope: str,
        fired: dict[str, list[Hit]],
        speaking: dict[str, list[Hit]],
        when: bool,
    ) -> Outcome:
        rule, signals = ready.rule, {signal.name: signal for signal in ready.rule.signals}
        spared: tuple[str, ...] = ()
        if ready.unless is not None and ready.unless.holds(set(fired)):
            spared = tuple(sorted(ready.unless.all_names() & fired.keys()))
        by_family: dict[str, list[Hit]] = {}
        for name, hits in speaking.items():
            by_family.setdefault(signals[name].family, []).extend(
                hits if signals[name].form != "disguised" else [_anywhere(hit) for hit in hits]
            )
        families = independent(by_family)
        decisive = any(signals[name].decisive for name in speaking)
        confirmed = decisive or len(families) >= ENOUGH_FAMILIES
        match = None
        if when and not spared:
            told = evidence.telling(speaking)
            quotes = evidence.quotes(case.view, ((name, signals[name].decisive, hits) for name, hits in told.items()))
            match = Match(
                rule=rule.id,
                category=rule.category,
                vector=self._vector(ready, case, scope, speaking),
                severity=rule.severity,
                confidence="confirmed" if confirmed else "suspected",
                scope=scope,
                region=next((quote.region for quote in quotes if quote.region), ""),
                evidence=quotes,
                keys=evidence.keys(case.view, (hit for hits in told.values() for hit in hits)),
                families=families,
            )
        shown = tuple((name, evidence.quote(case.view, hits[0], name)) for name, hits in sorted(fired.items()))
        missing = _missing(when, spared, confirmed, families)
        if not when and (unseen := sorted(ready.positive - speaking.keys())):
            missing += f" (not seen: {', '.join(unseen[:SHOWN])})"
        return Outcome(rule.id, scope, shown, when, spared, families, missing, match)

    def _vector(self, ready: Ready, case: Case, scope: str, speaking: dict[str, list[Hit]]) -> str:
        if ready.rule.vector != "derive":
            return ready.rule.vector
        if case.view.document.kind == "text":
            return "posted"
        if scope != PAGE:
            return VECTOR_OF_SCOPE[scope]
        if not any(hit.part in LINK_PARTS for hits in speaking.values() for hit in hits):
            return "planted"
        own = _own_voice(case.view, speaking)
        families = {signal.name: signal.family for signal in ready.rule.signals}
        offers = set[str]().union(*(values for name, values in own.items() if families[name] == "offer"))
        return "planted" if ready.when.holds(set(own)) or len(offers) >= ENOUGH_OFFERS else "linked"


def independent(by_family: dict[str, list[Hit]]) -> tuple[str, ...]:
    """The families that do not all stand on the same words: one word never counts as two witnesses."""
    taken: list[tuple[int, int]] = []
    families = []
    for family in sorted(by_family, key=lambda name: (len(by_family[name]), FAMILIES.index(name))):
        spans = sorted({(hit.start, hit.end) for hit in by_family[family]})
        free = [span for span in spans[:100] if span[0] == span[1] or not any(_overlap(span, other) for other in taken)]
        if free:
            families.append(family)
            taken += free[:1]
    return tuple(sorted(families))


def _overlap(left: tuple[int, int], right: tuple[int, int]) -> bool:
    return left[0] < right[1] and right[0] < left[1]


def _anywhere(hit: Hit) -> Hit:
    """A hit without extent: that a word is disguised is another fact than what it says."""
    return Hit(hit.part, hit.piece, hit.start, hit.start, hit.value, hit.scope)


def _own_voice(view: View, speaking: dict[str, list[Hit]]) -> dict[str, set[str]]:
    """What the page itself says, by signal: what stands in links, and the copies of it elsewhere, left out."""
    anchors = view.folded("anchor")
    counts = Counter(
        value for value, _ in {(h.value, h.start) for hits in speaking.values() for h in hits if h.part in COPIES}
    )
    copied = {value for value, count in counts.items() if anchors.count(fold(value).encode()) >= count}
    own = {
        name: {h.value for h in hits if h.part not in SILENT_PARTS and not (h.part in COPIES and h.value in copied)}
        for name, hits in speaking.items()
    }
    return {name: values for name, values in own.items() if values}


def _one_story(matches: list[Match]) -> list[Match]:
    """Links out of a page that itself is planted belong to that finding: only an honest page links."""
    planted = {match.category for match in matches if match.scope == PAGE and match.vector == "planted"}
    return [match for match in matches if match.vector != "linked" or match.category not in planted]


def _missing(when: bool, spared: tuple[str, ...], confirmed: bool, families: tuple[str, ...]) -> str:
    if not when:
        return "its condition does not hold"
    if spared:
        return "an honest context spares it"
    return "" if confirmed else f"a second independent family beside {', '.join(families) or 'none'}"


def _strength(match: Match) -> tuple[bool, int, str, int]:
    return (
        match.confidence != "confirmed",
        SEVERITIES.index(match.severity),
        match.rule,
        len(match.evidence),
    )
