"""The only way out that Chromium has: a proxy on loopback that guards every connection and knows whose it is."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from scrapy.exceptions import CannotResolveHostError

from crawler.browser import wire
from crawler.browser.lane import Lane
from crawler.dns.guard import Refused
from crawler.dns.network import Network

HEAD_SECONDS = 30.0
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 20.0
_CHUNK = 64 * 1024
_MAX_TRIES = 4  # addresses of one name
_MAX_BODY = 1024 * 1024  # of a request
_MAX_CLIENTS = 512
_ASK = wire.own_answer("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="rasoat"')
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Forwards CONNECT and absolute-form requests of known renders to addresses that the guard allows.

    The user name of a request tells its ``Lane``; who has none is asked for it (407) and gets nothing else. Names are
    resolved once, by the crawl's own resolver, and the connection goes to the address that the guard saw.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lanes: dict[str, Lane] = {}
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def address(self) -> str:
        """What a browser is told: ``http://127.0.0.1:port``."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=wire.MAX_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop, and cut everything."""
        if self._server is not None:
            self._server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def open_lane(self) -> Lane:
        """A way for one render; ``close_lane`` ends it."""
        lane = Lane()
        self._lanes[lane.key] = lane
        return lane

    def close_lane(self, lane: Lane) -> None:
        """Cut what the render still has open; its name is unknown from here on."""
        self._lanes.pop(lane.key, None)
        lane.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._clients) >= _MAX_CLIENTS:
            writer.transport.abort()
            return
        self._clients.add(task)
        try:
            await self._answer_all(reader, writer, task)
        except (wire.BadHead, OSError, TimeoutError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._clients.discard(task)
            writer.transport.abort() if task.cancelling() else writer.close()

    async def _answer_all(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]
    ) -> None:
        """Ask for the name until it is given; what then comes is the last request of this connection."""
        while True:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await wire.read_head(reader)
            if head is None:
                return
            lane = self._lane_of(head)
            if lane is not None:
                break
            writer.write(_ASK)
            await writer.drain()
            if head.length:
                return
        lane.tasks.add(task)
        try:
            await self._forward(head, lane, (reader, writer))
        finally:
            lane.tasks.discard(task)

    def _lane_of(self, head: wire.Head) -> Lane | None:
        user, password = wire.credentials(head)
        lane = self._lanes.get(user)
        return lane if lane is not None and lane.secret == password else None

    async def _forward(self, head: wire.Head, lane: Lane, client: _Streams) -> None:
        if head.first[0] == b"CONNECT":
            host, port = wire.authority(head.first[1])
            async with _Way(self._network, lane, host, port, "") as way:
                client[1].write(way.refusal or b"HTTP/1.1 200 Connection established\r\n\r\n")
                await client[1].drain()
                if way.server is not None:
                    await _both(lane, client, way.server)
            return
        url, host, port, path = wire.absolute(head.first[1])
        async with lane.turns[f"{host}:{port}"], _Way(self._network, lane, host, port, url) as way:
            if way.server is None:
                client[1].write(way.refusal)
                await client[1].drain()
            else:
                await _exchange(lane, head, path, client, way.server)


class _Way:
    """A connection to a server, or the answer that says why there is none."""

    def __init__(self, network: Network, lane: Lane, host: str, port: int, url: str) -> None:
        self._network = network
        self._lane = lane
        self._host, self._port, self._url = host, port, url
        self._entered = False
        self.server: _Streams | None = None
        self.refusal = b""

    async def __aenter__(self) -> "_Way":
        self._entered = self._lane.enter()
        if not self._entered:
            self._refuse("flood", "403 Forbidden")
            return self
        try:
            self.server = await self._connect()
        except Refused as refused:
            self._refuse(refused.reason, "403 Forbidden")
        except CannotResolveHostError:
            self._refuse("no_name", "502 Bad Gateway")
        except (OSError, TimeoutError):
            self._refuse("no_connection", "502 Bad Gateway")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._entered:
            self._lane.leave()
        if self.server is not None:
            self.server[1].transport.abort()

    async def _connect(self) -> _Streams:
        if self._url:
            self._network.check_url(self._url)
        found = (await self._network.addresses(self._host, self._port))[:_MAX_TRIES]
        for number, address in enumerate(found):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    server = await asyncio.open_connection(address, self._port, limit=4 * wire.MAX_HEAD)
            except (OSError, TimeoutError):
                if number == len(found) - 1:
                    raise
                continue
            try:
                self._network.check_peer(server[1].get_extra_info("peername")[0])
            except BaseException:
                server[1].transport.abort()
                raise
            return server
        raise OSError("no address")

    def _refuse(self, reason: str, status: str) -> None:
        self._lane.refuse(self._host, self._port, reason)
        self.refusal = wire.own_answer(status, "Connection: close")


async def _exchange(lane: Lane, head: wire.Head, path: bytes, client: _Streams, server: _Streams) -> None:
    """One request and its answer; what the browser sends after it goes nowhere."""
    server[1].write(wire.request_bytes(head, path))
    if head.length:
        if head.length > _MAX_BODY:
            return
        async with asyncio.timeout(IDLE_SECONDS):
            server[1].write(await client[0].readexactly(head.length))
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            await server[1].drain()
            answer = await wire.read_head(server[0])
            while answer is not None and answer.first[1][:1] == b"1" and answer.first[1] != b"101":
                answer = await wire.read_head(server[0])
    except (wire.BadHead, OSError, TimeoutError):
        answer = None
    if answer is None:
        client[1].write(wire.own_answer("502 Bad Gateway", "Connection: close"))
        await client[1].drain()
        return
    client[1].write(wire.answer_bytes(answer))
    if answer.first[1] == b"101":
        await _both(lane, client, server)
        return
    end = answer.length if answer.get(b"content-length") and not answer.get(b"transfer-encoding") else None
    await _first(_pipe(server[0], client[1], lane.carried, end), _gone(client[0]))


async def _both(lane: Lane, client: _Streams, server: _Streams) -> None:
    await _first(_pipe(server[0], client[1], lane.carried), _pipe(client[0], server[1], lane.carried))


async def _first(*jobs: Awaitable[None]) -> None:
    """Run until one of them has ended; the others are cut."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pipe(
    source: asyncio.StreamReader,
    sink: asyncio.StreamWriter,
    carried: Callable[[int], bool],
    end: int | None = None,
) -> None:
    """Copy until the source ends, ``end`` bytes were copied, nothing comes for a while or the lane is full."""
    left = end
    while left is None or left > 0:
        async with asyncio.timeout(IDLE_SECONDS):
            piece = await source.read(_CHUNK if left is None else min(_CHUNK, left))
            if not piece or not carried(len(piece)):
                return
            sink.write(piece)
            await sink.drain()
        left = None if left is None else left - len(piece)


async def _gone(reader: asyncio.StreamReader) -> None:
    """Wait until the browser has closed its side; bytes it sends are dropped."""
    with suppress(OSError):
        while await reader.read(_CHUNK):
            pass
