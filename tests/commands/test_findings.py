"""scrapy findings: lists, one finding on a page, its evidence on disk, a person's word against it."""

import csv
import io
import json
import os
import subprocess
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.synchronous.database import Database

from crawler.console.words import CATEGORIES, VECTORS
from crawler.errors import BadArgument
from crawler.store.contract import CONTRACT
from crawler.store.queries.dismissals import dismiss, end_dismissals
from crawler.store.queries.findings import FindingFilter, find_finding, list_findings
from pipelines.engine.rule import CATEGORIES as ENGINE_CATEGORIES
from tests.commands.stored import PHONG, QUOTE, TRAI, Stored
from tests.conftest import ROOT, SCRAPY, Done

Scrapy = Callable[..., Done]
Db = Database[dict[str, Any]]


def rows(done: Done) -> list[dict[str, Any]]:
    assert done.code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_lists_are_serious_first_in_three_formats(scrapy: Scrapy, stored: Stored) -> None:
    found = rows(scrapy("findings", "--json"))
    assert [row["_id"] for row in found] == [stored.gambling, stored.loans]
    assert found[0]["unit_name"] == "Trường THCS Nguyễn Trãi"
    assert found[0]["evidence"][0]["quote"] == QUOTE

    done = scrapy("findings", "--csv")
    assert done.stdout.startswith("\ufeff")
    table = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))
    assert [(row["host"], row["loại vi phạm"]) for row in table] == [
        (TRAI, "cờ bạc, cá độ"),
        (PHONG, "tín dụng đen, cho vay trái phép"),
    ]

    done = scrapy("findings")
    assert done.stdout.index("critical") < done.stdout.index("suspected")
    assert " /tra-cuu-diem-thi/nha-cai-uy-tin.html " in done.stdout
    assert "http://" not in done.stdout


def test_a_csv_opens_in_a_spreadsheet_byte_by_byte(database: Db, stored: Stored) -> None:
    name = {"name": "=Trường THCS “Nguyễn Trãi”, Hải Phòng"}
    database["units"].update_one({"_id": "HP-001"}, {"$set": name})
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
    }
    done = subprocess.run([SCRAPY, "findings", "--csv"], env=environment, cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.startswith(b"\xef\xbb\xbf"), "a spreadsheet takes UTF-8 for another encoding without a mark"
    assert done.stdout.count(b"\xef\xbb\xbf") == 1
    assert done.stdout.endswith(b"\r\n")
    assert done.stdout.count(b"\n") == done.stdout.count(b"\r\n") == 3
    text = done.stdout.decode("utf-8-sig")
    assert unicodedata.is_normalized("NFC", text)
    assert '"\'=Trường THCS “Nguyễn Trãi”, Hải Phòng"' in text, "quoted for its comma, and no formula"
    assert "cờ bạc, cá độ" in text
    header, first, _ = csv.reader(io.StringIO(text))
    assert len(header) == len(first)
    assert header[:2] == ["ID", "severity"]


def test_filters_reach_the_query(scrapy: Scrapy, stored: Stored) -> None:
    today = datetime.now(UTC) + timedelta(hours=7)
    filters = ["--unit", "HP-002", "--category", "loans", "--vector", "linked", "--host", f"https://{PHONG}/x"]
    filters += ["--confidence", "suspected", "--severity", "high,medium", "--rule", "loans-links", "--run", stored.run]
    filters += ["--since", f"{today:%d/%m/%Y}", "--until", f"{today:%Y-%m-%d}", "--state", "all", "--limit", "1"]
    assert [row["_id"] for row in rows(scrapy("findings", *filters, "--json"))] == [stored.loans]
    assert rows(scrapy("findings", "--run", stored.lost, "--json")) == []


FILTERS = [
    ("units", "HP-001", "HP-002"),
    ("categories", "gambling", "adult"),
    ("vectors", "planted", "posted"),
    ("states", "open", "fixed"),
    ("hosts", TRAI, "nirgendwo.example"),
    ("confidences", "confirmed", "suspected"),
    ("severities", "critical", "low"),
    ("rules", "gambling-promotion", "x"),
]


def test_each_filter_takes_and_leaves(database: Db, stored: Stored) -> None:
    for field, value, other in FILTERS:
        taken = [row["_id"] for row in list_findings(database, FindingFilter(**{field: (value,)}))]
        left = [row["_id"] for row in list_findings(database, FindingFilter(**{field: (other,)}))]
        assert stored.gambling in taken, field
        assert stored.gambling not in left, field


def test_time_filters_take_what_was_seen_between(database: Db, stored: Stored) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    assert len(list(list_findings(database, FindingFilter(since=now - day, until=now + day)))) == 2
    assert not list(list_findings(database, FindingFilter(since=now + day)))
    assert not list(list_findings(database, FindingFilter(until=now - day)))


BAD: list[tuple[list[str], str]] = [
    (["--category", "gamblin"], "--category: 'gamblin' is not one of gambling,"),
    (["--since", "31/02/2026"], "'31/02/2026' is not a time"),
    (["--unit", "HP-999"], "--unit: HP-999: no such unit"),
    (["--limit", "-1"], "--limit: must not be negative"),
    (["show", "zz"], "'zz' is not a finding's id"),
    (["show", "ffffffff"], "ffffffff: no such finding"),
    (["dismiss", "ffffffff", "--by", "An"], "required: --reason"),
    (["left", "over"], "unrecognised argument"),
]


def test_bad_arguments_are_one_line_and_2(database: Db, refused: Scrapy) -> None:
    for arguments, words in BAD:
        done = refused("findings", *arguments)
        assert (done.code, done.stdout) == (2, "")
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_cut_table_says_so_and_an_empty_one_too(scrapy: Scrapy, stored: Stored) -> None:
    done = scrapy("findings", "--limit", "1")
    assert "gambling" in done.stdout
    assert "loans" not in done.stdout
    assert done.stderr == "scrapy findings: there are more than 1 findings; --limit 0 shows all\n"
    done = scrapy("findings", "--state", "fixed")
    assert (done.code, done.stdout, done.stderr) == (0, "", "scrapy findings: no finding fits\n")


def test_a_finding_that_no_rule_makes_has_words_too(scrapy: Scrapy, database: Db, stored: Stored) -> None:
    database["findings"].update_one({"short": stored.gambling[:8]}, {"$set": {"rule": "cloaked-content"}})
    done = scrapy("findings", "show", stored.gambling[:6])
    assert "cloaked-content · Nội dung chỉ hiện cho máy tìm kiếm" in done.stdout
    assert "remedy" in done.stdout


def test_show_defends_a_finding(scrapy: Scrapy, stored: Stored) -> None:
    done = scrapy("findings", "show", stored.gambling[:6])
    assert (done.code, done.stderr) == (0, "")
    for words in (
        "HP-001 · Trường THCS Nguyễn Trãi",
        "gambling · cờ bạc, cá độ",
        "planted · cài cắm",
        "gambling-promotion · Nội dung quảng cáo cờ bạc",
        "remedy",
        "shape:/tra-cuu-diem-thi/{slug}.html",
        "hxxp://nguyentrai[.]haiphong[.]edu[.]vn/tra-cuu-diem-thi/",
        "hxxps://kubet77[.]example/dang-ky",
        "Nhà cái \\x1b[31mkubet77\\x1b[0m\\u202e uy tín số 1",
        "Sightings (1 of 1)",
        f"{datetime.now(UTC) + timedelta(hours=7):%d/%m/%Y}",
        "intact · bằng chứng nguyên vẹn (2 files read",
        stored.snapshot,
        stored.run,
    ):
        assert words in done.stdout, words
    assert "http://" not in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_a_beginning_that_fits_several_names_them(database: Db, stored: Stored) -> None:
    twin = database["findings"].find_one({"_id": stored.gambling})
    assert twin
    twin |= {"_id": stored.gambling[:20] + "f" * 44, "short": stored.gambling[:20] + "f"}
    database["findings"].insert_one(twin)
    with pytest.raises(BadArgument, match=f"several findings: .*{twin['short']}"):
        find_finding(database, stored.gambling[:6])
    # A short id is whole, even where a longer one begins with it.
    assert find_finding(database, stored.gambling[:8])["_id"] == stored.gambling
    assert find_finding(database, twin["_id"].upper())["_id"] == twin["_id"]


def test_dismiss_keeps_reason_name_and_history(scrapy: Scrapy, database: Db, stored: Stored) -> None:
    done = scrapy(
        "findings", "dismiss", stored.loans[:8], "--reason", "bài học", "--by", "Lan", "--until", "31/12/2099"
    )
    assert done.code == 0, done.stderr
    found = database["findings"].find_one({"_id": stored.loans})
    assert found
    assert found["state"] == "dismissed"
    assert found["dismissed"]["until"] == datetime(2099, 12, 31, 17, tzinfo=UTC)  # its end, in Vietnam
    step = found["history"][-1]
    assert (step["from"], step["to"], step["cause"], step["by"]) == ("open", "dismissed", "bài học", "Lan")
    assert [row["_id"] for row in rows(scrapy("findings", "--json"))] == [stored.gambling]
    shown = scrapy("findings", "show", stored.loans).stdout
    assert "bài học (Lan, " in shown


def test_blank_words_and_past_days_dismiss_nothing(database: Db, stored: Stored) -> None:
    finding = find_finding(database, stored.loans)
    now = datetime.now(UTC)
    for reason, by, until in ((" ", "Lan", None), ("vì", " ", None), ("vì", "Lan", now)):
        with pytest.raises(BadArgument):
            dismiss(database, finding, reason=reason, by=by, until=until, now=now)
    with pytest.raises(BadArgument, match="changed in this moment"):
        dismiss(database, {**finding, "state": "fixed"}, reason="vì", by="Lan", until=None, now=now)
    assert database["findings"].count_documents({"state": "dismissed"}) == 0


def test_a_dismissal_ends_on_its_day(database: Db, stored: Stored) -> None:
    now = datetime.now(UTC)
    later = now + timedelta(days=2)
    for finding in (stored.loans, stored.gambling):
        found = find_finding(database, finding)
        dismiss(database, found, reason="vì", by="Lan", until=now + timedelta(days=1), now=now)
    database["sightings"].update_many({"finding": stored.gambling}, {"$set": {"gone": now}})
    assert end_dismissals(database, now) == 0
    assert end_dismissals(database, later) == 2
    assert end_dismissals(database, later) == 0
    assert find_finding(database, stored.loans)["state"] == "open"
    ended = find_finding(database, stored.gambling)
    assert (ended["state"], ended["url_count"], "dismissed" in ended) == ("fixed", 0, False)


def test_a_dismissal_for_good_stays(database: Db, stored: Stored) -> None:
    now = datetime.now(UTC)
    dismiss(database, find_finding(database, stored.loans), reason="vì", by="Lan", until=None, now=now)
    assert end_dismissals(database, now + timedelta(days=9999)) == 0


def test_every_category_and_vector_has_a_vietnamese_name() -> None:
    assert tuple(CATEGORIES) == ENGINE_CATEGORIES
    assert tuple(VECTORS) == CONTRACT["findings"].required["vector"].values
