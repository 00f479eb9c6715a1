"""Lists for people and for programs: a table, JSON lines, CSV."""

import argparse
import csv
import io
import json
import math
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.console.times import iso, local
from crawler.urls import clean, defang

Row = Mapping[str, Any]
Format = Literal["table", "json", "csv"]
Kind = Literal["text", "url", "time", "number"]

NARROW = 110  # columns of a terminal below which the columns marked ``wide`` are left out
PIPED_WIDTH = 400
LINE_LIMIT = 4000  # characters of one line in a table
CELL_LIMIT = 32000  # characters of one line in a cell of a spreadsheet, which takes 32767
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_SUSPECT = re.compile("[^ -~]")
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "confirmed": "bold", "open": "red"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``value`` is a field (``review.state``) or a function of the row.

    ``kind`` url is defanged on terminals, time shown as in Vietnam. ``wide`` columns need a wide terminal;
    ``ratio`` lets a column take the room that is left.
    """

    header: str
    value: str | Callable[[Row], Any]
    kind: Kind = "text"
    wide: bool = False
    ratio: int = 0

    def of(self, row: Row) -> Any:
        """The raw value of a row, None where there is none."""
        if callable(self.value):
            return self.value(row)
        found: Any = row
        for name in self.value.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


def format_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--json`` and ``--csv``, of which one may be given."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--json", dest="format", action="store_const", const="json", help="JSON lines, in UTC")
    group.add_argument("--csv", dest="format", action="store_const", const="csv", help="CSV, in UTC")
    parser.set_defaults(format="table")


def listing(rows: Iterable[Row], columns: Sequence[Column], fmt: Format, out: TextIO | None = None) -> int:
    """Write rows and return how many there were.

    ``json`` writes each whole row and ``csv`` the columns, as rows arrive; a table holds them all in memory.
    """
    out = _utf8(out or sys.stdout)
    if fmt == "json":
        return _json(rows, out)
    if fmt == "csv":
        return _csv(rows, columns, out)
    return _table(rows, columns, out)


def fields(pairs: Iterable[tuple[str, Any]], out: TextIO | None = None) -> None:
    """Write one record as names and values, one below the other; empty values are left out."""
    out = _utf8(out or sys.stdout)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, "", [], {}):
            table.add_row(Text(clean(name)), Text(_shown(value, "text")))
    console(out).print(table)


def console(out: TextIO | None = None) -> Console:
    """A rich console: colours and the window's width on a terminal, neither when piped; no markup."""
    out = out or sys.stdout
    width = None if out.isatty() else PIPED_WIDTH
    return Console(file=out, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def plain(value: Any) -> Any:
    """A value of MongoDB as JSON knows it: times ISO in UTC, bytes as hex, ids as text."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def json_line(row: Row) -> str:
    """One row as one line of JSON that is safe on a terminal too."""
    text = json.dumps(plain(row), ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
    return _SUSPECT.sub(_json_escape, text)


def _json(rows: Iterable[Row], out: TextIO) -> int:
    count = 0
    for row in rows:
        out.write(json_line(row) + "\n")
        count += 1
    return count


def _csv(rows: Iterable[Row], columns: Sequence[Column], out: TextIO) -> int:
    count = 0
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([cell(column.header) for column in columns])
    for row in rows:
        writer.writerow([cell(column.of(row)) for column in columns])
        count += 1
    return count


def cell(value: Any) -> str | int | float:
    """A value for a spreadsheet: text that a spreadsheet would run as a formula begins with an apostrophe."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else _joined(value)
    if text.lstrip(" ").startswith(_FORMULA):
        text = "'" + text
    return "\n".join(clean(line, CELL_LIMIT) for line in text.splitlines()) or ""


def _table(rows: Iterable[Row], columns: Sequence[Column], out: TextIO) -> int:
    target = console(out)
    narrow = out.isatty() and target.width < NARROW
    shown = [column for column in columns if not (narrow and column.wide)]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=False, show_edge=False)
    for column in shown:
        table.add_column(
            Text(clean(column.header)),
            justify="right" if column.kind == "number" else "left",
            no_wrap=column.kind in ("time", "number"),
            overflow="fold",
            ratio=column.ratio or None,
        )
    for row in rows:
        texts = [_shown(column.of(row), column.kind) for column in shown]
        table.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in texts))
    if table.row_count:
        target.print(table)
    return table.row_count


def _shown(value: Any, kind: Kind) -> str:
    """A value for a person's eye."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return local(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "url":
        return defang(str(value))
    text = value if isinstance(value, str) else _joined(plain(value))
    return "\n".join(clean(line, LINE_LIMIT) for line in text.splitlines())


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(item if isinstance(item, str) else _joined(item) for item in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _json_escape(match: re.Match[str]) -> str:
    char = match[0]
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return json.dumps(char)[1:-1]
    return char


def _utf8(out: TextIO) -> TextIO:
    """The same stream, writing UTF-8 whatever the locale says."""
    if isinstance(out, io.TextIOWrapper) and out.encoding.lower() != "utf-8":
        out.reconfigure(encoding="utf-8", errors="backslashreplace")
    return out
