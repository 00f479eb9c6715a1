"""Bringing a register into the store: what is new, changed, unchanged or refused; idempotent, with history.

A unit that is not in the file stays as it is and is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crawler.register.reader import Sheet
from crawler.register.units import Fault, Unit, read_unit
from crawler.register.websites import Website
from crawler.store.register import RegisterStore
from crawler.urls import hostname, twin

BATCH = 1000
DERIVED = frozenset(("folded", "places"))  # of other fields: not worth a line of their own
EMPTY: dict[str, Any] = {
    "commune": "",
    "district": "",
    "places": [],
    "phones": [],
    "emails": [],
    "contacts": [],
    "statements": [],
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a unit that the file changes; a website comes (``old`` empty) or goes (``new`` empty)."""

    line: int
    unit: str
    field: str
    old: Any
    new: Any


@dataclass(slots=True)
class Summary:
    """What an import did, or would do."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        """A row may have several faults."""
        return len({fault.line for fault in self.refused})


def import_register(
    store: RegisterStore, sheet: Sheet, *, zones: Sequence[str], source: str, dry_run: bool = False
) -> Summary:
    """Compare a whole sheet with the store and write the differences unless ``dry_run``.

    ``zones`` are the authority's; ``source`` is told in the history. Refused rows change nothing.
    """
    summary = Summary(rows=len(sheet.rows), ignored=sheet.ignored)
    units, seen = _read(sheet, summary)
    units = _without_conflicts(store, units, summary)
    work = _Import(store, zones, f"register import {source}", summary, dry_run)
    for part in _batches(units):
        work.take(part)
    work.finish()
    summary.missing = [code for code in store.codes() if code not in seen]
    summary.refused.sort(key=lambda fault: (fault.line, fault.field))
    return summary


def _read(sheet: Sheet, summary: Summary) -> tuple[list[Unit], set[str]]:
    """The rows as units; a code or website that stands in the file twice is refused the second time."""
    units: list[Unit] = []
    lines: dict[str, int] = {}
    claims: dict[str, Unit] = {}
    for row in sheet.rows:
        unit = read_unit(row, sheet.fields)
        if not isinstance(unit, Unit):
            summary.refused += unit
            lines.setdefault(" ".join(row.cells.get("code", "").split()), row.line)
            continue
        faults = []
        if unit.code in lines:
            faults.append(Fault(unit.line, "code", f"{unit.code} stands on line {lines[unit.code]} already"))
        lines.setdefault(unit.code, unit.line)
        for key, (website, _) in (unit.sites or {}).items():
            other = claims.get(_claim(website))
            if other is not None:
                told = f"{key.rstrip('/')} is that of unit {other.code} on line {other.line} already"
                faults.append(Fault(unit.line, "websites", told))
        if faults:
            summary.refused += faults
            continue
        claims |= {_claim(website): unit for website, _ in (unit.sites or {}).values()}
        summary.notes += unit.notes
        units.append(unit)
    return units, set(lines)


def _without_conflicts(store: RegisterStore, units: list[Unit], summary: Summary) -> list[Unit]:
    """Refuse rows that want a website of a unit which this import does not take it from."""
    owners: dict[str, str] = {}
    for part in _batches(units):
        keys: set[str] = set()
        for unit in part:
            for website, _ in (unit.sites or {}).values():
                keys |= {website.key, Website(twin(website.host), website.prefix).key}
        for key, site in store.sites(keys).items():
            if site["state"] == "registered":
                host, _, prefix = key.partition("/")
                owners[_claim(Website(host, prefix))] = site["unit"]
    while True:
        giving = {unit.code for unit in units if unit.sites is not None}
        kept = []
        for unit in units:
            wanted = [(key, owners.get(_claim(site))) for key, (site, _) in (unit.sites or {}).items()]
            others = ((key, owner) for key, owner in wanted if owner and owner != unit.code)
            stays = [(key, owner) for key, owner in others if owner not in giving]
            for key, owner in stays:
                told = f"{key.rstrip('/')} is registered for unit {owner}, which this file does not change"
                summary.refused.append(Fault(unit.line, "websites", told))
            if not stays:
                kept.append(unit)
        if len(kept) == len(units):
            return units
        units = kept


class _Import:
    """One import at work: compares batches and queues what differs."""

    def __init__(self, store: RegisterStore, zones: Sequence[str], by: str, summary: Summary, dry_run: bool) -> None:
        self._store = store
        self._zones = tuple(zone.strip(".").lower() for zone in zones)
        self._by = by
        self._summary = summary
        self._dry_run = dry_run
        self._now = datetime.now(UTC)
        self._left: set[str] = set()

    def take(self, part: Sequence[Unit]) -> None:
        """Compare one batch with the store."""
        codes = [unit.code for unit in part]
        stored, sites = self._store.units(codes), self._store.sites_of(codes)
        keys = {key for unit in part for key in unit.sites or ()}
        before = self._store.sites(keys)
        for unit in part:
            changes = self._unit(unit, stored.get(unit.code))
            changes += self._sites(unit, sites.get(unit.code, {}), before)
            if unit.code not in stored:
                self._summary.new += 1
            elif changes:
                self._summary.changed += 1
                self._summary.changes += changes
            else:
                self._summary.unchanged += 1
        self._hosts(part)
        if not self._dry_run:
            self._store.flush()

    def finish(self) -> None:
        """Hosts that lost their last site."""
        if not self._dry_run:
            self._store.retire_hosts(self._left)

    def _unit(self, unit: Unit, stored: dict[str, Any] | None) -> list[Change]:
        if stored is None:
            names = [{"name": unit.values["name"], "from": self._now, "to": None}]
            step = self._step("", None, unit.values["name"])
            self._store.put_unit(unit.code, {**EMPTY, **unit.values, "names": names}, [step])
            return []
        different = {name: value for name, value in unit.values.items() if stored.get(name) != value}
        if not different:
            return []
        changes = [
            Change(unit.line, unit.code, name, stored.get(name), value)
            for name, value in different.items()
            if name not in DERIVED
        ]
        if "name" in different:
            different["names"] = self._renamed(stored, unit.values["name"])
        steps = [self._step(change.field, change.old, change.new) for change in changes]
        self._store.put_unit(unit.code, different, steps)
        return changes

    def _renamed(self, stored: dict[str, Any], name: str) -> list[dict[str, Any]]:
        names = [dict(entry) for entry in stored.get("names", [])]
        for entry in names:
            entry["to"] = entry.get("to") or self._now
        return [*names, {"name": name, "from": self._now, "to": None}]

    def _sites(self, unit: Unit, stored: dict[str, dict[str, Any]], before: dict[str, dict[str, Any]]) -> list[Change]:
        if unit.sites is None:
            return []
        changes: list[Change] = []
        for key in sorted(set(stored) - set(unit.sites)):
            self._store.retire_site(key, unit.code, self._step("state", "registered", "retired"))
            self._left.add(stored[key]["host"])
            changes.append(Change(unit.line, unit.code, "website", key.rstrip("/"), ""))
        for key, (website, official) in unit.sites.items():
            known = stored.get(key)
            if known is not None and known["official"] == official:
                continue
            shown = key.rstrip("/")
            if known is not None:
                told = (shown, "official") if official else ("official", shown)
                changes.append(Change(unit.line, unit.code, "official site", *told))
                step = self._step("official", known["official"], official)
            else:
                changes.append(Change(unit.line, unit.code, "website", "", shown))
                old = before.get(key)
                step = self._step("unit", old and f"{old['unit']} ({old['state']})", unit.code)
            values = {"host": website.host, "prefix": website.prefix, "unit": unit.code, "official": official}
            self._store.put_site(key, {**values, "state": "registered"}, step)
        return changes

    def _hosts(self, part: Sequence[Unit]) -> None:
        wanted: dict[str, dict[str, Any]] = {}
        for unit in part:
            for website, _ in (unit.sites or {}).values():
                change = wanted.setdefault(website.host, {"state": "registered"})
                change["recognised"] = "yes" if self._is_recognised(website.host) else "no"
                if website.scheme:
                    change["scheme"] = website.scheme
        known = self._store.hosts(wanted)
        for name, change in wanted.items():
            host = known.get(name, {})
            if any(host.get(key) != value for key, value in change.items()):
                self._store.put_host(name, change, self._now)

    def _is_recognised(self, host: str) -> bool:
        name = hostname(host)
        return any(name == zone or name.endswith(f".{zone}") for zone in self._zones)

    def _step(self, name: str, old: Any, new: Any) -> dict[str, Any]:
        return {"at": self._now, "by": self._by, "field": name, "from": old, "to": new}


def _claim(website: Website) -> str:
    """What a website takes: a name with and without www is one."""
    return f"{website.host.removeprefix('www.')}/{website.prefix}"


def _batches(units: Sequence[Unit]) -> Iterator[Sequence[Unit]]:
    for start in range(0, len(units), BATCH):
        yield units[start : start + BATCH]
