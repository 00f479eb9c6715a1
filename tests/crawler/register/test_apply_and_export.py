"""From a file into the store and back: new, changed, unchanged, refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.synchronous.database import Database

from crawler.errors import BadArgument
from crawler.register import apply as module
from crawler.register.apply import Summary, import_register
from crawler.register.export import export_register
from crawler.register.reader import read
from crawler.store.register import RegisterStore

Documents = Database[dict[str, Any]]
Import = Callable[..., Summary]
HEADER = "Mã|Tên đơn vị|Cấp|Xã/phường|Website|Website chính thức|Điện thoại|Email|Khai báo\n"
FIRST = (
    "A|Trường THCS Trần Phú|THCS|Lê Chân|https://a.haiphong.edu.vn||0225 1|a@b.vn|Có lưu IP\n"
    "B|Trường TH Đằng Hải||Hải An|http://portal.vn/b www.b.vn|www.b.vn|+84 225||\n"
    "C|Phòng GD|||không có||||\n"
)


@pytest.fixture
def load(database: Documents, tmp_path: Path) -> Import:
    """Import rows written with | between cells."""

    def call(rows: str, header: str = HEADER, **options: Any) -> Summary:
        path = tmp_path / "register.csv"
        path.write_text((header + rows).replace("|", "\t"))
        return import_register(
            RegisterStore(database), read(path), zones=["haiphong.edu.vn"], source=path.name, **options
        )

    return call


def counts(summary: Summary) -> tuple[int, int, int, int]:
    return summary.new, summary.changed, summary.unchanged, summary.refused_rows


def state(db: Documents) -> dict[str, list[dict[str, Any]]]:
    return {name: list(db[name].find().sort("_id", 1)) for name in ("units", "sites", "hosts")}


def test_what_a_first_import_writes(load: Import, database: Documents) -> None:
    assert counts(load(FIRST)) == (3, 0, 0, 0)
    unit = database["units"].find_one({"_id": "A"})
    assert unit is not None
    assert datetime.now(UTC) - unit["names"][0].pop("from") < timedelta(minutes=1)
    assert unit | {"history": len(unit["history"])} == {
        "_id": "A",
        "name": "Trường THCS Trần Phú",
        "names": [{"name": "Trường THCS Trần Phú", "to": None}],
        "folded": "truong thcs tran phu",
        "level": "thcs",
        "commune": "Lê Chân",
        "district": "",
        "places": ["Lê Chân"],
        "phones": ["0225 1"],
        "emails": ["a@b.vn"],
        "contacts": [],
        "statements": ["Có lưu IP"],
        "history": 1,
    }
    sites = {site["_id"]: (site["unit"], site["official"], site["alias_of"]) for site in database["sites"].find()}
    assert sites == {
        "a.haiphong.edu.vn/": ("A", True, None),
        "portal.vn/b": ("B", False, None),
        "www.b.vn/": ("B", True, None),
    }
    hosts = {host["_id"]: (host["state"], host["recognised"], host.get("scheme")) for host in database["hosts"].find()}
    assert hosts == {
        "a.haiphong.edu.vn": ("registered", "yes", "https"),
        "portal.vn": ("registered", "no", "http"),
        "www.b.vn": ("registered", "no", None),
    }
    assert database["units"].count_documents({"level": "tieu_hoc"}) == 1


def test_the_same_file_again_changes_nothing(load: Import, database: Documents) -> None:
    load(FIRST)
    before = state(database)
    assert counts(load(FIRST)) == (0, 0, 3, 0)
    assert state(database) == before


def test_a_dry_run_tells_and_writes_nothing(load: Import, database: Documents) -> None:
    assert counts(load(FIRST, dry_run=True)) == (3, 0, 0, 0)
    assert state(database) == {"units": [], "sites": [], "hosts": []}


def test_changes_are_told_and_kept_in_the_history(load: Import, database: Documents) -> None:
    load(FIRST)
    summary = load("A|Trường THCS Trần Phú 2|THCS|Lê Chân|https://new.vn||||\n")
    assert counts(summary) == (0, 1, 0, 0)
    assert [(change.line, change.unit, change.field, change.old, change.new) for change in summary.changes] == [
        (2, "A", "name", "Trường THCS Trần Phú", "Trường THCS Trần Phú 2"),
        (2, "A", "phones", ["0225 1"], []),
        (2, "A", "emails", ["a@b.vn"], []),
        (2, "A", "statements", ["Có lưu IP"], []),
        (2, "A", "website", "a.haiphong.edu.vn", ""),
        (2, "A", "website", "", "new.vn"),
    ]
    unit = database["units"].find_one({"_id": "A"})
    assert unit is not None
    assert [(entry["name"], entry["to"] is None) for entry in unit["names"]] == [
        ("Trường THCS Trần Phú", False),
        ("Trường THCS Trần Phú 2", True),
    ]
    assert [step["field"] for step in unit["history"]] == ["", "name", "phones", "emails", "statements"]
    assert unit["history"][1]["by"] == "register import register.csv"
    old = database["sites"].find_one({"_id": "a.haiphong.edu.vn/"})
    assert old is not None
    assert (old["state"], [step["to"] for step in old["history"]]) == ("retired", ["A", "retired"])
    assert database["hosts"].distinct("_id", {"state": "retired"}) == ["a.haiphong.edu.vn"]
    assert summary.missing == ["B", "C"]


def test_a_retired_site_comes_back(load: Import, database: Documents) -> None:
    load(FIRST)
    load("A|Trường THCS Trần Phú|THCS|Lê Chân|||||\n")
    load(FIRST)
    assert database["sites"].count_documents({"state": "registered"}) == 3
    assert database["hosts"].count_documents({"state": "registered"}) == 3


def test_columns_that_are_not_there_leave_what_is_stored(load: Import, database: Documents) -> None:
    load(FIRST)
    before = state(database)
    assert counts(load("A|Trường THCS Trần Phú\n", header="Mã|Tên đơn vị\n")) == (0, 0, 1, 0)
    assert state(database) == before


def test_a_website_moves_from_one_unit_to_another_in_either_order(load: Import, database: Documents) -> None:
    header = "Mã|Tên|Website\n"
    for rows in ("A|Một|\nB|Hai|x.vn\n", "A|Một|x.vn\nB|Hai|\n", "B|Hai|x.vn\nA|Một|\n"):
        summary = load(rows, header=header)
        assert not summary.refused
        site = database["sites"].find_one({"_id": "x.vn/"})
        assert site is not None
        assert site["state"] == "registered"
        assert site["unit"] == rows.partition("|x.vn")[0].rpartition("\n")[2][0]
        assert database["hosts"].count_documents({"_id": "x.vn", "state": "registered"}) == 1
        assert counts(load(rows, header=header))[2] == 2


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ("A|Một|x.vn\nB|Hai|www.x.vn\n", ["line 3: website: www.x.vn is that of unit A on line 2 already"]),
        ("A|Một|x.vn/a\nB|Hai|x.vn/b\n", []),
        ("A|Một|x.vn\nA|Hai|y.vn\n", ["line 3: unit code: A stands on line 2 already"]),
        ("|Một|x.vn\n", ["line 2: unit code: missing"]),
        ("A||x.vn\n", ["line 2: name: missing"]),
        ("A/B|Một|\n", ["line 2: unit code: 'A/B' is not a code of letters, digits and . - _ ( ) +"]),
        ("A|=1|\n", ["line 2: name: a formula is refused, write its value"]),
        ("A|Một|http://u:s3cret@x.vn\n", ["line 2: website: credentials in a URL, or an e-mail address, are refused"]),
        (f"A|Một|{'x.vn ' * 1000}\n", ["line 2: website: too long"]),
    ],
)
def test_refused_rows_name_line_field_and_reason(
    rows: str, faults: list[str], load: Import, database: Documents
) -> None:
    summary = load(rows + "Z|Tốt|z.vn\n", header="Mã|Tên|Website\n")
    assert [str(fault) for fault in summary.refused] == faults
    assert database["units"].find_one({"_id": "Z"}), "the rest is written"
    assert "s3cret" not in repr(state(database))


def test_a_website_of_a_unit_outside_the_file_is_refused(load: Import, database: Documents) -> None:
    header = "Mã|Tên|Website\n"
    load("A|Một|x.vn\n", header=header)
    summary = load("B|Hai|www.x.vn\n", header=header)
    assert [str(fault) for fault in summary.refused] == [
        "line 2: website: www.x.vn is registered for unit A, which this file does not change"
    ]
    assert database["units"].find_one({"_id": "B"}) is None


def test_a_refused_row_gives_nothing_away(load: Import, database: Documents) -> None:
    header = "Mã|Tên|Website\n"
    load("A|Một|x.vn\nB|Hai|y.vn\nC|Ba|z.vn\n", header=header)
    # C would take y.vn from B, B x.vn from A, but A's row is refused and so keeps x.vn.
    summary = load("A||\nB|Hai|x.vn\nC|Ba|y.vn\n", header=header)
    assert sorted(fault.line for fault in summary.refused) == [2, 3, 4]
    assert {site["_id"]: site["unit"] for site in database["sites"].find()} == {
        "x.vn/": "A",
        "y.vn/": "B",
        "z.vn/": "C",
    }


@pytest.mark.parametrize(
    ("websites", "official", "expected"),
    [
        ("x.vn", "", {"x.vn/": True}),
        ("x.vn", "không", {"x.vn/": False}),
        ("x.vn", "x", {"x.vn/": True}),
        ("x.vn y.vn", "", {"x.vn/": False, "y.vn/": False}),
        ("x.vn y.vn", "http://y.vn/", {"x.vn/": False, "y.vn/": True}),
        ("x.vn", "y.vn", {"x.vn/": False, "y.vn/": True}),
        ("", "y.vn", {"y.vn/": True}),
    ],
)
def test_the_official_site(
    websites: str, official: str, expected: dict[str, bool], load: Import, database: Documents
) -> None:
    load(f"A|Một|{websites}|{official}\n", header="Mã|Tên|Website|Official site\n")
    assert {site["_id"]: site["official"] for site in database["sites"].find()} == expected


def test_a_register_of_official_sites_only(load: Import, database: Documents) -> None:
    load("A|Một|x.vn\n", header="Mã|Tên|Website chính thức\n")
    assert database["sites"].find_one({"_id": "x.vn/", "official": True})


def test_what_harms_no_review_is_left_out_and_told(load: Import, database: Documents) -> None:
    summary = load("A|Trường THPT A|lớp lá||||chưa có, 0225 1|a@, b@c.vn|\n")
    assert [str(note) for note in summary.notes] == [
        "line 2: level: 'lớp lá' is not known, read from the name",
        "line 2: phone: 'chưa có' was left out",
        "line 2: e-mail: 'a@' was left out",
    ]
    unit = database["units"].find_one({"_id": "A"})
    assert unit is not None
    assert (unit["level"], unit["phones"], unit["emails"]) == ("thpt", ["0225 1"], ["b@c.vn"])


def test_a_discovered_host_becomes_registered_and_keeps_what_is_known(load: Import, database: Documents) -> None:
    source = {"technique": "dns", "detail": "", "first_seen": datetime.now(UTC), "last_seen": datetime.now(UTC)}
    database["hosts"].insert_one({"_id": "x.vn", "state": "discovered", "sources": [source], "liveness": "live"})
    load("A|Một|x.vn\n", header="Mã|Tên|Website\n")
    host = database["hosts"].find_one({"_id": "x.vn"})
    assert host is not None
    assert (host["state"], host["liveness"]) == ("registered", "live")
    assert [entry["technique"] for entry in host["sources"]] == ["dns", "register"]


def test_many_batches(load: Import, database: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 7)
    rows = "".join(f"U{number:02}|Trường {number}|u{number}.vn p.vn/{number}\n" for number in range(50))
    header = "Mã|Tên|Website\n"
    assert counts(load(rows, header=header)) == (50, 0, 0, 0)
    assert counts(load(rows, header=header)) == (0, 0, 50, 0)
    assert database["sites"].count_documents({}) == 100


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_an_export_imports_back_to_the_same_register(
    suffix: str, load: Import, database: Documents, tmp_path: Path
) -> None:
    load(FIRST + "D|-Trường = + @|khac||x.vn:8080/d trường.vn||+84 9||-ghi chú\n" + "E|Một|||y.vn|không|||\n")
    before = state(database)
    path = tmp_path / f"out{suffix}"
    assert export_register(RegisterStore(database), path) == 5
    summary = import_register(RegisterStore(database), read(path), zones=["haiphong.edu.vn"], source="out")
    assert counts(summary) == (0, 0, 5, 0), summary.changes
    assert state(database) == before
    for name in ("units", "sites", "hosts"):
        database[name].delete_many({})
    import_register(RegisterStore(database), read(path), zones=["haiphong.edu.vn"], source="out")
    again = tmp_path / f"again{suffix}"
    export_register(RegisterStore(database), again)
    assert [row.cells for row in read(again).rows] == [row.cells for row in read(path).rows]


def test_an_export_of_another_kind_is_refused_and_leaves_nothing(database: Documents, tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match=r"\.csv or \.xlsx"):
        export_register(RegisterStore(database), tmp_path / "out.pdf")
    assert list(tmp_path.iterdir()) == []
