"""What the misbehaving share: prose, boxes of links, answers by pattern, answers written byte by byte."""

from __future__ import annotations

import asyncio
import re
from asyncio import StreamWriter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

from crawler.demo import render
from crawler.demo.layout import items, link
from crawler.demo.model import Host, Reply, Request
from crawler.demo.site import TODAY, Site
from crawler.demo.text import topics

Matched = Callable[[Request, re.Match[str]], Reply | None]
PATIENCE = 300.0  # seconds after which even the slowest server of the demo gives up


def prose(site: Site, *parts: object, lines: int = 5) -> str:
    """Paragraphs of school news, others for other ``parts``."""
    writer = site.writer(TODAY, "wild", *parts)
    known = [line for topic in topics("news") for line in topic.lines if not line.startswith("#")]
    chosen = writer.random.sample(known, lines)
    return "\n".join(f"<p>{escape(writer.write(line), quote=False)}</p>" for line in chosen)


def framed(site: Site, request: Request, title: str, content: str) -> Reply:
    return render.page(site, request, title, f"<h1>{escape(title, quote=False)}</h1>\n{content}")


def listed(links: Iterable[tuple[str, str]]) -> str:
    return f"<ul>{items(link(url, text) for url, text in links)}</ul>"


def beside(site: Site, title: str, links: Callable[[Request], Iterable[tuple[str, str]]]) -> None:
    """A box of (URL, text) in the side bar of every page."""
    previous = site.sidebar
    site.sidebar = lambda request: f"{previous(request)}<h3>{title}</h3>{listed(links(request))}"


def matching(host: Host, pattern: str, page: Matched) -> None:
    """Answer targets that match ``pattern`` in whole and are no page of the host; the others as before."""
    wanted = re.compile(pattern)
    previous = host.fallback

    def answer(request: Request) -> Reply | str | None:
        found = wanted.fullmatch(request.target)
        reply = page(request, found) if found else None
        return reply if reply is not None or previous is None else previous(request)

    host.fallback = answer


def head(*headers: str, status: str = "200 OK") -> bytes:
    """The head of an answer, which closes the connection."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Written:
    """An answer that goes out as ``start`` and then ``piece`` so many ``times``, with ``pause`` seconds between.

    After it the connection stays open without a word for ``stays`` seconds.
    """

    start: bytes
    piece: bytes = b""
    times: int = 0
    pause: float = 0.0
    stays: float = 0.0

    async def __call__(self, writer: StreamWriter) -> None:
        writer.write(self.start)
        await writer.drain()
        for _ in range(self.times):
            if writer.is_closing():
                return
            writer.write(self.piece)
            await writer.drain()
            if self.pause:
                await asyncio.sleep(self.pause)
        waited = 0.0
        while waited < self.stays and not writer.is_closing():
            await asyncio.sleep(0.5)
            waited += 0.5
