"""From YAML values to rules and signals, with every fault reported by line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipelines.engine import condition
from pipelines.engine.database import Pattern, complaint
from pipelines.engine.document import PARTS
from pipelines.engine.normal import SCRIPTS
from pipelines.engine.places import SELECTOR
from pipelines.engine.rule import (
    CATEGORIES,
    FAMILIES,
    FORMS,
    MATCHERS,
    SEVERITIES,
    STANDINGS,
    STATUSES,
    VECTORS,
    Example,
    Near,
    Rule,
    Signal,
)
from pipelines.engine.yamlfile import Reader, Value

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
NAME = re.compile(r"[a-z][a-z0-9_]*")
FILE_KEYS = ("format", "kind", "vocabulary", "signals", "rules")
SHARED_KEYS = ("format", "kind", "vocabulary", "signals")
RULE_KEYS = (
    "id", "title", "category", "vector", "severity", "status", "basis", "remedy", "falsepositives",
    "signals", "when", "unless", "examples",
)  # fmt: skip
RULE_REQUIRED = tuple(key for key in RULE_KEYS if key not in ("signals", "unless"))
SIGNAL_KEYS = (
    "family", "parts", *MATCHERS, "form", "word", "distinct", "times", "hosts", "density", "near", "apart", "hidden",
    "external", "zones", "reasons", "decisive",
)  # fmt: skip
EXAMPLE_KEYS = ("text", "html", "url", "known", "confidence", "vector")
EXAMPLES_AT_LEAST = 3
MAX_VALUES = 50_000
MAX_TERM = 200


@dataclass(frozen=True, slots=True)
class Shelf:
    """What rules may name: signals, and vocabularies (lists of terms or regexes that several signals use)."""

    signals: Mapping[str, Signal] = field(default_factory=dict)
    vocabulary: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)


def shelf(fields: Mapping[str, Value], reader: Reader, outer: Shelf) -> Shelf:
    """What a file puts on the shelf, beside what stands there already."""
    vocabulary = {**outer.vocabulary, **_vocabulary(fields.get("vocabulary"), reader, outer)}
    known = Shelf(outer.signals, vocabulary)
    return Shelf({**outer.signals, **signals(fields.get("signals"), reader, known)}, vocabulary)


def _vocabulary(value: Value | None, reader: Reader, outer: Shelf) -> dict[str, tuple[tuple[str, int], ...]]:
    if value is None:
        return {}
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    names = tuple(value.data) if isinstance(value.data, dict) else ()
    for name, item in reader.mapping(value, "vocabulary", names).items():
        if not NAME.fullmatch(name) or name in outer.vocabulary:
            reader.fault(item.line, f"vocabulary {name!r} exists already, or is not small letters, digits and _")
        words: dict[str, int] = {}
        for text, line in _words(item, name, reader):
            if text in words:
                reader.fault(line, f"{text!r} stands twice in vocabulary {name}")
            words.setdefault(text, line)
        if not words:
            reader.fault(item.line, f"vocabulary {name} holds nothing")
        found[name] = tuple(words.items())
    return found


def _words(value: Value, name: str, reader: Reader) -> Iterable[tuple[str, int]]:
    """The entries of a vocabulary: a list, or a block with one a line, in which # begins a line of comment."""
    if value.block:
        for number, text in enumerate(value.data.splitlines(), value.line + 1):
            if text.strip() and not text.startswith("#"):
                yield text.strip(), number
        return
    for item in reader.items(value, name):
        yield reader.text(item, "a word"), item.line


def signals(value: Value | None, reader: Reader, shelf: Shelf) -> dict[str, Signal]:
    """The signals of a mapping; ``near`` may lead to them or to those on the shelf."""
    outer = shelf.signals
    if value is None:
        return {}
    found: dict[str, Signal] = {}
    nears: list[tuple[str, str, Value]] = []
    for name, item in reader.mapping(
        value, "signals", tuple(value.data) if isinstance(value.data, dict) else ()
    ).items():
        if not NAME.fullmatch(name) or name in condition.WORDS:
            reader.fault(item.line, f"signal name {name!r} must be small letters, digits and _")
        if name in outer:
            reader.fault(item.line, f"signal {name} exists already in a shared file or above")
        signal = _signal(name, item, reader, shelf)
        if signal is not None:
            found[name] = signal
            nears += [(name, way, item.data[way]) for way in ("near", "apart") if way in item.data]
    known = {**outer, **found}
    for name, way, item in nears:
        other = _near(item, way, reader, known)
        found[name] = replace(found[name], near=other) if way == "near" else replace(found[name], apart=other)
    return found


def _signal(name: str, value: Value, reader: Reader, shelf: Shelf) -> Signal | None:
    fields = reader.mapping(value, f"signal {name}", SIGNAL_KEYS, ("family", "parts"))
    matchers = [key for key in MATCHERS if key in fields]
    if len(matchers) != 1:
        reader.fault(value.line, f"signal {name} needs exactly one of: {', '.join(MATCHERS)}")
        return None
    matcher = matchers[0]
    parts = tuple(reader.word(item, "a part", PARTS) for item in reader.items(fields.get("parts"), "parts"))
    if "parts" in fields and not parts:
        reader.fault(value.line, f"signal {name} names no part")
    if "text" in parts:
        parts += ("document",)  # the text of a document is text too
    signal = Signal(
        name=name,
        family=reader.word(fields.get("family"), "family", FAMILIES),
        parts=tuple(dict.fromkeys(parts)),
        matcher=matcher,
        form=reader.word(fields.get("form"), "form", FORMS) or "natural",
        word=bool(reader.flag(fields.get("word"), "word", True)),
        distinct=reader.number(fields.get("distinct"), "distinct", 1),
        times=reader.number(fields.get("count", fields.get("times")), "count" if matcher == "count" else "times", 1),
        share=reader.number(fields.get("ratio"), "ratio", 0, high=100),
        hosts=reader.number(fields.get("hosts"), "hosts", 0),
        density=reader.number(fields.get("density"), "density", 0, high=1000),
        hidden=reader.flag(fields.get("hidden"), "hidden", None),
        external=reader.flag(fields.get("external"), "external", None),
        zones=tuple(reader.word(item, "a zone") for item in reader.items(fields.get("zones"), "zones")),
        reasons=tuple(reader.word(item, "a reason") for item in reader.items(fields.get("reasons"), "reasons")),
        decisive=bool(reader.flag(fields.get("decisive"), "decisive", False)),
    )
    if signal.form != "natural" and matcher not in ("terms", "regex"):
        reader.fault(fields["form"].line, "form belongs to terms and regex only")
    if signal.form == "exact" and matcher == "regex":
        reader.fault(fields["form"].line, "a regex has no accents to be exact about")
    return replace(signal, values=_values(fields[matcher], signal, shelf, reader))


def _values(value: Value, signal: Signal, shelf: Shelf, reader: Reader) -> tuple[str, ...]:
    """The values of a matcher; in terms and regex a bare word stands for a vocabulary."""
    matcher = signal.matcher
    if matcher in ("count", "ratio"):
        return ()
    found: dict[str, None] = {}
    for item in reader.items(value, matcher):
        texts: tuple[tuple[str, int], ...]
        if matcher == "domains":
            texts = ((reader.word(item, "a list's category", CATEGORIES), item.line),)
        elif matcher == "standing":
            texts = ((reader.word(item, "a standing", STANDINGS), item.line),)
        elif matcher == "selector":
            texts = ((reader.text(item, "a selector"), item.line),)
            if not SELECTOR.fullmatch(texts[0][0]):
                reader.fault(item.line, f"{texts[0][0][:60]!r} is no selector: tag, #id, .class, tag#id or tag.class")
        elif matcher == "script":
            texts = ((reader.word(item, "an alphabet", tuple(SCRIPTS)), item.line),)
        elif isinstance(item.data, str) and not item.quoted and item.data in shelf.vocabulary:
            texts = shelf.vocabulary[item.data]
        elif isinstance(item.data, str) and not item.quoted:
            shown = item.data[:40].strip("“”„‘’")
            reader.fault(item.line, f'no vocabulary is called {shown}; text itself stands in quotes: "{shown}"')
            continue
        else:
            texts = ((reader.text(item, "a term" if matcher == "terms" else "a regex"), item.line),)
        for text, line in texts:
            if text in found and item.quoted:
                reader.fault(line, f"{text!r} stands twice in signal {signal.name}")
            elif text and (matcher not in ("terms", "regex") or _seekable(text, line, signal, reader)):
                found[text] = None
    if not found:
        reader.fault(value.line, f"{matcher} holds nothing")
    if len(found) > MAX_VALUES:
        reader.fault(value.line, f"{matcher} holds more than {MAX_VALUES} values")
    return tuple(found)


def _seekable(text: str, line: int, signal: Signal, reader: Reader) -> bool:
    """Whether a term or regex can be compiled; terms are escaped, so only their length and emptiness matter."""
    pattern = Pattern("term" if signal.matcher == "terms" else "regex", text, signal.word)
    reason = ""
    if signal.matcher == "regex":
        reason = complaint(pattern)
    elif len(text) > MAX_TERM:
        reason = f"a term may have at most {MAX_TERM} letters"
    elif not pattern.foreign and not pattern.literals((" ",)):
        reason = "nothing is left of it when accents and signs are taken off"
    if reason:
        reader.fault(line, f"{text[:60]!r}: {reason}")
    return not reason


def _near(value: Value, way: str, reader: Reader, known: Mapping[str, Signal]) -> Near | None:
    fields = reader.mapping(value, way, ("signal", "words"), ("signal", "words"))
    name = reader.word(fields.get("signal"), f"{way} signal")
    words = reader.number(fields.get("words"), f"{way} words", 8, high=500)
    if name not in known:
        reader.fault(value.line, f"{way}: no signal is called {name!r}")
        return None
    other = known[name]
    if other.near or other.apart or other.matcher not in ("terms", "regex"):
        reader.fault(value.line, f"{way}: {name} must be terms or regex without near and apart of its own")
        return None
    return Near(other, words)


def rule(value: Value, reader: Reader, shelf: Shelf) -> Rule | None:
    """One rule; None (and faults) when something of it is missing."""
    identity = value.data.get("id") if isinstance(value.data, dict) else None
    reader.rule = identity.data if identity and isinstance(identity.data, str) else "?"
    before = len(reader.faults)
    fields = reader.mapping(value, "the rule", RULE_KEYS, RULE_REQUIRED)
    name = reader.word(identity, "id")
    if identity and not SLUG.fullmatch(name):
        reader.fault(identity.line, "id must be small letters, digits and hyphens")
    titles = reader.mapping(fields["title"], "title", ("vi", "en"), ("vi", "en")) if "title" in fields else {}
    own = signals(fields.get("signals"), reader, shelf)
    known = {**shelf.signals, **own}
    when = _condition(fields.get("when"), "when", reader, known)
    unless = _condition(fields.get("unless"), "unless", reader, known)
    examples = reader.mapping(fields["examples"], "examples", ("positive", "negative")) if "examples" in fields else {}
    used = sorted((when.all_names() if when else set()) | (unless.all_names() if unless else set()))
    nears = {way.signal.name for signal in own.values() for way in (signal.near, signal.apart) if way}
    for spare in sorted(set(own) - set(used) - nears):
        reader.fault(value.line, f"signal {spare} is used nowhere")
    for speaks in sorted(when.positive()) if when else ():
        if known[speaks].family == "context":
            reader.fault(value.line, f"signal {speaks} is of family context and cannot speak for a finding")
    made = Rule(
        id=name,
        file=reader.file,
        line=value.line,
        title_vi=reader.text(titles.get("vi"), "title vi"),
        title_en=reader.text(titles.get("en"), "title en"),
        category=reader.word(fields.get("category"), "category", CATEGORIES),
        vector=reader.word(fields.get("vector"), "vector", VECTORS),
        severity=reader.word(fields.get("severity"), "severity", SEVERITIES),
        status=reader.word(fields.get("status"), "status", STATUSES),
        basis=reader.text(fields.get("basis"), "basis"),
        remedy=reader.text(fields.get("remedy"), "remedy"),
        falsepositives=tuple(
            reader.text(item, "a false positive")
            for item in reader.items(fields.get("falsepositives"), "falsepositives")
        ),
        when=when or condition.Condition("or"),
        unless=unless,
        signals=tuple(known[name] for name in used),
        positive=_examples(examples.get("positive"), "positive", value.line, reader),
        negative=_examples(examples.get("negative"), "negative", value.line, reader),
    )
    return made if len(reader.faults) == before else None


def _condition(
    value: Value | None, what: str, reader: Reader, known: Mapping[str, Signal]
) -> condition.Condition | None:
    if value is None:
        return None
    text = reader.text(value, what)
    if not text.strip():
        return None
    try:
        return condition.parse(text, frozenset(known))
    except condition.BadCondition as error:
        reader.fault(value.line, f"{what}: {error}")
        return None


def _known(value: Value | None, reader: Reader) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the store would say of destinations: ``known: {vidu.example: [burst]}``."""
    if value is None:
        return ()
    hosts = reader.mapping(value, "known", tuple(value.data) if isinstance(value.data, dict) else ())
    return tuple(
        (host, tuple(reader.word(one, "a standing", STANDINGS) for one in reader.items(item, f"known {host}")))
        for host, item in sorted(hosts.items())
    )


def _examples(value: Value | None, what: str, line: int, reader: Reader) -> tuple[Example, ...]:
    found = []
    for item in reader.items(value, f"{what} examples"):
        fields = reader.mapping(item, "an example", EXAMPLE_KEYS)
        if ("text" in fields) == ("html" in fields):
            reader.fault(item.line, "an example needs either text or html")
            continue
        kind = "text" if "text" in fields else "html"
        found.append(
            Example(
                kind=kind,
                content=reader.text(fields[kind], kind),
                line=item.line,
                url=reader.text(fields.get("url"), "url"),
                known=_known(fields.get("known"), reader),
                confidence=reader.word(fields.get("confidence"), "confidence", ("confirmed", "suspected")),
                vector=reader.word(fields.get("vector"), "vector", VECTORS[:-1]),
            )
        )
    if len(found) < EXAMPLES_AT_LEAST:
        reader.fault(value.line if value else line, f"needs at least {EXAMPLES_AT_LEAST} {what} examples")
    return tuple(found)
