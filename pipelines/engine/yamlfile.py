"""Strict YAML: every value keeps its line, and everything that YAML does behind one's back is a fault.

Refused: equal keys, anchors and aliases, tags, more than one document, text without quotes (``NO``, ``1.10``
and dates change their meaning otherwise), deep nesting, large files.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from pipelines.engine.errors import Fault

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 12
# What a person most often did when the parser says so.
HINTS = {
    "'\\t'": "indent with spaces, not with tabs",
    "mapping values are not allowed": "text with a colon stands in quotes",
    "expected <block end>": "this line, or one before it, is not indented like its neighbours",
    "expected ',' or": "a quote or a bracket is not closed, here or in a line before it",
}
TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Value:
    """A YAML value with its line. ``data`` is a str, int, float, bool, list of Value, or dict of Value."""

    data: Any
    line: int
    quoted: bool = False
    block: bool = False  # written after a |, line by line


@dataclass(slots=True)
class Reader:
    """Collects the faults of one file; ``rule`` names the rule that is being read."""

    file: str
    rule: str = ""
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int, text: str) -> None:
        self.faults.append(Fault(self.file, line, self.rule, text))

    def mapping(
        self, value: Value, what: str, known: tuple[str, ...], required: tuple[str, ...] = ()
    ) -> dict[str, Value]:
        """The mapping with its unknown and missing keys reported; empty when it is none."""
        if not isinstance(value.data, dict):
            self.fault(value.line, f"{what} must be a mapping (key: value) of {', '.join(required or known)}")
            return {}
        for key, item in value.data.items():
            if key not in known:
                self.fault(item.line, f"unknown key {_show(key)} in {what}; known: {', '.join(known)}")
        for key in required:
            if key not in value.data:
                self.fault(value.line, f"{what} has no {key}")
        return value.data

    def items(self, value: Value | None, what: str) -> Iterator[Value]:
        """The values of a list; one fault and nothing when it is none."""
        if value is None:
            return
        if not isinstance(value.data, list):
            self.fault(value.line, f"{what} must be a list (one a line, each after a dash)")
            return
        yield from value.data

    def text(self, value: Value | None, what: str) -> str:
        """Free text: must be in quotes (or a | block) and not empty."""
        if value is None:
            return ""
        if not isinstance(value.data, str) or not value.quoted:
            shown = value.data[:40].strip("“”„‘’") if isinstance(value.data, str) else "…"
            self.fault(value.line, f'{what} must be text in quotes: "{shown}"')
            return ""
        if not value.data.strip():
            self.fault(value.line, f"{what} is empty")
        return value.data

    def word(self, value: Value | None, what: str, known: tuple[str, ...] = ()) -> str:
        """A name; one of ``known`` when that is given."""
        if value is None:
            return ""
        if not isinstance(value.data, str):
            self.fault(value.line, f"{what} must be a word")
            return ""
        if known and value.data not in known:
            self.fault(value.line, f"{what} {_show(value.data)} is not one of: {', '.join(known)}")
            return ""
        return value.data

    def number(self, value: Value | None, what: str, default: int, low: int = 1, high: int = 1_000_000) -> int:
        if value is None:
            return default
        if isinstance(value.data, bool) or not isinstance(value.data, int) or not low <= value.data <= high:
            self.fault(value.line, f"{what} must be a whole number from {low} to {high}")
            return default
        return value.data

    def flag(self, value: Value | None, what: str, default: bool | None) -> bool | None:
        if value is None:
            return default
        if not isinstance(value.data, bool):
            self.fault(value.line, f"{what} must be true or false")
            return default
        return value.data


def parse(data: bytes, reader: Reader) -> Value | None:
    """The document of a file, or None with at least one fault; never raises."""
    if len(data) > MAX_BYTES:
        reader.fault(1, f"larger than {MAX_BYTES} bytes")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reader.fault(data[: error.start].count(b"\n") + 1, "not UTF-8")
        return None
    before = len(reader.faults)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        value = _convert(node, reader, 0) if node is not None else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = str(error.problem or error.context)
        hint = next((f"; {hint}" for sign, hint in HINTS.items() if sign in problem), "")
        reader.fault(mark.line + 1 if mark else 1, f"not YAML: {problem}{hint}")
        return None
    except (YAMLError, ValueError) as error:
        reader.fault(1, f"not YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
        return None
    except RecursionError:
        reader.fault(1, "nested too deeply")
        return None
    if value is None and len(reader.faults) == before:
        reader.fault(1, "the file is empty")
    return value


def _convert(node: Any, reader: Reader, depth: int) -> Value | None:
    line = node.start_mark.line + 1
    if node.anchor is not None:
        reader.fault(line, "anchors and aliases (& and *) are not allowed")
        return None
    if depth > MAX_DEPTH:
        reader.fault(line, "nested too deeply")
        return None
    if isinstance(node, MappingNode) and node.tag == TAG + "map":
        return _mapping(node, reader, depth)
    if isinstance(node, SequenceNode) and node.tag == TAG + "seq":
        values = [_convert(item, reader, depth + 1) for item in node.value]
        return Value([value for value in values if value is not None], line)
    if isinstance(node, ScalarNode):
        return _scalar(node, reader)
    reader.fault(line, f"tag {_show(str(node.tag))} is not allowed")
    return None


def _mapping(node: MappingNode, reader: Reader, depth: int) -> Value:
    found: dict[str, Value] = {}
    for key, item in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode) or key.tag != TAG + "str":
            reader.fault(line, f"a key must be a word, not {_show(str(key.value))}")
            continue
        if key.value in found:
            reader.fault(line, f"key {_show(key.value)} stands twice")
            continue
        value = _convert(item, reader, depth + 1)
        if value is not None:
            found[key.value] = value
    return Value(found, node.start_mark.line + 1)


def _scalar(node: ScalarNode, reader: Reader) -> Value | None:
    line, text = node.start_mark.line + 1, node.value
    kind = str(node.tag).removeprefix(TAG)
    if kind == "str":
        return Value(text, line, quoted=node.style is not None, block=node.style == "|")
    if kind == "int" and text.lstrip("+-").isdecimal() and len(text) < 12:
        return Value(int(text), line)
    if kind == "float" and len(text) < 24:
        try:
            return Value(float(text), line)
        except ValueError:
            pass
    if kind == "bool" and text in ("true", "false"):
        return Value(text == "true", line)
    reader.fault(line, f'{_show(text)} is not allowed bare; write text in quotes: "{text[:40]}"')
    return None


def _show(text: str) -> str:
    return repr(text[:60])
