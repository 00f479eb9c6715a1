"""Kept-open connections are cut after a while, and used again before that."""

import asyncio

from tests.crawler.download.fetching import crawl
from tests.crawler.download.raw_server import page, serving_raw


async def test_connection_is_used_again_and_cut_when_it_idles() -> None:
    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(page(b"<p>xin</p>"))

    async def gate(path: str, writer: asyncio.StreamWriter) -> None:
        await server.all_closed.wait()  # the client's doing: the server keeps connections
        writer.write(page(b"<p>xin</p>"))

    async with serving_raw(answer) as server, serving_raw(gate, "127.77.0.2") as last:
        urls = [*(server.url(f"/{at}") for at in range(5)), last.url()]
        got = await crawl(
            urls,
            RASOAT_ALLOWED_NETWORKS="127.77.0.0/16",
            RASOAT_WEB_PORTS=f"{server.port},{last.port}",
            CONCURRENT_REQUESTS=1,
            IDLE_SECONDS=1,
        )
        assert len(server.paths) == 5
        assert server.connections <= 2, "one, or two when Scrapy took the gate in between"
        assert all(got[url].status == 200 for url in urls)
