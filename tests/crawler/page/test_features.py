"""What matters of a page stays the same while clocks, counters and tokens go on."""

from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Block
from crawler.page.features import MAX_LINES, features, folded, without
from tests.crawler.page.dynamic import counter, school, seen


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lượt truy cập: 1.234.567", "Lượt truy cập: 99"),
        ("Thứ hai, 23/11/2026 08:30", "Chủ nhật, 1/1/2027 - 17:05:59"),
        ("Đăng 5 phút trước", "Đăng 11 giờ trước"),
        ("Phiên 9f86d081884c7d659a2feaa0c55ad015", "Phiên 2c26b46b68ffc68ff99b453c1d304134"),
        ("Posted November 3, 2026 at 8:00 AM", "Posted May 21, 2025 at 11:59 PM"),
        ("  Tin\t tức ", "TIN TỨC"),
    ],
)
def test_what_changes_by_itself_is_folded_away(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_words_are_kept() -> None:
    assert folded("Nhà trường thông báo") == "nhà trường thông báo"
    assert folded("Nhà cái uy tín") != folded("Nhà trường uy tín")


@given(st.integers(), st.integers())
def test_clocks_counters_and_tokens_make_no_difference(one: int, other: int) -> None:
    first, second = (features(seen(school(counter(Random(seed))))) for seed in (one, other))
    assert (first.lines, first.links, first.hidden, first.title) == (
        second.lines,
        second.links,
        second.hidden,
        second.title,
    )


@given(st.text(max_size=300), st.binary(max_size=300))
def test_any_page_has_features(text: str, raw: bytes) -> None:
    for body in (
        text.encode("utf-8", "replace"),
        raw,
        b"<a href='" + raw + b"'>x</a><script src='" + raw + b"'></script>",
    ):
        assert features(seen(body)).weight >= 0


def test_features_are_bounded() -> None:
    body = b"<body>" + b"".join(b"<p>dong %s</p>" % word.encode() for word in map(_word, range(3 * MAX_LINES)))
    assert MAX_LINES - 10 < len(features(seen(body)).lines) <= MAX_LINES


def _word(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_hosts_are_told_by_domain_and_place() -> None:
    found = features(
        seen(
            b"<div class=nav><a href=/a>A</a></div><div class=ads><a href='https://www.shop.com/x?y=1'>S</a></div>"
            b"<iframe src='https://maps.google.com/'></iframe><script src='//cdn.vendor.com:8080/a.js'></script>"
            b"<script src=/own.js></script><a href='http://thcs-b.haiphong.edu.vn/'>B</a>"
        )
    )
    assert found.code == {"google.com", "vendor.com"}
    assert {name for names in found.leads.values() for name in names} == {"shop.com"}
    assert found.domains == {"google.com", "vendor.com", "shop.com"}
    assert len(found.menu) == 1


def test_ways_off_the_site_are_told_and_others_are_not() -> None:
    own = seen(b"", status=302, headers={"Location": "/dang-nhap"})
    off = seen(b"", status=302, headers={"Location": "https://go.com/x"})
    assert not features(own).redirects
    assert features(off).redirects == {"go.com": "https://go.com/x"}
    script = seen(b"<script>location.href='https://go.com/y'</script>")
    assert features(script).redirects == {"go.com": "https://go.com/y"}


def test_a_shell_is_told_from_a_short_page() -> None:
    assert features(seen(b"<div id=app></div><script src=/app.js></script>")).shell
    assert not features(seen(b"<p>Trang trong</p>")).shell


def test_letters_tell_the_language() -> None:
    vietnamese, chinese = features(seen(school(""))), features(seen("<p>澳门新葡京娱乐场官方网站</p>".encode() * 40))
    assert vietnamese.vietnamese > 0.05
    assert vietnamese.foreign == 0
    assert chinese.foreign == 1
    assert features(seen(b"<p>x</p>")).foreign == -1


@pytest.mark.parametrize("piece", ["a", "a1", "1-", "1 ", "thứ ", "/", "=", "\u0300"])
def test_hostile_lines_take_no_longer_than_others(piece: str) -> None:
    text = "\n".join([piece * (2_000 // len(piece))] * 250)
    page = seen(b"<p>x</p>")
    page.blocks = [Block("text", text, "main", "main")]
    started = process_time()
    features(page)
    assert process_time() - started < 1


def test_links_are_told_by_article_and_not_by_session() -> None:
    def links(href: str) -> object:
        return features(seen(f"<div class=x><a href='{href}'>Tin</a></div>".encode())).links

    assert links("/tin/12.html") != links("/tin/13.html")
    assert links("/tin/12.html?s=1&t=abc") == links("/tin/12.html?t=xyz&s=2")
    assert links("/a;jsessionid=0A1B2C/x1") == links("/a;jsessionid=9F8E7D/x1")
    assert links("/p/9f86d081884c7d659a2feaa0c55ad015") == links("/p/2c26b46b68ffc68ff99b453c1d304134")


def test_a_page_without_some_regions_loses_their_links_and_the_lines_that_are_theirs() -> None:
    box = "<div class=box><a href=/1>Tin số một</a><a href=/2>Tin số hai</a><p><a href=/3>Ba</a></p></div>"
    page = seen(f"{box}<div class=new><a href=/2>Tin số hai</a></div><p>Ba ngày</p>".encode())
    page.ruleset = "x"
    quiet = without(page, {"main>div.box"})
    assert [link.region for link in quiet.links] == ["main>div.new"]
    assert [block.text for block in quiet.blocks if block.part == "text"] == [" Tin số hai\nTin số hai\nBa ngày"]
    assert not quiet.ruleset
    assert len(page.links) == 4
