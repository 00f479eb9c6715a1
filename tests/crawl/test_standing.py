"""What one page alone does not tell: other units' pages, earlier reviews, and the same block on many sites."""

from collections.abc import Callable
from typing import Any

from crawler.demo import Host, Reply, simple
from tests.conftest import Done

Crawls = Callable[..., Any]
SCHOOL = "Nhà trường thông báo lịch kiểm tra cuối học kỳ cho học sinh toàn trường trong tuần này. "
OFFENCE = (
    "<a href='https://ban-be.example/'>nhà cái uy tín</a> <a href='https://ban-be.example/b'>tài xỉu đổi thưởng</a>"
)
HARMLESS = "<a href='https://ban-be.example/'>Bạn bè</a>"


def page(title: str, *links: str, block: str = "", hidden: bool = True) -> Reply:
    reply = simple(title, f"{title}. {SCHOOL}", links)
    assert isinstance(reply.body, str)
    around = (
        f"<div style='position:absolute;left:-9999px'>{block}</div>" if hidden else f"<div id='lien-ket'>{block}</div>"
    )
    reply.body = reply.body.replace("</body>", f"{around if block else ''}</body>")
    return reply


def links(names: str, count: int) -> str:
    return " ".join(f"<a href='https://{names}{number}.example/'>Trang {number}</a>" for number in range(count))


def found(crawl: Any, host: str) -> dict[str, Any]:
    """The findings of a host by their strongest rule."""
    return {row["rule"]: row for row in crawl.db["findings"].find({"host": crawl.host(host)})}


def test_a_destination_is_known_by_what_other_units_pages_say_of_it(
    crawls: Crawls, scrapy: Callable[..., Done]
) -> None:
    hosts = {
        "a.test": page("Trang chủ", block=HARMLESS),  # crawled before anybody knows
        "b.test": page("Trang chủ", block=OFFENCE),
        "c.test": page("Trang chủ", block=OFFENCE),
        "d.test": page("Trang chủ", block=HARMLESS, hidden=False),
    }
    pages = {name: {"/": reply} for name, reply in hosts.items()}
    crawl = crawls([Host(name, pages=pages[name]) for name in pages])
    for number, name in enumerate(pages):
        crawl.register(f"{name}/", unit=f"U{number}")
    crawl.run()

    hidden = found(crawl, "a.test")["gambling-hidden"]
    assert (hidden["category"], hidden["vector"], hidden["confidence"]) == ("gambling", "planted", "confirmed")
    assert "https://ban-be.example/" in {item["target"] for item in hidden["evidence"]}
    assert all(item["snapshot"] for item in hidden["evidence"])
    visible = found(crawl, "d.test")["gambling-links"]
    assert (visible["vector"], visible["confidence"]) == ("linked", "suspected"), "one word of others proves nothing"
    assert crawl.last_run()["findings"]["new"] == 4
    assert crawl.reclassified() == [], "the same pages are judged the same from the store"
    (campaign,) = crawl.db["campaigns"].find()
    assert (campaign["units"], campaign["destinations"]) == (["U0", "U1", "U2", "U3"], ["ban-be.example"])
    done = scrapy("findings", "show", hidden["_id"], "--replay")
    assert (done.code, "2 of 2 still fire" in done.stderr) == (0, True), "the record has what others said"

    crawl.run("-a", f"hosts={crawl.host('a.test')}", spider="recheck")
    assert found(crawl, "a.test")["gambling-hidden"]["state"] == "open"
    pages["a.test"]["/"] = page("Trang chủ")
    crawl.run("-a", f"hosts={crawl.host('a.test')}", spider="recheck")
    assert found(crawl, "a.test")["gambling-hidden"]["state"] == "fixed"


def test_one_unit_alone_says_nothing_of_others(crawls: Crawls) -> None:
    pages = {
        "a.test": {"/": page("Trang chủ", block=HARMLESS)},
        "b.test": {"/": page("Trang chủ", block=OFFENCE)},
        "c.test": {"/": page("Trang chủ", block=OFFENCE)},
    }
    crawl = crawls([Host(name, pages=pages[name]) for name in pages])
    for name in pages:
        crawl.register(f"{name}/", unit="U1" if name == "a.test" else "U2")
    crawl.run()
    assert found(crawl, "a.test") == {}


def test_links_that_came_all_at_once_in_a_later_review(crawls: Crawls) -> None:
    pages = {"/": page("Trang chủ", "/tin", block=links("cu", 8), hidden=False), "/tin": page("Tin tức")}
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    crawl.run()
    assert found(crawl, "a.test") == {}, "a first review knows of no before"
    crawl.run()
    assert found(crawl, "a.test") == {}

    pages["/tin"] = page("Tin tức", block=links("moi", 4) + links("co-quan", 0), hidden=False)
    crawl.run()
    assert found(crawl, "a.test") == {}, "four are no burst"
    pages["/tin"] = page("Tin tức", block=links("moi", 4) + links("la", 6), hidden=False)
    for _ in range(2):
        crawl.run()
        burst = found(crawl, "a.test")["link-burst"]
        assert (burst["state"], burst["confidence"], burst["vector"]) == ("open", "suspected", "linked")
        targets = {item["target"] for item in burst["evidence"]}
        assert targets <= {f"https://la{number}.example/" for number in range(6)}
    assert crawl.reclassified() == []
    pages["/tin"] = page("Tin tức")
    crawl.run()
    assert found(crawl, "a.test")["link-burst"]["state"] == "fixed"


def test_what_several_sites_only_ever_hide(crawls: Crawls) -> None:
    block = links("doi-tac", 4)
    pages = {f"{name}.test": {"/": page("Trang chủ", block=block)} for name in "abc"}
    pages["d.test"] = {"/": page("Trang chủ", block=links("menu", 4)), "/b": page("B")}
    pages["e.test"] = {"/": page("Trang chủ", block=links("menu", 4))}
    pages["f.test"] = {"/": page("Trang chủ", block=links("menu", 4), hidden=False)}
    pages["g.test"] = {"/": page("Trang chủ", block=links("menu", 4))}
    crawl = crawls([Host(name, pages=pages[name]) for name in pages])
    for number, name in enumerate(pages):
        crawl.register(f"{name}/", unit=f"U{number}")
    crawl.run()
    for name in ("a.test", "b.test", "c.test"):
        buried = found(crawl, name)["buried-links"]
        assert (buried["confidence"], buried["vector"], buried["category"]) == ("confirmed", "planted", "compromise")
    assert all("buried-links" not in found(crawl, name) for name in ("d.test", "e.test", "g.test")), "f shows them"
    assert crawl.reclassified() == []
