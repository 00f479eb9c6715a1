"""Where a page leads by itself: over neutral names to a betting house, to another school, to nothing."""

from collections.abc import Callable
from typing import Any

from crawler.demo import Host, Reply, simple

Crawls = Callable[..., Any]
SCHOOL = "Nhà trường thông báo lịch kiểm tra cuối học kỳ cho học sinh toàn trường trong tuần này. "
CASINO = simple(
    "Nhà cái uy tín số 1", "Nhà cái XYZ88 khuyến mãi nạp đầu 100%, tài xỉu, nổ hũ đổi thưởng, link vào mới nhất", []
)


def away(target: str, status: int = 302) -> Reply:
    return Reply("", status, [("Location", target)])


def findings(crawl: Any, **query: Any) -> list[dict[str, Any]]:
    return list(crawl.db["findings"].find(query))


def test_the_way_off_a_site_is_followed_to_its_end_once(crawls: Crawls) -> None:
    visits: list[str] = []

    def casino(request: Any) -> Reply:
        visits.append(request.target)
        return CASINO

    school: dict[str, Any] = {}
    hops: dict[str, dict[str, Any]] = {"rut-gon.test": {}, "noi-tiep.test": {}}
    crawl = crawls(
        [
            Host("a.test", pages=school),
            Host("b.test", pages={"/": simple("Trường b", SCHOOL, [])}),
            Host("rut-gon.test", pages=hops["rut-gon.test"]),
            Host("noi-tiep.test", pages=hops["noi-tiep.test"]),
            Host("dich.test", pages={"/v": casino}),
        ]
    )
    port = crawl.running.port
    hops["rut-gon.test"]["/x"] = away(f"http://noi-tiep.test:{port}/y")
    hops["noi-tiep.test"]["/y"] = Reply(f'<meta http-equiv="refresh" content="0;url=http://dich.test:{port}/v">')
    first = away(f"http://rut-gon.test:{port}/x")
    school |= {"/": simple("Trường a", SCHOOL, ["/1", "/2", "/moi", "/mat"]), "/1": first, "/2": first}
    school["/moi"] = away(f"http://b.test:{port}/")
    school["/mat"] = away(f"http://khong-co.test:{port}/")
    crawl.register("a.test/")
    crawl.register("b.test/", unit="U2")
    crawl.run()

    (found,) = findings(crawl, category="gambling")
    assert (found["vector"], found["confidence"], found["host"]) == ("redirected", "confirmed", crawl.host("a.test"))
    assert found["url_count"] == 2
    assert {"host:rut-gon.test", "host:dich.test"} <= set(found["keys"])
    assert any(item["quote"].count("→") == 2 for item in found["evidence"])
    assert found["landings"][0]["title"] == "Nhà cái uy tín số 1"
    assert len(visits) == 1, "one look for both doorways"
    assert not findings(crawl, host=crawl.host("b.test"))
    page = crawl.db["pages"].find_one({"url": f"http://{crawl.host('a.test')}/mat"})
    assert (page["landings"][0]["status"], page["landings"][0]["body"]) == (0, None)

    assert crawl.reclassified() == [], "judged the same from what is stored"
    crawl.run("-a", f"hosts={crawl.host('a.test')}", spider="recheck")
    assert findings(crawl, category="gambling")[0]["state"] == "open"
    hops["rut-gon.test"]["/x"] = simple("Trang mới", SCHOOL, [])
    crawl.run("-a", f"hosts={crawl.host('a.test')}", spider="recheck")
    assert findings(crawl, category="gambling")[0]["state"] == "fixed"
