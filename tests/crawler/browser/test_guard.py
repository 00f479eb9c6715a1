"""No request of any kind gets past the guard: canaries on forbidden addresses stay alone."""

import asyncio
import base64

import pytest

from crawler.browser.proxy import Proxy
from crawler.dns.guard import Guard
from crawler.dns.network import Network
from crawler.dns.resolver import Resolver
from tests.crawler.browser.rendering import render
from tests.crawler.dns.name_server import NameServer, serving
from tests.crawler.download.raw_server import page, serving_raw

NETWORK = "127.77.0.0/16"
WAYS = """
fetch('{canary}/fetch', {{mode: 'no-cors'}}).catch(() => 0);
new WebSocket('{socket}/ws');
new EventSource('{canary}/events');
navigator.sendBeacon('{canary}/beacon', 'x');
document.body.insertAdjacentHTML('beforeend', `<iframe src={canary}/frame></iframe><img src={canary}/img>
  <link rel=stylesheet href={canary}/css><link rel=preload as=script href={canary}/preload>
  <link rel=dns-prefetch href=//prefetch.test><link rel=preconnect href={canary}><iframe src=/off></iframe>
  <object data={canary}/object></object><video src={canary}/video></video>
  <form id=f action={canary}/form method=post target=x></form>`);
document.head.append(Object.assign(document.createElement('script'), {{src: '{canary}/script'}}));
document.head.append(Object.assign(document.createElement('script'), {{src: '/off'}}));
const work = `fetch('{canary}/worker').catch(() => 0);
  new WebSocket('{socket}/worker-ws'); importScripts('{canary}/imp')`;
new Worker(URL.createObjectURL(new Blob([work])));
fetch('http://localhost:{port}/name').catch(() => 0);
fetch('http://2130706433:{port}/number').catch(() => 0);
fetch('http://rebound.test:{port}/rebound').catch(() => 0);
try {{ new RTCPeerConnection({{iceServers: [{{urls: 'stun:{host}:{port}'}}]}}) }} catch {{}}
navigator.serviceWorker?.register('/sw.js').catch(() => 0);
window.open('{canary}/popup'); f.submit();
document.addEventListener('click', () => {{ location = '{canary}/click' }});
setTimeout(() => {{ location = '{canary}/late' }}, 3000);
"""


@pytest.mark.parametrize("screenshot", [False, True])
async def test_no_canary_is_ever_asked(screenshot: bool) -> None:
    async def canary(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(page(b"alert(1)"))

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/off":
            writer.write(page(b"", "text/html", f"Location: {cage.url('/redirected')}", status="302 Found"))
            return
        place = {"canary": cage.url(""), "socket": cage.url("", scheme="ws"), "port": cage.port, "host": cage.address}
        writer.write(page(f"<!doctype html><body>trang<script>{WAYS.format(**place)}</script>".encode()))

    names = NameServer({"rebound.test A": ["1 127.88.0.1"]})
    async with (
        serving_raw(canary, "127.88.0.1") as cage,
        serving_raw(canary, "127.0.0.1", port=cage.port) as home,
        serving_raw(answer) as server,
        serving(names),
    ):
        found = await render(
            [server.url("/"), server.url("/off"), cage.url("/direct")],
            order={"screenshot": screenshot},
            RASOAT_ALLOWED_NETWORKS=NETWORK,
            RASOAT_WEB_PORTS=f"{server.port},{cage.port}",
            RASOAT_NAMESERVERS=names.text,
        )
    assert (cage.connections, home.connections) == (0, 0), (cage.paths, home.paths)
    seen = found[server.url("/")]
    assert "trang" in seen.body, found.log
    refused = {edge.url.rpartition("/")[2] for edge in seen.rendered.edges if edge.refused not in ("", "not_needed")}
    assert {"fetch", "frame", "script", "css", "ws"} <= refused, seen.rendered.edges
    assert all(not landing.title and not landing.status for landing in seen.rendered.landings)
    assert any(url.endswith(("/late", "/popup")) for url in seen.causes)
    assert "Refused" in found[cage.url("/direct")].error
    assert found.left == 0
    foreign = [name for name in names.asked if not name.startswith(("localhost ", "rebound.test "))]
    assert not foreign, "Chromium asks for its vendor's hosts, or ahead of need"
    assert found[server.url("/off")].status == 302
    assert list(found[server.url("/off")].causes) == [server.url("/off")]
    assert found[server.url("/off")].rendered.landings[0].url == cage.url("/redirected")


async def ask(proxy: Proxy, request: bytes, user: str = "", password: str = "") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    extra = f"Proxy-Authorization: Basic {login}\r\n" if user else ""
    writer.write(request + extra.encode() + b"\r\n")
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_proxy_serves_known_renders_and_allowed_addresses_only() -> None:
    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(page(path.encode(), "text/plain", "Connection: keep-alive"))

    async with serving_raw(answer) as server, serving_raw(answer, "127.88.0.1") as cage:
        network = Network(Resolver.from_text("127.0.0.1:9"), Guard([NETWORK], [server.port, cage.port]))
        proxy = Proxy(network)
        await proxy.start()
        try:
            lane = proxy.open_lane()
            me = (lane.key, lane.secret)
            get = f"GET {server.url('/a?b')} HTTP/1.1\r\nHost: x\r\n".encode()
            assert b" 407 " in await ask(proxy, get)
            assert b" 407 " in await ask(proxy, get, lane.key, "guess")
            assert server.connections == 0
            got = await ask(proxy, get, *me)
            assert got.endswith(b"\r\n\r\n/a?b")
            assert b"keep-alive" not in got
            assert b"proxy-authorization" not in server.requests[0].lower()
            tunnel = f"CONNECT {server.address}:{server.port} HTTP/1.1\r\n".encode()
            assert b" 200 " in await ask(proxy, tunnel, *me)
            for bad in (
                f"GET {cage.url('/x')} HTTP/1.1\r\n",
                f"CONNECT {cage.address}:{cage.port} HTTP/1.1\r\n",
                f"CONNECT 127.0.0.1:{proxy.port} HTTP/1.1\r\n",
                f"CONNECT [::ffff:127.88.0.1]:{cage.port} HTTP/1.1\r\n",
                "GET ftp://127.77.0.1/ HTTP/1.1\r\n",
            ):
                assert b" 403 " in await ask(proxy, bad.encode(), *me), bad
            for bad in (
                "GET / HTTP/1.1\r\n",
                "nonsense\r\n",
                "CONNECT a:b:c HTTP/1.1\r\n",
                "GET http://u@h/ HTTP/1.1\r\n",
            ):
                assert await ask(proxy, bad.encode(), *me) == b"", bad
            assert cage.connections == 0
            assert lane.refused[f"{cage.address}:{cage.port}"] == "loopback"
            proxy.close_lane(lane)
            assert b" 407 " in await ask(proxy, get, *me)
        finally:
            await proxy.close()
