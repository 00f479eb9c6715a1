"""The JSON Schema of rule files, made from the loader's own tables, so that editors complete what it accepts."""

from typing import Any

from pipelines.engine import reading
from pipelines.engine.document import PARTS
from pipelines.engine.lists import FORMATS
from pipelines.engine.normal import SCRIPTS
from pipelines.engine.places import SELECTOR
from pipelines.engine.rule import CATEGORIES, FAMILIES, FORMS, MATCHERS, SEVERITIES, STANDINGS, STATUSES, VECTORS

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 1}
FLAG: Schema = {"type": "boolean"}


def _one_of(words: tuple[str, ...]) -> Schema:
    return {"enum": list(words)}


def _list_of(item: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": item, "minItems": least}


def _mapping(keys: tuple[str, ...], fields: Schema, required: tuple[str, ...] = ()) -> Schema:
    """A mapping with exactly the loader's keys; a key without a schema here is a KeyError, so none is forgotten."""
    properties = {key: fields[key] for key in keys}
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}


def _signal() -> Schema:
    way = _mapping(("signal", "words"), {"signal": TEXT, "words": COUNT}, ("signal", "words"))
    fields: Schema = {
        "family": _one_of(FAMILIES),
        "parts": _list_of(_one_of(PARTS)),
        "terms": _list_of(TEXT),
        "regex": _list_of(TEXT),
        "domains": _list_of(_one_of(CATEGORIES)),
        "standing": _list_of(_one_of(STANDINGS)),
        "count": COUNT,
        "ratio": {"type": "integer", "minimum": 1, "maximum": 100},
        "selector": _list_of({"type": "string", "pattern": f"^(?:{SELECTOR.pattern})$"}),
        "script": _list_of(_one_of(tuple(SCRIPTS))),
        "form": _one_of(FORMS),
        "zones": _list_of(TEXT),
        "reasons": _list_of(TEXT),
        "near": way,
        "apart": way,
        **dict.fromkeys(("word", "hidden", "external", "decisive"), FLAG),
        **dict.fromkeys(("distinct", "times", "hosts", "density"), COUNT),
    }
    signal = _mapping(reading.SIGNAL_KEYS, fields, ("family", "parts"))
    return {**signal, "oneOf": [{"required": [matcher]} for matcher in MATCHERS]}


def _example() -> Schema:
    fields: Schema = {
        "text": TEXT,
        "html": TEXT,
        "url": TEXT,
        "known": {"type": "object", "additionalProperties": _list_of(_one_of(STANDINGS))},
        "confidence": _one_of(("confirmed", "suspected")),
        "vector": _one_of(VECTORS[:-1]),
    }
    example = _mapping(reading.EXAMPLE_KEYS, fields)
    return {**example, "oneOf": [{"required": ["text"]}, {"required": ["html"]}]}


def _rule() -> Schema:
    examples = _list_of(_example(), reading.EXAMPLES_AT_LEAST)
    fields: Schema = {
        "id": {"type": "string", "pattern": f"^{reading.SLUG.pattern}$"},
        "title": _mapping(("vi", "en"), {"vi": TEXT, "en": TEXT}, ("vi", "en")),
        "category": _one_of(CATEGORIES),
        "vector": _one_of(VECTORS),
        "severity": _one_of(SEVERITIES),
        "status": _one_of(STATUSES),
        "basis": TEXT,
        "remedy": TEXT,
        "falsepositives": _list_of(TEXT, 0),
        "signals": {"type": "object", "additionalProperties": {"$ref": "#/$defs/signal"}},
        "when": TEXT,
        "unless": TEXT,
        "examples": _mapping(
            ("positive", "negative"), {"positive": examples, "negative": examples}, ("positive", "negative")
        ),
    }
    return _mapping(reading.RULE_KEYS, fields, reading.RULE_REQUIRED)


def schema() -> Schema:
    """The whole schema: page rules, shared signals, or a manifest of lists."""
    named: Schema = {"type": "object", "additionalProperties": {"$ref": "#/$defs/signal"}}
    words: Schema = {"type": "object", "additionalProperties": {"oneOf": [TEXT, _list_of(TEXT)]}}
    head: Schema = {"format": {"const": 1}, "vocabulary": words, "signals": named}
    entry = _mapping(
        ("file", "category", "format", "title", "source", "licence"),
        {
            "category": _one_of(CATEGORIES),
            "format": _one_of(tuple(FORMATS)),
            **dict.fromkeys(("file", "title", "source", "licence"), TEXT),
        },
        ("file", "category", "format"),
    )
    rules = _list_of({"$ref": "#/$defs/rule"})
    page = _mapping(reading.FILE_KEYS, {**head, "kind": {"const": "page"}, "rules": rules}, ("format", "kind", "rules"))
    shared = _mapping(reading.SHARED_KEYS, {**head, "kind": {"const": "signals"}}, ("format", "kind"))
    lists = _mapping(
        ("format", "kind", "lists"),
        {"format": {"const": 1}, "kind": {"const": "lists"}, "lists": _list_of(entry, 0)},
        ("format", "kind", "lists"),
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rà soát rule files, format 1",
        "oneOf": [page, shared, lists],
        "$defs": {"signal": _signal(), "rule": _rule()},
    }
