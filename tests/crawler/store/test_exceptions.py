"""A person's word about a page or a host, its end, and what takes it back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.errors import BadArgument
from crawler.items import Page, Violation
from crawler.store.exceptions import covers, reopening
from crawler.store.queries.dismissals import end_dismissals, except_place
from crawler.urls import digest

NOW = datetime(2026, 9, 1, tzinfo=UTC)
HOST = "truong.haiphong.edu.vn"


def case(path: str = "/a", keys: tuple[str, ...] = ("host:xyz.example",)) -> tuple[Page, Violation]:
    url = f"http://{HOST}{path}"
    page = Page(url, HOST, 200, NOW, digest=digest(url))
    return page, Violation("r", "gambling", "linked", "high", "confirmed", "region:main", keys=list(keys))


@pytest.mark.parametrize(
    ("words", "seen", "cause"),
    [
        ({"keys": ["host:xyz.example"]}, case(), ""),
        ({"keys": ["host:xyz.example"]}, case(keys=("host:new.example",)), "another destination"),
        ({"keys": ["words:1"]}, case(keys=("words:2",)), "says something else"),
        ({"keys": ["words:1", "words:2"]}, case(keys=("words:2", "words:3")), ""),
        ({"keys": ["host:xyz.example"], "page": "other"}, case(), "another page"),
        ({"by": "rule change"}, case(), "fire again"),
        ({"by": "Lan"}, case(), ""),
    ],
)
def test_other_evidence_opens_again(words: dict[str, Any], seen: tuple[Page, Violation], cause: str) -> None:
    told = reopening(words, [seen])
    assert cause in told
    assert bool(cause) == bool(told)


def test_what_an_exception_covers() -> None:
    of_page = {"host": HOST, "page": "d1", "category": "gambling"}
    assert covers(of_page, HOST, "d1", "gambling")
    assert not covers(of_page, HOST, "d2", "gambling")
    assert not covers(of_page, HOST, "d1", "adult")
    assert covers({"host": HOST, "page": "", "category": ""}, HOST, "d2", "adult")
    assert not covers({"host": HOST, "page": "", "category": ""}, "other.vn", "d2", "adult")


def test_an_exception_needs_reason_name_and_a_day_to_come(database: Any) -> None:
    words: dict[str, Any] = {"host": HOST, "page": "", "url": "", "category": "", "now": NOW}
    with pytest.raises(BadArgument):
        except_place(database, **words, reason=" ", by="Lan", until=None)
    with pytest.raises(BadArgument):
        except_place(database, **words, reason="x", by="Lan", until=NOW - timedelta(days=1))


async def test_findings_of_an_excepted_host_come_dismissed_and_end_with_it(database: Any, mongo: Any) -> None:
    from crawler.store.connection import Target, connect_async
    from crawler.store.findings import Findings

    until = NOW + timedelta(days=10)
    words: dict[str, Any] = {"host": HOST, "page": "", "url": "", "category": "gambling"}
    assert except_place(database, **words, reason="bài tuyên truyền", by="Lan", until=until, now=NOW) == 0
    page, violation = case()
    page.violations = [violation]
    async with await connect_async(Target(mongo.uri, database.name, mongo.data_dir)) as store:
        await Findings(store.db, "run").write([page], NOW)
    finding = database["findings"].find_one({"host": HOST})
    assert (finding["state"], finding["dismissed"]["by"], finding["dismissed"]["until"]) == ("dismissed", "Lan", until)
    assert end_dismissals(database, until + timedelta(days=1)) == 1
    assert database["findings"].find_one({"host": HOST})["state"] == "open"
