"""Answers that are too much: huge files, bombs, ten thousand headers, a byte a second, false lengths."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from asyncio import StreamWriter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import brotli  # type: ignore[import-untyped]
import zstandard

from crawler.demo.model import Host, Reply, Request
from crawler.demo.site import Site
from crawler.demo.wild.parts import PATIENCE, Written, beside, head, prose

MB = 1024 * 1024
Stream = Callable[[StreamWriter], Awaitable[None]]
HUGE = 200
"""Megabytes of the large files, and of what the bombs unpack to."""
PIECE = 256 * 1024
_HTML = "Content-Type: text/html; charset=utf-8"


def floods(host: Host, site: Site) -> None:
    """Files of 200 MB: with and without a length, in chunks, called a page or not."""
    text = (prose(site, "flood") + "\n").encode()
    text *= PIECE // len(text) + 1
    text = text[:PIECE]
    size = HUGE * MB // PIECE
    length = f"Content-Length: {len(text) * size}"
    start = b"<!doctype html><html lang=vi><title>Trang qu\xc3\xa1 d\xc3\xa0i</title><body>"
    chunk = b"%x\r\n%s\r\n" % (PIECE, text)
    files = {
        "/tep/dai-co-do-dai.html": Written(head(_HTML, length) + start, text, size),
        "/tep/dai-khong-do-dai.html": Written(head(_HTML) + start, text, size),
        "/tep/dai-tung-khuc.html": Written(head(_HTML, "Transfer-Encoding: chunked"), chunk, size),
        "/tep/sao-luu": Written(head("Content-Type: application/octet-stream", length), bytes(PIECE), size),
        "/tep/phim-ve-truong": Written(head("Content-Type: video/mp4"), bytes(PIECE), size),
    }
    _offer(site, "Tệp lớn", files)


def bombs(host: Host, site: Site) -> None:
    """Pages of some kilobytes that unpack to 200 MB, in every encoding, and one packed twice."""
    text = f"<!doctype html><html lang=vi><title>Trang nén</title><body>{prose(site, 'bomb')}".encode()
    files = {f"/nen/{name}.html": Bomb(text, name) for name in PACKERS}
    _offer(site, "Tệp nén", files)


def drips(host: Host, site: Site) -> None:
    """A page that comes a byte a second, and one whose head does."""
    text = f"<!doctype html><html lang=vi><title>Chậm</title><body>{prose(site, 'drip')}".encode()
    slowly = int(PATIENCE)
    _offer(site, "Từng giọt", {"/giot/than.html": Written(head(_HTML) + text, b".", slowly, 1.0)})
    _offer(site, "Đầu trang", {"/giot/dau.html": Written(b"HTTP/1.1 200 OK\r\n", b"X", slowly, 1.0)}, stored=False)


def lies(host: Host, site: Site) -> None:
    """Ten thousand headers, a length that is too large, too small, or none at all, and bytes that are not HTTP."""
    text = f"<!doctype html><html lang=vi><title>Sai số đo</title><body>{prose(site, 'lie')}".encode()
    many = [f"X-Thong-Tin-{number}: {number}" for number in range(10_000)]
    size = len(text)
    files = {
        "/doi/van-dau-trang.html": Written(head(_HTML, *many, f"Content-Length: {size}") + text),
        "/doi/dai-hon.html": Written(head(_HTML, f"Content-Length: {size + 5000}") + text),
        "/doi/dai-hon-va-doi.html": Written(head(_HTML, f"Content-Length: {size + 5000}") + text, stays=PATIENCE),
        "/doi/ngan-hon.html": Written(head(_HTML, f"Content-Length: {size - 100}") + text),
        "/doi/khong-phai-so.html": Written(head(_HTML, "Content-Length: nhiều").replace(b"\xc3", b"") + text),
        "/doi/khuc-hong.html": Written(
            head(_HTML, "Transfer-Encoding: chunked") + b"%x\r\n%s\r\nZZZ\r\n" % (size, text)
        ),
        "/doi/noi-la-nen.html": Written(head(_HTML, "Content-Encoding: gzip") + text),
    }
    _offer(site, "Số đo", files)
    endless = Written(b"HTTP/1.1 200 OK\r\n", b"X-Dai: " + b"a" * 4000 + b"\r\n", 100_000)
    _offer(
        site, "Không phải HTTP", {"/doi/ssh": Written(b"SSH-2.0-OpenSSH_9.2\r\n"), "/doi/dau": endless}, stored=False
    )


def _offer(site: Site, title: str, files: Mapping[str, Stream], stored: bool = True) -> None:
    for path, stream in files.items():
        site.pages[path] = partial(_given, stream)
    if not stored:
        site.unstored += files
    beside(site, title, lambda request: [(path, path.rpartition("/")[2]) for path in files])


def _given(stream: Stream, request: Request) -> Reply:
    return Reply(stream=stream)


@dataclass(frozen=True, slots=True)
class Bomb:
    """``text`` and then 200 MB of spaces, packed by ``name``."""

    text: bytes
    name: str

    async def __call__(self, writer: StreamWriter) -> None:
        body = await asyncio.to_thread(packed, self.text, self.name)
        encoding = f"Content-Encoding: {self.name.replace('-', ', ')}"
        writer.write(head(_HTML, encoding, f"Content-Length: {len(body)}") + body)
        await writer.drain()


@cache
def packed(text: bytes, name: str) -> bytes:
    """The bytes of a bomb; takes a second, once."""
    return PACKERS[name](text)


def _deflate(text: bytes, wbits: int = zlib.MAX_WBITS) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, wbits)
    return packer.compress(text) + b"".join(packer.compress(b" " * MB) for _ in range(HUGE)) + packer.flush()


def _gzip(text: bytes) -> bytes:
    return _deflate(text, zlib.MAX_WBITS | 16)


def _brotli(text: bytes) -> bytes:
    packer = brotli.Compressor(quality=1)
    parts = [packer.process(text), *(packer.process(b" " * MB) for _ in range(HUGE)), packer.finish()]
    return b"".join(parts)


def _zstd(text: bytes) -> bytes:
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    parts = [packer.compress(text), *(packer.compress(b" " * MB) for _ in range(HUGE)), packer.flush()]
    return b"".join(parts)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
    "gzip-gzip": lambda text: gzip.compress(_gzip(text), 1, mtime=0),
}
