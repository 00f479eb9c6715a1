"""What lists look like, for people and programs."""

import csv
import io
import json
import os
import pty
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from crawler.console.output import Column, Format, cell, fields, json_line, listing
from crawler.console.times import iso, local, parse_time
from crawler.errors import BadArgument

COLUMNS = [
    Column("Unit", "unit"),
    Column("URL", "url", kind="url", ratio=1),
    Column("Seen", "seen", kind="time"),
    Column("Pages", lambda row: row["n"] * 2, kind="number", wide=True),
    Column("State", "review.state"),
]
ROW = {
    "unit": "Trường THCS Trần Phú",
    "url": "http://thcs.haiphong.edu.vn/nha-cai?x=1.2",
    "seen": datetime(2026, 1, 31, 17, 30, tzinfo=UTC),
    "n": 3,
    "review": {"state": "complete"},
}
HOSTILE = "a\x1b[31m\x07\x9b2J\u202e\u200b\u2066b\ud800"


def written(fmt: Format, *rows: dict[str, Any]) -> str:
    out = io.StringIO()
    assert listing(rows, COLUMNS, fmt, out) == len(rows)
    return out.getvalue()


def on_terminal(width: int, show: Callable[[Any], Any]) -> str:
    """What arrives at a terminal of this width."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    old = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        with open(slave, "w", encoding="utf-8") as out:
            show(out)
            out.flush()
            return os.read(master, 100_000).decode()
    finally:
        os.close(master)
        if old is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = old


def test_a_piped_table_is_plain_whole_and_defanged() -> None:
    text = written("table", ROW)
    assert "\x1b" not in text
    assert "hxxp://thcs[.]haiphong[.]edu[.]vn/nha-cai?x=1.2" in text
    assert "01/02/2026 00:30" in text
    assert "6" in text.split()
    assert all("Trường THCS Trần Phú" in line for line in text.splitlines() if "complete" in line)


def test_no_rows_no_table() -> None:
    assert written("table") == ""


@pytest.mark.parametrize(("width", "wide"), [(80, False), (160, True)])
def test_a_table_fits_its_terminal(width: int, wide: bool) -> None:
    row = {**ROW, "url": "http://thcs.haiphong.edu.vn/" + "rat-dai-" * 20}
    text = on_terminal(width, lambda out: listing([row], COLUMNS, "table", out))
    plain = "".join(part.split("m", 1)[-1] for part in text.split("\x1b["))
    assert max(map(len, plain.splitlines())) <= width
    assert ("Pages" in plain) == wide


def test_hostile_text_never_reaches_a_terminal() -> None:
    row = {**ROW, "unit": HOSTILE, "url": f"http://a.vn/{HOSTILE}", "review": {"state": [HOSTILE, {"x": HOSTILE}]}}
    shown = [
        on_terminal(100, lambda out, fmt=fmt: listing([row], COLUMNS, fmt, out))  # type: ignore[misc]
        for fmt in ("table", "json", "csv")
    ]
    shown.append(on_terminal(100, lambda out: fields([(HOSTILE, HOSTILE)], out)))
    for text in shown:
        own_colours = text.replace("\x1b[1m", "").replace("\x1b[0m", "")
        assert not {"\x07", "\x9b", "\u202e", "\u200b", "\u2066"} & set(own_colours)
        assert "\x1b[31m" not in own_colours


def test_markup_in_a_text_is_text() -> None:
    assert "[bold]x[/bold] :smile:" in written("table", {**ROW, "unit": "[bold]x[/bold] :smile:"})


def test_json_is_the_whole_row_on_one_line() -> None:
    row = {**ROW, "_id": ObjectId("0" * 24), "bytes": b"\x01\xff", "more": [1.5, float("nan"), None, True]}
    (line,) = written("json", row).splitlines()
    assert json.loads(line) == {
        **ROW,
        "seen": "2026-01-31T17:30:00Z",
        "_id": "0" * 24,
        "bytes": "01ff",
        "more": [1.5, None, None, True],
    }
    assert "Trường" in line


def test_json_keeps_hostile_text_exactly() -> None:
    line = json_line({"text": HOSTILE + "\U000e0001"})
    assert json.loads(line) == {"text": HOSTILE + "\U000e0001"}
    assert line.isprintable()


def test_csv_opens_in_a_spreadsheet() -> None:
    text = written("csv", {**ROW, "unit": '=HYPERLINK("http://x")', "url": "a,b\nc"})
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))
    assert rows[0] == ["Unit", "URL", "Seen", "Pages", "State"]
    assert rows[1] == ['\'=HYPERLINK("http://x")', "a,b\nc", "2026-01-31T17:30:00Z", "6", "complete"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"])
def test_a_formula_becomes_text(text: str) -> None:
    assert str(cell(text)).startswith("'")


@pytest.mark.parametrize(
    ("value", "written"), [(-5, -5), (None, ""), (True, "yes"), (["a", "b"], "a; b"), ("a-b", "a-b")]
)
def test_other_values_stay(value: Any, written: Any) -> None:
    assert cell(value) == written


def test_a_stream_in_another_encoding_is_written_in_utf8(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as out:
        listing([ROW], COLUMNS, "csv", out)
    assert "Trường" in (tmp_path / "out").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("text", "end", "moment"),
    [
        ("01/02/2026", False, "2026-01-31T17:00:00Z"),
        ("1/2/2026", True, "2026-02-01T17:00:00Z"),
        ("01/02/2026 00:30", True, "2026-01-31T17:30:00Z"),
        ("2026-02-01", True, "2026-02-01T17:00:00Z"),
        ("2026-02-01T00:30", False, "2026-01-31T17:30:00Z"),
        ("2026-02-01T00:30:00Z", False, "2026-02-01T00:30:00Z"),
    ],
)
def test_times_are_those_of_vietnam(text: str, end: bool, moment: str) -> None:
    assert iso(parse_time(text, end=end)) == moment


@pytest.mark.parametrize(
    "text", ["", "30/02/2026", "tomorrow", "2026-13-01", "9999-12-31", "0001-01-01T00:00", "01/02/2026 25:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadArgument, match="is not a time"):
        parse_time(text, end=True)


def test_a_naive_time_of_the_store_is_utc() -> None:
    assert local(datetime(2026, 1, 31, 17, 30)) == "01/02/2026 00:30"
