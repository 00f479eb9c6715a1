"""Which answers are read, and that the others are not downloaded past their headers."""

import asyncio
import gzip

import pytest

from crawler.demo import files
from crawler.middlewares.types import by_content, by_header, is_sitemap
from tests.crawler.download.fetching import crawl
from tests.crawler.download.raw_server import page, serving_raw

PLAIN = "http://a.test/x"
SITEMAP = "http://a.test/sitemap.xml.gz"


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "application/xhtml+xml",
        "text/plain",
        "text/xml",
        "application/xml",
        "application/rss+xml",
        "application/atom+xml",
        "application/whatever+xml",
        "",
        "html",
        "*/*",
        "content/unknown",
        "application/octet-stream",
        "application/force-download",
        "application/zip",
        "Application/PDF; qs=0.001",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.ms-excel",
        "application/vnd.ms-word.document.macroenabled.12",
    ],
)
def test_type_is_read(kind: str) -> None:
    assert by_header(kind, PLAIN) == ""


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        ("image/png", "image"),
        ("image/svg+xml", "image"),
        ("video/mp4", "video"),
        ("audio/mpeg", "audio"),
        ("font/woff2", "font"),
        ("application/font-woff", "font"),
        ("application/gzip", "archive"),
        ("application/vnd.rar", "archive"),
        ("application/x-msdownload", "executable"),
        ("application/vnd.android.package-archive", "executable"),
        ("application/vnd.ms-fontobject", "other"),
        ("application/json", "json"),
        ("text/css", "style"),
        ("text/javascript; charset=utf-8", "script"),
        ("text/calendar", "other"),
        ("x/y", "other"),
    ],
)
def test_type_is_not_read(kind: str, group: str) -> None:
    assert by_header(kind, PLAIN) == group


@pytest.mark.parametrize("kind", ["application/gzip", "application/x-gzip", "application/octet-stream"])
def test_compressed_sitemap_is_read(kind: str) -> None:
    assert by_header(kind, SITEMAP) == ""
    assert by_content(b"\x1f\x8b\x08\x00", SITEMAP) == ""
    assert by_header("image/png", SITEMAP) == "image"


@pytest.mark.parametrize(
    ("start", "group"),
    [
        (b"\x89PNG\r\n", "image"),
        (b"%PDF-1.4\0", ""),
        (b"PK\x03\x04\0", ""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", ""),
        (b"Rar!\x1a\x07\0", "archive"),
        (b"\x1f\x8b\x08", "archive"),
        (b"\0\0\0\x20ftypisom", "video"),
        (b"abc\0def", "binary"),
        (b"<html>\0", ""),
        (b"  \n<!doctype html>\0", ""),
        (b"\xff\xfeh\0i\0", ""),
        (b"", ""),
        ("Cộng hòa".encode(), ""),
    ],
)
def test_first_bytes(start: bytes, group: str) -> None:
    assert by_content(start, PLAIN) == group


async def test_documents_may_be_larger_than_pages_and_no_larger_than_they_may() -> None:
    document = files.scanned_pdf("x") + bytes(250_000)
    types = {"/vua": "application/pdf", "/la": "application/octet-stream", "/trang": "text/plain"}
    types |= {"/qua": "application/pdf", "/dai": "application/pdf", "/la-dai": "application/octet-stream"}

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        body = b"x" * 250_000 if path == "/trang" else document
        length = {"/qua": "", "/dai": "Content-Length: 99000000\r\n", "/la-dai": "Content-Length: 99000000\r\n"}
        told = length.get(path, f"Content-Length: {len(body)}\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {types[path]}\r\n{told}\r\n".encode() + body)
        if path == "/qua":
            writer.write(bytes(600_000))
        await writer.drain()

    async with serving_raw(answer) as server:
        got = await crawl(
            [server.url(path) for path in types],
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=str(server.port),
            RASOAT_DOCUMENT_BYTES="500000",
            DOWNLOAD_MAXSIZE="100000",
        )
    found = {path: got[server.url(path)] for path in types}
    assert [path for path in types if "too_large" in found[path].flags] == ["/trang", "/qua", "/dai", "/la-dai"]
    assert found["/vua"].body == found["/la"].body == document
    assert (found["/dai"].body, found["/la-dai"].body) == (b"", b"")
    assert len(found["/trang"].body) < 200_000
    assert 500_000 <= len(found["/qua"].body) < 600_000


async def test_a_document_that_comes_steadily_has_more_time_than_a_page() -> None:
    whole = files.scanned_pdf("x")

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        kind = "application/pdf" if path == "/tep" else "text/html"
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(whole)}\r\n\r\n".encode())
        size = len(whole) // 8 + 1
        for start in range(0, len(whole), size):
            writer.write(whole[start : start + size])
            await writer.drain()
            await asyncio.sleep(0.25)  # two seconds in all

    async with serving_raw(answer) as server:
        got = await crawl(
            [server.url("/tep"), server.url("/trang")],
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=str(server.port),
            DOWNLOAD_TIMEOUT="1.4",
        )
    document, slow = got[server.url("/tep")], got[server.url("/trang")]
    assert (document.body, document.flags) == (whole, [])
    assert slow.flags == ["stalled"] or slow.error


def test_sitemap_addresses() -> None:
    assert is_sitemap("http://a.test/Sitemap_1.gz?x=1")
    assert is_sitemap("http://a.test/feed.xml.gz")
    assert not is_sitemap("http://a.test/backup.gz?sitemap")


async def test_types_not_read_stop_at_their_headers() -> None:
    html, size = b"<p>xin</p>", 2_000_000_000
    sent: dict[str, int] = {}

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/khong-kieu-trang":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(html), html))
        elif path == "/khong-kieu-anh":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            await _for_ever(writer, path)
        elif path == "/anh":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % size)
            await _for_ever(writer, path)
        elif path == "/anh-gia-trang":
            writer.write(page(b"GIF89a\0" + html, "text/html"))
        elif path == "/van-ban-nhi-phan":
            writer.write(page(b"abc\0def" * 100, "text/plain"))
        elif path == "/sitemap.xml.gz":
            writer.write(page(gzip.compress(b"<urlset/>"), "application/x-gzip"))
        else:
            writer.write(page(b"{}", "application/json"))
        await writer.drain()

    async def _for_ever(writer: asyncio.StreamWriter, path: str) -> None:
        writer.write(b"\xff\xd8\xff")
        while True:  # until the client closes and drain() raises
            writer.write(b"x" * 100_000)
            sent[path] = sent.get(path, 0) + 100_000
            await writer.drain()

    stopped = {
        "/anh": "image",
        "/khong-kieu-anh": "image",
        "/van-ban-nhi-phan": "binary",
        "/api": "json",
    }
    read = {
        "/khong-kieu-trang": html,
        "/anh-gia-trang": b"GIF89a\0" + html,
        "/sitemap.xml.gz": gzip.compress(b"<urlset/>", mtime=0),
    }
    async with serving_raw(answer) as server:
        urls = {path: server.url(path) for path in (*stopped, *read)}
        got = await crawl(
            list(urls.values()), RASOAT_ALLOWED_NETWORKS="127.77.0.0/16", RASOAT_WEB_PORTS=str(server.port)
        )
    for path, group in stopped.items():
        one = got[urls[path]]
        assert one.flags == ["download_stopped", "type_not_read"]
        assert one.meta["type_not_read"] == group
        assert one.body == b""
        assert one.ip == "127.77.0.1"
        assert got.stats[f"types/not_read/{group}"] >= 1
    for path in read:
        assert not got[urls[path]].flags
    assert got[urls["/khong-kieu-trang"]].body == html
    assert got[urls["/anh-gia-trang"]].body == read["/anh-gia-trang"]
    assert gzip.decompress(got[urls["/sitemap.xml.gz"]].body) == b"<urlset/>"
    assert got.stats["types/not_read"] == 4
    assert got.stats["types/read"] == 3
    assert max(sent.values()) < 30_000_000, "no more than the kernels' buffers hold"
