"""Stage 1: names out of files that an operator supplies; every name keeps its line, a bad line is told."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.discovery.zonefile import owners
from crawler.errors import BadInput, InvalidUrl
from crawler.hostnames import is_address, normalise
from crawler.register.names import fold
from crawler.urls import clean, parse

MAX_BYTES = 1024 * 1024 * 1024
MAX_LINE = 1024 * 1024
_SNIFF = 65536
_TYPES = r"(?:A|AAAA|CNAME|DNAME|NS|MX|TXT|SOA|SRV|CAA|PTR)"
_RECORD = re.compile(rf"(?mi)^\S*\s+(?:\d+\s+)?(?:IN\s+)(?:\d+\s+)?{_TYPES}\s|^\$(?:ORIGIN|TTL)\b")
_MASSDNS = re.compile(rf"(\S+)\s+{_TYPES}\s+\S+")
_LOG = re.compile(r"query: (\S+) IN |query\[\w+\] (\S+) from |info: \S+ (\S+)\.? [A-Z0-9]+ IN\b")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?")
_NAME_COLUMNS = ("domain", "domain name", "ten mien", "host", "hostname", "host name", "fqdn", "name", "website", "url")
_FIRST_COLUMNS = ("first seen", "created", "creation date", "registered", "ngay dang ky", "ngay tao", "from")
_LAST_COLUMNS = ("last seen", "expires", "expiry date", "expiration date", "ngay het han", "updated", "to")


@dataclass(frozen=True, slots=True)
class Seen:
    """One name of a file: ``line`` counts from 1; dates where the file has them."""

    name: str
    line: int
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that could not be taken, and why."""

    line: int
    reason: str


Reader = Callable[[Path], Iterator[Seen | Fault]]


def read_names(path: Path, format_: str = "") -> Iterator[Seen | Fault]:
    """Names and faults of a file in the order of its lines. Raises ``BadInput`` for a file that cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path}: larger than {MAX_BYTES // 1024**2} MB")
        yield from FORMATS[format_ or detect(path)](path)
    except UnicodeDecodeError:
        raise BadInput(f"{path}: is not UTF-8") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from error


def detect(path: Path) -> str:
    """The name of the format that a file's beginning shows."""
    with path.open("rb") as file:
        start = file.read(_SNIFF).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if start.startswith("["):
        return "ct"
    if start.startswith("{"):
        first = start.partition("\n")[0]
        if '"name_value"' in first:
            return "ct"
        return "cof" if '"rrname"' in first else "jsonl"
    if _LOG.search(start):
        return "log"
    if _RECORD.search(start):
        return "zone"
    header = start.partition("\n")[0]
    cells = {fold(cell) for cell in re.split(r"[,;\t]", header)}
    return "csv" if len(cells) > 1 and cells & set(_NAME_COLUMNS) else "plain"


def _seen(text: str, line: int, first: datetime | None = None, last: datetime | None = None) -> Seen | Fault:
    text = text.strip().strip("\"'").rstrip(".")
    try:
        name = parse(text).host.partition(":")[0] if "://" in text else normalise(text.removeprefix("*."), "http")
    except InvalidUrl:
        name = ""
    if not name or is_address(name) or "." not in name:
        return Fault(line, f"{clean(text, 80)!r} is not a host name")
    if text.startswith("*."):
        return Fault(line, f"{clean(text, 80)}: a wildcard is a hint, not a host")
    return Seen(name.partition(":")[0], line, first, last)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8-sig", newline=None) as file:
        number = 0
        while text := file.readline(MAX_LINE):
            number += 1
            if text.strip():
                yield number, text.rstrip("\n")


def _plain(path: Path) -> Iterator[Seen | Fault]:
    for number, line in _lines(path):
        text = line.partition("#")[0].strip()
        if found := _MASSDNS.fullmatch(text):
            text = found[1]
        if text:
            yield _seen(text, number)


def _zone(path: Path) -> Iterator[Seen | Fault]:
    for name, line in owners(path):
        if not name.startswith("*") and not any(label.startswith("_") for label in name.split(".")):
            yield _seen(name, line)


def _log(path: Path) -> Iterator[Seen | Fault]:
    """Query logs of BIND, dnsmasq and unbound; a resolver is asked for anything, so what is no host is passed over."""
    for number, line in _lines(path):
        if found := _LOG.search(line):
            stamp = _STAMP.search(line)
            at = _time(stamp[0]) if stamp else None
            one = _seen(next(filter(None, found.groups())), number, at, at)
            if isinstance(one, Seen):
                yield one


def _ct(path: Path) -> Iterator[Seen | Fault]:
    """Certificates as crt.sh exports them: ``name_value`` holds several names, one a line."""
    for number, entry in _objects(path):
        if isinstance(entry, Fault):
            yield entry
            continue
        names = entry.get("name_value") or entry.get("common_name")
        if not isinstance(names, str):
            yield Fault(number, "name_value: missing")
            continue
        for name in dict.fromkeys(names.split("\n")):
            if "@" not in name:
                yield _seen(name, number, _time(entry.get("not_before")), _time(entry.get("not_after")))


def _cof(path: Path) -> Iterator[Seen | Fault]:
    """Passive DNS in the Common Output Format."""
    for number, entry in _objects(path):
        if isinstance(entry, Fault):
            yield entry
        elif not isinstance(entry.get("rrname"), str):
            yield Fault(number, "rrname: missing")
        elif entry.get("rrtype") in (None, "A", "AAAA", "CNAME", "MX", "TXT"):
            yield _seen(entry["rrname"], number, _time(entry.get("time_first")), _time(entry.get("time_last")))


def _jsonl(path: Path) -> Iterator[Seen | Fault]:
    """Lines of subfinder and dnsx (``host``) and massdns (``name``, ``status``)."""
    for number, entry in _objects(path):
        if isinstance(entry, Fault):
            yield entry
            continue
        name = entry.get("host") or entry.get("name")
        if not isinstance(name, str):
            yield Fault(number, "host: missing")
        elif entry.get("status", "NOERROR") == "NOERROR" and entry.get("status_code", "NOERROR") == "NOERROR":
            at = _time(entry.get("timestamp"))
            yield _seen(name, number, at, at)


def _objects(path: Path) -> Iterator[tuple[int, Any]]:
    """JSON objects, one a line or in one array, each with its line."""
    with path.open(encoding="utf-8-sig") as file:
        start = file.read(1)
        while start.isspace():
            start = file.read(1)
    if start == "[":
        yield from _array(path)
        return
    for number, line in _lines(path):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        yield number, entry if isinstance(entry, dict) else Fault(number, "not a JSON object")


def _array(path: Path) -> Iterator[tuple[int, Any]]:
    text = path.read_text(encoding="utf-8-sig")
    decoder, place, line, counted = json.JSONDecoder(), text.index("[") + 1, 1, 0
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        line, counted = line + text.count("\n", counted, place), place
        if place >= len(text) or text[place] == "]":
            return
        try:
            entry, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            yield line, Fault(line, "not JSON from here on")
            return
        yield line, entry if isinstance(entry, dict) else Fault(line, "not a JSON object")


def _csv(path: Path) -> Iterator[Seen | Fault]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline(MAX_LINE)
        separator = max(",;\t", key=head.count)
        headers = [fold(cell) for cell in next(csv.reader([head], delimiter=separator))]
        at = next((headers.index(one) for one in _NAME_COLUMNS if one in headers), None)
        if at is None:
            raise BadInput(f"{path}:1: no column is called domain, host or tên miền")
        first, last = (
            next((headers.index(one) for one in names if one in headers), None)
            for names in (_FIRST_COLUMNS, _LAST_COLUMNS)
        )
        rows = csv.reader(file, delimiter=separator)
        for row in rows:
            number = rows.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if at >= len(row) or not row[at].strip():
                yield Fault(number, f"{headers[at]}: missing")
                continue
            dates = [_time(row[place]) if place is not None and place < len(row) else None for place in (first, last)]
            yield _seen(row[at], number, *dates)


def _time(value: Any) -> datetime | None:
    """Seconds since the epoch, ISO 8601 or dd/mm/yyyy, as UTC; None for anything else."""
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal()):
            return datetime.fromtimestamp(float(value), UTC)
        text = str(value or "").strip()
        if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
            return datetime(int(found[3]), int(found[2]), int(found[1]), tzinfo=UTC)
        at = datetime.fromisoformat(text[:26])
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


FORMATS: dict[str, Reader] = {
    "plain": _plain,
    "zone": _zone,
    "ct": _ct,
    "cof": _cof,
    "jsonl": _jsonl,
    "csv": _csv,
    "log": _log,
}
