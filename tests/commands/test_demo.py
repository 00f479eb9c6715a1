"""The whole way, as ``make demo`` goes it: serve, import, review, compare with what was planted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def own(mongo: Any, empty_database: Any) -> Any:
    yield f"{empty_database.name}_demo"
    mongo.client.drop_database(f"{empty_database.name}_demo")


def test_everything_planted_is_found_and_nobody_else_is_blamed(
    scrapy: Callable[..., Any], mongo: Any, own: str, tmp_path: Path
) -> None:
    done = scrapy("demo", "--scale", "0.5", "--part", "alike", env={"RASOAT_DATA_DIR": str(tmp_path)}, timeout=500)
    assert done.code == 0, done.stdout + done.stderr
    db = mongo.client[own]
    assert db["units"].count_documents({}) >= 40
    assert db["pages"].count_documents({"status": 200}) >= 2000
    assert set(db["findings"].distinct("vector")) == {"planted", "posted", "redirected", "linked"}
    for finding in db["findings"].find({"confidence": "confirmed"}):
        assert finding["unit"], finding
        for item in finding["evidence"]:
            assert item["quote"], finding
            assert db["snapshots.files"].count_documents({"filename": item["snapshot"]}) == 1
    assert db["links"].count_documents({"to": {"$regex": "example"}}) > 0
    run = db["runs"].find_one()
    assert run["state"] == "finished"
    assert run["findings"]["new"] == db["findings"].count_documents({})
    assert db["leases"].count_documents({"holder": {"$ne": None}}) == 0
    assert db["reviews"].count_documents({"state": {"$in": ["queued", "running"]}}) == 0


def test_what_only_some_are_shown_is_found_in_their_views(
    scrapy: Callable[..., Any], mongo: Any, own: str, tmp_path: Path
) -> None:
    done = scrapy("demo", "--scale", "0.5", "--part", "views", env={"RASOAT_DATA_DIR": str(tmp_path)}, timeout=500)
    assert done.code == 0, done.stdout + done.stderr
    db = mongo.client[own]
    assert {"plain", "search", "bot", "mobile", "rendered"} <= set(db["findings"].distinct("views"))
    assert db["campaigns"].count_documents({"units.7": {"$exists": True}}) >= 1, "one source of many schools"
    assert db["snapshots.files"].count_documents({"metadata.kind": "screenshot"}) > 0
    counts = {item["name"]: item["n"] for item in db["reviews"].find_one({"views": {"$ne": []}})["views"]}
    assert counts.get("home"), counts


def test_truth_that_is_not_met_is_told() -> None:
    from crawler.demo.check import compare
    from crawler.store.outcome import Outcome, Sighted

    truth = {
        "violations": [
            {"host": "a", "url": "http://a/x", "urls": [], "category": "gambling", "vector": "planted", "form": "tail"}
        ],
        "lookalikes": [{"host": "a", "url": "http://a/poker-lesson", "form": "maths"}],
        "hosts": [{"host": "a", "state": "complete", "cause": "", "skipped": [["calendar", 2]], "most": 3}],
        "pages": {"a": {"stored": ["/", "/x"], "optional": [["/x", "why"]]}},
    }
    nothing = compare(Outcome(), truth)
    assert len(nothing.missed) == 1
    assert nothing.vectors == {"planted": [0, 1]}
    assert nothing.differing == [
        "a: expected complete, ended not in the run (); expected 2 URLs skipped as calendar, counted 0"
    ]
    assert nothing.unreached == ["http://a/"]
    stored = {"a": {"http://a/", "http://a/X", "http://a/2", "http://a/3"}}
    much = compare(Outcome([], {"a": ("complete", "")}, {"a": {"calendar": 2}}, stored), truth)
    assert much.differing == ["a: expected at most 3 pages, stored 4"]
    caseless = {"a": {"stored": ["/x"], "optional": [], "caseless": True}}
    assert compare(Outcome(stored=stored), {**truth, "pages": caseless}).unreached == []
    sighted = [
        Sighted("a", "http://a/x", "gambling", "linked", "confirmed", "r"),
        Sighted("a", "http://a/poker-lesson", "gambling", "planted", "confirmed", "r"),
        Sighted("a", "http://a/else", "loans", "planted", "confirmed", "r"),
    ]
    wrong = compare(Outcome(sighted, {"a": ("complete", "")}, stored={"a": {"http://a/", "http://a/x"}}), truth)
    assert wrong.missed == ["http://a/x (tail): expected gambling/planted, found gambling/linked/confirmed"]
    assert wrong.flagged == ["http://a/poker-lesson (maths)"]
    assert wrong.strays == ["http://a/else: loans/planted by r"]
    assert not wrong.is_right
