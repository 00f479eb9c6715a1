"""What the browser sees of a page that a plain fetch does not."""

import asyncio
from pathlib import Path

from tests.crawler.browser.rendering import Renders, render
from tests.crawler.dns.certificates import Authority
from tests.crawler.dns.name_server import NameServer, serving
from tests.crawler.download.raw_server import RawServer, page, serving_raw

NETWORK = "127.77.0.0/16"
PAGES: dict[str, bytes] = {
    "/plain": b"<!doctype html><html lang=vi><title>Truong</title><body><h1>Xin chao</h1><p>Lich hoc</p></body>",
    "/written": b"<body><script>document.write('<p>nha cai uy tin</p>')</script></body>",
    "/late": b"<body><script>setTimeout(() => document.body.append('ca cuoc bong da'), 9000)</script></body>",
    "/json": b"<body><div id=a></div><script>fetch('/data').then(r => r.text()).then(t => a.innerHTML = t)</script>",
    "/data": b"<p>no hu doi thuong</p>",
    "/shadow": b"<body><div id=h><b slot=x>light</b></div><script>const r = h.attachShadow({mode: 'closed'});"
    b"r.innerHTML = '<p>tai xiu <slot name=x></slot></p>'</script></body>",
    "/frame": b"<body><main><iframe src=/inner></iframe></main><iframe style='display:none' src=/inner2></iframe>",
    "/inner": b"<p>trong khung</p>",
    "/inner2": b"<p>khung an</p>",
}


async def answer(path: str, writer: asyncio.StreamWriter) -> None:
    body = PAGES.get(path.partition("?")[0])
    writer.write(page(body or b"none", "text/html; charset=utf-8", status="200 OK" if body else "404 Not Found"))


async def seen(*paths: str, **settings: object) -> tuple[Renders, RawServer]:
    async with serving_raw(answer) as server:
        urls = [server.url(path) for path in paths]
        found = await render(urls, RASOAT_ALLOWED_NETWORKS=NETWORK, RASOAT_WEB_PORTS=str(server.port), **settings)
        return found, server


async def test_scripts_frames_and_shadow_trees_are_in_the_document() -> None:
    paths = [path for path in PAGES if path not in ("/data", "/inner", "/inner2")]
    found, server = await seen(*paths, "/none")
    texts = {path: found[server.url(path)].body for path in [*paths, "/none"]}
    assert "Lich hoc" in texts["/plain"], found.log
    assert "nha cai uy tin" in texts["/written"]
    assert "ca cuoc bong da" in texts["/late"]
    assert "no hu doi thuong" in texts["/json"]
    assert "tai xiu" in texts["/shadow"]
    assert "light" in texts["/shadow"]
    assert '<section class="rasoat-frame"><p>trong khung</p>' in texts["/frame"]
    assert "khung an" in texts["/frame"]
    assert found[server.url("/none")].status == 404
    assert {found[server.url(path)].rendered.state for path in paths} == {"settled"}
    assert found.left == 0
    assert found[server.url("/written")].rendered.raw == PAGES["/written"]
    edge = next(each for each in found[server.url("/json")].rendered.edges if each.url.endswith("/data"))
    assert (edge.kind, edge.status, edge.initiator) == ("fetch", 200, server.url("/json"))


async def test_https_with_any_certificate_goes_through_the_tunnel(tmp_path: Path) -> None:
    names = NameServer({"truong.test A": ["9 127.77.0.1"], "none.test A": []})
    async with serving_raw(answer, tls=Authority.make(tmp_path).self_signed()) as server, serving(names):
        url, missing = server.url("/json", "truong.test", "https"), server.url("/", "none.test", "https")
        found = await render(
            [url, missing],
            RASOAT_ALLOWED_NETWORKS=NETWORK,
            RASOAT_WEB_PORTS=str(server.port),
            RASOAT_NAMESERVERS=names.text,
        )
    assert "no hu doi thuong" in found[url].body, (found[url], found.log)
    assert found[url].rendered.raw == PAGES["/json"]
    assert "CannotResolveHostError" in found[missing].error
    assert {"Host: truong.test", "Accept-Language: vi-VN"} <= {
        line.partition(",")[0].partition(":" + str(server.port))[0]
        for line in server.requests[0].decode().split("\r\n")
    }
