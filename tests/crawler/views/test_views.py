"""What each view sends, what its fetches are called, and what a page shows by which it is chosen."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.page import extract
from crawler.store.frontier import Entry
from crawler.urls import digest, shape
from crawler.views.requests import arguments_of
from crawler.views.signs import SKETCH, signs
from crawler.views.views import VIEWS, headers_of, is_blocked, key_of, parts_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def entry(view: str, path: str = "/a", **more: Any) -> Entry:
    url = f"http://a.test{path}"
    return Entry(url, "a.test", key_of(digest(url), view), 0, 1, "view", shape(url), view=view, **more)


def page(body: str, status: int = 200) -> Any:
    return extract(url="http://a.test/", status=status, headers=[], body=body.encode(), fetched=NOW, host="a.test")


@pytest.mark.parametrize("view", VIEWS)
def test_every_fetch_has_a_name_of_its_own(view: str) -> None:
    names = {key_of("ab" * 16, view, look) for look in (1, 2)}
    assert len(names) == (1 if view == "plain" else 2)
    assert parts_of(key_of("ab" * 16, view)) == ("ab" * 16, view, 1)
    assert entry(view).page == digest("http://a.test/a")
    assert entry(view).is_look == (view != "plain")


def test_a_search_visitor_comes_from_google_or_coc_coc_the_same_way_each_time() -> None:
    ways = {headers_of("search", "a.test:8080", f"{n:x}" * 32)["Referer"] for n in range(16)}
    assert ways == {"https://www.google.com.vn/", "https://coccoc.com/search?query=a.test"}
    assert headers_of("search", "a.test", "00") == headers_of("search", "a.test", "00")
    assert "Googlebot/2.1" in headers_of("bot", "a.test", "00")["User-Agent"]
    assert "Mobile" in headers_of("mobile", "a.test", "00")["User-Agent"]
    assert "Referer" not in headers_of("bot", "a.test", "01")


def test_only_the_open_views_look_like_us() -> None:
    assert arguments_of(entry("plain")) == {"meta": {}}
    assert arguments_of(entry("repeat")) == {"meta": {"view": "repeat"}, "headers": {}}


def test_a_render_is_an_order_to_the_browser() -> None:
    plain = arguments_of(entry("rendered"))["meta"]["render"]
    assert (plain.screenshot, plain.frames, plain.mobile) == (False, (), False)
    proof = arguments_of(entry("rendered", reason="mobile_evidence", frames=("nhà cái",)))["meta"]["render"]
    assert (proof.screenshot, proof.frames, proof.mobile) == (True, ("nhà cái",), True)


def test_what_is_refused_is_blocked() -> None:
    assert [is_blocked(page("x", status)) for status in (200, 302, 403, 404, 429, 500, 503)] == [
        *(False, False, True, False, True, False, True)
    ]


def test_pages_of_one_template_share_their_sketch() -> None:
    menu = "".join(f'<a href="/muc-{n}">Mục {n}</a>' for n in range(30))
    one = signs(page(f"{menu}<p>Một</p>"))["menu"]
    two = signs(page(f"{menu}<p>Hai</p><a href='/bai-rieng'>riêng</a>"))["menu"]
    alone = signs(page("<a href='/x'>x</a>"))["menu"]
    assert len(one) == len(two) == SKETCH
    assert len(set(one) & set(two)) >= SKETCH - 1
    assert not set(one) & set(alone)


def test_scripts_frames_and_letters_are_counted() -> None:
    found = signs(
        page(
            '<script src="http://cdn.example/a.js"></script><script>var a = 1</script>'
            '<iframe src="http://map.example/x"></iframe><script src="/own.js"></script><p>Chào các em</p>'
        )
    )
    assert found["scripts"] == 3
    assert sorted(found["runs"]) == ["cdn.example", "map.example", "src:/own.js"]
    assert found["letters"] == len("Chào các em")


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("Trường THCS Nguyễn Văn Cừ thông báo lịch thi", False),
        ("Bảng chữ cái Hy Lạp: α, β, γ", False),
        ("Cô giáo dạy tiếng Nga: Ирина", False),
        ("オンラインカジノ おすすめ ランキング", True),
        ("最新的在线赌场排名 注册送彩金", True),
        ("сайт онлайн казино с бонусом", True),
    ],
)
def test_foreign_letters(text: str, foreign: bool) -> None:
    assert bool(signs(page(f"<p>{text}</p>")).get("foreign")) is foreign


def test_for_a_picture_the_browser_plays_the_visitor_who_saw_it() -> None:
    order = entry("rendered", reason="search_evidence", frames=("nhà cái",))
    assert order.seen_as == "search"
    assert arguments_of(order)["headers"]["Referer"].startswith("https://")
    assert "Googlebot" in arguments_of(entry("rendered", reason="bot_evidence"))["headers"]["User-Agent"]
    assert entry("rendered", reason="evidence").seen_as == "rendered"
