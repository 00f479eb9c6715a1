"""Pages that mean harm: each ends in a state, leaves nothing open, and sends nothing that was not asked of it."""

from tests.crawler.browser.hostile import SCRIPTS, SERVED, answer
from tests.crawler.browser.rendering import render
from tests.crawler.download.raw_server import serving_raw

STATES = ("settled", "timeout", "crashed", "cut")
WITHOUT_DOCUMENT = ("bounce", "download", "never", "pdf")


async def test_every_hostile_page_ends_and_leaves_nothing_open() -> None:
    names = [*SCRIPTS, *SERVED]
    async with serving_raw(answer) as server:
        urls = [server.url(f"/{name}") for name in names]
        network, ports = "127.77.0.0/16", str(server.port)
        found = await render(urls, limit=300, RASOAT_ALLOWED_NETWORKS=network, RASOAT_WEB_PORTS=ports)
    seen = {name: found[server.url(f"/{name}")] for name in names}
    told = {name: (one.rendered.state, one.rendered.counts, len(one.body), one.message) for name, one in seen.items()}
    assert found.left == 0
    assert all(one.rendered.state in STATES for one in seen.values()), told
    lost = [name for name, one in seen.items() if one.error and name != "never"]
    assert len(lost) <= 2, (told, found.stats)  # a page may take a neighbour along; the crawl asks again
    quick = ("alerts", "prints", "leave", "worker", "rtc", "asks", "form", "slow", "saves", "refresh")
    assert all("<" in seen[name].body for name in quick if name not in lost), told
    assert seen["rtc"].rendered.state != "settled" or "<title>undefined" in seen["rtc"].body
    assert seen["alerts"].rendered.counts["dialog"] > 10
    assert seen["prints"].rendered.counts["print"] > 10
    assert seen["download"].rendered.counts["download"] == 1
    assert not any(seen[name].body for name in WITHOUT_DOCUMENT), told
    assert "/login" not in server.paths
    assert "/sw.js" not in server.paths
    assert len(server.paths) < 2_000
