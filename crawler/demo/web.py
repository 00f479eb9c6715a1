"""The province's web servers: one small HTTP/1.1 server, bound to every address of the province on one port."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import responses
from urllib.parse import unquote

from crawler.demo.model import NOON, PORT, Answer, Host, Reply, Request
from crawler.demo.tls import BothListener, self_signed

HEAD_LIMIT = 64 * 1024
IDLE = 30.0  # seconds a kept connection may wait


@dataclass(slots=True)
class Visit:
    """One request in a server's log; times are ``time.monotonic()`` at its arrival and at the end of its answer."""

    host: str
    target: str
    start: float
    end: float
    status: int
    method: str
    agent: str
    cookie: str = ""
    referer: str = ""


@dataclass(slots=True)
class Connection:
    """One connection in a server's log; ``closed`` is 0 while it is open."""

    opened: float
    closed: float = 0.0


class WebServer:
    """Serves hosts by name on their addresses and writes down every connection and request by address.

    ``hour`` is the clock of all its hosts; whoever wants another time sets it.
    """

    def __init__(self, hosts: Iterable[Host], extra: Iterable[str] = ()) -> None:
        self.hosts = {host.name.lower(): host for host in hosts}
        listening = {host.address for host in self.hosts.values() if host.address and host.listening}
        self.addresses = sorted(listening | set(extra))
        self.port = 0
        self.log: dict[str, list[Visit]] = {address: [] for address in self.addresses}
        self.connections: dict[str, list[Connection]] = {address: [] for address in self.addresses}
        self.visits: Counter[str] = Counter()
        self.hour = NOON
        self._asked: Counter[tuple[str, str, str]] = Counter()
        self._servers: dict[str, asyncio.Server | BothListener] = {}
        self._talks: dict[asyncio.Task[None], str] = {}

    async def start(self) -> None:
        secure: dict[str, list[str]] = {}
        for host in self.hosts.values():
            if host.tls:
                secure.setdefault(host.address, []).append(host.name)
        for address, found in zip(self.addresses, _one_port(self.addresses), strict=True):
            self.port = found.getsockname()[1]
            if address in secure:
                both = BothListener(found, self_signed(secure[address]), self._connected, HEAD_LIMIT)
                both.start()
                self._servers[address] = both
            else:
                self._servers[address] = await asyncio.start_server(self._connected, sock=found, limit=HEAD_LIMIT)

    async def stop(self) -> None:
        for server in self._servers.values():
            server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        for server in self._servers.values():
            await server.wait_closed()
        await asyncio.sleep(0)  # lets the transports report their close

    def _die(self, address: str) -> None:
        """Nothing answers at an address any more: later connections are refused, open ones break off."""
        self._servers[address].close()
        for talk, place in list(self._talks.items()):
            if place == address:
                talk.cancel()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._talks[talk] = writer.get_extra_info("sockname")[0]
        talk.add_done_callback(lambda done: self._talks.pop(done, None))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        connection = Connection(time.monotonic())
        self.connections[address].append(connection)
        try:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while await self._one(address, reader, writer):
                    pass
                writer.close()
                await writer.wait_closed()
        finally:
            connection.closed = time.monotonic()
            writer.transport.abort()

    async def _one(self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE)
        start = time.monotonic()
        client = writer.get_extra_info("peername")[0]
        request = self._read(head, client, writer.get_extra_info("ssl_object") is not None)
        if request is None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        host = self._host(request.host, address)
        told = [request.headers.get(name, "") for name in ("user-agent", "cookie", "referer")]
        visit = Visit(request.host, request.target, start, 0.0, 0, request.method, *told)
        self.log[address].append(visit)
        try:
            reply = answer(host, request)
            visit.status = reply.status
            return await _send(writer, host, request, reply)
        finally:
            visit.end = time.monotonic()
            if request.visit == host.lives:
                self._die(address)

    def _host(self, name: str, address: str) -> Host:
        """The host of that name, or of all names below one, when it lives at the address; else one without pages."""
        host = self.hosts.get(name) or self.hosts.get(f"*.{name.partition('.')[2]}")
        return host if host is not None and host.address == address else Host(name, address)

    def _read(self, head: bytes, client: str, secure: bool) -> Request | None:
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = first.split(" ")
        if len(parts) != 3:
            return None
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        name = headers.get("host", "").rsplit(":", 1)[0].lower()
        target = parts[1]
        if target.startswith(("http://", "https://")):  # the form that proxies get
            target = "/" + target.split("/", 3)[3] if target.count("/") > 2 else "/"
        self.visits[name] += 1
        place = (client, name, target)
        self._asked[place] += parts[0] == "GET"
        return Request(
            parts[0], name, target, headers, self.port, self.visits[name], secure, self._asked[place], self.hour
        )


def answer(host: Host, request: Request) -> Reply:
    """What ``host`` says to ``request``; 404 where it knows nothing, 405 to all but GET and HEAD."""
    if request.method not in ("GET", "HEAD"):
        return Reply("", 405)
    found: Answer | None = None
    for key in (request.target, unquote(request.target), request.path, unquote(request.path)):
        if key in host.pages:
            found = host.pages[key]
            break
    reply = _reply(found, request)
    if reply is None and host.fallback is not None:
        reply = _reply(host.fallback, request)
    reply = reply or Reply("<!doctype html><title>404</title><h1>Không tìm thấy trang</h1>", 404)
    return host.wrap(request, reply) if host.wrap is not None else reply


def _reply(found: Answer | None, request: Request) -> Reply | None:
    if callable(found):
        found = found(request)
    if found is None or isinstance(found, Reply):
        return found
    if isinstance(found, tuple):
        status, headers, body = found
        return Reply(body, status, list(headers.items()))
    return Reply(found)


async def _send(writer: asyncio.StreamWriter, host: Host, request: Request, reply: Reply) -> bool:
    delay = host.delay + reply.delay
    if delay:
        await asyncio.sleep(delay)
    if reply.stream is not None:
        await reply.stream(writer)
        return False
    port = str(request.port)
    body = reply.body if isinstance(reply.body, bytes) else reply.body.replace(PORT, port).encode()
    headers = [(name, value.replace(PORT, port)) for name, value in reply.headers]
    given = {name.lower() for name, _ in headers}
    if host.gzip and len(body) > 500 and "content-encoding" not in given and "gzip" in _accepted(request.headers):
        body = gzip.compress(body, 1, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    if "content-type" not in given:
        headers.append(("Content-Type", "text/html; charset=utf-8"))
    keep = request.headers.get("connection", "").lower() != "close" and reply.length is None
    headers.append(("Content-Length", str(len(body) if reply.length is None else reply.length)))
    headers.append(("Connection", "keep-alive" if keep else "close"))
    phrase = responses.get(reply.status, "Unknown")
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers), "", ""]
    writer.write("\r\n".join(lines).encode("utf-8") + (b"" if request.method == "HEAD" else body))
    await writer.drain()
    return keep


def _accepted(headers: Mapping[str, str]) -> str:
    return headers.get("accept-encoding", "").lower()


def _one_port(addresses: list[str]) -> list[socket.socket]:
    """A listening socket on each address, all on one port that the system chose."""
    for _ in range(50):  # the port that is free on the first address may be taken on another
        opened: list[socket.socket] = []
        try:
            port = 0
            for address in addresses:
                opened.append(socket.create_server((address, port), backlog=128))
                port = opened[0].getsockname()[1]
        except OSError:
            for one in opened:
                one.close()
            continue
        return opened
    raise OSError("no port that is free on every address of the province")
