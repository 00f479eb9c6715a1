"""Excel since 2007: rows of every sheet, hyperlinks and HYPERLINK formulas. Sheets are read as a stream."""

import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.utils.exceptions import CellCoordinatesException

from crawler.documents.formats.office import core
from crawler.documents.scribe import Scribe

MAX_MARKED = 5_000
"""Hyperlinks of one sheet."""
_LAST_ROW = 1_048_576
_ROWS = 50  # rows that make one piece of text
_FORMULA = re.compile(r"HYPERLINK\(\s*\"([^\"]{1,2000})\"(?:\s*[,;]\s*\"([^\"]{0,200})\")?")
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
Place = tuple[int, int]


def read(data: bytes, packed: ZipFile, scribe: Scribe) -> None:
    """Raises what openpyxl raises on a package that is none."""
    book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    core(book, scribe)
    for sheet in book.worksheets:
        with scribe.inside(f"sheet {sheet.title}"):
            path = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
            _rows(sheet, _marked(packed, path, scribe), scribe)


def _rows(sheet: Any, marked: dict[Place, str], scribe: Scribe) -> None:
    """Sheets lie about their size, so it is not asked for."""
    sheet.reset_dimensions()
    lines: list[str] = []
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [str(value) for value in row if value is not None]
        if marked:
            for column, value in enumerate(row, 1):
                if url := marked.pop((number, column), ""):
                    scribe.link(url, "" if value is None else str(value)[:1000])
        if cells:
            lines.append(" ".join(cells))
        if len(lines) >= _ROWS:
            scribe.text("\n".join(lines))
            lines = []
        if not number % 1000:
            scribe.check()
            if number > _LAST_ROW:
                break
    if lines:
        scribe.text("\n".join(lines))
    for url in marked.values():
        scribe.link(url)


def _marked(packed: ZipFile, path: str, scribe: Scribe) -> dict[Place, str]:
    """Where a sheet's links stand; those of formulas are told at once, since only they know their text."""
    folder, _, name = path.rpartition("/")
    try:
        relations = etree.fromstring(packed.read(f"{folder}/_rels/{name}.rels"), _parser())
    except KeyError:
        relations = ()
    targets = {item.get("Id"): item.get("Target", "") for item in relations if item.get("TargetMode") == "External"}
    marked: dict[Place, str] = {}
    if path not in packed.namelist():
        return marked
    with packed.open(path) as source:
        for _, element in etree.iterparse(
            source, tag=("{*}hyperlink", "{*}f", "{*}row"), resolve_entities=False, no_network=True
        ):
            if element.tag.endswith("}f"):
                for match in _FORMULA.finditer((element.text or "")[:5_000]):
                    scribe.link(match.group(1), match.group(2) or "")
            elif element.tag.endswith("}row"):
                element.clear()
            elif (url := targets.get(element.get(_ID, ""))) and len(marked) < MAX_MARKED:
                marked[_place(element.get("ref", ""), len(marked))] = url
    return marked


def _place(reference: str, number: int) -> Place:
    """(row, column) of the first cell of ``A5:B5``; something no cell has where it is none."""
    try:
        row, column = coordinate_to_tuple(reference.partition(":")[0])
    except (ValueError, CellCoordinatesException):
        return (0, number)
    return (row, column)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)
