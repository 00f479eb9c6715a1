"""Where pages lead: redirects by scripts, delays, clicks and windows, followed once and only off the site."""

import asyncio

import pytest

from tests.crawler.browser.rendering import render
from tests.crawler.download.raw_server import page, serving_raw

NETWORK = "127.77.0.0/16"
BAD = b"<!doctype html><html lang=vi><title>Nha cai 88</title><script>location.href='/further'</script>Cuoc ngay"
WAYS = {
    "/load": ("location.href = '{bad}'", "load"),
    "/late": ("setTimeout(() => location.replace('{bad}'), 10000)", "delay"),
    "/countdown": ("let n = 8; setInterval(() => {{ if (!--n) location = '{bad}' }}, 1000)", "delay"),
    "/click": ("document.addEventListener('click', () => location.assign('{bad}'))", "click"),
    "/touch": ("document.addEventListener('touchstart', () => location.assign('{bad}'))", "click"),
    "/popup": ("document.addEventListener('click', () => window.open('{bad}'))", "popup"),
    "/popunder": ("window.open('{bad}')", "popup"),
    "/blank": ("const w = window.open(); w.location = '{bad}'", "popup"),
    "/waits": (
        "const t = Date.now(); setTimeout(() => {{ if (Date.now() - t > 4900) location = '{bad}' }}, 5000)",
        "delay",
    ),
}


@pytest.mark.parametrize("mobile", [False, True])
async def test_every_way_off_the_site_is_found_and_followed_once(mobile: bool) -> None:
    async def bad(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(page(BAD, "text/html; charset=utf-8"))

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        script = WAYS[path][0].format(bad=target.url(f"{path}-end"))
        writer.write(page(f"<body><p>Trang truong<script>{script}</script>".encode(), "text/html; charset=utf-8"))

    async with serving_raw(bad, "127.77.0.9") as target, serving_raw(answer) as server:
        urls = [server.url(path) for path in WAYS]
        ports = f"{server.port},{target.port}"
        order = {"mobile": mobile}
        found = await render(urls, order=order, RASOAT_ALLOWED_NETWORKS=NETWORK, RASOAT_WEB_PORTS=ports)
        for path, (_, cause) in WAYS.items():
            seen = found[server.url(path)]
            assert seen.causes == {target.url(f"{path}-end"): cause}, (path, seen)
            assert "Trang truong" in seen.body
            (landing,) = seen.rendered.landings
            assert (landing.status, landing.title, landing.lang) == (200, "Nha cai 88", "vi"), path
            assert b"Cuoc ngay" in landing.body
        assert "/further" not in target.paths
        assert sorted(target.paths) == sorted(f"{path}-end" for path in WAYS)
    assert found.left == 0


async def test_redirects_of_the_server_and_reloads() -> None:
    async def bad(path: str, writer: asyncio.StreamWriter) -> None:
        number = int(path[2:] or 0)
        if number:
            writer.write(page(b"", "text/html", f"Location: /r{number - 1}", status="302 Found"))
        else:
            writer.write(page(BAD))

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        if path.startswith("/off"):
            writer.write(page(b"", "text/html", f"Location: {target.url('/r' + path[4:])}", status="302 Found"))
        elif path == "/own":
            writer.write(page(b"", "text/html", "Location: /there", status="301 Moved"))
        elif path == "/cookie" and b"seen=1" not in server.requests[-1]:
            writer.write(page(b"<script>document.cookie = 'seen=1'; location.reload()</script>wait"))
        elif path == "/loop":
            writer.write(page(b"<body>loop<script>location.reload()</script>"))
        elif path == "/moves":
            writer.write(page(b"<body>stub<script>location = '/elsewhere'</script>"))
        else:
            writer.write(page(b"<body>content"))

    async with serving_raw(bad, "127.77.0.9") as target, serving_raw(answer) as server:
        paths = ["/off3", "/off15", "/own", "/cookie", "/loop", "/moves"]
        ports = f"{server.port},{target.port}"
        found = await render(
            [server.url(path) for path in paths], RASOAT_ALLOWED_NETWORKS=NETWORK, RASOAT_WEB_PORTS=ports
        )
        seen = {path: found[server.url(path)] for path in paths}
        landing = seen["/off3"].rendered.landings[0]
        assert seen["/off3"].status == 302
        assert seen["/off3"].body == ""
        assert [url.rpartition("/")[2] for url in landing.chain] == ["off3", "r3", "r2", "r1", "r0"]
        assert landing.title == "Nha cai 88"
        assert not seen["/off15"].rendered.landings[0].title
        assert seen["/own"].final == server.url("/there")
        assert "content" in seen["/own"].body
        assert "content" in seen["/cookie"].body
        assert "loop" in seen["/loop"].body
        assert server.paths.count("/loop") == 3
        assert "stub" in seen["/moves"].body
        assert seen["/moves"].causes == {server.url("/elsewhere"): "load"}
        assert "/elsewhere" not in server.paths
