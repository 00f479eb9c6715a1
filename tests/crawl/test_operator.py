"""An operator steers while a large run goes on: hours, delays, pauses, and one host alone, as the server sees it."""

import itertools
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.demo import Host, Reply, Request, simple
from tests.crawl.test_politeness import POLITE, assert_polite, site, wait_for

Crawls = Callable[..., Any]
Killed = Callable[..., Any]
WORDS = "học sinh lớp trường thầy cô bài thi điểm năm tuần ngày hội thể thao văn nghệ thư viện".split()  # noqa: SIM905
SERVER = "127.77.1.1"


def school(pages: int) -> Callable[[Request], Reply | None]:
    """A site of so many pages, each of which leads to the two below it."""

    def answer(request: Request) -> Reply | None:
        text = request.path.strip("/")
        number = int(text) if text.isdecimal() else 0
        if (text and not text.isdecimal()) or number >= pages:
            return None
        words = " ".join(random.Random(f"{request.host}{number}").choices(WORDS, k=60))
        below = [f"/{child}" for child in (number * 2 + 1, number * 2 + 2) if child < pages]
        return simple(f"Trang {number} của {request.host}", words, below)

    return answer


def hours_around(now: datetime, *, open_now: bool) -> str:
    """Hours of Vietnam in which ``now`` lies, or does not."""
    local = now + timedelta(hours=7)
    start = local + timedelta(hours=-2 if open_now else 2)
    return f"{start:%H:%M}-{start + timedelta(hours=4):%H:%M}"


def test_hours_and_pauses_take_and_give_back_a_host_of_a_running_job(
    crawls: Crawls, until_killed: Killed, scrapy: Any
) -> None:
    crawl = crawls([Host(name, fallback=site) for name in ("a.test", "b.test")])
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    said = ("--reason", "máy chủ yếu", "--by", "Lan")
    with until_killed(crawl.start(env={**POLITE, "RASOAT_SERVER_DELAY": "0.05"})) as process:
        wait_for(lambda: len(crawl.running.seen("a.test")) > 10, process)
        closed = hours_around(datetime.now(UTC), open_now=False)
        for stop, go in ((("--hours", closed), ("--hours", "always")), (("--pause",), ("--resume",))):
            assert scrapy("hosts", "set", crawl.host("a.test"), *stop, *said).code == 0
            at = len(crawl.running.seen("b.test"))
            wait_for(lambda at=at: len(crawl.running.seen("b.test")) > at + 60, process)  # 3 s: a beat comes every 2
            silent, at = len(crawl.running.seen("a.test")), len(crawl.running.seen("b.test"))
            wait_for(lambda at=at: len(crawl.running.seen("b.test")) > at + 40, process)
            assert len(crawl.running.seen("a.test")) == silent, f"{stop}: it was visited"
            assert scrapy("hosts", "set", crawl.host("a.test"), *go, "--by", "Lan").code == 0
            wait_for(lambda silent=silent: len(crawl.running.seen("a.test")) > silent + 10, process)
    assert_polite(crawl.running.log[SERVER], 0.05, 2)


def test_a_delay_slows_the_whole_server_of_a_running_job(crawls: Crawls, until_killed: Killed, scrapy: Any) -> None:
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    with until_killed(crawl.start(env={**POLITE, "RASOAT_SERVER_DELAY": "0.05"})) as process:
        wait_for(lambda: len(crawl.running.seen("a.test")) > 10, process)
        assert scrapy("hosts", "set", crawl.host("a.test"), "--delay", "0.8", "--by", "Lan").code == 0
        visits = crawl.running.log[SERVER]
        wait_for(lambda: _gap(visits) > 0.7, process)
        at = len(visits)
        wait_for(lambda: len(visits) > at + 5, process)
        assert_polite(visits[at:], 0.8, 2)


def _gap(visits: list[Any]) -> float:
    return float(visits[-1].start - visits[-2].start)


def test_one_host_is_reviewed_at_once_while_a_large_run_holds_its_server(crawls: Crawls, until_killed: Killed) -> None:
    crawl = crawls([Host("a.test", fallback=school(100)), Host("b.test", fallback=school(20))])
    polite = {**POLITE, "RASOAT_SERVER_DELAY": "0.15"}
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    leases, visits = crawl.db["leases"], crawl.running.log[SERVER]
    with until_killed(crawl.start(env=polite)) as large:
        wait_for(lambda: len(crawl.running.seen("b.test")) > 8, large)
        with until_killed(crawl.start("-a", "hosts=" + crawl.host("b.test"), env=polite)) as single:
            wait_for(lambda: leases.find_one({"queue.urgent": True}) is not None, single)
            asked = len(visits)
            run = crawl.db["runs"].find_one({"args.hosts": {"$exists": True}})["_id"]
            wait_for(lambda: leases.find_one({"holder.run": run}) is not None, single)
            first = len(visits)
            assert first - asked < 40, "it waited for more than a few seconds"
            assert single.wait(60) == 0, crawl.log()
            between = [visit.host for visit in visits[first:] if visit.end]
            alone = list(itertools.takewhile(lambda host: host == "b.test", between))
            assert len(alone) >= 20, "its server was taken away before it was done"
        assert large.wait(120) == 0, crawl.log()
    assert_polite(visits, 0.15, 2)
    reviews = {(row["run"] == run, row["host"]): row for row in crawl.db["reviews"].find()}
    one, whole, other = ((True, "b.test"), (False, "b.test"), (False, "a.test"))
    for key, pages in ((one, 20), (whole, 20), (other, 100)):
        review = reviews[(key[0], crawl.host(key[1]))]
        assert (review["state"], review["pages"]) == ("complete", pages), key
    assert crawl.last_run()["pages"] == 20
    assert crawl.db["runs"].find_one({"_id": {"$ne": run}})["pages"] == 120, "what the other fetched again counts too"


def test_an_interrupted_run_does_not_lose_what_another_fetched_again(crawls: Crawls, until_killed: Killed) -> None:
    crawl = crawls([Host("a.test", fallback=school(40))])
    crawl.register("a.test/")
    with until_killed(crawl.start(env={**POLITE, "RASOAT_SERVER_DELAY": "0.05"})) as large:
        wait_for(lambda: crawl.db["pages"].count_documents({}) >= 20, large)
        large.kill()
    crawl.run("-a", "hosts=" + crawl.host("a.test"))
    crawl.run("-a", "resume=latest")
    reviews = list(crawl.db["reviews"].find().sort("run", 1))
    assert [(row["state"], row["pages"]) for row in reviews] == [("complete", 40), ("complete", 40)]


def test_the_time_left_of_a_running_job_is_never_promised_too_short(
    crawls: Crawls, until_killed: Killed, scrapy: Any
) -> None:
    robots = Reply("User-agent: *\nCrawl-delay: 0.3\n", headers=[("Content-Type", "text/plain")])
    slow = Host("slow.test", "127.77.1.2", pages={"/robots.txt": robots}, fallback=school(60))
    crawl = crawls([Host("a.test", fallback=school(45)), Host("b.test", fallback=school(45)), slow])
    for name in ("a.test", "b.test", "slow.test"):
        crawl.register(f"{name}/", unit=name)
    with until_killed(crawl.start(env=POLITE)) as process:
        wait_for(lambda: crawl.db["reviews"].count_documents({"progress.crawl_delay": 0.3}) == 1, process)
        done = scrapy("runs", "show", "latest", "--by", "01/01/2100", "--json")
        assert process.wait(90) == 0, crawl.log()
    found = json.loads(done.stdout)["forecast"]
    servers = {row["server"]: row for row in found["servers"]}
    assert (servers[SERVER]["hosts"], servers["127.77.1.2"]["pace"]) == (2, 0.3)
    pending = [row for row in found["hosts"] if row["left"]]
    assert pending
    for row in pending:
        ended = crawl.db["reviews"].find_one({"host": row["host"]})["ended"]
        assert datetime.fromisoformat(row["earliest"]) <= ended + timedelta(seconds=1), row
        assert row["earliest"] <= row["expected"]
    finished = scrapy("runs", "show", "latest", "--by", "01/01/2100")
    assert finished.stdout.startswith("2 servers are done, all hosts are reviewed\n")
