"""Rules against their own examples, and against what other rules call honest."""

from collections.abc import Callable

from pipelines.engine.document import Document
from pipelines.engine.engine import Engine
from pipelines.engine.errors import Fault
from pipelines.engine.rule import Example, Rule

Reader = Callable[[Example], Document]


def failures(engine: Engine, reader: Reader) -> list[Fault]:
    """What does not come out as the examples say; empty when all is well.

    Each positive example must be found by its own rule (with the confidence and vector it names), and no negative
    example by any rule.
    """
    found: list[Fault] = []
    for rule in engine.ruleset.rules:
        if rule.status == "retired":
            continue
        for example in rule.positive:
            found += _missed(engine, rule, example, reader(example))
        for example in rule.negative:
            verdict = engine.verdict(reader(example))
            for other in sorted({match.rule for match in verdict.matches} | set(verdict.shadow)):
                quotes = [quote.quote for match in verdict.matches if match.rule == other for quote in match.evidence]
                shown = f": {quotes[0]}" if quotes else ""
                found.append(Fault(rule.file, example.line, rule.id, f"negative example is found by {other}{shown}"))
    return sorted(found)


def _missed(engine: Engine, rule: Rule, example: Example, document: Document) -> list[Fault]:
    verdict = engine.verdict(document)
    if rule.id in verdict.shadow:
        return []
    matches = [match for match in verdict.matches if match.rule == rule.id]
    if not matches:
        parts = sorted({piece.part for piece in document.pieces})
        nothing = f"no signal of it fires (the example has the parts {', '.join(parts)})"
        why = next((o.missing for o in engine.explain(document) if o.rule == rule.id), nothing)
        return [Fault(rule.file, example.line, rule.id, f"positive example is not found: {why}")]
    wanted = (example.confidence, example.vector)
    if any(_fits(match.confidence, wanted[0]) and _fits(match.vector, wanted[1]) for match in matches):
        return []
    got = f"{matches[0].confidence} {matches[0].vector}"
    return [Fault(rule.file, example.line, rule.id, f"positive example should be {' '.join(wanted)}, is {got}")]


def _fits(got: str, wanted: str) -> bool:
    return not wanted or got == wanted
