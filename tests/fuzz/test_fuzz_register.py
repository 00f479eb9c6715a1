"""A register file is read to its end, or refused with one reason: whatever the bytes."""

import io
import tempfile
import zipfile
from pathlib import Path

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import BadRegister
from crawler.register.reader import MAX_CELL, Sheet, read
from crawler.register.units import Unit, read_unit
from tests.fuzz.made import Bend, bends, bent, bent_ones

TABLE = [
    ["Sở Giáo dục và Đào tạo Hải Phòng"],
    ["Mã", "Tên đơn vị", "Cấp", "Xã/phường", "Website", "Website chính thức", "Điện thoại", "Thư điện tử", "Khai báo"],
    [
        "HP-001",
        "Trường THCS Nguyễn Trãi",
        "THCS",
        "An Biên",
        "a.edu.vn, http://b.edu.vn/c",
        "a.edu.vn",
        "0225 3 1",
        "a@b.vn",
        "x",
    ],
    ["HP-002", "Trường Mầm non Hoa Sen", "Mầm non", "", "https://c.edu.vn:8443/", "", "", "không", "=1+1"],
]
WORDS = [word for row in TABLE for word in row]
CSV = "\r\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in TABLE)
CSVS = [
    CSV.encode(),
    CSV.encode("utf-8-sig"),
    CSV.encode("utf-16"),
    CSV.encode("utf-16-le"),
    CSV.replace(",", ";").encode(),
]
CSVS += [
    CSV.encode("cp1258", "replace"),
    CSV.replace(",", "\t").encode(),
    b"PK\x03\x04" + CSV.encode(),
    b"%PDF-1.7",
    b"",
]


def workbook() -> dict[str, bytes]:
    """The parts of a real workbook by name."""
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    book.active["A9"], book.active["B9"] = 3.5, True
    book.create_sheet("Sheet 2")
    data = io.BytesIO()
    book.save(data)
    with zipfile.ZipFile(data) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


PARTS = workbook()


def zipped(parts: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return data.getvalue()


def look(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"units{suffix}"
        path.write_bytes(data)
        found = _read(path)
    if isinstance(found, Sheet):
        checked(found)
        return
    assert found.startswith(f"{path}: ")
    assert len(found.splitlines()) == 1


def _read(path: Path) -> Sheet | str:
    try:
        return read(path)
    except BadRegister as refused:
        return str(refused)


def checked(sheet: Sheet) -> None:
    assert {"code", "name"} <= set(sheet.fields)
    for row in sheet.rows:
        unit = read_unit(row, sheet.fields)
        if isinstance(unit, Unit):
            assert unit.code
            assert all(len(str(value)) <= 4 * MAX_CELL for value in unit.values.values())
        else:
            assert unit, "a refused row without a reason"
            assert all(len(str(fault).splitlines()) == 1 for fault in unit)


@given(bent_ones(*CSVS))
def test_csv(data: bytes) -> None:
    look(data, ".csv")


@given(st.sampled_from(sorted(PARTS)), bends())
def test_a_workbook_with_one_bent_part(name: str, changes: list[Bend]) -> None:
    look(zipped({**PARTS, name: bent(PARTS[name], changes)}), ".xlsx")


@given(bent_ones(zipped(PARTS)))
def test_a_bent_workbook(data: bytes) -> None:
    look(data, ".xlsx")


@given(
    st.lists(st.lists(st.one_of(st.text(max_size=30), st.sampled_from(WORDS)), max_size=9), max_size=6),
    st.sampled_from(",;\t"),
)
def test_tables_of_any_text(rows: list[list[str]], mark: str) -> None:
    lines = [mark.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in [TABLE[1], *rows]]
    look("\n".join(lines).encode("utf-8", "surrogatepass"), ".csv")
