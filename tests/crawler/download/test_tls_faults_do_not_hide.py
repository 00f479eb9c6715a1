"""A broken certificate is a fact about a site, and no reason not to review it."""

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from tests.crawler.dns.certificates import NAME, Authority
from tests.crawler.dns.name_server import NameServer, serving
from tests.crawler.download.fetching import crawl
from tests.crawler.download.raw_server import page, serving_raw

HTML = b"<p>trang</p>"


async def answer(path: str, writer: asyncio.StreamWriter) -> None:
    if path == "/anh":
        writer.write(page(b"\x89PNG" + b"x" * 500_000, "image/png"))
    elif path == "/huge":
        writer.write(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 60_000)
    elif path != "/hangs":
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


async def test_stopped_downloads_and_hanging_handshakes_do_not_keep_connections(tmp_path: Path) -> None:
    """The last answer comes only when the others' connections are closed, while the crawl still runs."""
    reset = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        reset.set()
        writer.close()

    async def gate(path: str, writer: asyncio.StreamWriter) -> None:
        await reset.wait()
        await server.all_closed.wait()
        writer.write(page(HTML))

    authority = Authority.make(tmp_path)
    async with (
        serving_raw(answer, tls=authority.self_signed()) as server,
        serving_raw(gate, "127.77.0.3") as last,
        await asyncio.start_server(mute, "127.77.0.2", 0) as listener,
    ):
        port = listener.sockets[0].getsockname()[1]
        stopped, flood, hangs = (server.url(path, scheme="https") for path in ("/anh", "/huge", "/hangs"))
        no_handshake = f"https://127.77.0.2:{port}/"
        got = await crawl(
            [stopped, flood, hangs, no_handshake, last.url("/gate")],
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=f"{server.port},{last.port},{port}",
            DOWNLOAD_TIMEOUT=6,
            TIMEOUTS={hangs: 2, no_handshake: 2},
        )
    assert got[stopped].flags == ["download_stopped", "type_not_read"]
    assert got[stopped].ip == "127.77.0.1"
    assert "DownloadFailedError" in got[flood].error
    assert "DownloadTimeoutError" in got[hangs].error
    assert "DownloadTimeoutError" in got[no_handshake].error
    assert got[last.url("/gate")].body == HTML
