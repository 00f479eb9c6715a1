"""All rules and lists together: found in files, folders and packages, checked as a whole, digested."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

from pipelines.engine import kept, reading
from pipelines.engine.errors import Fault, RuleFaults
from pipelines.engine.lists import FORMATS, Lists, read_list
from pipelines.engine.rule import CATEGORIES, Rule
from pipelines.engine.yamlfile import Reader, Value, parse

FORMAT = 1
KINDS = ("page", "signals", "lists", "host", "attribution")  # the last two are discovery's, not the engine's
YAML_ENDS = (".yaml", ".yml")
MAX_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules in the order of their ids, and the domain lists."""

    rules: tuple[Rule, ...]
    lists: Lists = field(default_factory=Lists)
    digest: str = ""
    lists_digest: str = ""


@dataclass(slots=True)
class _Found:
    """A file as it was read."""

    place: Traversable
    folder: Traversable | None
    reader: Reader
    value: Value


def load(paths: Sequence[Path | Traversable]) -> Ruleset:
    """Read rule files, shared signals and lists of files and folders (folders deeply, in order of name).

    A list outside YAML may be named itself when a manifest in its folder names it. Raises RuleFaults with all faults.
    """
    faults: list[Fault] = []
    files = list(_files(paths, faults))
    documents = [found for found in (_read(*item, faults) for item in files) if found]
    rules = _rules(documents)
    kept.keep_sound()
    domains = Lists()
    for found in documents:
        if _kind(found) == "lists":
            _lists(found, domains)
    for found in documents:
        faults += found.reader.faults
    faults += _equal_ids(rules)
    if faults:
        raise RuleFaults(faults)
    ordered = tuple(sorted(rules, key=lambda rule: rule.id))
    return Ruleset(ordered, domains, _digest(ordered), domains.digest())


def _digest(rules: Iterable[Rule]) -> str:
    return hashlib.sha256("\n".join(rule.digest for rule in rules if rule.status != "retired").encode()).hexdigest()


def _files(
    paths: Sequence[Path | Traversable], faults: list[Fault]
) -> Iterable[tuple[Traversable, Traversable | None]]:
    """Every YAML file once, with its folder."""
    seen: set[str] = set()
    for path in paths:
        for place, folder in _walk(path, faults):
            name = str(place)
            if name not in seen:
                seen.add(name)
                yield place, folder
            if len(seen) > MAX_FILES:
                faults.append(Fault(name, 1, "", f"more than {MAX_FILES} files"))
                return


def _walk(path: Path | Traversable, faults: list[Fault]) -> Iterable[tuple[Traversable, Traversable | None]]:
    if path.is_dir():
        for child in sorted(path.iterdir(), key=lambda child: child.name):
            if child.is_dir() and not child.name.startswith((".", "_")):
                yield from _walk(child, faults)
            elif child.name.endswith(YAML_ENDS):
                yield child, path
        return
    if not path.is_file():
        faults.append(Fault(str(path), 1, "", "no such file or folder"))
        return
    folder = path.parent if isinstance(path, PurePath) else None
    if path.name.endswith(YAML_ENDS):
        yield path, folder
        return
    manifests = [child for child in sorted(folder.glob("*.y*ml")) if _names(child, path.name)] if folder else []
    if not manifests:
        faults.append(Fault(str(path), 1, "", "a list needs a manifest (kind: lists) beside it that names it"))
    for manifest in manifests:
        yield manifest, folder


def _names(manifest: Path, name: str) -> bool:
    """Whether a manifest speaks of a list."""
    value = parse(manifest.read_bytes(), Reader(str(manifest)))
    if value is None or not isinstance(value.data, dict) or "lists" not in value.data:
        return False
    items = value.data["lists"].data
    entries = [item.data for item in items if isinstance(item.data, dict)] if isinstance(items, list) else []
    return any("file" in entry and entry["file"].data == name for entry in entries)


def _read(place: Traversable, folder: Traversable | None, faults: list[Fault]) -> _Found | None:
    reader = Reader(str(place))
    try:
        value = parse(place.read_bytes(), reader)
    except OSError as error:
        reader.fault(1, f"cannot be read: {error.strerror or error}")
        value = None
    if value is not None:
        _head(value, reader)
    if value is None or reader.faults:
        faults += reader.faults
        return None
    return _Found(place, folder, reader, value)


def _head(value: Value, reader: Reader) -> None:
    """``format`` and ``kind`` come first, so that another program's file is not misread as ours."""
    fields = value.data if isinstance(value.data, dict) else {}
    if list(fields)[:2] != ["format", "kind"]:
        reader.fault(value.line, "must begin with 'format: 1' and 'kind: page' (or signals, lists)")
        return
    if fields["format"].data != FORMAT:
        reader.fault(fields["format"].line, f"format must be {FORMAT}")
    reader.word(fields["kind"], "kind", KINDS)


def _kind(found: _Found) -> str:
    return str(found.value.data["kind"].data)


def _rules(documents: list[_Found]) -> list[Rule]:
    """Rules of all page files; signals of ``kind: signals`` files are known to all of them."""
    shared = reading.Shelf()
    for found in documents:
        if _kind(found) == "signals":
            fields = found.reader.mapping(found.value, "the file", reading.SHARED_KEYS)
            shared = reading.shelf(fields, found.reader, shared)
    rules = []
    for found in documents:
        if _kind(found) != "page":
            continue
        fields = found.reader.mapping(found.value, "the file", reading.FILE_KEYS, ("rules",))
        known = reading.shelf(fields, found.reader, shared)
        for item in found.reader.items(fields.get("rules"), "rules"):
            rule = reading.rule(item, found.reader, known)
            if rule:
                rules.append(rule)
        found.reader.rule = ""
    return rules


def _equal_ids(rules: list[Rule]) -> Iterable[Fault]:
    first: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in first:
            other = first[rule.id]
            yield Fault(rule.file, rule.line, rule.id, f"the id stands already in {other.file}:{other.line}")
        first.setdefault(rule.id, rule)


def _lists(found: _Found, domains: Lists) -> None:
    reader = found.reader
    fields = reader.mapping(found.value, "the manifest", ("format", "kind", "lists"), ("lists",))
    for item in reader.items(fields.get("lists"), "lists"):
        entry = reader.mapping(
            item,
            "a list",
            ("file", "category", "format", "title", "source", "licence"),
            ("file", "category", "format"),
        )
        name = reader.text(entry.get("file"), "file")
        category = reader.word(entry.get("category"), "category", CATEGORIES)
        form = reader.word(entry.get("format"), "format", tuple(FORMATS))
        if not (name and category and form):
            continue
        place = found.folder / name if found.folder is not None and "/" not in name and "\\" not in name else None
        if place is None or not place.is_file():
            reader.fault(item.line, f"no list {name!r} beside the manifest")
            continue
        domains.add(category, read_list(place.read_bytes(), form, str(place), reader.faults))
