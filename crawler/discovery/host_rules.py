"""Rules about hosts: signatures and weights, read strictly; every fault names file, line and rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from crawler.errors import BadRules
from crawler.register.names import fold

VERDICTS = ("parked", "suspended", "default_page", "under_construction", "blocked", "dangling")
_LISTS = ("page_title", "text", "link", "ns", "cname")
_KEYS = {"id", "verdict", "title", "max_words", "status", *_LISTS}


@dataclass(frozen=True, slots=True)
class Signature:
    """One rule: all kinds of signs that it names have to be there. ``title`` is for people, in Vietnamese."""

    id: str
    verdict: str
    title: str
    signs: Mapping[str, tuple[str, ...]]
    status: tuple[int, ...] = ()
    max_words: int = 0


@dataclass(frozen=True, slots=True)
class Face:
    """What of a host is held against signatures: ``title`` and ``text`` folded, ``links`` hosts, ``words`` counted."""

    title: str = ""
    text: str = ""
    words: int = 0
    links: frozenset[str] = frozenset()
    ns: tuple[str, ...] = ()
    cname: tuple[str, ...] = ()
    status: int = 0


@dataclass(frozen=True, slots=True)
class Weights:
    """How signs of ownership add up; see rules/hosts/attribution.yaml."""

    base: Mapping[str, float]
    signs: Mapping[str, Mapping[str, float]]
    outcomes: Mapping[str, Any] = field(default_factory=dict)


def holds(rule: Signature, face: Face) -> bool:
    """Whether a signature fits."""
    if rule.max_words and face.words > rule.max_words:
        return False
    if rule.status and face.status not in rule.status:
        return False
    for kind, wanted in rule.signs.items():
        if kind in ("page_title", "text"):
            text = f" {face.title} " if kind == "page_title" else f" {face.title} {face.text} "
            if not any(f" {one} " in text for one in wanted):
                return False
        else:
            found = face.links if kind == "link" else getattr(face, kind)
            if not any(name == one or name.endswith(f".{one}") for one in wanted for name in found):
                return False
    return True


def first(rules: Sequence[Signature], face: Face, verdicts: Sequence[str]) -> Signature | None:
    """The first signature of one of these verdicts that fits."""
    return next((rule for rule in rules if rule.verdict in verdicts and holds(rule, face)), None)


@lru_cache(maxsize=1)
def signatures() -> tuple[Signature, ...]:
    """The built-in signatures. Raises ``BadRules`` with all faults, one a line."""
    faults: list[str] = []
    found: list[Signature] = []
    for name, data in _documents("host", faults):
        for entry in data.get("rules") or []:
            line = f"rules/hosts/{name}:{entry.lc.line + 1}"
            faults += [f"{line}: {entry.get('id', '?')}: {fault}" for fault in _faults(entry)]
            if not faults:
                found.append(_signature(entry))
    ids = [rule.id for rule in found]
    faults += [f"rules/hosts: {one}: the id stands twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    if faults:
        raise BadRules("\n".join(faults))
    return tuple(found)


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The built-in weights. Raises ``BadRules``."""
    faults: list[str] = []
    documents = list(_documents("attribution", faults))
    if len(documents) != 1 and not faults:
        faults.append("rules/hosts: exactly one file of kind attribution is wanted")
    if faults:
        raise BadRules("\n".join(faults))
    data = documents[0][1]
    return Weights(
        dict(data["base"]), {name: dict(one) for name, one in data["weights"].items()}, dict(data["outcomes"])
    )


def _documents(kind: str, faults: list[str]) -> Iterator[tuple[str, Any]]:
    for place in sorted(files("rules.hosts").iterdir(), key=lambda place: place.name):
        if not place.name.endswith(".yaml"):
            continue
        try:
            data = YAML(typ="rt", pure=True).load(place.read_text("utf-8"))
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            faults.append(
                f"rules/hosts/{place.name}:{mark.line + 1 if mark else 1}: {getattr(error, 'problem', error)}"
            )
            continue
        if not isinstance(data, dict) or list(data)[:2] != ["format", "kind"] or data["format"] != 1:
            faults.append(f"rules/hosts/{place.name}:1: must begin with 'format: 1' and 'kind: host'")
        elif data["kind"] == kind:
            yield place.name, data


def _faults(entry: Mapping[str, Any]) -> Iterator[str]:
    for unknown in sorted(set(entry) - _KEYS):
        yield f"{unknown!r} is not known"
    for name in ("id", "title"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            yield f"{name} is missing"
    if entry.get("verdict") not in VERDICTS:
        yield f"verdict must be one of {', '.join(VERDICTS)}"
    if not any(kind in entry for kind in _LISTS):
        yield "names no sign"
    for kind in _LISTS:
        if kind in entry and not (isinstance(entry[kind], list) and all(isinstance(one, str) for one in entry[kind])):
            yield f"{kind} must be a list of texts"
    if not isinstance(entry.get("max_words", 0), int):
        yield "max_words must be a number"


def _signature(entry: Mapping[str, Any]) -> Signature:
    signs = {kind: tuple(str(one) for one in entry[kind]) for kind in _LISTS if kind in entry}
    for kind in {"page_title", "text"} & set(signs):
        signs[kind] = tuple(map(fold, signs[kind]))
    statuses = tuple(int(one) for one in entry.get("status") or ())
    return Signature(entry["id"], entry["verdict"], entry["title"], signs, statuses, int(entry.get("max_words", 0)))
