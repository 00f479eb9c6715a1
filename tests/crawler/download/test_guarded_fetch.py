"""Nothing the guard forbids is ever connected to: canaries on loopback must stay unvisited."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.crawler.dns.name_server import NameServer, serving
from tests.crawler.download.fetching import Crawl, crawl
from tests.crawler.download.raw_server import RawServer, page, serving_raw

ALLOWED = "127.77.0.0/16"


async def hello(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(page(b"<p>xin ch\xc3\xa0o</p>"))


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with serving_raw(hello) as running:
        yield running


@pytest.fixture
async def canary(server: RawServer) -> AsyncIterator[RawServer]:
    """On the same port as the server, at an address that is not allowed."""
    async with serving_raw(hello, "127.66.0.1", port=server.port) as running:
        yield running


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    async with serving(NameServer()) as running:
        yield running


async def run(urls: list[str], server: RawServer, names: NameServer, **settings: object) -> Crawl:
    return await crawl(
        urls,
        RASOAT_ALLOWED_NETWORKS=ALLOWED,
        RASOAT_WEB_PORTS=str(server.port),
        RASOAT_NAMESERVERS=names.text,
        **settings,
    )


async def test_allowed_server_is_reached_by_name_and_by_any_spelling_of_its_address(
    server: RawServer, names: NameServer
) -> None:
    names.records = {"truong.test A": ["300 127.77.0.1"], "ten_gach.test A": ["300 127.77.0.1"]}
    hosts = ["truong.test", "TRUONG.test", "ten_gach.test", "127.77.0.1", "127.77.1", "2135752705", "0x7f4d0001"]
    urls = [server.url(host=host) for host in hosts]
    got = await run(urls, server, names)
    assert {url: got[url].status for url in urls} == dict.fromkeys(urls, 200), got.log
    assert got[urls[0]].ip == "127.77.0.1"
    assert not any(key.startswith("guard/refused") for key in got.stats)


async def test_canary_stays_unvisited_whatever_names_it(
    server: RawServer, canary: RawServer, names: NameServer
) -> None:
    names.records = {
        "lua.test A": ["300 127.66.0.1"],
        "lua6.test AAAA": ["300 ::ffff:127.66.0.1"],
        "nat64.test AAAA": ["300 64:ff9b::127.66.0.1"],
        "bidanh.test CNAME": ["300 lua.test."],
        "localhost A": ["300 127.66.0.1"],
    }
    expected = {
        "lua.test": "loopback",
        "lua6.test": "loopback_in_mapped",
        "nat64.test": "loopback_in_nat64",
        "bidanh.test": "loopback",
        "localhost": "loopback",
        "127.66.0.1": "loopback",
        "127.66.1": "loopback",
        "2135031809": "loopback",
        "0x7f.0x42.1": "loopback",
        "[::ffff:127.66.0.1]": "loopback_in_mapped",
        "[::ffff:7f42:1]": "loopback_in_mapped",
        "[::1]": "loopback",
        "0": "this_network",
    }
    urls = {host: server.url(host=host) for host in expected}
    got = await run(list(urls.values()), server, names)
    for host, url in urls.items():
        assert "ForbiddenAddress" in got[url].error, (host, got[url])
        assert f"({expected[host]})" in got[url].message
    assert canary.connections == 0
    assert server.connections == 0
    assert got.stats["guard/refused"] == len(urls)
    assert got.stats["guard/refused/loopback_in_mapped"] == 3


async def test_name_with_one_forbidden_address_is_reached_at_the_other(
    server: RawServer, canary: RawServer, names: NameServer
) -> None:
    names.records = {"hai.test A": ["300 127.66.0.1", "300 127.77.0.1"]}
    url = server.url(host="hai.test")
    got = await run([url], server, names)
    assert got[url].ip == "127.77.0.1"
    assert canary.connections == 0
    assert got.stats["guard/address_dropped/loopback"] == 1


async def test_redirect_to_a_canary_is_refused_even_when_scrapy_follows_it(
    canary: RawServer, names: NameServer
) -> None:
    async def redirect(path: str, writer: asyncio.StreamWriter) -> None:
        target = f"http://{path.removeprefix('/to/')}:{canary.port}/"
        writer.write(page(b"", "text/html", f"Location: {target}", status="302 Found"))

    names.records = {"lua.test A": ["300 127.66.0.1"]}
    async with serving_raw(redirect, "127.77.0.2", port=canary.port) as server:
        urls = [server.url(f"/to/{host}") for host in ("127.66.0.1", "lua.test", "127.66.1")]
        got = await run(urls, server, names, REDIRECT_ENABLED=True)
    assert canary.connections == 0
    for url in urls:
        assert "ForbiddenAddress" in got[url].error


async def test_other_schemes_ports_and_proxies_do_not_exist(
    server: RawServer, canary: RawServer, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", canary.url())
    monkeypatch.setenv("https_proxy", canary.url())
    wrong = ["file:///etc/hostname", "data:text/html,x", "ftp://127.77.0.1/x", "s3://bucket/key"]
    ports = [f"http://127.77.0.1:{port}/" for port in (22, 80, 6379)]
    good = server.url()
    got = await run([*wrong, *ports, good], server, names)
    for url in (*wrong, *ports):
        assert "ForbiddenAddress" in got[url].error, got[url]
        assert got[url].body == b""
    assert got.stats["guard/refused/scheme"] == len(wrong)
    assert got.stats["guard/refused/port"] == len(ports)
    assert got[good].status == 200
    assert canary.connections == 0


async def test_proxy_named_by_a_request_is_refused(server: RawServer, canary: RawServer, names: NameServer) -> None:
    got = await run([server.url()], server, names, META={"proxy": canary.url()})
    assert "ForbiddenAddress" in got[server.url()].error
    assert server.connections == canary.connections == 0


async def test_without_the_middleware_the_handler_still_refuses(
    server: RawServer, canary: RawServer, names: NameServer
) -> None:
    urls = [canary.url(), server.url(host="[::ffff:127.66.0.1]"), f"http://127.77.0.1:{server.port + 1}/"]
    got = await run(urls, server, names, DOWNLOADER_MIDDLEWARES={})
    for url in urls:
        assert "ForbiddenAddress" in got[url].error, got[url]
    assert canary.connections == 0
    assert got.stats["download/forbidden"] == 3


async def test_scrapys_own_handler_is_held_back_by_the_reactors_resolver(
    server: RawServer, canary: RawServer, names: NameServer
) -> None:
    names.records = {"lua.test A": ["300 127.66.0.1"], "truong.test A": ["300 127.77.0.1"]}
    good = server.url(host="truong.test")
    hosts = ("lua.test", "127.66.0.1", "127.66.1", "2135031809", "[::ffff:127.66.0.1]", "localhost")
    bad = [server.url(host=host) for host in hosts]
    handler = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
    got = await run([good, *bad], server, names, DOWNLOADER_MIDDLEWARES={}, DOWNLOAD_HANDLERS={"http": handler})
    assert got[good].status == 200
    assert all(got[url].error for url in bad)
    assert canary.connections == 0


async def test_refusal_no_name_and_no_connection_can_be_told_apart(server: RawServer, names: NameServer) -> None:
    names.records = {"tu-choi.test A": ["300 127.66.0.1"], "dong.test A": ["300 127.77.99.99"]}
    names.faults = {"im-lang.test": "SERVFAIL"}
    urls = [server.url(host=f"{host}.test") for host in ("tu-choi", "khong-co", "im-lang", "dong")]
    got = await run(urls, server, names)
    assert "ForbiddenAddress" in got[urls[0]].error
    assert got[urls[1]].error[0] == "NameUnresolved"
    assert "NXDOMAIN" in got[urls[1]].message
    assert got[urls[2]].error[0] == "NameUnresolved"
    assert "servfail" in got[urls[2]].message
    assert "DownloadConnectionRefusedError" in got[urls[3]].error
    assert got.stats["download/forbidden"] == 1
    assert got.stats["download/unresolved"] == 2
    assert got.stats["download/no_connection"] == 1


async def test_second_address_is_tried_when_the_first_refuses(server: RawServer, names: NameServer) -> None:
    names.records = {"hai.test A": ["300 127.77.0.0", "300 127.77.0.1"]}
    url = server.url(host="hai.test")
    got = await run([url], server, names)
    assert got[url].ip == "127.77.0.1"


async def test_many_hosts_of_one_server_never_hold_more_connections_than_requests_run(
    server: RawServer, names: NameServer
) -> None:
    names.records = {f"n{at}.test A": ["300 127.77.0.1"] for at in range(12)}
    urls = [server.url(f"/{turn}", host=f"n{at}.test") for turn in range(2) for at in range(12)]
    got = await run(urls, server, names, CONCURRENT_REQUESTS=2)
    assert all(got[url].status == 200 for url in urls)
    assert server.most <= 3, "two in flight, and one whose end the server has not seen yet"
