"""A row of the register as a unit: checked, its lists taken apart, its websites canonical."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crawler.errors import InvalidUrl
from crawler.register.names import LABELS, fold, level_in_name, level_of
from crawler.register.reader import MAX_CELL, RawRow
from crawler.register.websites import Website, read_websites
from crawler.urls import clean

_CODE = re.compile(r"\w[\w.:()+\- ]{0,63}")
_LIST = re.compile(r"[\n;]+")
_MANY = re.compile(r"[\n;,]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_YES = frozenset(("x", "co", "yes", "true", "1", "chinh thuc"))
_NO = frozenset(("khong", "no", "false", "0"))
# Header words as people know them, for messages
TITLES = {
    "code": "unit code",
    "websites": "website",
    "official": "official site",
    "phones": "phone",
    "emails": "e-mail",
    "contacts": "contact",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, or (as a note) was left out of one that was taken."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {TITLES.get(self.field, self.field)}: {self.reason}"


@dataclass(slots=True)
class Unit:
    """What a row says. ``values`` holds only fields that the file has a column for; ``sites`` None without one."""

    line: int
    code: str
    values: dict[str, Any]
    sites: dict[str, tuple[Website, bool]] | None = None
    notes: list[Fault] = field(default_factory=list)


def read_unit(row: RawRow, fields: Sequence[str]) -> Unit | list[Fault]:
    """A unit, or all that is wrong with its row."""
    cells = {name: row.cells.get(name, "") for name in fields}
    faults = [Fault(row.line, name, "a formula is refused, write its value") for name in row.formulas]
    faults += [Fault(row.line, name, "too long") for name, text in cells.items() if len(text) > MAX_CELL]
    if faults:
        return faults
    code = " ".join(cells["code"].split())
    name = " ".join(cells["name"].split())
    if not _CODE.fullmatch(code):
        shown = f"{clean(code, 70)!r} is not a code of letters, digits and . - _ ( ) +" if code else "missing"
        faults.append(Fault(row.line, "code", shown))
    if not 0 < len(name) <= 300:
        faults.append(Fault(row.line, "name", "longer than 300 characters" if name else "missing"))
    unit = Unit(row.line, code, {"name": name, "folded": fold(name)})
    try:
        unit.sites = _sites(cells, fields)
    except InvalidUrl as error:
        faults.append(Fault(row.line, "websites", str(error)))
    if faults:
        return faults
    _add_level(unit, cells)
    _add_rest(unit, cells)
    return unit


def _sites(cells: dict[str, str], fields: Sequence[str]) -> dict[str, tuple[Website, bool]] | None:
    """key → (website, official). One website alone is the official one unless the register says otherwise."""
    if "websites" not in fields:
        return None
    websites = {site.key: site for site in read_websites(cells["websites"])}
    told = fold(cells.get("official", ""))
    official: set[str] = set()
    if told in _YES and len(websites) > 1:
        raise InvalidUrl("say which one is the official site: several are given")
    if told in _YES or (not told and len(websites) == 1):
        official = set(websites)
    elif told and told not in _NO:
        named = read_websites(cells["official"])
        if len(named) > 1:
            raise InvalidUrl("only one official site is possible")
        websites |= {site.key: site for site in named if site.key not in websites}
        official = {site.key for site in named}
    return {key: (site, key in official) for key, site in websites.items()}


def _add_level(unit: Unit, cells: dict[str, str]) -> None:
    written = cells.get("level", "")
    level = level_of(written)
    if written and not level:
        unit.notes.append(Fault(unit.line, "level", f"{clean(written, 40)!r} is not known, read from the name"))
    unit.values["level"] = level or level_in_name(unit.values["name"])
    assert unit.values["level"] in LABELS


def _add_rest(unit: Unit, cells: dict[str, str]) -> None:
    values = unit.values
    for name in ("commune", "district"):
        if name in cells:
            values[name] = " ".join(cells[name].split())
    if "commune" in cells or "district" in cells:
        values["places"] = [values[name] for name in ("commune", "district") if values.get(name)]
    if "phones" in cells:
        values["phones"] = _good(unit, "phones", cells["phones"], _is_phone)
    if "emails" in cells:
        values["emails"] = _good(unit, "emails", cells["emails"], lambda text: bool(_EMAIL.fullmatch(text)))
    for name in ("contacts", "statements"):
        if name in cells:
            values[name] = [part.strip() for part in _LIST.split(cells[name]) if part.strip()]


def _good(unit: Unit, name: str, cell: str, check: Any) -> list[str]:
    """The parts that are what the column holds; the others are told, since they do not harm a review."""
    parts = [part.strip() for part in _MANY.split(cell) if part.strip()]
    for part in parts:
        if not check(part):
            unit.notes.append(Fault(unit.line, name, f"{clean(part, 60)!r} was left out"))
    return [part for part in parts if check(part)]


def _is_phone(text: str) -> bool:
    return 3 <= sum(char.isdigit() for char in text) <= 20
