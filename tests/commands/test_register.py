"""``scrapy register`` as an operator runs it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo.synchronous.database import Database

Scrapy = Callable[..., Any]
Documents = Database[dict[str, Any]]
GOOD = "Mã,Tên đơn vị,Website\nA,Trường THCS Trần Phú,a.haiphong.edu.vn\nB,Trường TH Đằng Hải,b.vn\n"


def test_import_tells_what_it_did_and_does_it_once(scrapy: Scrapy, database: Documents, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text(GOOD)
    first = scrapy("register", "import", file)
    assert (first.code, first.stderr) == (0, "")
    assert first.stdout == "r.csv: 2 rows: 2 new, 0 changed, 0 unchanged, 0 refused\n"
    assert "0 new, 0 changed, 2 unchanged" in scrapy("register", "import", file).stdout
    assert database["units"].count_documents({}) == 2


def test_refused_rows_are_shown_the_rest_is_written_and_the_status_is_2(
    scrapy: Scrapy, database: Documents, tmp_path: Path
) -> None:
    file = tmp_path / "r.csv"
    file.write_text(GOOD + "C,Trường X,http://u:s3cret@c.vn\nD,=1+1,\n")
    done = scrapy("register", "import", file, "-s", "RASOAT_AUTHORITY_ZONES=b.vn")
    assert done.code == 2
    assert done.stderr == "scrapy register: r.csv: 2 rows were refused\n"
    assert "line 4: website: credentials in a URL" in done.stdout
    assert "line 5: name: a formula is refused" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert {host["_id"]: host["recognised"] for host in database["hosts"].find()} == {
        "a.haiphong.edu.vn": "no",
        "b.vn": "yes",
    }


def test_a_file_that_cannot_be_read_writes_nothing(scrapy: Scrapy, database: Documents, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_bytes(GOOD.encode() + b"C,\xff\xfe\x00broken")
    done = scrapy("register", "import", file)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"scrapy register: {file}: neither CSV")
    assert len(done.stderr.splitlines()) == 1
    assert database["units"].count_documents({}) == 0


def test_a_dry_run_changes_nothing(scrapy: Scrapy, database: Documents, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text(GOOD)
    done = scrapy("register", "import", "--dry-run", file)
    assert done.code == 0
    assert "nothing was written" in done.stdout
    assert database["units"].count_documents({}) == 0


def test_export_and_back(scrapy: Scrapy, database: Documents, tmp_path: Path) -> None:
    file, out = tmp_path / "r.csv", tmp_path / "out.xlsx"
    file.write_text(GOOD)
    scrapy("register", "import", file)
    done = scrapy("register", "export", out)
    assert (done.code, done.stdout) == (0, f"2 units written to {out}\n")
    assert "0 new, 0 changed, 2 unchanged, 0 refused" in scrapy("register", "import", out).stdout


def test_an_export_to_nowhere_is_one_line(scrapy: Scrapy, database: Documents, tmp_path: Path) -> None:
    done = scrapy("register", "export", tmp_path / "missing" / "out.csv")
    assert done.code == 1
    assert len(done.stderr.splitlines()) == 1
    assert "No such file or directory" in done.stderr


def test_a_database_of_a_newer_program_is_refused(scrapy: Scrapy, database: Documents, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text(GOOD)
    database["meta"].update_one({"_id": "versions"}, {"$set": {"schema": 99}})
    done = scrapy("register", "import", file)
    assert done.code == 1
    assert "newer program (schema 99" in done.stderr
    assert len(done.stderr.splitlines()) == 1
