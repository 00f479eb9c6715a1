"""A broken certificate is a fact about a site, and no reason not to review it."""

import asyncio
import select
import socket
import ssl
import threading
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from tests.crawler.dns.certificates import NAME, Authority
from tests.crawler.dns.name_server import NameServer, serving
from tests.crawler.download.fetching import crawl
from tests.crawler.download.raw_server import page, serving_raw

HTML = b"<p>trang</p>"


async def answer(path: str, writer: asyncio.StreamWriter) -> None:
    if path != "/hangs":
        writer.write(page(HTML))
    await writer.drain()


async def test_every_tls_fault_is_fetched_anyway(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    contexts = {
        "expired": authority.expired(),
        "early": authority.early(),
        "wrong-name": authority.server("khac.test"),
        "self-signed": authority.self_signed(),
        "old-protocol": authority.old_protocol(),
        "weak-key": authority.weak_key(),
    }
    async with AsyncExitStack() as stack:
        names = await stack.enter_async_context(
            serving(NameServer({f"{NAME} A": ["9 127.77.0.1"], "ten_gach.test A": ["9 127.77.0.1"]}))
        )
        servers = {
            kind: await stack.enter_async_context(serving_raw(answer, tls=context))
            for kind, context in contexts.items()
        }
        urls = {
            f"{kind} {host}": server.url("/", host, "https")
            for kind, server in servers.items()
            for host in (NAME, "ten_gach.test", "127.77.0.1")
        }
        got = await crawl(
            list(urls.values()),
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=",".join(str(server.port) for server in servers.values()),
            RASOAT_NAMESERVERS=names.text,
        )
    assert {kind: got[url].body for kind, url in urls.items()} == dict.fromkeys(urls, HTML), got.log
    assert "valid for hostname" not in got.log, "one line a page would bury the log"


class NeverCloses:
    """A TLS server that answers and then neither reads nor closes; ``gone`` when the client's TCP has ended."""

    def __init__(self, context: ssl.SSLContext, sent: bytes) -> None:
        self.gone = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._listener = socket.create_server(("127.77.0.2", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(context, sent), daemon=True)
        self._thread.start()

    def _serve(self, context: ssl.SSLContext, sent: bytes) -> None:
        with self._listener:
            raw, _ = self._listener.accept()
        with context.wrap_socket(raw, server_side=True) as session:
            session.recv(4096)
            with suppress(OSError):
                session.sendall(sent)
            watch = select.poll()
            watch.register(session, select.POLLRDHUP)
            if watch.poll(20_000):
                self._loop.call_soon_threadsafe(self.gone.set)

    async def ended(self) -> None:
        await asyncio.to_thread(self._thread.join, 30)


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9999\r\n\r\n\x89PNG",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 60_000,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n" + HTML,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"x" * 100_000,
        b"not http\r\n",
    ],
    ids=["type_not_read", "header_flood", "stalled", "too_large", "not_http"],
)
async def test_connection_is_cut_whatever_the_peer_does(tmp_path: Path, sent: bytes) -> None:
    """The last answer comes only when the hostile connection has ended, while the crawl still runs."""

    async def gate(path: str, writer: asyncio.StreamWriter) -> None:
        await hostile.gone.wait()
        writer.write(page(HTML))

    hostile = NeverCloses(Authority.make(tmp_path).self_signed(), sent)
    async with serving_raw(gate, "127.77.0.3") as last:
        got = await crawl(
            [f"https://127.77.0.2:{hostile.port}/", last.url("/gate")],
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=f"{last.port},{hostile.port}",
            DOWNLOAD_TIMEOUT=8,
            DOWNLOAD_MAXSIZE=50_000,
            TIMEOUTS={f"https://127.77.0.2:{hostile.port}/": 2},
        )
    await hostile.ended()
    assert got[last.url("/gate")].body == HTML, got.answers


async def test_hanging_server_and_hanging_handshake_end_at_the_timeout(tmp_path: Path) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with (
        serving_raw(answer, tls=Authority.make(tmp_path).self_signed()) as server,
        await asyncio.start_server(mute, "127.77.0.2", 0) as listener,
    ):
        port = listener.sockets[0].getsockname()[1]
        urls = [server.url("/hangs", scheme="https"), f"https://127.77.0.2:{port}/"]
        got = await crawl(
            urls,
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=f"{server.port},{port}",
            DOWNLOAD_TIMEOUT=2,
        )
    assert all("DownloadTimeoutError" in got[url].error for url in urls)
