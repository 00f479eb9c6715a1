"""scrapy hosts import, assign, dismiss, retire; scrapy register propose."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.synchronous.database import Database

from tests.conftest import Done

Scrapy = Callable[..., Done]
Db = Database[dict[str, Any]]
NAME = "th-saobien.haiphong.edu.vn"


@pytest.fixture
def units(database: Db) -> Db:
    database["units"].insert_many(
        [
            {"_id": "U1", "name": "Trường Tiểu học Sao Biển", "names": [], "level": "tieu_hoc", "history": []},
            {"_id": "U2", "name": "Trường THCS Khác", "names": [], "level": "thcs", "history": []},
        ]
    )
    database["hosts"].insert_one({"_id": "known.example", "state": "registered"})
    return database


def test_names_of_a_file_come_in_with_source_line_and_dates(units: Db, scrapy: Scrapy, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text(
        f"domain,created\n{NAME},01/02/2020\nthsaobien.edu.vn,\nknown.example,\nfacebook.com,\nkhông phải tên,\n"
    )
    done = scrapy("hosts", "import", path)
    assert done.code == 2
    assert done.stderr == "scrapy hosts: names.csv:6: 'không phải tên' is not a host name\n"
    assert "3 names, 2 of them new; 1 lines outside" in done.stdout
    host = units["hosts"].find_one({"_id": NAME})
    assert host is not None
    assert (host["state"], host["recognised"]) == ("discovered", "yes")
    source = host["sources"][0]
    assert (source["technique"], source["detail"]) == ("import", "names.csv:2")
    assert source["first_seen"].isoformat() == "2020-02-01T00:00:00+00:00"
    again = scrapy("hosts", "import", path)
    assert "3 names, 0 of them new" in again.stdout
    assert len(units["hosts"].find_one({"_id": NAME})["sources"]) == 1  # type: ignore[index]
    assert units["hosts"].find_one({"_id": "known.example"})["state"] == "registered"  # type: ignore[index]
    listed = scrapy("hosts", "--source", "import", "--recognised", "no", "--csv")
    assert [line.split(",")[0] for line in listed.stdout.splitlines()[1:]] == ["thsaobien.edu.vn"]


def test_a_person_decides_and_proposes(units: Db, scrapy: Scrapy, tmp_path: Path) -> None:
    units["hosts"].insert_many(
        [
            {"_id": NAME, "state": "discovered", "liveness": "live"},
            {"_id": "x.haiphong.edu.vn", "state": "discovered", "liveness": "live"},
        ]
    )
    why = ("--reason", "trường xác nhận", "--by", "Lan")
    assert scrapy("hosts", "assign", NAME, "--unit", "U1", *why).code == 0
    assert scrapy("hosts", "dismiss", "x.haiphong.edu.vn", *why).code == 0
    host = units["hosts"].find_one({"_id": NAME})
    assert host is not None
    assert host["attribution"]["unit"] == "U1"
    assert (host["attribution"]["outcome"], host["attribution"]["by"]) == ("confirmed", "Lan")
    assert host["history"][0]["action"] == "assign"
    assert units["hosts"].find_one({"_id": "x.haiphong.edu.vn"})["state"] == "dismissed"  # type: ignore[index]

    path = tmp_path / "proposed.csv"
    done = scrapy("register", "propose", path)
    assert "1 found hosts of 1 units" in done.stdout
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == ["U1"]
    assert NAME in rows[1]
    assert scrapy("register", "import", path).code == 0
    assert units["sites"].find_one({"unit": "U1"})["host"] == NAME  # type: ignore[index]
    refused = scrapy("hosts", "retire", NAME, *why)
    assert refused.code == 2
    assert "stands in the register" in refused.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("assign", NAME, "--unit", "U9", "--reason", "x", "--by", "Lan"), "--unit: 'U9' is not in the register"),
        (("assign", NAME, "--reason", "x", "--by", "Lan"), "--unit"),
        (("dismiss", "no.example", "--reason", "x", "--by", "Lan"), "no such host"),
        (("dismiss", NAME, "--reason", " ", "--by", "Lan"), "--reason: is empty"),
        (("import", "/nowhere/names.txt"), "cannot be read"),
    ],
)
def test_wrong_usage_is_one_line(units: Db, scrapy: Scrapy, words: tuple[str, ...], told: str) -> None:
    units["hosts"].insert_one({"_id": NAME, "state": "discovered"})
    done = scrapy("hosts", *words)
    assert done.code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
