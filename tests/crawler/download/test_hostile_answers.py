"""Servers that lie, flood, drip and close early: counted, bounded, and what they did send is kept."""

import asyncio
import gzip
import zlib
from typing import Any

import brotli
import pytest
import zstandard

from tests.crawler.download.fetching import Crawl, crawl
from tests.crawler.download.raw_server import RawServer, page, serving_raw

HTML = "<!doctype html><title>Trường</title><p>cá cược</p>".encode()
MAXSIZE = 200_000
ZEROS = b"\0" * 20_000_000


def raw(head: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{head}\r\n".encode() + body


def gz(body: bytes) -> bytes:
    return gzip.compress(body, 6)


# path -> (bytes sent, does the server close afterwards)
FIXED: dict[str, tuple[bytes, bool]] = {
    "/good": (page(HTML), False),
    "/400-headers": (
        raw("".join(f"X-{at}: y\r\n" for at in range(400)) + f"Content-Length: {len(HTML)}\r\n", HTML),
        False,
    ),
    "/10000-headers": (
        raw("".join(f"X-{at}: y\r\n" for at in range(10_000)) + f"Content-Length: {len(HTML)}\r\n", HTML),
        False,
    ),
    "/long-status": (b"HTTP/1.1 200 " + b"x" * 20_000 + b"\r\n\r\n" + HTML, True),
    "/not-http": (b"SSH-2.0-OpenSSH_9.2\r\n", True),
    "/no-answer": (b"", True),
    "/short": (raw(f"Content-Length: {len(HTML) + 1000}\r\n", HTML), True),
    "/short-and-open": (raw(f"Content-Length: {len(HTML) + 1000}\r\n", HTML), False),
    "/terabyte": (raw("Content-Length: 1099511627776\r\n", HTML), True),
    "/no-number": (raw("Content-Length: abc\r\n", HTML), True),
    "/negative": (raw("Content-Length: -5\r\n", HTML), True),
    "/two-lengths": (raw(f"Content-Length: 5\r\nContent-Length: {len(HTML)}\r\n", HTML), True),
    "/identity": (raw(f"Transfer-Encoding: identity\r\nContent-Length: {len(HTML)}\r\n", HTML), False),
    "/bad-chunks": (raw("Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\nZZZ\r\nrest" % (len(HTML), HTML)), True),
    "/cut-chunks": (raw("Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n" % (len(HTML), HTML)), True),
    "/long-chunk-line": (
        raw("Transfer-Encoding: chunked\r\n", b"%x;%s\r\n%s" % (len(HTML), b"e" * 9000, HTML)),
        True,
    ),
    "/large": (page(HTML + b"x" * (3 * MAXSIZE)), False),
    "/says-gzip": (page(HTML, "text/html", "Content-Encoding: gzip"), False),
    "/says-br": (page(HTML, "text/html", "Content-Encoding: br"), False),
    "/says-zstd": (page(HTML, "text/html", "Content-Encoding: zstd"), False),
    "/says-nothing-known": (page(HTML, "text/html", "Content-Encoding: utf-8"), False),
    "/gzip": (page(gz(HTML), "text/html", "Content-Encoding: gzip"), False),
    "/deflate": (page(zlib.compress(HTML), "text/html", "Content-Encoding: deflate"), False),
    "/raw-deflate": (page(zlib.compress(HTML)[2:-4], "text/html", "Content-Encoding: deflate"), False),
    "/br": (page(brotli.compress(HTML), "text/html", "Content-Encoding: br"), False),
    "/zstd": (page(zstandard.compress(HTML), "text/html", "Content-Encoding: zstd"), False),
    "/twice": (page(gz(gz(HTML)), "text/html", "Content-Encoding: gzip, gzip"), False),
    "/gzip-cut": (page(gz(HTML * 50 + bytes(range(256)) * 20)[:-40], "text/html", "Content-Encoding: gzip"), False),
    "/gzip-bomb": (page(gz(HTML + ZEROS), "text/html", "Content-Encoding: gzip"), False),
    "/gzip-bomb-twice": (page(gz(gz(HTML + ZEROS)), "text/html", "Content-Encoding: gzip, gzip"), False),
    "/br-bomb": (page(brotli.compress(HTML + ZEROS, quality=5), "text/html", "Content-Encoding: br"), False),
    "/zstd-bomb": (page(zstandard.compress(HTML + ZEROS), "text/html", "Content-Encoding: zstd"), False),
    "/deflate-bomb": (page(zlib.compress(HTML + ZEROS), "text/html", "Content-Encoding: deflate"), False),
    "/many-layers": (page(gz(HTML), "text/html", "Content-Encoding: " + ", ".join(["gzip"] * 400)), False),
}


async def answer(path: str, writer: asyncio.StreamWriter) -> None:
    if path in FIXED:
        sent, close = FIXED[path]
        writer.write(sent)
        await writer.drain()
        if close:
            writer.close()
        return
    await ENDLESS[path](writer)


async def _endless(writer: asyncio.StreamWriter, head: bytes, piece: bytes, pause: float = 0.0) -> None:
    writer.write(head)
    while not writer.is_closing():
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
ENDLESS: dict[str, Any] = {
    "/endless-headers": lambda w: _endless(w, OPEN, b"X-A: " + b"b" * 1000 + b"\r\n"),
    "/endless-header-line": lambda w: _endless(w, b"HTTP/1.1 200 OK\r\nX-A: ", b"b" * 1000),
    "/endless-status-line": lambda w: _endless(w, b"HTTP/1.1 ", b"2" * 1000),
    "/endless-interim": lambda w: _endless(w, b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"),
    "/endless-body": lambda w: _endless(w, raw("", HTML), b"x" * 10_000),
    "/endless-chunks": lambda w: _endless(w, raw("Transfer-Encoding: chunked\r\n"), b"5\r\nhello\r\n" * 100),
    "/drip-status": lambda w: _endless(w, b"", b"H", 0.05),
    "/drip-headers": lambda w: _endless(w, OPEN, b"X", 0.05),
    "/drip-body": lambda w: _endless(w, raw("", HTML), b" ", 0.05),
    "/drip-nothing": lambda w: _endless(w, raw(""), b"", 0.05),
}


async def run(paths: list[str], **settings: Any) -> tuple[Crawl, RawServer, dict[str, Any]]:
    async with serving_raw(answer) as server:
        urls = {path: server.url(path) for path in paths}
        got = await crawl(
            list(urls.values()),
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=str(server.port),
            **{"DOWNLOAD_MAXSIZE": MAXSIZE, "DOWNLOAD_TIMEOUT": 3, "CONCURRENT_REQUESTS": 64, **settings},
        )
        async with asyncio.timeout(10):
            await server.all_closed.wait()
        return got, server, {path: got[url] for path, url in urls.items()}


async def test_every_fixed_lie_is_survived_and_what_came_is_kept() -> None:
    got, _, by_path = await run(list(FIXED))
    assert len(by_path) == len(FIXED)
    kept = [path for path, one in by_path.items() if one.status == 200 and one.body.startswith(HTML)]
    lost = sorted(set(FIXED) - set(kept) - {"/gzip-cut", "/many-layers", "/long-chunk-line"})
    assert lost == ["/long-status", "/no-answer", "/not-http", "/two-lengths"], {path: by_path[path] for path in lost}
    assert all(len(one.body) <= MAXSIZE + 65_536 for one in by_path.values())
    flags = {path: one.flags for path, one in by_path.items() if one.flags}
    assert flags == {
        "/10000-headers": ["headers_cut"],
        "/short": ["dataloss"],
        "/short-and-open": ["stalled"],
        "/terabyte": ["dataloss"],
        "/no-number": ["partial"],
        "/negative": ["partial"],
        "/bad-chunks": ["dataloss"],
        "/cut-chunks": ["dataloss"],
        "/long-chunk-line": ["dataloss"],
        "/large": ["download_stopped", "too_large"],
        "/says-gzip": ["encoding_broken"],
        "/says-br": ["encoding_broken"],
        "/says-zstd": ["encoding_broken"],
        "/says-nothing-known": ["encoding_broken"],
        "/gzip-bomb": ["bomb_cut"],
        "/gzip-bomb-twice": ["bomb_cut"],
        "/br-bomb": ["bomb_cut"],
        "/zstd-bomb": ["bomb_cut"],
        "/deflate-bomb": ["bomb_cut"],
        "/many-layers": ["encoding_broken"],
    }
    assert by_path["/gzip-cut"].body.startswith(HTML[:20])
    assert len(by_path["/10000-headers"].headers) <= 501
    assert by_path["/10000-headers"].headers["Content-Type"] == ["text/html"]
    assert got.stats["download/bomb_cut"] == 5
    assert got.stats["download/encoding_broken"] == 5
    assert got.stats["download/too_large"] == 1
    assert got.stats["download/stalled"] == 1
    assert got.stats["download/header_flood"] == 1
    assert got.stats["download/headers_cut"] == 1


async def test_endless_answers_are_cut_and_their_connections_closed() -> None:
    floods = ["/endless-headers", "/endless-header-line", "/endless-status-line", "/endless-interim"]
    bodies = ["/endless-body", "/endless-chunks"]
    got, server, by_path = await run([*floods, *bodies, "/good"], DOWNLOAD_TIMEOUT=60)
    for path in floods:
        assert "DownloadFailedError" in by_path[path].error, by_path[path]
    assert got.stats["download/header_flood"] == len(floods)
    for path in bodies:
        assert by_path[path].flags == ["download_stopped", "too_large"]
        assert MAXSIZE <= len(by_path[path].body) <= MAXSIZE + 65_536
    assert by_path["/good"].body == HTML
    assert server.open == 0


async def test_dripping_servers_are_left_at_the_timeout_and_the_page_they_gave_is_kept() -> None:
    silent = ["/drip-status", "/drip-headers", "/drip-nothing"]
    loop = asyncio.get_running_loop()
    started = loop.time()
    got, server, by_path = await run([*silent, "/drip-body", "/good"])
    assert loop.time() - started < 15
    for path in silent:
        assert "DownloadTimeoutError" in by_path[path].error, by_path[path]
    assert got.stats["download/timeout"] == 3
    assert by_path["/drip-body"].flags == ["stalled"]
    assert by_path["/drip-body"].body.startswith(HTML)
    assert server.open == 0


@pytest.mark.parametrize("closes", [True, False])
async def test_a_host_goes_on_after_a_fault(closes: bool) -> None:
    async def every_other(path: str, writer: asyncio.StreamWriter) -> None:
        if int(path[1:]) % 2:
            writer.write(page(HTML))
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nbroken\r\nContent-Length: 99999\r\n\r\nhalf")
            if closes:
                writer.close()

    async with serving_raw(every_other) as server:
        urls = [server.url(f"/{at}") for at in range(6)]
        got = await crawl(
            urls,
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=str(server.port),
            CONCURRENT_REQUESTS=1,
            DOWNLOAD_TIMEOUT=1,
        )
        assert [got[url].body for url in urls] == [b"half", HTML] * 3
