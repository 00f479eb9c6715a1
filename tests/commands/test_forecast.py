"""scrapy runs show RUN --by DATE: what will not be done in time, and why."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.synchronous.database import Database

from crawler.console.times import VIETNAM, iso, parse_time
from tests.commands.under_way import Reviewed, write_run
from tests.conftest import Done

Scrapy = Callable[..., Done]
Db = Database[dict[str, Any]]

SLOW, NIGHT, WAITING = "slow.edu.vn", "night.edu.vn", "waiting.edu.vn"


def closed_hours() -> str:
    """Two hours of the day that begin in eight hours."""
    start = datetime.now(VIETNAM) + timedelta(hours=8)
    return f"{start:%H:%M}-{start + timedelta(hours=2):%H:%M}"


@pytest.fixture
def run(database: Db) -> str:
    """Five servers: one done, one in time, and three that will be late for different reasons."""
    paused = {"paused": True, "by": "Lan", "reason": "bảo trì"}
    return write_run(
        database,
        [
            Reviewed("done.edu.vn", "203.0.113.1", done=30, state="complete"),
            Reviewed("gone.edu.vn", "203.0.113.1", state="unreachable", cause="DNS: NXDOMAIN"),
            Reviewed("quick.edu.vn", "203.0.113.2", left=60, done=20),
            Reviewed("twin.edu.vn", "203.0.113.2", left=60, done=20, progress={"settled": 40, "found": 20}),
            Reviewed("paused.edu.vn", "203.0.113.2", left=5, policy=paused),
            Reviewed(SLOW, "203.0.113.3", left=900, progress={"crawl_delay": 10.0}),
            Reviewed(NIGHT, "203.0.113.4", left=20, policy={"hours": closed_hours()}),
            Reviewed(WAITING, "203.0.113.5", left=3, state="queued"),
        ],
    )


def by(hours: float) -> str:
    return (datetime.now(VIETNAM) + timedelta(hours=hours)).strftime("%d/%m/%Y %H:%M")


def test_a_verdict_comes_first_then_servers_then_hosts(scrapy: Scrapy, run: str) -> None:
    date = by(2)
    done = scrapy("runs", "show", run, "--by", date)
    assert done.code == 0, done.stderr
    lines = done.stdout.splitlines()
    late = "203.0.113.4, 203.0.113.3, 203.0.113.2"
    assert lines[0] == f"3 of 5 servers will not finish by {date} (3 surely not): {late}"
    servers = [line.split()[0] for line in lines if line.startswith("203.0.113.")]
    assert servers == ["203.0.113.4", "203.0.113.3", "203.0.113.2", "203.0.113.5"]
    assert "(1 server is done)" in done.stdout
    row = {name: next(line for line in lines if line.startswith(name)) for name in (SLOW, NIGHT, WAITING, "paused")}
    assert "Crawl-delay 10 s" in row[SLOW]
    assert "2 h 30 min" in row[SLOW]  # 900 times 10 s
    assert f"only {closed_hours()}" in row[NIGHT]
    assert "paused by Lan: bảo trì" in row["paused"]
    assert "3 → ?" in row[WAITING]
    assert "size not known yet" in row[WAITING]
    reviewed = done.stdout.partition("Hosts not reviewed in full, and why")[2]
    assert "DNS: NXDOMAIN" in reviewed
    assert SLOW not in reviewed, "it is under way"


def test_the_figures_as_json(scrapy: Scrapy, run: str) -> None:
    found = json.loads(scrapy("runs", "show", run, "--by", by(3), "--json").stdout)["forecast"]
    servers = {row["server"]: row for row in found["servers"]}
    shared, slow = servers["203.0.113.2"], servers["203.0.113.3"]
    assert (shared["hosts"], shared["pending"], shared["left"], shared["likely"]) == (3, 3, 125, 185)
    assert (slow["pace"], slow["finishes"], slow["certain"]) == (10.0, "yes", False)
    hosts = {row["host"]: row for row in found["hosts"]}
    now = datetime.fromisoformat(found["at"])
    quick, twin = (datetime.fromisoformat(hosts[name]["expected"]) for name in ("quick.edu.vn", "twin.edu.vn"))
    assert (quick - now).total_seconds() == pytest.approx(60, abs=1.1)  # 60 URLs in turns with its twin
    assert (twin - now).total_seconds() == pytest.approx(90, abs=1.1)  # 60 / (1 - 20/40) = 120; the rest of it alone
    assert hosts["paused.edu.vn"]["expected"] is None
    assert found["verdict"].startswith("2 of 5 servers will not finish by")


def test_every_host_as_csv(scrapy: Scrapy, run: str) -> None:
    done = scrapy("runs", "show", run, "--by", by(2), "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))
    assert {row["host"]: row["in time"] for row in rows} == {
        "paused.edu.vn": "no, surely",
        NIGHT: "no, surely",
        SLOW: "no, surely",
        WAITING: "perhaps",
        "quick.edu.vn": "yes",
        "twin.edu.vn": "yes",
        "gone.edu.vn": "over",
        "done.edu.vn": "done",
    }
    assert rows[0]["host"] == "paused.edu.vn", "the most urgent comes first"


def test_an_operators_word_changes_the_estimate_at_once(scrapy: Scrapy, run: str) -> None:
    scrapy("hosts", "set", SLOW, "--delay", "1", "--by", "Lan")
    scrapy("hosts", "set", NIGHT, "--hours", "always", "--by", "Lan")
    scrapy("hosts", "set", "paused.edu.vn", "--resume", "--by", "Lan")
    done = scrapy("runs", "show", run, "--by", by(2))
    assert done.stdout.startswith("5 of 5 servers will finish by"), done.stdout
    assert "; of 1 host the size is not known yet" in done.stdout.splitlines()[0]


def test_a_run_that_is_over(scrapy: Scrapy, database: Db) -> None:
    hosts = [
        Reviewed("done.edu.vn", "203.0.113.1", done=30, state="complete"),
        Reviewed("cut.edu.vn", "203.0.113.2", left=70, done=30, state="budget", cause="page budget reached: 30 pages"),
    ]
    run = write_run(database, hosts, "finished")
    done = scrapy("runs", "show", run, "--by", "20/11/2026")
    assert done.stdout.splitlines()[0] == "2 servers are done; 1 host is not reviewed in full"
    assert "page budget reached: 30 pages" in done.stdout


def test_a_run_that_was_interrupted_is_estimated_as_if_gone_on_with(scrapy: Scrapy, run: str, database: Db) -> None:
    database["runs"].update_one({"_id": run}, {"$set": {"heartbeat": datetime.now(UTC) - timedelta(minutes=5)}})
    done = scrapy("runs", "show", run, "--by", by(3))
    assert done.stdout.startswith("gone on with now, 2 of 5 servers will not finish by"), done.stdout
    assert f"resume={run}" in done.stdout


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20/11/2026", "2026-11-19T17:00:00Z"),  # the day alone is its begin: before the 20th
        ("20/11/2026 17:00", "2026-11-20T10:00:00Z"),
        ("2026-11-20", "2026-11-19T17:00:00Z"),
        ("2026-11-20T17:00", "2026-11-20T10:00:00Z"),
        ("2026-11-20T17:00+00:00", "2026-11-20T17:00:00Z"),
    ],
)
def test_dates_are_those_of_vietnam(text: str, moment: str) -> None:
    assert iso(parse_time(text)) == moment


def test_a_day_alone_is_told_as_a_day(scrapy: Scrapy, run: str) -> None:
    done = scrapy("runs", "show", run, "--by", "20/11/2020", "--json")
    forecast = json.loads(done.stdout)["forecast"]
    assert forecast["by"] == "2020-11-19T17:00:00Z"
    assert forecast["verdict"].startswith("4 of 5 servers will not finish by 20/11/2020 (4 surely not): ")


def test_what_is_no_date_is_2(refused: Scrapy, run: str) -> None:
    done = refused("runs", "show", run, "--by", "the 20th")
    assert (done.code, done.stdout) == (2, "")
    assert "'the 20th' is not a time" in done.stderr
