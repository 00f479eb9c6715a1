"""Excel 97 to 2003 and before: rows of every sheet, hyperlinks."""

from io import StringIO
from typing import Any

import xlrd

from crawler.documents.scribe import Scribe, Unreadable

_ROWS = 50


def read(data: bytes, scribe: Scribe) -> None:
    """Raises Unreadable for encrypted workbooks, what xlrd raises for broken ones."""
    try:
        book = xlrd.open_workbook(
            file_contents=data,
            on_demand=True,
            ragged_rows=True,
            logfile=StringIO(),
            ignore_workbook_corruption=True,  # of the container, which Excel forgives too
        )
    except xlrd.XLRDError as error:
        raise Unreadable("encrypted" if "encrypted" in str(error).lower() else "damaged") from error
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        with scribe.inside(f"sheet {sheet.name}"):
            _sheet(sheet, scribe)
        book.unload_sheet(number)


def _sheet(sheet: Any, scribe: Scribe) -> None:
    for start in range(0, sheet.nrows, _ROWS):
        rows = [
            " ".join(_shown(value) for value in sheet.row_values(row) if value not in ("", None))
            for row in range(start, min(sheet.nrows, start + _ROWS))
        ]
        if text := "\n".join(row for row in rows if row):
            scribe.text(text)
    for link in sheet.hyperlink_list:
        if link.url_or_path:
            url = link.url_or_path
            shown = link.desc or _cell(sheet, link.frowx, link.fcolx)
            scribe.link(url.decode("utf-8", "replace") if isinstance(url, bytes) else url, shown)


def _cell(sheet: Any, row: int, column: int) -> str:
    try:
        return _shown(sheet.cell_value(row, column))
    except IndexError:
        return ""


def _shown(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
