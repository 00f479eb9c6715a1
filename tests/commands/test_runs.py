"""scrapy runs: lists, and what one run did not review and why."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.synchronous.database import Database

from crawler.console.run import duration
from crawler.errors import BadArgument
from crawler.store.queries.runs import find_run, list_runs
from tests.commands.stored import PHONG, SEN, TRAI, Stored
from tests.conftest import Done

Scrapy = Callable[..., Done]
Db = Database[dict[str, Any]]


def test_a_silent_run_is_shown_as_interrupted(scrapy: Scrapy, database: Db, stored: Stored) -> None:
    done = scrapy("runs", "--json")
    assert done.code == 0, done.stderr
    states = {row["_id"]: row["state"] for row in map(json.loads, done.stdout.splitlines())}
    assert states == {stored.run: "finished", stored.lost: "interrupted"}
    assert list(states) == sorted(states, reverse=True)
    kept = database["runs"].find_one({"_id": stored.lost})
    assert kept
    assert kept["state"] == "running"  # looking changes nothing
    table = scrapy("runs").stdout
    assert "1 of 3" in table
    assert "interrupted" in table


def test_a_run_that_beats_is_running(database: Db, stored: Stored) -> None:
    database["runs"].update_one({"_id": stored.lost}, {"$set": {"heartbeat": datetime.now(UTC)}})
    now = datetime.now(UTC)
    assert [run["_id"] for run in list_runs(database, now, states=("running",))] == [stored.lost]
    assert not list(list_runs(database, now + timedelta(seconds=61), states=("running",)))
    assert not list(list_runs(database, now, spiders=("discover",)))


def test_show_tells_figures_and_what_was_not_reviewed(scrapy: Scrapy, stored: Stored) -> None:
    done = scrapy("runs", "show", stored.run)
    assert done.code == 0, done.stderr
    for words in (
        "budget 1, complete 1, unreachable 1",
        "units=HP-001,HP-002,HP-003",
        "job-7",
        "2 new",
        "DNS: NXDOMAIN",
        "page budget reached: 1 pages",
        "media",
    ):
        assert words in done.stdout, words
    hosts = [line.split()[0] for line in done.stdout.splitlines() if "haiphong" in line]
    assert hosts == [SEN, PHONG]
    known = json.loads(scrapy("runs", "show", stored.run, "--json").stdout)
    assert known["skipped"] == [{"name": "media", "n": 42}, {"name": "calendar", "n": 7}]
    assert [(row["host"], row["state"]) for row in known["not_reviewed"]] == [(SEN, "unreachable"), (PHONG, "budget")]


def test_show_lists_every_host_as_csv(scrapy: Scrapy, stored: Stored) -> None:
    done = scrapy("runs", "show", stored.run, "--csv")
    table = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))
    assert [(row["host"], row["unit"], row["state"]) for row in table] == [
        (SEN, "HP-003", "unreachable"),
        (PHONG, "HP-002", "budget"),
        (TRAI, "HP-001", "complete"),
    ]


def test_an_interrupted_run_says_how_to_go_on(scrapy: Scrapy, stored: Stored) -> None:
    done = scrapy("runs", "show", stored.lost)
    assert f"scrapy crawl deep -a resume={stored.lost} -a hosts={SEN}" in done.stdout
    assert "the run was stopped" in done.stdout


def test_runs_are_found_by_latest_and_beginning(database: Db, stored: Stored) -> None:
    newest = max(stored.run, stored.lost)
    assert find_run(database, "latest")["_id"] == newest
    shared = next(at for at, (one, two) in enumerate(zip(stored.run, stored.lost, strict=True)) if one != two)
    assert find_run(database, stored.run[: shared + 1])["_id"] == stored.run
    with pytest.raises(BadArgument, match="several runs"):
        find_run(database, "20")
    with pytest.raises(BadArgument, match="no such run"):
        find_run(database, "")


def test_unknown_runs_are_2(scrapy: Scrapy, database: Db) -> None:
    done = scrapy("runs", "show", "latest")
    assert (done.code, done.stderr) == (2, "scrapy runs: there is no run yet\n")


@pytest.mark.parametrize(("seconds", "words"), [(12, "12 s"), (200, "3 min 20 s"), (7500, "2 h 05 min"), (-5, "0 s")])
def test_durations(seconds: int, words: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert duration(start, start + timedelta(seconds=seconds)) == words
