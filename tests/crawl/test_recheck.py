"""Whole rechecks: still there, fixed, host down, back again, and what they leave alone."""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy.settings import Settings

from crawler.demo import Host, Reply, Request, simple
from crawler.page import extract
from crawler.store.connection import Target, connect_async
from crawler.store.crawl import CrawlStore
from crawler.urls import digest
from pipelines.judge import violations
from pipelines.rulesets import engine_from_settings
from tests.crawl.test_politeness import POLITE, assert_polite

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


def reviewed(crawl: Any, pages: Mapping[str, Reply], host: str = "a.test") -> None:
    """What a review leaves in the store after it met these pages: written as a crawl writes it, in no time."""
    settings = Settings()
    settings.setmodule("crawler.settings")
    engine = engine_from_settings(settings)
    name = crawl.host(host)
    found = []
    for path, reply in pages.items():
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        seen = extract(
            url=f"http://{name}{path}", status=200, headers=[], body=body, fetched=datetime.now(UTC), host=name
        )
        seen.digest, seen.site, seen.unit = digest(seen.url), f"{name}/", crawl.unit_of(name)
        seen.violations = violations(seen, engine)
        found.append(seen)

    async def write() -> None:
        target = Target(os.environ["RASOAT_MONGO_URI"], crawl.db.name, crawl.tmp)
        store = CrawlStore(await connect_async(target), 5)
        store.begin(await store.runs.create("deep", {}, None))
        for seen in found:
            seen.run = store.run
        await store.flush(found, [])
        await store.runs.finish(store.run, "finished", "finished", {})
        await store.close()

    asyncio.run(write())


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


def test_still_there_fixed_back_and_moved(crawls: Crawls) -> None:
    pages = offending(["/a", "/b"])
    pages["/robots.txt"] = Reply("User-agent: *\nCrawl-delay: 0.7\n", headers=[("Content-Type", "text/plain")])
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    crawl.run()
    before = finding(crawl)
    review_of_the_host = crawl.db["hosts"].find_one({"_id": crawl.host("a.test")})["review"]
    edges = list(crawl.db["links"].find())
    assert recheck(crawl) == {"/a", "/b"}, "only what showed it is fetched"
    first, second = (visit.start for visit in crawl.running.log["127.77.1.1"])
    assert second - first > 0.6, "the site's Crawl-delay holds for a recheck too"
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
    pages["/a"], pages["/moved"] = Reply("", 301, [("Location", "/moved")]), page("Bài a", "/further", block=BLOCK)
    assert recheck(crawl) == {"/a", "/moved"}
    moved = finding(crawl)
    assert (moved["state"], moved["url_count"], moved["recurrences"]) == ("recurred", 1, 1), "it was not removed"
    assert crawl.db["hosts"].find_one({"_id": crawl.host("a.test")})["review"] == review_of_the_host
    assert list(crawl.db["links"].find()) == edges, "a recheck knows a part of a host's links only"


def test_a_host_that_is_down_fixes_nothing(crawls: Crawls) -> None:
    pages, other = offending(["/a"]), offending(["/b"], LENDER)
    down = Host("a.test", pages=pages)
    crawl = crawls([down, Host("b.test", "127.77.1.2", pages=other)])
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    reviewed(crawl, pages)
    reviewed(crawl, other, "b.test")
    down.wrap = lambda request, reply: Reply("bảo trì", 503, [("Retry-After", "0")])
    other["/b"] = Reply("<p>dở", 200, length=5000)
    recheck(crawl)
    assert finding(crawl)["state"] == "open"
    assert finding(crawl, "loans")["state"] == "open", "half a page proves nothing"
    ended = crawl.db["reviews"].find_one({"run": crawl.last_run()["_id"], "host": crawl.host("a.test")})
    assert (ended["state"], ended["spider"]) == ("blocked", "recheck")
    assert ended["skipped"] == [{"name": "answered_503", "n": 1}]
    assert "503" in ended["cause"]
    down.wrap = None
    pages["/a"], other["/b"] = Reply("", 410), page("Bài b")
    recheck(crawl)
    assert [finding(crawl, category)["state"] for category in ("gambling", "loans")] == ["fixed", "fixed"]


def test_a_kit_is_fixed_only_when_every_doorway_was_looked_at(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    paths = [f"/tin/{number}" for number in range(130)]
    pages = offending(paths)
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    reviewed(crawl, pages)
    assert finding(crawl)["url_count"] == 130
    assert len(recheck(crawl)) == 20, "a few that show it still are enough"

    clean = {path: page(f"Trống {path}") for path in paths}
    pages |= {path: clean[path] for path in paths[:-1]}
    seen = crawl.running.log["127.77.1.1"]
    seen.clear()
    for limit in (10, 50):  # in the first wave and in the second
        slowly = {"RASOAT_SERVER_DELAY": "0.05"}
        with until_killed(crawl.start("-a", "resume=latest", spider="recheck", env=slowly)) as process:
            crawl.wait_for(lambda: len(seen) > limit, process)  # noqa: B023
            os.killpg(process.pid, signal.SIGKILL)
    crawl.run("-a", "resume=latest", spider="recheck")
    assert {visit.target for visit in seen} == set(paths), "one survivor is found"
    assert len(seen) < len(paths) + 40, "stored pages were fetched again"
    assert (finding(crawl)["state"], finding(crawl)["url_count"]) == ("open", 1)
    assert crawl.db["runs"].count_documents({"spider": "recheck"}) == 2

    pages |= clean
    assert recheck(crawl) == {paths[-1]}
    assert finding(crawl)["state"] == "fixed"
    assert len(recheck(crawl)) == 5, "of a fixed kit a few places are watched"


def test_one_finding_and_one_host_at_once(crawls: Crawls) -> None:
    first = {**offending(["/a"]), "/vay": page("v", block=LENDER)}
    second = offending(["/b"])
    crawl = crawls([Host("a.test", pages=first), Host("b.test", "127.77.1.2", pages=second)])
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    reviewed(crawl, first)
    reviewed(crawl, second, "b.test")
    short = finding(crawl, "loans")["short"]
    assert recheck(crawl, "-a", f"findings={short}") == {"/vay"}
    assert recheck(crawl, "-a", f"hosts={crawl.host('b.test')}", "-a", "units=A") == {"/a", "/b", "/vay"}
    assert crawl.last_run()["args"] == {"hosts": [crawl.host("b.test")], "units": ["A"]}
    crawl.db["findings"].update_one({"category": "loans"}, {"$set": {"state": "dismissed"}})
    recheck(crawl, "-a", f"findings={short}", code=2)
    assert crawl.log().splitlines()[-1] == f"scrapy crawl: findings={short}: was dismissed: it is not looked at again"


def test_what_is_looked_at_and_what_is_not(crawls: Crawls) -> None:
    fixed, retired, cloaked, dismissed = (
        offending([path]) for path in ("/fixed", "/retired", "/cloaked", "/dismissed")
    )
    fixed["/long-ago"] = page("v", block=LENDER)
    sites = {"a.test": fixed, "b.test": retired, "c.test": cloaked, "d.test": dismissed}
    crawl = crawls([Host(name, f"127.77.1.{n}", pages=pages) for n, (name, pages) in enumerate(sites.items(), 1)])
    for name, pages in sites.items():
        crawl.register(f"{name}/", unit=name)
        reviewed(crawl, pages, name)
    findings, sightings = crawl.db["findings"], crawl.db["sightings"]
    for category, days in (("gambling", 179), ("loans", 181)):
        at = datetime.now(UTC) - timedelta(days=days)
        step = {"at": at, "from": "open", "to": "fixed", "cause": "", "by": "crawl"}
        one = findings.find_one({"host": crawl.host("a.test"), "category": category})
        findings.update_one({"_id": one["_id"]}, {"$set": {"state": "fixed"}, "$push": {"history": step}})
        sightings.update_many({"finding": one["_id"]}, {"$set": {"gone": at}})
    crawl.db["sites"].update_one({"host": crawl.host("b.test")}, {"$set": {"state": "retired"}})
    shown = sightings.find_one({"url": {"$regex": "cloaked"}})
    sightings.insert_one({**shown, "_id": "seen by a browser", "view": "rendered"})
    cloaked["/cloaked"] = page("Sạch")
    findings.update_one({"host": crawl.host("d.test")}, {"$set": {"state": "dismissed"}})

    blind = {"RASOAT_BROWSER": "/nowhere/chromium"}
    assert recheck(crawl, env=blind) == {"/fixed", "/cloaked"}
    states = {row["host"].partition(":")[0]: row["state"] for row in findings.find({"category": "gambling"})}
    assert states == {"a.test": "recurred", "b.test": "open", "c.test": "open", "d.test": "dismissed"}
    assert findings.find_one({"category": "loans"})["state"] == "fixed"
    assert "Not among the sites that are reviewed, not rechecked: b.test" in crawl.log()
    assert crawl.last_run()["state"] == "finished"


def test_a_recheck_shares_the_server_with_a_review(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    def endless(request: Request) -> Reply | None:
        if "." in request.path:
            return None
        number = int(request.path.strip("/") or 0)
        return page(f"Trang {number}", f"/{number + 1}", f"/{number + 2}", block=BLOCK if number < 12 else "")

    crawl = crawls([Host("a.test", fallback=endless, delay=0.3)])
    crawl.register("a.test/")
    reviewed(crawl, {f"/{number}": page(f"Trang {number}", block=BLOCK) for number in range(1, 12)})
    visits = crawl.running.log["127.77.1.1"]
    with until_killed(crawl.start("-a", "max_pages=40", env=POLITE)) as deep:
        crawl.wait_for(lambda: len(visits) > 10, deep)
        with until_killed(crawl.start(spider="recheck", env=POLITE)) as second:
            assert second.wait(60) == 0, crawl.log()
        assert deep.wait(60) == 0, crawl.log()
    assert_polite(visits, 0.2, 2)
    assert finding(crawl)["state"] == "open"
    assert crawl.db["hosts"].find_one()["review"]["pages"] == 40, "pages that the recheck took over count"
