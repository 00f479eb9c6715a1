"""Whole rechecks: still there, fixed, host down, back again, and what they leave alone."""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.demo import Host, Reply, Request, simple

Crawls = Callable[..., Any]
BLOCK = (
    '<div style="position:absolute;left:-9999px"><a href="http://bong88vip.example/">nhà cái bong88</a> '
    '<a href="http://taixiu789.example/">tài xỉu đổi thưởng link vào</a></div>'
)
LENDER = '<div style="display:none"><a href="http://vaynong24h.example/">vay nóng 24h không cần thế chấp</a></div>'
WORDS = "học sinh lớp trường thầy cô bài thi điểm năm tuần ngày hội thể thao văn nghệ thư viện".split()  # noqa: SIM905


def page(title: str, *links: str, block: str = "") -> Reply:
    reply = simple(title, " ".join(random.Random(title).choices(WORDS, k=60)), links)
    assert isinstance(reply.body, str)
    reply.body = reply.body.replace("</body>", f"</body>{block}")
    return reply


def offending(paths: Iterable[str], block: str = BLOCK) -> dict[str, Reply]:
    """A home page that leads to these pages, each of which shows the block."""
    names = list(paths)
    return {"/": page("Trang chủ", *names), **{path: page(f"Bài {path}", block=block) for path in names}}


def review(crawl: Any) -> dict[str, Any]:
    """A deep run, whose log is forgotten; returns the one finding."""
    crawl.run()
    return finding(crawl)


def recheck(crawl: Any, *args: str, code: int = 0, env: dict[str, str] | None = None) -> set[str]:
    """A recheck; returns the paths it fetched, in all hosts."""
    for visits in crawl.running.log.values():
        visits.clear()
    crawl.run(*args, spider="recheck", code=code, env=env)
    return {visit.target for visits in crawl.running.log.values() for visit in visits}


def finding(crawl: Any, category: str = "gambling") -> dict[str, Any]:
    found = list(crawl.db["findings"].find({"category": category}))
    assert len(found) == 1, found
    return dict(found[0])


def steps(found: dict[str, Any]) -> list[str]:
    return [step["to"] for step in found["history"]]


def test_still_there_fixed_and_back(crawls: Crawls) -> None:
    pages = offending(["/a", "/b"])
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    before = review(crawl)
    review_of_the_host = crawl.db["hosts"].find_one({"_id": crawl.host("a.test")})["review"]
    edges = list(crawl.db["links"].find())
    assert recheck(crawl) == {"/a", "/b"}, "only what showed it is fetched"
    still = finding(crawl)
    assert (still["state"], still["url_count"], steps(still)) == ("open", 2, ["open"])
    assert still["last_seen"] > before["last_seen"]
    run = crawl.last_run()
    assert (run["spider"], run["state"], run["pages"]) == ("recheck", "finished", 2)
    assert run["hosts"] == [{"name": "complete", "n": 1}]

    pages["/a"] = page("Bài a")
    recheck(crawl)
    assert (finding(crawl)["state"], finding(crawl)["url_count"]) == ("open", 1)
    pages["/b"] = Reply("", 404)
    assert recheck(crawl) == {"/b"}, "what is known to be gone needs no second look"
    assert steps(finding(crawl)) == ["open", "fixed"]
    assert crawl.last_run()["findings"] == {"new": 0, "open": 0, "fixed": 1, "recurred": 0}

    pages["/a"] = page("Bài a", block=BLOCK)
    assert recheck(crawl) == {"/a", "/b"}
    again = finding(crawl)
    assert (again["_id"], again["state"], again["url_count"], again["recurrences"]) == (before["_id"], "recurred", 1, 1)
    assert crawl.db["hosts"].find_one({"_id": crawl.host("a.test")})["review"] == review_of_the_host
    assert list(crawl.db["links"].find()) == edges, "a recheck knows a part of a host's links only"


def test_a_host_that_is_down_fixes_nothing(crawls: Crawls) -> None:
    pages = offending(["/a"])
    other = offending(["/b"], LENDER)
    down = Host("a.test", pages=pages)
    crawl = crawls([down, Host("b.test", "127.77.1.2", pages=other)])
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    crawl.run()
    down.wrap = lambda request, reply: Reply("bảo trì", 503)
    other["/b"] = Reply("<p>dở", 200, length=5000)
    recheck(crawl)
    assert finding(crawl)["state"] == "open"
    assert finding(crawl, "loans")["state"] == "open", "half a page proves nothing"
    ended = crawl.db["reviews"].find_one({"run": crawl.last_run()["_id"], "host": crawl.host("a.test")})
    assert (ended["state"], ended["spider"], ended["skipped"]) == (
        "blocked",
        "recheck",
        [{"name": "answered_503", "n": 1}],
    )
    assert "503" in ended["cause"]
    down.wrap = None
    pages["/a"], other["/b"] = Reply("", 410), page("Bài b")
    recheck(crawl)
    assert [finding(crawl, category)["state"] for category in ("gambling", "loans")] == ["fixed", "fixed"]


def test_a_page_that_moved_was_not_removed(crawls: Crawls) -> None:
    pages = offending(["/a"])
    pages["/robots.txt"] = Reply("User-agent: *\nCrawl-delay: 0.7\n", headers=[("Content-Type", "text/plain")])
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    review(crawl)
    pages["/a"] = Reply("", 301, [("Location", "/moved")])
    pages["/moved"] = page("Bài a", "/further", block=BLOCK)
    assert recheck(crawl) == {"/a", "/moved"}
    moved = finding(crawl)
    assert (moved["state"], moved["url_count"], steps(moved)) == ("open", 1, ["open"])
    assert moved["recurrences"] == 0
    first, second = (visit.start for visit in crawl.running.log["127.77.1.1"])
    assert second - first > 0.6, "the site's Crawl-delay holds for a recheck too"


def test_a_kit_is_fixed_only_when_every_doorway_was_looked_at(crawls: Crawls) -> None:
    paths = [f"/tin/{number}" for number in range(130)]
    pages = offending(paths)
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    assert review(crawl)["url_count"] == 130
    assert len(recheck(crawl)) == 20, "a few that show it still are enough"
    clean = {path: page(f"Trống {path}") for path in paths}
    pages |= {path: clean[path] for path in paths[:-1]}
    fetched = recheck(crawl)
    assert (len(fetched), paths[-1] in fetched) == (130, True), "one survivor is found"
    assert (finding(crawl)["state"], finding(crawl)["url_count"]) == ("open", 1)
    pages |= clean
    assert recheck(crawl) == {paths[-1]}
    assert finding(crawl)["state"] == "fixed"
    assert len(recheck(crawl)) == 5, "of a fixed kit a few places are watched"
    assert recheck(crawl, "-a", "fixed_days=0") == set()


def test_one_finding_one_host_and_one_unit_at_once(crawls: Crawls) -> None:
    hosts = [
        Host(
            "a.test", pages={**offending(["/a"]), "/": page("Trang chủ", "/a", "/vay"), "/vay": page("v", block=LENDER)}
        ),
        Host("b.test", "127.77.1.2", pages=offending(["/b"])),
    ]
    crawl = crawls(hosts)
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    crawl.run()
    short = crawl.db["findings"].find_one({"category": "loans"})["short"]
    assert recheck(crawl, "-a", f"findings={short}") == {"/vay"}
    assert recheck(crawl, "-a", f"hosts={crawl.host('b.test')}") == {"/b"}
    assert recheck(crawl, "-a", "units=A") == {"/a", "/vay"}
    assert crawl.last_run()["args"] == {"units": ["A"]}
    crawl.db["findings"].update_one({"category": "loans"}, {"$set": {"state": "dismissed"}})
    assert recheck(crawl) == {"/a", "/b"}, "what a person dismissed is left alone"
    assert finding(crawl, "loans")["state"] == "dismissed"
    for argument, words in (
        (f"findings={short}", "was dismissed"),
        ("findings=0000", "no such finding"),
    ):
        recheck(crawl, "-a", argument, code=2)
        assert words in crawl.log().splitlines()[-1]


def test_what_is_looked_at_and_what_is_not(crawls: Crawls) -> None:
    pages = offending(["/a"])
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    found = review(crawl)
    sites, sightings, findings = (crawl.db[name] for name in ("sites", "sightings", "findings"))
    sites.update_one({}, {"$set": {"state": "retired"}})
    assert recheck(crawl) == set()
    assert "Not among the sites that are reviewed" in crawl.log()
    assert (finding(crawl)["state"], crawl.last_run()["state"]) == ("open", "finished")

    sites.update_one({}, {"$set": {"state": "registered"}})
    in_another_view = {**sightings.find_one(), "_id": f"{found['_id']}/other/bot", "view": "bot"}
    sightings.insert_one(in_another_view)
    pages["/a"] = page("Sạch")
    recheck(crawl)
    assert (finding(crawl)["state"], finding(crawl)["url_count"]) == ("open", 1), "nobody looked in that view"

    sightings.delete_one({"view": "bot"})
    assert recheck(crawl) == set()
    step = {"at": datetime.now(UTC) - timedelta(days=179), "from": "open", "to": "fixed", "cause": "", "by": "crawl"}
    findings.update_one({}, {"$set": {"state": "fixed"}, "$push": {"history": step}})
    assert recheck(crawl) == {"/a"}, "what was fixed is watched"
    findings.update_one({}, {"$set": {"history.$[].at": datetime.now(UTC) - timedelta(days=181)}})
    assert recheck(crawl) == set(), "for half a year"
    assert recheck(crawl, "-a", f"findings={found['short']}") == {"/a"}


def test_an_interrupted_recheck_goes_on(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    import os
    import signal

    paths = [f"/tin/{number}" for number in range(60)]
    pages = offending(paths)
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    review(crawl)
    pages |= {path: page("Trống") for path in paths}
    seen = crawl.running.log["127.77.1.1"]
    seen.clear()
    for limit in (10, 30):
        with until_killed(
            crawl.start("-a", "resume=latest", spider="recheck", env={"RASOAT_SERVER_DELAY": "0.05"})
        ) as process:
            crawl.wait_for(lambda: len(seen) > limit, process)  # noqa: B023
            os.killpg(process.pid, signal.SIGKILL)
    crawl.run("-a", "resume=latest", spider="recheck")
    assert finding(crawl)["state"] == "fixed"
    assert crawl.db["runs"].count_documents({"spider": "recheck"}) == 1
    assert len(seen) < 60 + 20, "stored pages were fetched again"


def test_a_recheck_shares_the_server_with_a_review(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    from tests.crawl.test_politeness import POLITE, assert_polite

    def endless(request: Request) -> Reply | None:
        if "." in request.path:
            return None
        number = int(request.path.strip("/") or 0)
        return page(f"Trang {number}", f"/{number + 1}", f"/{number + 2}", block=BLOCK if number < 12 else "")

    crawl = crawls([Host("a.test", fallback=endless, delay=0.3)])
    crawl.register("a.test/")
    crawl.run("-a", "max_pages=14")
    visits = crawl.running.log["127.77.1.1"]
    visits.clear()
    with until_killed(crawl.start("-a", "max_pages=40", env=POLITE)) as deep:
        crawl.wait_for(lambda: len(visits) > 10, deep)
        with until_killed(crawl.start(spider="recheck", env=POLITE)) as second:
            assert second.wait(60) == 0, crawl.log()
        assert deep.wait(60) == 0, crawl.log()
    assert_polite(visits, 0.2, 2)
    assert finding(crawl)["state"] == "open"
    assert crawl.db["hosts"].find_one()["review"]["pages"] == 40, "pages that the recheck took over count"
