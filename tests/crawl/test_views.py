"""Whole crawls in several views: who cloaks is seen through, within budgets, politely, and over interruptions."""

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from crawler.demo import Host, Reply, Request
from tests.crawl.test_politeness import POLITE, assert_polite
from tests.crawl.test_recheck import BLOCK, page, recheck

Crawls = Callable[..., Any]
VIEWS = {"RASOAT_VIEW_BUDGET": "40"}
FETCHED = {"repeat", "search", "bot", "mobile"}


def header(request: Request, name: str) -> str:
    return next((value for key, value in request.headers.items() if key.lower() == name.lower()), "")


def view_of(request: Request) -> str:
    """Which view a request plays, told at the server."""
    agent, referer = header(request, "User-Agent"), header(request, "Referer")
    if "Googlebot" in agent:
        return "bot"
    if "Mobile" in agent:
        return "mobile"
    return "search" if "google.com.vn" in referer or "coccoc.com" in referer else "plain"


class Cloaking:
    """A site with pages at these paths; those in ``shows`` show the block in some views only. ``asked``: what came."""

    def __init__(self, paths: Iterable[str], shows: dict[str, set[str]], block: str = BLOCK) -> None:
        self.paths = list(paths)
        self.shows = shows
        self.block = block
        self.asked: list[tuple[str, str]] = []

    def __call__(self, request: Request) -> Reply | None:
        if request.path not in ("/", *self.paths):
            return None
        view = view_of(request)
        self.asked.append((view, request.path))
        block = self.block if view in self.shows.get(request.path, ()) else ""
        return page(f"Trang {request.path}", "/", *self.paths, block=block)

    def times(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for view, path in self.asked:
            found.setdefault(path, Counter())[view] += 1
        return found


def seen(crawl: Any) -> dict[str, set[str]]:
    """path → views."""
    return {row["url"].split("/", 3)[3]: set(row["views"]) for row in crawl.db["pages"].find({"status": 200})}


def sightings(crawl: Any) -> set[tuple[str, str]]:
    return {(row["url"].split("/", 3)[3], row["view"]) for row in crawl.db["sightings"].find({"gone": None})}


def test_what_only_visitors_of_one_kind_see_is_found(crawls: Crawls) -> None:
    paths = ["/gioi-thieu", "/tin-tuc", "/van-ban"]
    site = Cloaking(paths, {"/": {"bot"}, "/tin-tuc": {"search"}, "/van-ban": {"mobile"}})
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    crawl.run(env=VIEWS)
    assert sightings(crawl) == {("", "bot"), ("tin-tuc", "search"), ("van-ban", "mobile")}
    assert seen(crawl) == {path.strip("/"): {"plain", *FETCHED} for path in ("/", *paths)}
    row = crawl.db["pages"].find_one({"url": {"$regex": "tin-tuc$"}})
    assert sorted(look["view"] for look in row["seen"]) == sorted({"plain", *FETCHED})
    assert {look["run"] for look in row["seen"]} == {crawl.last_run()["_id"]}
    assert all(crawl.db["bodies"].find_one({"_id": look["body"]}) for look in row["seen"])
    times = site.times()
    assert (times["/tin-tuc"]["search"], times["/tin-tuc"]["plain"]) == (2, 3), "plain, repeat, and both once more"
    assert times["/gioi-thieu"] == {"plain": 2, "search": 1, "bot": 1, "mobile": 1}
    review = crawl.review("a.test")
    assert (review["state"], review["pages"], review["left"]) == ("complete", 4, 0)
    looks = {item["name"]: item["n"] for item in review["views"]}
    assert looks.pop("second_look") == 6
    assert sum(looks.values()) == 4 * len(FETCHED)
    assert looks["home"] == len(FETCHED)
    assert crawl.last_run()["pages"] == 4


def test_a_budget_is_kept_and_the_suspicious_come_first(crawls: Crawls) -> None:
    paths = [f"/tin-tuc/bai-viet-so-{n}.html" for n in range(30)] + ["/uploads/x.html"]
    site = Cloaking(paths, {"/tin-tuc/bai-viet-so-7.html": {"plain"}, "/uploads/x.html": {"search"}})
    crawl = crawls([Host("a.test", fallback=site), Host("b.test", fallback=Cloaking(["/a"], {}))])
    crawl.register("a.test/")
    crawl.register("b.test/", unit="U2")
    crawl.run(env={"RASOAT_VIEW_BUDGET": "4"})
    looked = {path for path, views in seen(crawl).items() if views >= FETCHED}
    assert {"tin-tuc/bai-viet-so-7.html", "uploads/x.html", ""} <= looked
    own = crawl.db["pages"].count_documents({"host": crawl.host("a.test"), "views": "bot"})
    assert own == 4, "the home page, the two that are suspicious, and another of the template"
    assert ("uploads/x.html", "search") in sightings(crawl)
    orders = list(crawl.db["frontier"].find({"host": crawl.host("a.test"), "view": "bot"}).sort("priority", -1))
    assert orders[0]["reason"] == "home"
    assert {"upload", "confirmed"} <= {row["reason"] for row in orders}


def test_no_budget_no_looks(crawls: Crawls) -> None:
    site = Cloaking(["/a", "/b"], {"/a": {"bot"}})
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    crawl.run()
    assert {view for view, _ in site.asked} == {"plain"}
    assert seen(crawl) == {"": {"plain"}, "a": {"plain"}, "b": {"plain"}}
    assert crawl.review("a.test")["views"] == []


def test_a_full_page_budget_still_leaves_looks_at_what_is_there(crawls: Crawls) -> None:
    site = Cloaking([f"/trang-{word}" for word in "abcdefgh"], {"/": {"bot"}})
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    crawl.run("-a", "max_pages=3", env=VIEWS)
    review = crawl.review("a.test")
    assert review["state"] == "budget"
    assert review["cause"].startswith("page budget reached: 3 pages; ")
    assert review["left"] == 9 - review["pages"]
    assert ("", "bot") in sightings(crawl)


def test_a_site_that_blocks_robots_is_blocked_for_them_and_reviewed(crawls: Crawls) -> None:
    pages = {path: page(f"Trang {path}", "/", "/a", "/b", "/c") for path in ("/", "/a", "/b", "/c")}

    def answer(request: Request) -> Reply | None:
        if view_of(request) == "bot":
            return Reply("Không cho phép", 429 if request.path == "/" else 403, [("Retry-After", "7200")])
        return pages.get(request.path)

    crawl = crawls([Host("a.test", fallback=answer)])
    crawl.register("a.test/")
    crawl.run(env=VIEWS)
    assert crawl.review("a.test")["state"] == "complete"
    assert crawl.skipped("a.test")["view_blocked"] == 4
    assert set.union(*seen(crawl).values()) == {"plain", *FETCHED} - {"bot"}, "what was refused was not looked at"
    row = crawl.db["pages"].find_one({"url": {"$regex": "/a$"}})
    assert [look["blocked"] for look in row["seen"] if look["view"] == "bot"] == [True]
    assert Counter(look["name"] for look in crawl.last_run()["stats"])["deep/view_blocked/bot"] == 1
    assert crawl.db["findings"].count_documents({}) == 0


def test_robots_that_are_refused_again_and_again_are_left_alone(crawls: Crawls) -> None:
    paths = [f"/muc-{letter * 3}" for letter in "abcdefghijkl"]
    asked: list[str] = []

    def answer(request: Request) -> Reply | None:
        if view_of(request) == "bot":
            asked.append(request.path)
            return Reply("Không cho phép", 403)
        return page(f"Trang {request.path}", *paths) if request.path in ("/", *paths) else None

    crawl = crawls([Host("a.test", fallback=answer)])
    crawl.register("a.test/")
    crawl.run(env={**VIEWS, "RASOAT_SERVER_CONNECTIONS": "1"})
    assert len(asked) == 5
    assert crawl.skipped("a.test")["view_blocked"] == len(paths) + 1
    row = crawl.db["pages"].find_one({"url": {"$regex": "lll$"}})
    assert row["unseen"] == [{"view": "bot", "cause": "view_blocked"}]


def test_without_a_browser_pages_say_that_they_were_not_rendered(crawls: Crawls) -> None:
    crawl = crawls([Host("a.test", fallback=Cloaking(["/a", "/b"], {}))])
    crawl.register("a.test/")
    crawl.run(env={**VIEWS, "RASOAT_RENDER_BUDGET": "20", "RASOAT_BROWSER": "/nowhere/chromium"})
    assert crawl.review("a.test")["state"] == "complete"
    assert crawl.skipped("a.test")["not_rendered"] == 1
    rows = list(crawl.db["pages"].find({"status": 200}))
    assert [row["unseen"] for row in rows] == [[{"view": "rendered", "cause": "no_browser"}]] * 3
    assert not any("rendered" in row["views"] for row in rows)


def test_looks_keep_the_pace_that_the_server_is_owed(crawls: Crawls) -> None:
    crawl = crawls([Host(name, fallback=Cloaking(["/a"], {}), delay=0.3) for name in ("a.test", "b.test")])
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    crawl.run(env={**POLITE, **VIEWS})
    visits = crawl.running.log["127.77.1.1"]
    assert_polite(visits, 0.2, 2)
    assert len(visits) >= 2 * (2 + 2 * len(FETCHED))


def test_kill_9_amid_the_looks_loses_nothing_and_repeats_little(
    crawls: Crawls, until_killed: Callable[..., Any]
) -> None:
    paths = [f"/muc-{letter * 3}" for letter in "abcdefghijklmnop"]
    site = Cloaking(paths, {path: {"bot"} for path in paths[:3]})
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    rng = random.Random(5)
    kills = 0
    for _ in range(3):
        before = len(site.asked)
        more = (len(paths) + 5 if not before else 0) + rng.randrange(8, 25)
        env = {**VIEWS, "RASOAT_SERVER_DELAY": "0.01"}
        with until_killed(crawl.start("-a", "resume=latest", env=env)) as process:
            crawl.wait_for(lambda: len(site.asked) >= before + more, process)  # noqa: B023
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    crawl.run("-a", "resume=latest", env=VIEWS)
    assert {path for path, views in seen(crawl).items() if views == {"plain", *FETCHED}} == {
        "",
        *(p[1:] for p in paths),
    }
    assert sightings(crawl) == {(path[1:], "bot") for path in paths[:3]}
    review = crawl.review("a.test")
    assert (review["state"], review["pages"], review["left"]) == ("complete", len(paths) + 1, 0)
    assert crawl.db["runs"].count_documents({}) == 1
    needed = 5 * (len(paths) + 1) + 2 * 3
    assert len(site.asked) <= needed + kills * 70
    assert crawl.db["frontier"].count_documents({"state": {"$in": ["queued", "taken"]}}) == 0


def test_a_recheck_looks_in_the_views_that_showed_it(crawls: Crawls) -> None:
    shows = {"/tin-tuc": {"bot"}}
    site = Cloaking(["/gioi-thieu", "/tin-tuc"], shows)
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    crawl.run(env=VIEWS)
    found = crawl.db["findings"].find_one()
    assert (found["state"], found["views"]) == ("open", ["bot"])

    site.asked.clear()
    recheck(crawl)
    assert Counter(site.asked) == {("plain", "/tin-tuc"): 1, ("bot", "/tin-tuc"): 1}
    assert crawl.db["findings"].find_one()["state"] == "open"

    shows["/tin-tuc"] = {"mobile"}  # another view shows it now: that is for a review to find
    recheck(crawl)
    assert crawl.db["findings"].find_one()["state"] == "fixed"

    shows["/tin-tuc"] = {"bot"}
    recheck(crawl)
    again = crawl.db["findings"].find_one()
    assert (again["state"], again["recurrences"]) == ("recurred", 1)


def test_a_finding_is_fixed_when_it_is_gone_in_every_view(crawls: Crawls) -> None:
    shows = {"/tin-tuc": {"plain", "bot", "search", "mobile"}}
    site = Cloaking(["/gioi-thieu", "/tin-tuc"], shows)
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    crawl.run(env=VIEWS)
    site.asked.clear()
    recheck(crawl)
    assert Counter(site.asked) == {("plain", "/tin-tuc"): 1}, "what plain shows is there, whatever others show"

    shows["/tin-tuc"] = {"mobile"}  # hidden from the owner and from robots
    site.asked.clear()
    recheck(crawl)
    assert Counter(site.asked) == {(view, "/tin-tuc"): 1 for view in ("plain", "search", "bot", "mobile")}
    assert crawl.db["findings"].find_one()["state"] == "open"

    shows.clear()
    recheck(crawl)
    assert crawl.db["findings"].find_one()["state"] == "fixed"


def test_what_only_a_look_leads_to_is_reviewed(crawls: Crawls) -> None:
    def answer(request: Request) -> Reply | None:
        if request.path == "/":
            links = ["/a", "/cua-sau"] if view_of(request) == "bot" else ["/a"]
            return page("Trang chủ", *links)
        return page(f"Trang {request.path}", "/") if request.path in ("/a", "/cua-sau") else None

    crawl = crawls([Host("a.test", fallback=answer)])
    crawl.register("a.test/")
    crawl.run(env=VIEWS)
    assert seen(crawl) == {path: {"plain", *FETCHED} for path in ("", "a", "cua-sau")}
    assert crawl.review("a.test")["pages"] == 3


def test_a_look_follows_where_it_is_led_inside_the_host(crawls: Crawls) -> None:
    def answer(request: Request) -> Reply | None:
        view = view_of(request)
        if request.path == "/" and view == "mobile":
            return Reply("", 302, [("Location", "/m/")])
        if request.path == "/m/":
            return page("Bản di động", "/", block=BLOCK if view == "mobile" else "")
        return page("Trang chủ", "/a") if request.path in ("/", "/a") else None

    crawl = crawls([Host("a.test", fallback=answer)])
    crawl.register("a.test/")
    crawl.run(env=VIEWS)
    assert ("m/", "mobile") in sightings(crawl)


def test_the_looks_of_a_run_are_shown(crawls: Crawls, scrapy: Callable[..., Any]) -> None:
    crawl = crawls([Host("a.test", fallback=Cloaking(["/a", "/b"], {"/b": {"bot"}}))])
    crawl.register("a.test/")
    crawl.run(env=VIEWS)
    shown = scrapy("runs", "show", "latest").stdout
    assert "Looks at pages in other views" in shown
    assert "second_look" in shown
    told = json.loads(scrapy("runs", "show", "latest", "--json").stdout)
    assert sorted(told["views"], key=lambda item: item["name"]) == crawl.review("a.test")["views"]
