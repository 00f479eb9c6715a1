"""What one server is owed, counted at the server: between hosts, between processes, and on an operator's word."""

import itertools
import os
import random
import signal
from collections.abc import Callable
from typing import Any

from crawler.demo import Host, Reply, Request, simple
from crawler.demo.web import Visit

Crawls = Callable[..., Any]
POLITE = {"RASOAT_SERVER_DELAY": "0.2", "RASOAT_SERVER_CONNECTIONS": "2"}
WORDS = "học sinh lớp trường thầy cô bài thi điểm năm tuần ngày hội thể thao văn nghệ thư viện".split()  # noqa: SIM905
JITTER = 0.08
"""Seconds between handing a request out and its arrival that two requests may differ by."""


def site(request: Request) -> Reply | None:
    """Pages that lead to more pages, and an answer that takes a while."""
    text = request.path.strip("/")
    if text and not text.isdecimal():
        return None
    number = int(text or 0)
    words = " ".join(random.Random(f"{request.host}{number}").choices(WORDS, k=60))
    return simple(
        f"Trang {number} của {request.host}",
        words,
        [f"/{number * 2 + 1}", f"/{number * 2 + 2}"],
    )


def together(visits: list[Visit]) -> int:
    """The most requests that were open at once."""
    events = sorted([(visit.start, 1) for visit in visits] + [(visit.end, -1) for visit in visits])
    most = now = 0
    for _, step in events:
        now += step
        most = max(most, now)
    return most


def assert_polite(visits: list[Visit], delay: float, connections: int) -> None:
    starts = sorted(visit.start for visit in visits)
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    assert min(gaps) > delay - JITTER, sorted(gaps)[:5]
    assert (starts[-1] - starts[0]) / len(gaps) >= delay * 0.98
    assert together(visits) <= connections


def test_hosts_of_one_server_are_one_group_and_none_starves(crawls: Crawls) -> None:
    names = ["a.test", "b.test", "c.test"]
    crawl = crawls([Host(name, fallback=site, delay=0.5) for name in names])
    for name in names:
        crawl.register(f"{name}/", unit=name)
    crawl.run("-a", "max_pages=5", env=POLITE)
    visits = crawl.running.log["127.77.1.1"]
    assert_polite(visits, 0.2, 2)
    first_nine = {visit.host for visit in sorted(visits, key=lambda visit: visit.start)[:9]}
    assert first_nine == set(names), "a host had to wait for the others"


def test_two_processes_share_what_one_server_is_owed(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    crawl = crawls([Host(name, fallback=site, delay=0.3) for name in ("a.test", "b.test")])
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    with until_killed(crawl.start("-a", "hosts=" + crawl.host("a.test"), "-a", "max_pages=60", env=POLITE)) as first:
        with until_killed(
            crawl.start("-a", "hosts=" + crawl.host("b.test"), "-a", "max_pages=15", env=POLITE)
        ) as second:
            assert second.wait(60) == 0, crawl.log()
        assert first.wait(60) == 0, crawl.log()
    visits = crawl.running.log["127.77.1.1"]
    assert_polite(visits, 0.2, 2)
    assert crawl.review("a.test")["pages"] == 60
    assert crawl.review("b.test")["pages"] == 15
    ordered = [visit.host for visit in sorted(visits, key=lambda visit: visit.start)]
    assert ordered.index("b.test") < len(ordered) - 1 - ordered[::-1].index("a.test"), (
        "the second had to wait for the end"
    )


def test_the_operators_word_takes_effect_in_a_running_job(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    hosts, host = crawl.db["hosts"], crawl.host("a.test")
    with until_killed(crawl.start(env={**POLITE, "RASOAT_SERVER_DELAY": "0.05"})) as process:
        wait_for(lambda: len(crawl.running.seen("a.test")) > 10, process)
        hosts.update_one({"_id": host}, {"$set": {"policy": {"paused": True, "reason": "đang thi", "by": "An"}}})
        assert process.wait(30) == 0, crawl.log()
    review = crawl.review("a.test")
    assert (review["state"], review["cause"]) == ("interrupted", "paused by An: đang thi")
    hosts.update_one({"_id": host}, {"$set": {"policy": {"delay": 0.5}}})
    before = len(crawl.running.log["127.77.1.1"])
    with until_killed(crawl.start("-a", "max_pages=8", env=POLITE)) as process:
        assert process.wait(60) == 0, crawl.log()
    assert_polite(crawl.running.log["127.77.1.1"][before:], 0.5, 2)


def test_crawl_delay_is_honoured_up_to_ten_seconds(crawls: Crawls) -> None:
    robots = simple("", "")
    robots.body, robots.headers = "User-agent: *\nCrawl-delay: 0.6\n", [("Content-Type", "text/plain")]
    crawl = crawls([Host("a.test", pages={"/robots.txt": robots}, fallback=site)])
    crawl.register("a.test/")
    crawl.run("-a", "max_pages=6")
    visits = sorted(crawl.running.log["127.77.1.1"], key=lambda visit: visit.start)
    robots_end = next(visit.end for visit in visits if visit.target == "/robots.txt") + 0.2
    after = [visit for visit in visits if visit.start > robots_end]
    gaps = [late.start - early.start for early, late in itertools.pairwise(after)]
    assert min(gaps) > 0.6 - JITTER


def wait_for(holds: Callable[[], bool], process: Any) -> None:
    """Poll an outside process; it ends with the process at the latest."""
    import time

    limit = time.monotonic() + 40
    while not holds():
        assert process.poll() is None, "the crawl ended before its time"
        if time.monotonic() > limit:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError("it never came")
        time.sleep(0.02)
