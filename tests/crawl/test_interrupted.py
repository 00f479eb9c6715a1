"""Interrupted is not lost: Ctrl-C, kill -9 and a database that goes away."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from crawler.demo import Host, Reply, Request, simple
from crawler.store.embedded import Embedded

Crawls = Callable[..., Any]
PAGES = 240
OFFENCE = (
    '<div style="display:none"><a href="http://bong88vip.example/">nhà cái bong88 link vào cá cược uy tín</a></div>'
)


def site(request: Request) -> Reply | None:
    """A tree of PAGES pages; every tenth carries a hidden link block."""
    text = request.path.strip("/")
    if text and not text.isdecimal():
        return None
    number = int(text or 0)
    if number >= PAGES:
        return None
    children = [f"/{child}" for child in (number * 3 + 1, number * 3 + 2, number * 3 + 3) if child < PAGES]
    rng = random.Random(number)
    words = " ".join(
        rng.choice(["học", "sinh", "lớp", "trường", "thầy", "cô", "bài", "thi", "điểm", "năm", "tuần", "ngày", "hội"])
        for _ in range(60)
    )
    reply = simple(f"Bài viết số {number}", words, children)
    assert isinstance(reply.body, str)
    if number % 10 == 7:
        reply.body = reply.body.replace("</body>", f"{OFFENCE}</body>")
    return reply


def known(crawl: Any) -> tuple[dict[str, int], dict[str, Any]]:
    """Pages and findings as an analyst sees them, without times and runs."""
    pages = {row["url"].rpartition("/")[2]: row["status"] for row in crawl.db["pages"].find()}
    findings = {
        row["_id"]: (row["state"], row["url_count"], len(row["history"])) for row in crawl.db["findings"].find()
    }
    return pages, findings


def seen_twice(crawl: Any) -> int:
    return sum(times - 1 for times in Counter(crawl.running.seen("a.test")).values())


def expect(crawl: Any) -> None:
    pages, findings = known(crawl)
    assert {path for path, status in pages.items() if status == 200} == {"", *map(str, range(1, PAGES))}
    assert [count for _, count, _ in findings.values()] == [PAGES // 10], findings
    assert {(state, steps) for state, _, steps in findings.values()} == {("open", 1)}
    assert crawl.db["sightings"].count_documents({}) == PAGES // 10
    assert crawl.last_run()["state"] == "finished"
    assert crawl.db["runs"].count_documents({}) == 1
    assert crawl.review("a.test")["state"] == "complete"
    assert crawl.review("a.test")["pages"] == len(pages)


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 40) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None, "the crawl ended before its time"
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.01)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_operators_stop_is_clean_and_can_be_resumed(
    crawls: Crawls, until_killed: Callable[..., Any], stop: signal.Signals
) -> None:
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    with until_killed(crawl.start(env={"RASOAT_SERVER_DELAY": "0.02"})) as process:
        wait_until(lambda: len(crawl.running.seen("a.test")) > 60, process)
        process.send_signal(stop)
        assert process.wait(30) == 0, crawl.log()
    run = crawl.last_run()
    assert run["state"] == "interrupted"
    assert crawl.review("a.test")["state"] == "interrupted"
    assert crawl.db["leases"].count_documents({"holder": {"$ne": None}}) == 0
    crawl.run("-a", f"resume={run['_id']}")
    expect(crawl)
    assert seen_twice(crawl) <= 4, "more than what was in flight"


def test_kill_9_again_and_again_loses_nothing(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    rng = random.Random(7)
    kills = 0
    for _ in range(5):
        before = len(crawl.running.seen("a.test"))
        more = rng.randrange(5, 45)
        with until_killed(crawl.start("-a", "resume=latest", env={"RASOAT_SERVER_DELAY": "0.01"})) as process:
            wait_until(lambda: len(crawl.running.seen("a.test")) >= before + more, process)  # noqa: B023
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    crawl.run("-a", "resume=latest")
    expect(crawl)
    assert seen_twice(crawl) <= kills * 70, "stored pages were fetched again"


def test_a_second_job_finds_nothing_to_do(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    with until_killed(crawl.start("-a", "once=month", env={"RASOAT_SERVER_DELAY": "0.1"})) as process:
        wait_until(lambda: len(crawl.running.seen("a.test")) > 2, process)
        run = crawl.last_run()["_id"]
        for words, code in ((f"resume={run}", 2), ("resume=latest", 0), ("once=month", 0)):
            before = crawl.log().count("is at work")
            with until_killed(crawl.start("-a", words)) as second:
                assert second.wait(30) == code, crawl.log()
            assert crawl.log().count("is at work") > before, "it says why"
    assert crawl.db["runs"].count_documents({}) == 1
    crawl.run("-a", "once=month")
    expect(crawl)
    crawl.run("-a", "once=month")
    assert f"run {run} of this month is finished: nothing to do" in crawl.log()
    assert crawl.db["runs"].count_documents({}) == 1


def test_resume_latest_without_an_unfinished_run_is_a_fresh_one(crawls: Crawls) -> None:
    crawl = crawls([Host("a.test", pages={"/": simple("Trang", "chủ " * 20)})])
    crawl.register("a.test/")
    crawl.run("-a", "resume=latest")
    crawl.run("-a", "resume=latest")
    assert crawl.db["runs"].count_documents({"state": "finished"}) == 2


def test_mongodb_goes_away_and_comes_back(crawls: Crawls, until_killed: Callable[..., Any], tmp_path: Path) -> None:
    crawl = crawls([Host("a.test", fallback=site)])
    server = Embedded(tmp_path / "own")
    uri = server.attach()
    name = crawl.db.name
    env = {"RASOAT_MONGO_URI": "", "RASOAT_DATA_DIR": str(tmp_path / "own"), "RASOAT_SERVER_DELAY": "0.02"}
    try:
        with MongoClient[dict[str, Any]](uri, tz_aware=True, serverSelectionTimeoutMS=1000) as client:
            crawl.db = client[name]
            crawl.register("a.test/")
            with until_killed(crawl.start(env=env)) as process:
                wait_until(lambda: len(crawl.running.seen("a.test")) > 60, process)
                os.kill(mongod_pid(client), signal.SIGKILL)
                assert process.wait(90) == 0, crawl.log()
            expect(crawl)
    finally:
        server.detach()


def test_mongodb_stays_away(crawls: Crawls, until_killed: Callable[..., Any], tmp_path: Path) -> None:
    crawl = crawls([Host("a.test", fallback=site)])
    server = Embedded(tmp_path / "own")
    uri = server.attach()
    name = crawl.db.name
    env = {"RASOAT_MONGO_URI": uri, "RASOAT_MONGO_PATIENCE": "3", "RASOAT_SERVER_DELAY": "0.02"}
    try:
        with MongoClient[dict[str, Any]](uri, tz_aware=True, serverSelectionTimeoutMS=1000) as client:
            crawl.db = client[name]
            crawl.register("a.test/")
            with until_killed(crawl.start(env=env)) as process:
                wait_until(lambda: len(crawl.running.seen("a.test")) > 60, process)
                os.kill(mongod_pid(client), signal.SIGKILL)
                assert process.wait(60) == 1, crawl.log()
            lines = [line for line in crawl.log().splitlines() if line.startswith("scrapy crawl: ")]
            assert len(lines) == 1, crawl.log()
            assert "MongoDB stayed away" in lines[0]
            assert "Traceback" not in crawl.log()
        with MongoClient[dict[str, Any]](server.attach(), tz_aware=True) as client:
            crawl.db = client[name]
            crawl.run("-a", "resume=latest", env=env)
            expect(crawl)
    finally:
        server.detach()


def mongod_pid(client: MongoClient[dict[str, Any]]) -> int:
    return int(client.admin.command("serverStatus")["pid"])
