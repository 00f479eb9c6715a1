"""What a deep run reaches, what it leaves alone, and what it says of every host."""

import gzip
import random
from collections.abc import Callable
from typing import Any

from crawler.demo import Host, Reply, Request, simple

Crawls = Callable[..., Any]
TEXT = (
    "Nhà trường thông báo lịch kiểm tra cuối học kỳ cho học sinh các khối lớp, đề nghị quý phụ huynh phối hợp nhắc "
    "nhở các em ôn tập đầy đủ và đi học đúng giờ trong tuần lễ này."
)


def page(title: str, *links: str, extra: str = "") -> Reply:
    reply = simple(title, f"{title}. {TEXT} {title}", links)
    assert isinstance(reply.body, str)
    return Reply(reply.body.replace("</body>", f"{extra}</body>"))


def test_pages_are_found_by_every_kind_of_clue(crawls: Crawls) -> None:
    xml = '<?xml version="1.0"?><{0} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{1}</{0}>'
    pages = {
        "/": page(
            "Trang chủ",
            "/menu",
            extra='<map><area href="/area"></map><iframe src="/iframe"></iframe><form action="/form"><input name="q">'
            '</form><script>var next = "/script-page.html";</script>',
        ),
        "/menu": Reply('<meta http-equiv="refresh" content="0; url=/refresh"><p>chuyển</p>'),
        "/robots.txt": Reply(
            "User-agent: *\nDisallow: /an/\nSitemap: http://a.test:__PORT__/map.xml\n",
            headers=[("Content-Type", "text/plain")],
        ),
        "/an/": page("Thư mục ẩn", "/an/bai-cai-cam.html"),
        "/map.xml": Reply(
            xml.format("sitemapindex", "<sitemap><loc>http://a.test:__PORT__/map2.xml.gz</loc></sitemap>"),
            headers=[("Content-Type", "application/xml")],
        ),
        "/feed": Reply(
            "<rss version='2.0'><channel><item><link>http://a.test:__PORT__/from-feed</link></item></channel></rss>",
            headers=[("Content-Type", "application/rss+xml")],
        ),
        "/area": Reply(
            '<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><p>vùng</p></html>'
        ),
    }
    port_free = xml.format("urlset", "<url><loc>http://a.test:__PORT__/deep/planted.html</loc></url>")
    for path in (
        "/iframe",
        "/form",
        "/script-page.html",
        "/refresh",
        "/deep/planted.html",
        "/from-feed",
        "/seeded",
        "/an/bai-cai-cam.html",
    ):
        pages[path] = page(f"Trang {path}")

    def packed(request: Request) -> Reply:
        body = gzip.compress(port_free.replace("__PORT__", str(request.port)).encode())
        return Reply(body, headers=[("Content-Type", "application/x-gzip")])

    pages["/map2.xml.gz"] = packed  # type: ignore[assignment]
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    seeds = crawl.tmp / "seeds.txt"
    seeds.write_text(f"# kết quả tìm kiếm\nhttp://a.test:{crawl.running.port}/seeded\n")
    crawl.run("-a", f"urls={seeds}")
    assert crawl.paths("a.test") >= set(pages), set(pages) - crawl.paths("a.test")
    assert crawl.review("a.test")["state"] == "complete"
    assert crawl.last_run()["state"] == "finished"
    fetched = crawl.running.seen("a.test")
    assert len(fetched) == len(set(fetched)), "something was fetched twice"


def test_scope_is_the_site_and_everything_else_is_an_edge(crawls: Crawls) -> None:
    crawl = crawls(
        [
            Host(
                "portal.test",
                pages={
                    "/thcs-a/": page("Trường A", "/thcs-a/tin", "/thcs-b/", "http://other.test:__PORT__/x"),
                    "/thcs-a/tin": page("Tin trường A"),
                    "/thcs-b/": page("Trường B"),
                },
            ),
            Host("other.test", "127.77.1.2", pages={"/x": page("Nơi khác")}),
        ]
    )
    crawl.register("portal.test/thcs-a")
    crawl.run()
    assert crawl.paths("portal.test") == {"/thcs-a/", "/thcs-a/tin"}
    assert crawl.running.seen("other.test") == []
    assert crawl.skipped("portal.test")["out_of_scope"] == 1
    edge = crawl.db["links"].find_one({"_id": f"{crawl.host('portal.test')}>{crawl.host('other.test')}"})
    assert edge is not None
    assert (edge["count"], edge["hidden"]) == (1, 0)


def test_two_units_under_paths_of_one_portal(crawls: Crawls) -> None:
    pages = {f"/{unit}/": page(f"Trường {unit}", f"/{unit}/tin") for unit in ("a", "b")}
    pages |= {f"/{unit}/tin": page(f"Tin {unit}") for unit in ("a", "b")}
    crawl = crawls([Host("portal.test", pages=pages)])
    crawl.register("portal.test/a", unit="A")
    crawl.register("portal.test/b", unit="B")
    crawl.run()
    found = {(row["unit"], row["site"].partition("/")[2], row["url"][-6:]) for row in crawl.db["pages"].find()}
    assert {(unit, site) for unit, site, _ in found} == {("A", "a"), ("B", "b")}
    assert len(found) == 4


def test_a_www_twin_is_not_reviewed_twice(crawls: Crawls) -> None:
    pages = {"/": page("Trang chủ", "/tin", "http://www.a.test:__PORT__/tin-www"), "/tin": page("Tin")}
    pages["/tin-www"] = page("Chỉ có trên www")
    own = {"/": page("Một trang hoàn toàn khác, cửa hàng bán máy tính"), "/x": page("x")}
    crawl = crawls(
        [
            Host("a.test", pages=pages),
            Host("www.a.test", pages=pages),
            Host("b.test", pages={"/": page("Trường B năm học mới")}),
            Host(
                "www.b.test",
                "127.77.1.2",
                pages={**own, "/": Reply("<p>" + "bán hàng giá rẻ mỗi ngày " * 9 + "<a href=/x>x")},
            ),
        ]
    )
    crawl.register("a.test/", unit="A")
    crawl.register("b.test/", unit="B")
    crawl.run()
    assert crawl.paths("a.test") == {"/", "/tin", "/tin-www"}
    assert crawl.paths("www.a.test") == {"/"}
    assert not any("khong-co" in target for target in crawl.running.seen("www.a.test")), "a copy is not probed"
    assert "the same content" in crawl.review("www.a.test")["cause"]
    assert crawl.paths("www.b.test") == {"/", "/x"}, "a twin with a site of its own is reviewed"
    assert crawl.db["pages"].find_one({"host": crawl.host("www.b.test")})["unit"] == "B"


def test_every_host_ends_in_an_end_state_with_a_cause(crawls: Crawls) -> None:
    later = Reply("", 503, [("Retry-After", "90000")])
    crawl = crawls(
        [
            Host("fine.test", pages={"/": page("Trang chủ")}),
            Host(
                "moved.test",
                "127.77.1.2",
                fallback=lambda _: Reply("", 301, [("Location", "http://fine.test:__PORT__/")]),
            ),
            Host("dead.test", ""),
            Host("deaf.test", "127.77.1.4", listening=False),
            Host("closed.test", "127.77.1.5", fallback=lambda _: Reply("cấm", 403)),
            Host("later.test", "127.77.1.6", fallback=lambda _: later),
            Host("canary.test", "127.66.6.6"),
            Host("empty.test", "127.77.1.7", pages={"/": Reply("")}),
            Host("broken.test", "127.77.1.8", fallback=lambda _: Reply("lỗi", 500)),
        ]
    )
    for number, name in enumerate(["fine", "moved", "dead", "deaf", "closed", "later", "canary", "empty", "broken"]):
        crawl.register(f"{name}.test/", unit=f"U{number}")
    crawl.run()
    found = {row["host"].split(".")[0]: (row["state"], row["cause"]) for row in crawl.db["reviews"].find()}
    expected = {
        "fine": ("complete", ""),
        "moved": ("redirected", "fine.test"),
        "dead": ("unreachable", "DNS"),
        "deaf": ("unreachable", "refused"),
        "closed": ("blocked", "403"),
        "later": ("blocked", "25.0 hours"),
        "canary": ("refused", "127.66.6.6"),
        "empty": ("complete", "nothing readable"),
        "broken": ("unreachable", "500"),
    }
    assert {name: state for name, (state, _) in found.items()} == {name: state for name, (state, _) in expected.items()}
    for name, (_, words) in expected.items():
        assert words in found[name][1], found[name]
    assert crawl.running.hits == [], "the canary was visited"
    assert {item["name"]: item["n"] for item in crawl.last_run()["hosts"]}["unreachable"] == 3


def test_a_busy_server_is_asked_again_when_it_says(crawls: Crawls) -> None:
    def busy(request: Request) -> Reply:
        return Reply("", 503, [("Retry-After", "1")]) if request.visit <= 2 else page("Xong")

    crawl = crawls([Host("a.test", fallback=busy)])
    crawl.register("a.test/")
    crawl.run(env={"RASOAT_SERVER_CONNECTIONS": "1"})
    assert crawl.paths("a.test") >= {"/"}
    visits = crawl.running.log["127.77.1.1"]
    again = [visit for visit in visits if visit.status != 503]
    assert again[0].start - visits[0].end > 0.95


def test_budgets_and_traps_bite_and_are_reported(crawls: Crawls) -> None:
    def endless(request: Request) -> Reply:
        year, _, month = request.target.partition("?nam=")[2].partition("&thang=")
        if request.path == "/lich":
            after = int(year) * 12 + int(month)
            words = random.Random(after).choices(TEXT.split(), k=60)  # every month has something else to say
            return page(" ".join(words), f"/lich?nam={after // 12}&thang={after % 12 + 1}")
        if request.path.startswith("/a/"):
            return page(f"Sâu {request.path}", f"{request.path}a/")
        if request.path == "/same":
            number = int(request.query.partition("=")[2])
            return page("Cùng một trang", f"/same?x={number + 1}", f"/same?x={number + 2}")
        return page("Trang chủ", "/lich?nam=2026&thang=1", "/a/a/", "/same?x=1", "/anh.jpg", "/tai-lieu.pdf")

    pdf = Reply(b"%PDF-1.7" + bytes(200_000), headers=[("Content-Type", "application/pdf")])
    crawl = crawls([Host("a.test", pages={"/tai-lieu.pdf": pdf}, fallback=endless)])
    crawl.register("a.test/")
    crawl.run()
    skipped = crawl.skipped("a.test")
    assert skipped["calendar"] == 1
    assert skipped["path_repeat"] == 1
    assert skipped["near_duplicate"] >= 1
    assert skipped["media"] == 1
    assert skipped["document_damaged"] == 1
    assert crawl.review("a.test")["state"] == "complete"
    document = crawl.db["pages"].find_one({"url": {"$regex": "pdf$"}})
    assert document is not None
    assert (document["type"], document["body"], document["cut"]) == ("application/pdf", None, "damaged")

    crawl.run("-a", "max_pages=10")
    review = crawl.review("a.test")
    assert review["state"] == "budget"
    assert "10 pages" in review["cause"]
    assert review["pages"] == 10
