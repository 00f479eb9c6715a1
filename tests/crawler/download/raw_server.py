"""A server made of a raw socket: it sends exactly the bytes a test gives it, and counts who came."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """``port`` on ``address``; ``connections`` ever opened, ``most`` open at once, ``paths`` asked in order."""

    address: str
    port: int = 0
    connections: int = 0
    open: int = 0
    most: int = 0
    paths: list[str] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    all_closed: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "/", host: str = "", scheme: str = "http") -> str:
        return f"{scheme}://{host or self.address}:{self.port}{path}"


@asynccontextmanager
async def serving_raw(
    answer: Answer, address: str = "127.77.0.1", tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[RawServer]:
    """Serve: ``answer(path, writer)`` writes the whole answer; the connection is kept while the client keeps it."""
    server = RawServer(address)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.connections += 1
        server.open += 1
        server.most = max(server.most, server.open)
        server.all_closed.clear()
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode("latin-1")
                server.paths.append(path)
                server.requests.append(head)
                await answer(path, writer)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError, ssl.SSLError):
            pass
        finally:
            server.open -= 1
            if not server.open:
                server.all_closed.set()
            writer.close()
            with suppress(Exception, asyncio.CancelledError):
                await writer.wait_closed()
            tasks.discard(task)

    listener = await asyncio.start_server(serve, address, port, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def page(body: bytes, kind: str = "text/html", *extra: str, status: str = "200 OK") -> bytes:
    """A well-formed answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *extra]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
