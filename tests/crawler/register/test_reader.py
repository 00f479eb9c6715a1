"""Register files as people make them, and files that are none."""

import csv
import io
import os
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from crawler.errors import BadRegister
from crawler.register import reader
from crawler.register.reader import read

HEADER = "Mã,Tên đơn vị,Website"
ROWS = f"{HEADER}\nHP1,Trường THCS Trần Phú,a.vn\nHP2,Trường Tiểu học Đằng Hải,\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "register.csv"


def names(path: Path) -> list[str]:
    return [row.cells["name"] for row in read(path).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str, file: Path) -> None:
    file.write_bytes(ROWS.replace(",", delimiter).encode(encoding))
    assert names(file) == ["Trường THCS Trần Phú", "Trường Tiểu học Đằng Hải"]


def test_windows_1258_with_its_combining_tones(file: Path) -> None:
    pieces = {
        "ã": "a\u0303",
        "ờ": "ơ\u0300",
        "ầ": "â\u0300",
        "ú": "ú",
        "ể": "ê\u0309",
        "ọ": "o\u0323",
        "ằ": "ă\u0300",
        "ả": "a\u0309",
    }
    text = "".join(pieces.get(char, char) for char in ROWS.replace("ị", "i\u0323"))
    file.write_bytes(text.encode("cp1258"))
    assert names(file) == ["Trường THCS Trần Phú", "Trường Tiểu học Đằng Hải"]


def test_columns_in_any_order_below_titles_with_others_between(file: Path) -> None:
    file.write_text("SỞ GIÁO DỤC VÀ ĐÀO TẠO,,\nDanh sách,,\n\nweb,TEN DON VI,stt,Unit code\na.vn,Trường A,1,X1\n,,,\n")
    sheet = read(file)
    assert [(row.line, row.cells) for row in sheet.rows] == [
        (5, {"websites": "a.vn", "name": "Trường A", "code": "X1"})
    ]
    assert sheet.ignored == ["stt"]


def test_lines_are_counted_as_an_editor_counts(file: Path) -> None:
    file.write_text(f'{HEADER}\nHP1,"Trường\nA","a.vn\nb.vn"\n\nHP2,B,\n')
    assert [row.line for row in read(file).rows] == [2, 6]


def test_formulas_are_marked_and_formula_safe_texts_are_read_back(file: Path) -> None:
    file.write_text(f"{HEADER},điện thoại\n=1+1,@SUM(A1),,+84 225\n'=x,'+y,,'+84\n")
    first, second = read(file).rows
    assert first.formulas == ["code", "name"]
    assert first.cells["phones"] == "+84 225"
    assert (second.cells["code"], second.cells["name"], second.formulas) == ("=x", "+y", [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), r"old Excel file \(\.xls\)"),
        (os.urandom(64) + bytes(range(256)), "neither CSV"),
        (b"PK\x03\x04 broken", "broken workbook"),
        (b"a,b\n1,2\n", "no header row"),
        (b"Code\nHP1\n", "no header row"),
        (b"Code,Name,Ten\nHP1,A,B\n", "the columns 'Name' and 'Ten' mean the same"),
        (b'Code,Name\nHP1,"open\n', "not valid CSV"),
        (ROWS.encode()[:-30] + b"\xe1\xba", "neither CSV"),
        ("Mã,Tên\n1,Trường học\n".encode("utf-16")[:-1], "neither CSV"),
        (b"Code,Name\n1,Tr\xad\xeang ti\xd3u h\xe4c \xae\xbb ng\xb8\n", "neither CSV"),  # TCVN3
        (b"Code,Name\n1,a\x00b\n", "neither CSV"),
    ],
)
def test_what_is_no_register_is_one_line(content: bytes, message: str, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises(BadRegister, match=message) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(BadRegister, match="no such file"):
            read(path)


def test_too_many_rows_or_bytes_are_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(ROWS)
    monkeypatch.setattr(reader, "MAX_ROWS", 1)
    with pytest.raises(BadRegister, match="more than 1 rows"):
        read(file)
    monkeypatch.setattr(reader, "MAX_BYTES", 10)
    with pytest.raises(BadRegister, match="larger than"):
        read(file)


# ---------------------------------------------------------------------------------------------------- XLSX


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "register.xlsx"
    workbook = Workbook()
    workbook.active.append(["something else"])
    sheet = workbook.create_sheet("Danh sách")
    sheet.append(["DANH SÁCH"])
    sheet.append([])
    sheet.append(["STT", "Mã trường", "Tên trường", "Website", "Ghi chú", "ĐT"])
    sheet.append([1, 31000123, "Trường A", "a.vn\nb.vn", date(2026, 1, 2), 225.0])
    sheet.append([2, "HP2", "=1+1", None, True, "+84 225"])
    workbook.save(path)
    return path


def test_a_workbook_is_read_from_the_sheet_that_has_the_header(book: Path) -> None:
    sheet = read(book)
    first, second = sheet.rows
    assert first.line == 4
    assert first.cells == {
        "code": "31000123",
        "name": "Trường A",
        "websites": "a.vn\nb.vn",
        "statements": "2026-01-02T00:00:00",
        "phones": "225",
    }
    assert second.formulas == ["name"]
    assert second.cells["phones"] == "+84 225"
    assert second.cells["websites"] == ""


def rewritten(path: Path, name: str, content: bytes) -> None:
    """The same workbook with one part replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, data in parts.items():
            archive.writestr(entry, data)


def test_a_zip_bomb_is_refused_before_it_unpacks(book: Path) -> None:
    rewritten(book, "xl/media/x", bytes(300 * 1024 * 1024))
    assert book.stat().st_size < 1024 * 1024
    with pytest.raises(BadRegister, match="unpacks to more than 256 MB"):
        read(book)


@pytest.mark.parametrize(
    "content",
    [
        b"not xml",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>',
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="x">',
    ],
)
def test_a_broken_sheet_is_one_line(content: bytes, book: Path) -> None:
    rewritten(book, "xl/worksheets/sheet1.xml", content)
    with pytest.raises(BadRegister, match="broken workbook"):
        read(book)


def test_a_zip_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(BadRegister, match="not an Excel workbook"):
        read(path)


def test_a_comma_in_names_does_not_win_over_the_delimiter(file: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["Mã", "Tên đơn vị", "Website"])
    for number in range(5):
        writer.writerow([number, "Trường A, B, C, D", "a.vn, b.vn"])
    file.write_text(text.getvalue())
    assert names(file) == ["Trường A, B, C, D"] * 5
