"""What a host teaches while it is crawled: redirect chains, spellings, walls in a row, soft 404s, facets, calendars."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.items import Page, Redirect
from crawler.page import extract
from crawler.schedule.access import BUSY, REFUSALS, WALLS, Access
from crawler.schedule.budgets import (
    CALENDAR_URLS,
    FACET_URLS,
    NEAR_DUPLICATES,
    NearDuplicates,
    ShapeBudgets,
    is_calendar,
)
from crawler.schedule.chains import MAX_HOPS, Chains
from crawler.schedule.faults import cause_of, name_of
from crawler.schedule.hosts import HostState, verdict
from crawler.schedule.spellings import SURE, Spellings, without_case
from crawler.store.frontier import Entry
from crawler.urls import digest, parse, shape

NOW = datetime(2026, 11, 19, tzinfo=UTC)
HOST = "a.example"
TEXT = "Nhà trường thông báo lịch kiểm tra cuối học kỳ cho học sinh các khối lớp trong tuần lễ này"


def entry(path: str, via: str = "a", depth: int = 1) -> Entry:
    url = parse(f"http://{HOST}{path}").url
    return Entry(url, HOST, digest(url), 0, depth, via, shape(url))


def page(path: str, body: str = "", status: int = 200, location: str = "", **headers: str) -> Page:
    given = [("Content-Type", "text/html; charset=utf-8"), *headers.items()]
    given += [("Location", location)] if location else []
    url = parse(f"http://{HOST}{path}").url
    return extract(url=url, status=status, headers=given, body=body.encode(), fetched=NOW, host=HOST)


def observe(host: HostState, path: str, body: str = "", via: str = "a", depth: int = 1, **more: Any) -> str:
    found = page(path, body, **more)
    return host.observe(found, entry(path, via, depth))


def article(title: str) -> str:
    return f"<title>{title}</title><p>{title}. {TEXT}. {title}</p>"


# ------------------------------------------------------------------------------------------------ redirects


def test_a_chain_inside_a_host_is_followed_as_far_as_browsers_do() -> None:
    chains = Chains()
    followed = [chains.follow(entry(f"/{n}"), f"http://{HOST}/{n + 1}", False) for n in range(MAX_HOPS)]
    assert followed == [True] * (MAX_HOPS - 1) + [False]
    assert chains.follow(entry("/other"), f"http://{HOST}/x", False), "every chain has its own count"


@pytest.mark.parametrize(
    ("steps", "state", "cause"),
    [
        ([("/", "/")], "unreachable", "redirect loop: back to http://a.example/"),
        ([("/", "/vao"), ("/vao", "/")], "unreachable", "redirect loop: back to http://a.example/"),
        ([("/", "/vao"), ("/vao", "http://b.example/x")], "redirected", "redirects to http://b.example/x"),
        ([(f"/{'a' * n}", f"/{'a' * (n + 1)}") for n in range(MAX_HOPS)], "unreachable", "redirect loop: back to"),
    ],
)
def test_where_the_home_page_leads_decides_how_a_host_ends(
    steps: list[tuple[str, str]], state: str, cause: str
) -> None:
    host = HostState(HOST, 0.5)
    for number, (path, target) in enumerate(steps):
        observe(host, path, via="redirect" if number else "home", depth=number, status=302, location=target)
    assert verdict(host)[0] == state
    assert cause in verdict(host)[1]


def test_a_home_page_that_leads_to_a_page_that_is_not_there_is_not_redirected() -> None:
    host = HostState(HOST, 0.5)
    observe(host, "/", via="home", depth=0, status=302, location="/vi/")
    observe(host, "/vi/", via="redirect", status=404)
    assert verdict(host)[0] == "unreachable"


def test_a_redirect_to_itself_that_wants_a_cookie_keeps_us_out() -> None:
    host = HostState(HOST, 0.5)
    observe(host, "/", via="home", depth=0, status=302, location="/", **{"Set-Cookie": "a=b"})
    state, cause = verdict(host)
    assert (state, "cookie" in cause) == ("blocked", True)


def test_a_home_page_that_only_refreshes_to_another_site_is_redirected() -> None:
    host = HostState(HOST, 0.5)
    away = '<meta http-equiv="refresh" content="0; url=http://b.example/"><p>Đang chuyển trang</p>'
    observe(host, "/", away, via="home", depth=0)
    assert verdict(host) == ("redirected", "redirects to http://b.example/")
    observe(host, "/tin", article("Tin"))
    assert verdict(host) == ("complete", "")


# ------------------------------------------------------------------------------------------------ spellings


def test_only_letters_of_the_path_are_made_small() -> None:
    assert without_case("http://a.example/Tin-Tuc/%C3%80.ASPX?Id=Ab") == "http://a.example/tin-tuc/%C3%80.aspx?Id=Ab"


def learned(bodies: list[tuple[str, str]]) -> Spellings:
    spellings = Spellings()
    for number, (lower, upper) in enumerate(bodies):
        spellings.compare(page(f"/tin/bai-{number}", lower))
        spellings.compare(page(f"/Tin/Bai-{number}", upper))
    return spellings


def knows(spellings: Spellings, path: str, *seen: str) -> bool:
    keys = {int(entry(known).digest[:16], 16) for known in (path, *seen)}
    return spellings.knows(entry(path).url, int(entry(path).digest[:16], 16), keys)


def test_a_second_spelling_is_left_out_once_a_host_was_seen_to_make_no_difference() -> None:
    same = [(article(f"Bài {n}"), article(f"Bài {n}")) for n in range(SURE)]
    assert not knows(learned(same[:-1]), "/Tin/X", "/tin/x"), "not sure yet"
    spellings = learned(same)
    assert knows(spellings, "/Tin/X", "/tin/x")
    assert not knows(spellings, "/Tin/X"), "the only spelling"
    assert not knows(spellings, "/tin/x", "/Tin/X"), "the plain one is fetched, as long as no other was"
    spellings.begin(entry("/Tin/X").url)
    assert knows(spellings, "/tin/x", "/Tin/X")
    assert knows(spellings, "/TIN/x", "/Tin/X")


def test_a_host_that_makes_a_difference_keeps_both() -> None:
    same = [(article(f"Bài {n}"), article(f"Bài {n}")) for n in range(SURE)]
    assert not knows(learned([*same, (article("Một"), article("Hai"))]), "/Tin/X", "/tin/x")


def test_missing_pages_teach_nothing() -> None:
    spellings = Spellings()
    for number in range(2 * SURE):
        spellings.compare(page(f"/tin/{number}", "<title>404</title>", status=404))
        spellings.compare(page(f"/Tin/{number}", "<title>404</title>", status=404))
    assert not knows(spellings, "/Tin/X", "/tin/x")


# ---------------------------------------------------------------------------------------------------- walls

CAPTCHA = "<title>Xác minh</title><h1>Bạn không phải là người máy?</h1>"
NOTICE = "<h1>Website đang bảo trì</h1>"


def lost_after(bodies: list[tuple[str, int]], pages: int = 5) -> tuple[int, tuple[str, str] | None]:
    access = Access()
    for number, (body, status) in enumerate(bodies, 1):
        access.note(page("/x", body, status=status))
        if access.lost(pages):
            return number, access.lost(pages)
    return 0, None


def test_walls_and_refusals_in_a_row_end_a_host() -> None:
    assert lost_after([(CAPTCHA, 200)] * 50) == (WALLS, ("blocked", "asks for a captcha after 5 pages"))
    assert lost_after([(NOTICE, 503)] * 50) == (
        *(WALLS, ("unreachable", 'maintenance page "Website đang bảo trì" after 5 pages')),
    )
    number, end = lost_after([("<p>cấm</p>", 403)] * 50)
    assert (number, end and end[0]) == (REFUSALS, "blocked")
    number, end = lost_after([("<p>lỗi</p>", 500)] * 50)
    assert (number, end and end[0]) == (REFUSALS, "unreachable")


def test_a_page_in_between_begins_the_row_anew_and_a_redirect_does_not() -> None:
    page_between = [(CAPTCHA, 200)] * (WALLS - 1) + [(article("Tin"), 200)]
    assert lost_after(page_between * 4) == (0, None)
    assert lost_after([(CAPTCHA, 200), ("", 302)] * WALLS)[0] == 2 * WALLS - 1


def test_a_host_that_is_always_busy_is_left_and_one_that_sometimes_is_is_not() -> None:
    access = Access()
    assert [access.busy(5) for _ in range(BUSY)] == [False] * (BUSY - 1) + [True]
    access = Access()
    assert [access.busy(1800), access.busy(1800), access.busy(1)] == [False, False, True]
    access = Access()
    for _ in range(4 * BUSY):
        assert not access.busy(3600)
        access.note(page("/x", article("Tin")))
    access.busy(3600)
    access.note(page("/x", status=503))
    assert access.busy(1), "an answer that is given up is no other answer"


@pytest.mark.parametrize(
    ("bodies", "state", "cause"),
    [
        ([(CAPTCHA, 200)], "blocked", "asks for a captcha"),
        ([(CAPTCHA, 403)] * 3, "blocked", "asks for a captcha"),
        ([(NOTICE, 200)] * 3, "unreachable", 'maintenance page "Website đang bảo trì"'),
        ([(NOTICE, 503)] * 3, "unreachable", 'maintenance page "Website đang bảo trì"'),
        ([(article("Tin"), 200), *[(CAPTCHA, 200)] * 4], "blocked", "asks for a captcha after 1 pages"),
        ([(article("Tin"), 200), (CAPTCHA, 200)], "complete", ""),
        ([("<p>cấm</p>", 403)] * 3, "blocked", "answered 403 (3 times), no page to read"),
    ],
)
def test_the_last_word_about_a_host(bodies: list[tuple[str, int]], state: str, cause: str) -> None:
    host = HostState(HOST, 0.5)
    for number, (body, status) in enumerate(bodies):
        observe(host, f"/{number}", body, status=status)
    assert verdict(host) == (state, cause)
    assert host.skipped["captcha"] == sum(body == CAPTCHA for body, _ in bodies)


def test_robots_and_sitemaps_do_not_make_a_host_readable() -> None:
    host = HostState(HOST, 0.5)
    observe(host, "/", "<p>cấm</p>", via="home", depth=0, status=403)
    robots = page("/robots.txt", "User-agent: *\nDisallow: /an/\n")
    host.observe(robots, entry("/robots.txt", "robots", 0))
    assert verdict(host)[0] == "blocked"


# ----------------------------------------------------------------------------------------------- soft 404s


def missing(path: str) -> str:
    return f"<title>Trường A</title><h1>Không tìm thấy</h1><p>Trang {path} không có trong hệ thống của trường</p>"


def test_what_a_host_says_to_an_address_that_cannot_exist_is_none_of_its_pages() -> None:
    host = HostState(HOST, 0.5)
    assert observe(host, "/", article("Trang chủ"), via="home", depth=0) == ""
    assert observe(host, "/mat.html", missing("/mat.html")) == "", "nobody knows yet"
    assert observe(host, "/khong-co.html", missing("/khong-co.html"), via="probe", depth=0) == ""
    assert observe(host, "/bai-cu/7.html", missing("/bai-cu/7.html")) == "soft_404"
    assert observe(host, "/bai-moi/8.html", article("Bài mới")) == ""
    assert observe(host, "/mat.html", missing("/mat.html"), status=404) == ""


def test_a_host_that_gives_its_home_page_to_every_address_keeps_the_home_page() -> None:
    host = HostState(HOST, 0.5)
    home = article("Trang chủ")
    assert observe(host, "/", home, via="home", depth=0) == ""
    assert observe(host, "/khong-co.html", home, via="probe", depth=0) == "soft_404"
    assert observe(host, "/bat-ky", home) == "soft_404"
    assert verdict(host) == ("complete", "")


# --------------------------------------------------------------------------------- budgets by what they yield


def admitted(urls: list[str]) -> dict[str, int]:
    budgets, causes = ShapeBudgets(), dict[str, int]()
    for url in urls:
        cause = budgets.admit(url, shape(url)) or "admitted"
        causes[cause] = causes.get(cause, 0) + 1
    return causes


def test_articles_that_are_told_apart_by_one_of_many_parameters_do_not_end() -> None:
    base = "http://a.example/index.php?"
    joomla = [f"{base}option=com_content&view=article&id={n}&catid={n % 9}&Itemid={n % 14}" for n in range(2000)]
    assert admitted(joomla) == {"admitted": 2000}


def test_filters_that_multiply_end() -> None:
    urls = [f"http://a.example/tim?khoi={a}&mon={b}&nam={c}" for a in range(3) for b in range(30) for c in range(30)]
    assert admitted(urls) == {"admitted": FACET_URLS, "parameter_combinations": len(urls) - FACET_URLS}


@pytest.mark.parametrize(
    ("url", "calendar"),
    [
        ("http://a.example/lich?nam=2026&thang=10", True),
        ("http://a.example/lich.php?m=10&y=2026", True),
        ("http://a.example/su-kien?date=2026-10-15", True),
        ("http://a.example/x?month=202610", True),
        ("http://a.example/lich-cong-tac/2026-10/", True),
        ("http://a.example/ngay/2026/10/15/", True),
        ("http://a.example/index.php?m=news&id=512", False),
        ("http://a.example/van-ban?id=512&nam=2026", False),
        ("http://a.example/thu-vien?mon=toan&nam=2026", False),
        ("http://a.example/van-ban?nam=2026", False),
        ("http://a.example/lich-su/bai-7", False),
        ("http://a.example/tin-tuc/2026/10/", False),
    ],
)
def test_a_calendar_is_told_from_an_article_with_a_date(url: str, calendar: bool) -> None:
    assert is_calendar(url, shape(url)) is calendar
    assert CALENDAR_URLS < FACET_URLS


def test_a_shape_with_many_different_pages_is_not_spent_by_a_few_dead_ones() -> None:
    near = NearDuplicates()
    for number in range(1, 4 * NEAR_DUPLICATES):
        near.observe("/tin/{n}", (number * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
    assert not any(near.observe("/tin/{n}", 0b1011) for _ in range(2 * NEAR_DUPLICATES))
    assert any(near.observe("/tin/{n}", 0b1011) for _ in range(8 * NEAR_DUPLICATES)), "but it ends"


# --------------------------------------------------------------------------------------------------- faults


def test_faults_have_a_cause_in_words_and_a_name() -> None:
    from scrapy.exceptions import DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError
    from twisted.internet.error import ConnectionLost
    from twisted.python.failure import Failure

    broken = cause_of(DownloadFailedError(f"[{Failure(ConnectionLost('gone'))!r}]"))
    assert broken.startswith("DownloadFailedError: ConnectionLost: ")
    assert "<" not in broken
    names = {
        cause_of(error): name_of(cause_of(error))
        for error in (DownloadTimeoutError(), DownloadConnectionRefusedError())
    }
    assert names == {"timeout": "timeout", "connection refused": "connection_refused"}
    assert name_of(broken) == "broken_answer"


def test_a_redirect_that_is_not_followed_leaves_no_link() -> None:
    host = HostState(HOST, 0.5)
    for number in range(MAX_HOPS):
        found = page(f"/vong/{number}", status=302, location=f"/vong/{number + 1}")
        host.observe(found, entry(f"/vong/{number}", "redirect"))
        assert found.redirects == [Redirect("http", f"http://{HOST}/vong/{number + 1}", "HTTP 302")]
    assert found.links == []
    assert host.skipped["redirect_loop"] == 1
