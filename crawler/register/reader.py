"""Reading a register file, CSV or XLSX, whole and bounded: every row is at hand, or ``BadRegister``."""

import csv
import io
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl

from crawler.errors import BadRegister
from crawler.register.columns import recognise
from crawler.urls import clean

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 256 * 1024 * 1024  # of an XLSX, so that a small file cannot fill the memory
MAX_ENTRIES = 2000
MAX_ROWS = 200_000
MAX_COLUMNS = 100
MAX_CELL = 4000
HEADER_WITHIN = 30  # rows above the header hold the office's name and a title

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_VIETNAMESE = frozenset(
    unicodedata.normalize("NFC", letter + mark + tone)
    for letter, marks in {
        "a": "\u0302\u0306",
        "e": "\u0302",
        "i": "",
        "o": "\u0302\u031b",
        "u": "\u031b",
        "y": "",
    }.items()
    for mark in ["", *marks]
    for tone in ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
) | {"đ"}
_PUNCTUATION = frozenset("–—‘’“”…«»·•°§©®™×÷ ₫")


@dataclass(slots=True)
class RawRow:
    """One row as it is written: ``line`` as an editor or spreadsheet counts, ``cells`` by field."""

    line: int
    cells: dict[str, str]
    formulas: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Sheet:
    """A whole register: its rows, the fields it has a column for, and headers that mean nothing to us."""

    rows: list[RawRow]
    fields: list[str]
    ignored: list[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, and whether a spreadsheet would compute it."""

    text: str
    formula: bool = False


def read(path: Path) -> Sheet:
    """Read a register. Raises ``BadRegister`` naming the file for anything that cannot be read to its end."""
    try:
        if not path.is_file():
            raise BadRegister("no such file")
        if path.stat().st_size > MAX_BYTES:
            raise BadRegister(f"larger than {MAX_BYTES // 2**20} MB")
        data = path.read_bytes()
        return _sheet(_xlsx_tables(data) if data[:4] == b"PK\x03\x04" else [_csv_rows(data)])
    except OSError as error:
        raise BadRegister(f"{path}: {error.strerror}") from error
    except BadRegister as error:
        raise BadRegister(f"{path}: {error}") from error


def _sheet(tables: Iterable[Iterable[tuple[int, Sequence[Cell]]]]) -> Sheet:
    """The first table with a header; raises ``BadRegister`` where there is none."""
    for table in tables:
        rows = iter(table)
        for _, (_, cells) in zip(range(HEADER_WITHIN), rows, strict=False):
            texts = [cell.text for cell in cells]
            columns = recognise(texts)
            if columns is not None:
                known = set(columns.values())
                ignored = [text.strip() for at, text in enumerate(texts) if text.strip() and at not in known]
                return Sheet(list(_data_rows(rows, columns)), list(columns), ignored)
    raise BadRegister("no header row that names unit code (mã) and name (tên đơn vị) in its first rows")


def _data_rows(rows: Iterable[tuple[int, Sequence[Cell]]], columns: dict[str, int]) -> Iterator[RawRow]:
    count = 0
    for line, cells in rows:
        if not any(cell.text for cell in cells):
            continue
        count += 1
        if count > MAX_ROWS:
            raise BadRegister(f"more than {MAX_ROWS} rows")
        found = {name: cells[at] for name, at in columns.items() if at < len(cells)}
        formulas = [name for name, cell in found.items() if cell.formula]
        yield RawRow(line, {name: cell.text for name, cell in found.items()}, formulas)


# ----------------------------------------------------------------------------------------------------- CSV


def _csv_rows(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    text = decode(data)
    csv.field_size_limit(MAX_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    before = 0
    try:
        for row in reader:
            line, before = before + 1, reader.line_num
            yield line, [_csv_cell(value) for value in row[:MAX_COLUMNS]]
    except csv.Error as error:
        raise BadRegister(f"line {reader.line_num}: not valid CSV ({error})") from None


def _csv_cell(value: str) -> Cell:
    text = unicodedata.normalize("NFC", value).strip()
    if text[:1] == "'" and text[1:2] in tuple("=+-@"):  # how a formula-safe export writes a text
        return Cell(text[1:])
    return Cell(text, formula=text[:1] in ("=", "@"))


def _delimiter(text: str) -> str:
    """The delimiter that the most cells of the first lines stand between; a comma where none occurs."""
    head = text[:20_000].splitlines()[:HEADER_WITHIN]
    return max(",;\t", key=lambda mark: (sum(line.count(mark) > 0 for line in head), sum(map(_counter(mark), head))))


def _counter(mark: str) -> Any:
    return lambda line: line.count(mark)


def decode(data: bytes) -> str:
    """The text of a CSV in UTF-8, UTF-16 or Windows-1258; raises ``BadRegister`` for everything else."""
    if not data.strip():
        raise BadRegister("the file is empty")
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise BadRegister("an old Excel file (.xls): save it as .xlsx or CSV")
    if data[:5] == b"%PDF-":
        raise BadRegister("a PDF: a register is a CSV or XLSX file")
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text) and (encoding != "cp1258" or _is_vietnamese(text)):
            return text
    raise BadRegister("neither CSV in UTF-8, UTF-16 or Windows-1258 nor XLSX: save it as CSV UTF-8")


def _encodings(data: bytes) -> list[str]:
    if data[:2] in _UTF16:
        return ["utf-16"]
    sample = data[:2000]
    if sample.count(0) > len(sample) // 4:  # UTF-16 without a mark: every ASCII letter brings a zero byte
        return ["utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"]
    return ["utf-8-sig", "cp1258"]


def _is_text(text: str) -> bool:
    """Whether it holds no control characters but those of a table."""
    return all(char in "\t\r\n\x0b\x0c" for char in set(text) if ord(char) < 32 or 127 <= ord(char) < 160)


def _is_vietnamese(text: str) -> bool:
    """Whether what is not ASCII is Vietnamese: TCVN3 and VNI decode as Windows-1258 too, to gibberish."""
    others = [char for char in unicodedata.normalize("NFC", text) if ord(char) > 127]
    good = sum(char.lower() in _VIETNAMESE or char in _PUNCTUATION for char in others)
    return good >= 0.95 * len(others)


# ---------------------------------------------------------------------------------------------------- XLSX


@contextmanager
def _broken_is_bad() -> Iterator[None]:
    """A broken workbook raises whatever its broken part leads to: all of it is ``BadRegister``."""
    try:
        yield
    except BadRegister:
        raise
    except Exception as error:
        raise BadRegister(f"a broken workbook ({clean(type(error).__name__)}: {clean(str(error), 100)})") from None


def _xlsx_tables(data: bytes) -> Iterator[Iterator[tuple[int, list[Cell]]]]:
    with _broken_is_bad():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
            raise BadRegister(f"unpacks to more than {MAX_UNPACKED // 2**20} MB")
        if not any(entry.filename == "xl/workbook.xml" for entry in entries):
            raise BadRegister("a ZIP file, but not an Excel workbook (.xlsx)")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles and validations that nobody needs here
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
            try:
                for sheet in book.worksheets:
                    yield _xlsx_rows(sheet)
            finally:
                book.close()


def _xlsx_rows(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    with _broken_is_bad():  # a sheet is read while its rows are asked for
        sheet.reset_dimensions()  # what a file says about its size need not be true
        limit = MAX_ROWS + HEADER_WITHIN + 1
        for line, row in enumerate(sheet.iter_rows(max_row=limit, max_col=MAX_COLUMNS), start=1):
            yield line, [_xlsx_cell(cell.value, cell.data_type) for cell in row]


def _xlsx_cell(value: Any, kind: str) -> Cell:
    if value is None:
        return Cell("")
    if kind == "f" or not isinstance(value, (str, int, float, bool, date, datetime)):
        return Cell("=", formula=True)
    if isinstance(value, str):
        return Cell(unicodedata.normalize("NFC", value).strip(), formula=value.lstrip().startswith("="))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return Cell(value.isoformat() if isinstance(value, date) else str(value))
