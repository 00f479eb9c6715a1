"""The web server of all benchmarks: a process of its own, answers ready as bytes: never the bottleneck."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Protocol

from crawler.demo.names import Names, NameServer

Reply = Callable[[bytes, bytes], bytes]
"""(Host header, target) → the whole answer, head and body."""
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<h1>404</h1>\r\n"


class Site(Protocol):
    """What is served; pickled into the server's process and opened there."""

    def open(self) -> Reply: ...


def answer(body: bytes, kind: bytes = b"text/html; charset=utf-8") -> bytes:
    """A whole 200 answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as the server saw it; ``start`` and ``end`` are ``time.monotonic``."""

    address: str
    host: str
    target: str
    page: bool
    start: float
    end: float


@dataclass(slots=True)
class Seen:
    """What the server saw since it was last asked: answers 200 by target, and ``time.monotonic`` of first and last.

    ``visits`` in the order of their arrival, from a server with a delay only.
    """

    pages: int = 0
    others: int = 0
    first: float = 0.0
    last: float = 0.0
    targets: Counter[bytes] = field(default_factory=Counter)
    visits: list[Visit] = field(default_factory=list)

    @property
    def span(self) -> float:
        """Seconds from the first request to the last."""
        return self.last - self.first

    @property
    def rate(self) -> float:
        return self.pages / self.span if self.span else 0.0


class _Talk(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self._server = server
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._address = str(transport.get_extra_info("sockname")[0])

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head, self._rest = self._rest[:end], self._rest[end + 4 :]
            found = self._server.reply(head, self._address)
            if self._server.delay:
                asyncio.get_running_loop().call_later(self._server.delay, self._transport.write, found)
                continue
            self._transport.write(found)
            if b"\r\nConnection: close" in head:
                self._transport.close()


class _Server:
    def __init__(self, site: Site, delay: float) -> None:
        self._reply = site.open()
        self.delay = delay
        self.seen = Seen()

    def reply(self, head: bytes, address: str) -> bytes:
        target = head.split(b" ", 2)[1]
        lowered = head.lower()
        start = lowered.find(b"\r\nhost:") + 7
        host = head[start : (lowered + b"\r\n").find(b"\r\n", start)].strip()
        found = self._reply(host, target)
        seen = self.seen
        seen.last = time.monotonic()
        seen.first = seen.first or seen.last
        if found.startswith(b"HTTP/1.1 200"):
            seen.pages += 1
            seen.targets[host + target] += 1
        else:
            seen.others += 1
        if self.delay:
            page, name = found.startswith(b"HTTP/1.1 200"), host.decode("latin-1")
            seen.visits.append(Visit(address, name, target.decode("latin-1"), page, seen.last, seen.last + self.delay))
        return found


def _main(pipe: Connection, site: Site, addresses: Sequence[str], delay: float, names: Mapping[str, str]) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = _Server(site, delay)
        name_server = NameServer(Names({name: [("A", address)] for name, address in names.items()}), addresses[0])
        await name_server.start()
        sockets = _one_port(addresses)
        for opened in sockets:
            await loop.create_server(lambda: _Talk(server), sock=opened)
        stopped = asyncio.Event()

        def asked() -> None:
            try:
                word = pipe.recv()
            except EOFError:
                word = "stop"
            if word == "count":
                pipe.send(server.seen.pages)
            elif word == "take":
                pipe.send(server.seen)
                server.seen = Seen()
            else:
                stopped.set()

        loop.add_reader(pipe.fileno(), asked)
        pipe.send((sockets[0].getsockname()[1], f"{name_server.address}:{name_server.port}"))
        await stopped.wait()

    asyncio.run(main())


def _one_port(addresses: Sequence[str]) -> list[socket.socket]:
    """Listening sockets on one port that the system chose and that is free on every address."""
    for _ in range(50):
        opened: list[socket.socket] = []
        try:
            for address in addresses:
                port = opened[0].getsockname()[1] if opened else 0
                opened.append(socket.create_server((address, port), backlog=256))
        except OSError:
            for one in opened:
                one.close()
            continue
        return opened
    raise OSError("no port that is free on every address")


class Served:
    """A running server: ``hosts`` are "name:port" or "address:port"; ``nameserver`` knows the names."""

    def __init__(self, pipe: Connection, hosts: Sequence[str]) -> None:
        self._pipe = pipe
        self.port: int
        self.nameserver: str
        self.port, self.nameserver = pipe.recv()
        self.hosts = [f"{host}:{self.port}" for host in hosts]

    def count(self) -> int:
        """Pages answered since the last ``take``."""
        self._pipe.send("count")
        return int(self._pipe.recv())

    def take(self) -> Seen:
        """What was seen since the last ``take``; counting begins anew."""
        self._pipe.send("take")
        seen: Seen = self._pipe.recv()
        return seen


@contextmanager
def serving(
    site: Site, hosts: int = 1, *, delay: float = 0.0, names: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Serve ``site`` until the block ends: on so many addresses of 127.77.0.0/16, or on those of ``names``.

    ``names``: host name → address. ``delay``: seconds before each answer.
    """
    addresses = [f"127.77.{200 + number // 200}.{1 + number % 200}" for number in range(hosts)]
    if names:
        addresses = sorted(set(names.values()))
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_main, args=(there, site, addresses, delay, dict(names or {})), daemon=True)
    process.start()
    there.close()
    try:
        yield Served(here, list(names or addresses))
    finally:
        here.close()
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()
