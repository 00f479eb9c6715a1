"""A whole page of a school, with what hacked pages hide in it."""

from datetime import UTC, datetime

import pytest

from crawler.items import Block, Link, Page
from crawler.page import extract

URL = "https://thpt-ngoquyen.haiphong.edu.vn/tin-tuc/le-khai-giang-12.html"
FETCHED = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ARTICLE = "Sáng 5/9, thầy và trò nhà trường dự lễ khai giảng năm học mới trong không khí vui tươi, phấn khởi."

PAGE = f"""<!DOCTYPE html>
<html lang="vi-VN"><head>
<title> Lễ khai giảng
  năm học 2026 - THPT Ngô Quyền </title>
<meta name="description" content="Lễ khai giảng &amp; mít tinh">
<meta property="og:title" content="Lễ khai giảng">
<link rel="canonical" href="{URL}?utm_source=zalo">
<link rel="alternate" type="application/rss+xml" title="Tin mới" href="/rss.xml">
<link rel="stylesheet" href="/a.css">
<style>.kin {{ position:absolute; left:-9999px }}</style>
</head><body class="home page-77">
<header id="site-header"><p>Hôm nay: Thứ hai, 23/11/2026</p>
  <nav class="menu-chinh"><a href="/">Trang chủ</a><a href="/gioi-thieu">Giới <b>thiệu</b></a></nav></header>
<div id="noi-dung-12" class="noidung">
  <h1>Lễ khai giảng năm học 2026</h1><span>Thứ bảy, 05/09/2026 08:30</span>
  <p>{ARTICLE}</p><p>Xem <a href="/anh"><img src="x.jpg" alt="Ảnh lễ khai giảng"></a></p>
  <div class="kin"><p>Nhà cái <a href="https://nha-cai.example/slot">đăng ký slot</a></p></div>
  <span style="display:none">ẩn <a href="//an.example/">cược</a></span>
  <!-- cũ: <a href="https://cu.example/x">bài cũ</a> -->
</div>
<div id="binh-luan"><p>Bạn Hoa: <a href="https://vay.example">vay nóng</a></p></div>
<form action="/tim-kiem" method="get"><input name="q"><input type="hidden" name="lop" value="1"></form>
<form action="/gop-y" method="POST"><textarea name="loi"></textarea></form>
<noscript><a href="https://khong-script.example/">x</a></noscript>
<template><a href="/mau">mẫu</a></template>
<iframe src="https://ban-do.example/"></iframe><area href="/vung" alt="vùng">
<script>var trang = "/thu-vien/anh.html"; var anh = '/a.png';</script>
<footer class="chan-trang footer"><div class="col-3 lien-ket"><a href="/lien-he">Liên hệ</a></div></footer>
</body></html>
<div><a href="https://duoi.example/">xổ số</a> sau trang</div>"""


def make(html: str | bytes, **more: object) -> Page:
    body = html.encode() if isinstance(html, str) else html
    given = {"url": URL, "status": 200, "headers": [("Content-Type", "text/html; charset=utf-8")]} | more
    return extract(body=body, fetched=FETCHED, host="thpt-ngoquyen.haiphong.edu.vn", **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page() -> Page:
    return make(PAGE)


def blocks(page: Page, part: str) -> list[Block]:
    return [block for block in page.blocks if block.part == part]


def text(page: Page, part: str, region: str = "") -> str:
    return "\n".join(block.text for block in blocks(page, part) if not region or block.region == region)


def link(page: Page, url: str) -> Link:
    found = [each for each in page.links if each.url == url]
    assert len(found) == 1, [each.url for each in page.links]
    return found[0]


def test_facts_of_the_response(page: Page) -> None:
    assert (page.type, page.encoding, page.cut, page.lang) == ("text/html", "utf-8", "", "vi-vn")
    assert page.body == PAGE.encode()
    assert page.title == "Lễ khai giảng năm học 2026 - THPT Ngô Quyền"
    assert page.base == URL


def test_parts(page: Page) -> None:
    assert [block.text for block in blocks(page, "meta")] == ["Lễ khai giảng & mít tinh", "Lễ khai giảng"]
    assert text(page, "heading") == "Lễ khai giảng năm học 2026"
    assert text(page, "alt") == "Ảnh lễ khai giảng"
    assert text(page, "form") == "GET /tim-kiem q:input lop:hidden\nPOST /gop-y loi:textarea"
    assert "var trang" in text(page, "script")
    assert ".kin" in text(page, "style")
    assert text(page, "comment") == "cũ: bài cũ"


def test_text_by_zone_with_lines_for_blocks(page: Page) -> None:
    main = text(page, "text", "main")
    assert ARTICLE in main.split("\n")
    for elsewhere in ("Giới thiệu", "vay nóng", "slot", "Liên hệ", "xổ số"):
        assert elsewhere not in main
    assert text(page, "text", "nav") == "Trang chủGiới thiệu"
    assert text(page, "text", "comments") == "Bạn Hoa: vay nóng"
    assert text(page, "text", "footer") == "Liên hệ"
    assert "Hôm nay" in text(page, "text", "header")


def test_hidden_parts_carry_reason_and_place(page: Page) -> None:
    found = {block.hidden: block for block in blocks(page, "hidden")}
    assert set(found) == {"off_screen", "display_none", "noscript", "template"}
    assert found["off_screen"].text == "Nhà cái đăng ký slot"
    assert found["off_screen"].where == "div#noi-dung-12>div.kin"
    assert found["off_screen"].region == "main>div.kin"
    assert found["display_none"].region == "main>div#noi-dung"


@pytest.mark.parametrize(
    ("url", "kind", "region", "hidden", "anchor"),
    [
        ("https://thpt-ngoquyen.haiphong.edu.vn/gioi-thieu", "a", "nav>nav.menu-chinh", "", "Giới thiệu"),
        ("https://thpt-ngoquyen.haiphong.edu.vn/anh", "a", "main>div#noi-dung", "", "Ảnh lễ khai giảng"),
        ("https://nha-cai.example/slot", "a", "main>div.kin", "off_screen", "đăng ký slot"),
        ("https://an.example/", "a", "main>div#noi-dung", "display_none", "cược"),
        ("https://cu.example/x", "a", "main>div#noi-dung", "comment", "bài cũ"),
        ("https://vay.example/", "a", "comments>div#binh-luan", "", "vay nóng"),
        ("https://thpt-ngoquyen.haiphong.edu.vn/tim-kiem", "form", "main", "", ""),
        ("https://khong-script.example/", "a", "main", "noscript", "x"),
        ("https://thpt-ngoquyen.haiphong.edu.vn/mau", "a", "main", "template", "mẫu"),
        ("https://ban-do.example/", "iframe", "main", "", ""),
        ("https://thpt-ngoquyen.haiphong.edu.vn/vung", "area", "main", "", "vùng"),
        ("https://thpt-ngoquyen.haiphong.edu.vn/thu-vien/anh.html", "script", "main", "", ""),
        ("https://thpt-ngoquyen.haiphong.edu.vn/lien-he", "a", "footer>div.lien-ket", "", "Liên hệ"),
        ("https://duoi.example/", "a", "tail", "", "xổ số"),
        ("https://thpt-ngoquyen.haiphong.edu.vn/rss.xml", "feed", "main", "", "Tin mới"),
        (URL, "link", "main", "", ""),
    ],
)
def test_links(page: Page, url: str, kind: str, region: str, hidden: str, anchor: str) -> None:
    found = link(page, url)
    assert (found.kind, found.region, found.hidden, found.text) == (kind, region, hidden, anchor)


def test_only_pages_are_links(page: Page) -> None:
    urls = {each.url for each in page.links}
    assert not any(url.endswith(("/gop-y", ".png", ".css", ".jpg")) for url in urls)
    assert page.link_count == len(page.links)


def test_tail_is_a_part_of_its_own(page: Page) -> None:
    assert text(page, "tail") == "xổ số sau trang"


def test_published_is_the_article_s_and_not_today(page: Page) -> None:
    assert page.published == datetime(2026, 9, 5, 1, 30, tzinfo=UTC)


def test_two_articles_of_one_template_have_distant_fingerprints(page: Page) -> None:
    from crawler.page.simhash import distance

    other = "Trường thông báo lịch tiêm phòng cho các em khối lớp sáu tại trạm y tế phường vào tuần tới."
    near = PAGE.replace("phấn khởi.", "phấn khởi!").replace('href="/gioi-thieu"', 'href="/khac"')
    assert distance(page.simhash, make(near).simhash) == 0
    assert distance(page.simhash, make(PAGE.replace(ARTICLE, other)).simhash) > 8


def test_regions_do_not_depend_on_numbers(page: Page) -> None:
    other = make(PAGE.replace("noi-dung-12", "noi-dung-99"))
    assert [each.region for each in other.links] == [each.region for each in page.links]


def test_an_element_that_is_never_closed_keeps_the_tail_hidden() -> None:
    page = make("<body><p>a</p><div style='display:none'></body></html><a href='http://x.example/'>slot</a>")
    assert link(page, "http://x.example/").hidden == "display_none"
    assert link(page, "http://x.example/").region == "tail"
    assert blocks(page, "hidden")[0].text == "slot"


def test_a_second_body_is_a_tail_and_a_quoted_end_is_not() -> None:
    page = make("<body><script>var x='</body>';</script><p>Chính</p></body><body><p>Phụ</p></body>")
    assert text(page, "text") == "Chính"
    assert text(page, "tail") == "Phụ"


def test_what_a_script_writes_can_hide() -> None:
    page = make(
        "<body><script>document.write('<div style=\"position:absolute;left:-9999px\">')</script>"
        "<a href='http://x.example/'>slot</a><script>document.write('</div>')</script><a href='/that'>thật</a>"
    )
    assert link(page, "http://x.example/").hidden == "written"
    assert link(page, "https://thpt-ngoquyen.haiphong.edu.vn/that").hidden == ""


def test_base_href_is_honoured_wherever_it_stands() -> None:
    page = make("<a href='b'>x</a><base href='http://goc.example/d/'><a href='/c'>y</a>")
    assert [each.url for each in page.links] == ["http://goc.example/d/b", "http://goc.example/c"]
    assert page.base == "http://goc.example/d/"


def test_repeated_links_are_kept_once_and_counted() -> None:
    page = make("<a href=/a></a><a href=/a>Một</a><a href=/a>Một</a><a href=/a>Hai</a>")
    assert [each.text for each in page.links] == ["Một", "Hai"]
    assert page.link_count == 4


def test_hidden_links_survive_a_flood_of_visible_ones() -> None:
    flood = "".join(f"<a href=http://b.example/{number}>x</a>" for number in range(6000))
    page = make(f"{flood}<p hidden><a href=http://x.example/>slot</a></p>")
    assert (page.link_count, page.left_out) == (6001, 2000)
    assert len(page.links) == 4001
    assert page.links[-1].hidden == "attribute"


def test_pages_of_the_own_host_survive_a_flood_of_links() -> None:
    flood = "".join(f"<a href=http://b.example/{number}>x</a><a href=/tin?x=1>{number}</a>" for number in range(6000))
    page = make(f"{flood}<a href=/cuoi>Cuối</a><a href=/cuoi>Cuối trang</a>")
    assert page.links[-1].url == "https://thpt-ngoquyen.haiphong.edu.vn/cuoi"
    assert len(page.links) == 4001
    own = "".join(f"<a href=/{number}>x</a>" for number in range(30_000))
    assert (len(make(own).links), make(own).left_out) == (25_000, 5_000)


def test_text_is_bounded() -> None:
    page = make(f"<p>{'chữ ' * 1_000_000}</p><script>{'x' * 1_000_000}</script><p hidden>{'y' * 1_000_000}</p>")
    assert sum(len(block.text) for block in page.blocks) < 1_500_000
    assert blocks(page, "hidden")


def test_deep_pages_are_cut_and_what_stands_before_is_read() -> None:
    page = make("<title>Trường</title><p>Nội dung</p>" + "<div>" * 200_000)
    assert (page.cut, page.title) == ("nesting", "Trường")
    assert "Nội dung" in text(page, "text")


def test_the_end_of_a_cut_page_is_read_all_the_same() -> None:
    page = make("<p>Nội dung</p>" + "<div>" * 2_000 + "x" * 100_000 + "<a href=http://x.example/>slot</a>")
    assert page.cut == "nesting"
    assert link(page, "http://x.example/").region == "tail"


def test_other_types() -> None:
    plain = make("Lịch <b>thi</b>", headers=[("content-type", "text/plain")])
    assert [(block.part, block.text) for block in plain.blocks] == [("text", "Lịch <b>thi</b>")]
    pdf = make(b"%PDF-1.7 <html>", headers=[("content-type", "application/pdf")])
    assert (pdf.type, pdf.blocks, pdf.links) == ("application/pdf", [], [])
    untyped = make("<html><a href=/x>y</a>", headers=[])
    assert [each.text for each in untyped.links] == ["y"]
    assert make(b"\x00\x01\x02", headers=[]).blocks == []


def test_feeds_give_links_and_titles() -> None:
    body = "<?xml version='1.0'?><rss><channel><item><title>Lịch thi</title><link>/a</link></item></channel></rss>"
    page = make(body, headers=[("content-type", "application/rss+xml")])
    assert [(each.url, each.kind, each.text) for each in page.links] == [
        ("https://thpt-ngoquyen.haiphong.edu.vn/a", "feed", "Lịch thi")
    ]
    assert text(page, "text") == "Lịch thi"
