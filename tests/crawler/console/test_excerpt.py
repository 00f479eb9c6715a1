"""Quotes in their place: found across tags, marked, and harmless whatever stands around them."""

import time

import pytest

from crawler.console.excerpt import MOST, excerpt, word


@pytest.mark.parametrize(
    ("source", "quote", "marked"),
    [
        ("<p>Nhà cái <b>kubet77</b> uy tín</p>", "Nhà cái kubet77 uy tín", "Nhà cái &lt;b&gt;kubet77&lt;/b&gt; uy tín"),
        ("<p>Nh&agrave; c&#225;i\n  uy t&iacute;n</p>", "Nhà cái uy tín", "Nhà cái\n  uy tín"),
        ("xx tài xỉu đổi thưởng yy", "nổ hũ tài xỉu đổi thưởng online", "tài xỉu đổi thưởng"),
        ("NHÀ CÁI", "nhà cái", "NHÀ CÁI"),
    ],
)
def test_a_quote_is_marked_where_it_stands(source: str, quote: str, marked: str) -> None:
    assert f"<mark>{marked}</mark>" in excerpt(source, quote)


def test_a_destination_is_marked_where_the_words_are_not() -> None:
    found = excerpt('<a href="https://www.Kubet77.example/x"><img></a>', "", "https://kubet77.example/x")
    assert "<mark>Kubet77[.]example</mark>" in found
    assert "https://" not in found


def test_what_is_not_there_is_not_marked() -> None:
    assert excerpt("<p>Xin chào</p>", "nhà cái uy tín") == ""
    assert excerpt("", "nhà cái") == ""
    assert excerpt("<p>a b</p>", "") == ""


def test_nothing_of_the_source_is_markup() -> None:
    found = excerpt(
        '</pre><script>alert(1)</script>nhà cái"\x1b[31m\u202e&lt;img src=x onerror=alert(1)&gt;', "nhà cái"
    )
    assert found.replace("<mark>", "").replace("</mark>", "").count("<") == 0
    assert '"' not in found
    assert "\x1b" not in found
    assert "\u202e" not in found
    assert word("<b>\n\x00http://a.example/") == "&lt;b&gt;\\n\\x00hxxp://a[.]example/"


@pytest.mark.parametrize("piece", ["nhà <", "nhà  ", "<" * 50, "nhà cái ", "&nbsp;"])
def test_a_hostile_source_takes_no_time(piece: str) -> None:
    source = piece * (MOST // len(piece))
    begun = time.process_time()
    excerpt(source, "nhà cái uy tín số một việt nam nạp đầu khuyến mãi", "https://x.example/")
    assert time.process_time() - begun < 10
