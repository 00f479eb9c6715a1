"""Vietnamese of before Unicode is read as it was meant; text of today is left alone."""

import unicodedata
from datetime import UTC, datetime

import pytest

from crawler.items import Page
from crawler.page import extract
from crawler.page.legacy import TCVN3, kind_of, modern

NOW = "nhà cái uy tín, khuyến mãi nạp đầu, cá cược bóng đá"


@pytest.mark.parametrize(
    ("kind", "then"),
    [
        ("tcvn3", "nhµ c¸i uy tÝn, khuyÕn m·i n¹p ®Çu, c¸ c\xadîc bãng ®¸"),
        ("vni", "nhaø caùi uy tín, khuyeán maõi naïp ñaàu, caù cöôïc boùng ñaù"),
    ],
)
def test_text_for_the_fonts_of_old(kind: str, then: str) -> None:
    assert kind_of(then) == kind
    assert modern(then, kind) == NOW


@pytest.mark.parametrize(
    "text", [NOW, "nha cai uy tin", "café crème brûlée, naïve façade, señor, Köln", "© 2024 · 5 µm", ""]
)
def test_other_text_is_left_alone(text: str) -> None:
    assert kind_of(text) == ""
    assert modern(text, "") == text


LETTERS = {letter: old for old, letter in TCVN3.items()}
TODAY = "Trường trung học cơ sở: Điều lệ của nhà trường, kiến thức, hiểu biết, tiền bạc, nghiệm thu"


def old(text: str) -> str:
    return "".join(LETTERS.get(letter, letter) for letter in text)


def page_of(body: bytes, content_type: str) -> Page:
    return extract(
        url="http://truong.example/tin/1.html",
        status=200,
        headers=[("Content-Type", content_type)],
        body=body,
        fetched=datetime(2026, 11, 23, tzinfo=UTC),
        host="truong.example",
    )


@pytest.mark.parametrize(
    "content_type", ["text/html", "text/html; charset=windows-1252", "text/html; charset=x-user-defined"]
)
def test_what_is_kept_of_an_old_page_can_be_read(content_type: str) -> None:
    page = page_of(
        old(
            "<html><head><title>Tin nhà trường</title></head><body><h1>Lễ khai giảng</h1>ngày 5 tháng 9 năm 2005"
            f"<p>{TODAY}<a href='/a'>Liên hệ</a><script>var a = 'nhà'</script>"
        ).encode("cp1252"),
        content_type,
    )
    assert page.encoding == "tcvn3"
    assert page.title == "Tin nhà trường"
    assert [link.text for link in page.links if link.kind == "a"] == ["Liên hệ"]
    assert page.published
    assert page.published.year == 2005
    texts = {block.part: block.text for block in page.blocks}
    assert texts["heading"] == "Lễ khai giảng"
    assert TODAY in texts["text"]
    assert texts["script"] == old("var a = 'nhà'")


def test_an_old_page_that_was_turned_into_utf8_and_its_part_of_today() -> None:
    body = f"<div><p>{old(TODAY)}</div><nav class='menu'>Giới thiệu - Giáo án</nav>".encode()
    page = page_of(body, "text/html; charset=utf-8")
    assert [block.text for block in page.blocks] == [TODAY, "Giới thiệu - Giáo án"]


def test_plain_text_of_old() -> None:
    page = page_of(old(TODAY).encode("cp1252"), "text/plain")
    assert (page.encoding, page.blocks[0].text) == ("tcvn3", TODAY)


def test_windows_1258_is_not_taken_for_a_font() -> None:
    text = f"{TODAY}. Lớp học quân sự, mùa xuân, luật giáo dục, tuần đầu của năm"
    marked = "".join(base_and_tone(letter) for letter in text)
    page = page_of(marked.encode("cp1258"), "text/html; charset=iso-8859-1")
    assert (page.encoding, page.blocks[0].text) == ("cp1258", text)


def base_and_tone(letter: str) -> str:
    apart = unicodedata.normalize("NFD", letter)
    tone = "".join(mark for mark in apart if mark in "\u0300\u0301\u0303\u0309\u0323")
    return unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in tone)) + tone
