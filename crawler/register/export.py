"""Writing the register to a file that imports back to the same register."""

import csv
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from crawler.console.output import cell
from crawler.errors import BadArgument
from crawler.register.columns import HEADERS
from crawler.register.names import LABELS
from crawler.register.websites import Website
from crawler.store.register import RegisterStore


def export_register(store: RegisterStore, path: Path) -> int:
    """Write every unit with its registered sites as CSV or XLSX, by the file's ending; return how many units.

    The file appears whole or not at all. Raises ``BadArgument`` for another ending, ``OSError`` for a bad place.
    """
    return _written(_rows(store), path)


def propose_register(store: RegisterStore, path: Path) -> tuple[int, int, int]:
    """Write the units that hosts were found for, their registered websites and the found ones.

    The file is one that ``register import`` takes, once a person has gone over it. Returns how many units and found
    hosts it holds, and how many live hosts were left out because nobody knows whose they are.
    """
    found = store.found_hosts()
    rows = list(_rows(store, found))
    _written(iter(rows), path)
    return len(rows), sum(map(len, found.values())), store.unclaimed_hosts()


def _written(rows: Iterator[list[str]], path: Path) -> int:
    write = {".csv": _write_csv, ".xlsx": _write_xlsx}.get(path.suffix.lower())
    if write is None:
        raise BadArgument(f"{path}: the name must end in .csv or .xlsx")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".rasoat-", suffix=path.suffix)
    os.close(descriptor)
    try:
        count = write(rows, Path(name))
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    return count


def _rows(store: RegisterStore, found: Mapping[str, list[str]] | None = None) -> Iterator[list[str]]:
    """Rows of all units, or of those that hosts were found for, with these hosts."""
    for unit, sites in store.everything():
        if found is not None and unit["_id"] not in found:
            continue
        shown = {site["_id"]: _shown(site) for site in sites}
        official = [shown[site["_id"]] for site in sites if site["official"]]
        values: dict[str, Any] = {**unit, "code": unit["_id"], "level": LABELS[unit["level"]]}
        more = (found or {}).get(unit["_id"], [])
        values["websites"] = [*shown.values(), *more]
        values["official"] = official[0] if official else "không" if len(sites) + len(more) == 1 else ""
        yield [_text(values.get(name, "")) for name in HEADERS]


def _shown(site: dict[str, Any]) -> str:
    return Website(site["host"], site["_id"].partition("/")[2], site["scheme"]).shown


def _text(value: Any) -> str:
    return "\n".join(str(item) for item in value) if isinstance(value, list) else str(value or "")


def _write_csv(rows: Iterator[list[str]], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([headers[0] for headers in HEADERS.values()])
        for row in rows:
            writer.writerow([cell(text) for text in row])
            count += 1
    return count


def _write_xlsx(rows: Iterator[list[str]], path: Path) -> int:
    count = 0
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách đơn vị")
    sheet.append([headers[0] for headers in HEADERS.values()])
    for row in rows:
        cells = []
        for text in row:
            written = WriteOnlyCell(sheet, text)
            written.data_type = "s"  # never a formula, whatever it begins with
            cells.append(written)
        sheet.append(cells)
        count += 1
    book.save(path)
    return count
