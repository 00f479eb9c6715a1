"""How whole hosts answer: silence, circles, sessions, two schemes, every name, a sudden end."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from asyncio import StreamWriter
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from crawler.demo.model import PORT, Host, Reply, Request
from crawler.demo.render import SERVER
from crawler.demo.site import Site
from crawler.demo.wild.parts import PATIENCE, Written, beside, framed, listed, matching, prose

DIES_AFTER = 20


def moved(location: str, status: int = 302, *headers: tuple[str, str]) -> Reply:
    return Reply("", status, [SERVER, ("Location", location), *headers])


def silent(host: Host, to: str) -> None:
    """Takes every connection and says nothing."""
    host.fallback = lambda request: Reply(stream=Written(b"", stays=PATIENCE))


def circle(host: Host, to: str) -> None:
    """The home page leads to a door, the door back to the home page; everything else leads home."""
    host.fallback = lambda request: moved("/vao.php" if request.path == "/" else "/")


def chain(host: Host, to: str) -> None:
    """Three steps on the site itself, and then off it."""
    steps = {"/": "/vao/", "/vao/": "/vao/cong.php?buoc=2", "/vao/cong.php": f"http://{to}:{PORT}/"}
    host.fallback = lambda request: moved(steps.get(request.path, "/"), 301)


def dies(host: Host, to: str) -> None:
    """After some answers nothing listens any more."""
    host.lives = DIES_AFTER


def resets(host: Host, to: str) -> None:
    """After some answers every connection is reset."""
    host.wrap = lambda request, reply: Reply(stream=Reset()) if request.visit > DIES_AFTER else reply


@dataclass(frozen=True, slots=True)
class Reset:
    """Ends a connection as a server does that has crashed."""

    async def __call__(self, writer: StreamWriter) -> None:
        found = writer.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        await asyncio.sleep(0)


def cookieless(host: Host, site: Site) -> None:
    """ASP.NET without cookies: an address without a session is answered with a redirect to one that has it."""

    def answer(request: Request, reply: Reply) -> Reply:
        if request.path in ("/robots.txt", "/sitemap.xml"):
            return reply
        plain = re.sub(r"^/\(S\(\w+\)\)", "", request.target)
        if plain == request.target:
            mark = sha256(f"{site.key}|{request.visit}".encode()).hexdigest()[:24]
            return moved(f"/(S({mark})){request.target}")
        found = host.pages.get(plain)
        return found(replace(request, target=plain)) if callable(found) else reply  # type: ignore[return-value]

    host.wrap = answer


def cookies(host: Host, site: Site) -> None:
    """Every answer sets cookies. A request that brings one back is answered with a fault."""

    def answer(request: Request, reply: Reply) -> Reply:
        if "cookie" in request.headers:
            return Reply("<h1>400 Bạn đã từng đến đây</h1>", 400)
        kept = [("Set-Cookie", f"nv4_{name}={request.visit}; path=/; Max-Age=31536000") for name in ("sess", "lang")]
        return replace(reply, headers=[*reply.headers, *kept])

    host.wrap = answer


def mixed(host: Host, site: Site) -> None:
    """One site under both schemes: a third of the articles only exist in https, a third only in plain http."""
    host.tls = True
    number = {article.path: place for place, article in enumerate(site.articles)}

    def answer(request: Request, reply: Reply) -> Reply:
        kind = number.get(request.path, 2) % 3
        if kind == 0 and not request.secure:
            return moved(f"https://{request.host}:{request.port}{request.target}", 301)
        if kind == 1 and request.secure:
            return moved(f"http://{request.host}:{request.port}{request.target}", 301)
        return reply

    host.wrap = answer
    chosen = site.articles[:8]
    schemes = ("https", "http")
    links = [
        (f"{schemes[place // 2 % 2]}://{site.host}:{PORT}{article.path}", article.title)
        for place, article in enumerate(chosen)
    ]
    beside(site, "Đọc nhiều", lambda request: links)


def https_links(host: Host, site: Site) -> None:
    """Links to the site's own pages in https, which its server does not speak."""
    links = [(f"https://{site.host}:{PORT}{article.path}", article.title) for article in site.articles]
    beside(site, "Bài an toàn", lambda request: links)


def every_name(host: Host, site: Site) -> None:
    """The server answers every name below its own with the same site, and every page links to another name."""

    def links(request: Request) -> list[tuple[str, str]]:
        marks = [sha256(f"{request.host}{request.target}{number}".encode()).hexdigest()[:6] for number in range(3)]
        return [(f"http://lop-{mark}.{site.host}:{PORT}{request.path}", f"Trang lớp {mark}") for mark in marks]

    beside(site, "Trang các lớp", links)


def loops(host: Host, site: Site) -> None:
    """Redirects that never arrive: to themselves, in a circle of three, and ever longer ones."""
    site.pages["/vong/minh"] = lambda request: moved("/vong/minh")
    for here, there in (("a", "b"), ("b", "c"), ("c", "a")):
        site.pages[f"/vong/{here}"] = partial(_led, f"/vong/{there}")
    matching(host, r"/vong/dai\?x=(1+)", lambda request, found: moved(f"/vong/dai?x={found[1]}1"))
    matching(host, r"/vong/so/(\d+)", lambda request, found: moved(f"/vong/so/{int(found[1]) + 1}", 301))
    links = [("/vong/minh", "Một"), ("/vong/a", "Hai"), ("/vong/dai?x=1", "Ba"), ("/vong/so/1", "Bốn")]

    def page(request: Request) -> Reply:
        return framed(site, request, "Những lối vòng", prose(site, "loops") + listed(links))

    site.pages["/vong/"] = page
    beside(site, "Khác", lambda request: [("/vong/", "Những lối vòng")])
    site.unstored += ["/vong/minh", "/vong/a", "/vong/b", "/vong/c"]
    site.optional.append((r"/vong/.+", "redirect_loop"))


def _led(location: str, request: Request) -> Reply:
    return moved(location)
