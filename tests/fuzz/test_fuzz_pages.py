"""No bytes make the extraction of a page raise, and none make it large."""

import gzip
import zlib
from datetime import UTC, datetime

import brotli  # type: ignore[import-untyped]
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from crawler.download.decode import decode
from crawler.items import Page
from crawler.page import extract
from crawler.urls import parse
from tests.fuzz.made import bent_ones

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LIMIT = 20_000

PORTAL = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Trường THCS Hoa Phượng</title>
<base href="/cong/"><meta http-equiv="refresh" content="30; url=/vao"><meta property="article:published_time"
content="2026-09-05T07:30:00+07:00"><script type="application/ld+json">{"@type":"NewsArticle","datePublished":
"2026-09-05"}</script><style>.an{display:none} @media print{.in{visibility:hidden}}</style></head>
<body onload="location='/x'"><header><h1>Trường THCS Hoa Phượng</h1><nav><ul><li><a href="/tin-tuc/">Tin tức</a>
<li><a href="gioi-thieu.html">Giới thiệu</a></ul></nav></header><main><article><h2>Lễ khai giảng</h2><p>Ngày
05/09/2026, thầy và trò <b>nhà trường</b> đón năm học mới.</p><img src="/a.jpg" alt="ảnh" srcset="/b.jpg 2x">
<table><tr><td><a href="/van-ban/1.pdf">Công văn</a></td></tr></table></article><section id="comments"><p>Bình luận
<a rel="ugc nofollow" href="http://nha-cai.example/">hay</a></section></main><div class="an" style="left:-9999px">
<a href="https://kubet.example/?ref=1">nhà cái</a></div><!-- <a href="http://cu.example/">cũ</a> --><noscript>
<iframe src="//khung.example/"></iframe></noscript><form action="/tim" method="get"><input name="q"></form>
<script>var u="http://a.example/"+"b";window.location.href="/trang";document.write('<a href="/ghi">g</a>');</script>
<footer>Hải Phòng</footer></body></html>""".encode()
FRAMES = b"<html><frameset cols='1,*'><frame src='a.php?id=1'><frame src=//b.example></frameset><noframes><a href=/c>"
OLD = (
    "<HTML><BODY bgcolor=white><CENTER><FONT face='.VnTime'>Tr­êng</FONT><A HREF=\"Default.aspx?tabid=1\">X</A>".encode(
        "cp1252", "replace"
    )
)
NESTED = b"<div><b><i><a href=/x><table><tr><td><svg><foreignObject><p><math><mi>" * 40
PAGES = bent_ones(
    PORTAL, PORTAL.decode().encode("utf-16"), PORTAL.decode().encode("cp1258", "replace"), FRAMES, OLD, NESTED
)
TYPES = st.sampled_from(
    ["text/html", "", "text/html; charset=utf-16", "text/html;charset=windows-1258", "application/xhtml+xml"]
)
TYPES |= st.sampled_from(
    ["text/plain", "application/json", "text/html; charset=\x00", "image/png", "text/html; charset=unicode_escape"]
)
HEADERS = st.lists(st.tuples(st.sampled_from(["Location", "Refresh", "Link", "X"]), st.text(max_size=60)), max_size=4)


def bounded(page: Page) -> None:
    """What a page may hold at most, and only in forms that can be stored."""
    assert len(page.links) <= 5_000
    assert len(page.blocks) <= 5_000
    assert sum(len(block.text) for block in page.blocks) <= 1_400_000
    assert len(page.redirects) <= 20
    for link in page.links:
        assert parse(link.url).url == link.url
        assert len(link.text) <= 200
    for block in page.blocks:
        block.text.encode("utf-8")
    page.title.encode("utf-8")
    assert -(2**63) <= page.simhash < 2**63
    assert page.published is None or page.published.tzinfo is not None


@given(PAGES, TYPES, HEADERS, st.integers(100, 599))
def test_pages(body: bytes, kind: str, headers: list[tuple[str, str]], status: int) -> None:
    page = extract(
        url="http://truong.edu.vn/tin/bai-1.html",
        status=status,
        headers=[("Content-Type", kind), *headers],
        body=body,
        fetched=NOW,
        host="truong.edu.vn",
    )
    assert page.body == body
    bounded(page)


PACKED = (
    gzip.compress(PORTAL, mtime=0),
    zlib.compress(PORTAL),
    zlib.compress(PORTAL)[2:-4],
    brotli.compress(PORTAL),
    zstandard.compress(PORTAL),
    gzip.compress(bytes(10 * LIMIT), mtime=0),
    brotli.compress(bytes(10 * LIMIT)),
    zstandard.compress(bytes(10 * LIMIT)),
    PORTAL,
)
ENCODINGS = st.lists(st.sampled_from(["gzip", "deflate", "br", "zstd", "x-gzip", "identity", "", "rot13"]), max_size=4)


@given(bent_ones(*PACKED), ENCODINGS)
def test_packed_bodies(body: bytes, encodings: list[str]) -> None:
    decoded = decode(body, encodings, LIMIT)
    assert len(decoded.body) <= max(LIMIT, len(body))
