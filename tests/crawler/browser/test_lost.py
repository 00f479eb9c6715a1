"""The browser may die, or not be there at all: the crawl goes on."""

import asyncio
import os
import stat
from pathlib import Path

import psutil
import pytest

from tests.crawler.browser.rendering import render
from tests.crawler.download.raw_server import page, serving_raw

NETWORK = "127.77.0.0/16"


@pytest.mark.parametrize("victim", ["chromium", "node"])
async def test_a_killed_browser_is_started_anew_and_the_page_is_seen_again(victim: str) -> None:
    asked = asyncio.Event()

    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        if not asked.is_set():
            asked.set()
            await asyncio.sleep(30)
        writer.write(page(b"<!doctype html><body>trang"))

    async def kill(process: asyncio.subprocess.Process) -> None:
        await asked.wait()
        family = psutil.Process(process.pid).children(recursive=True)
        browsers = [each for each in family if "chromium" in each.name() and "--type=" not in " ".join(each.cmdline())]
        assert browsers
        if os.geteuid() == 0:
            assert all(each.uids().real == 65534 for each in browsers), "never as root"
            assert not any("--no-sandbox" in each.cmdline() for each in browsers)
        for each in family:
            if each in browsers if victim == "chromium" else victim in each.name():
                each.kill()

    async with serving_raw(answer) as server:
        found = await render(
            [server.url("/")],
            meanwhile=kill,
            TRIES=2,
            RASOAT_ALLOWED_NETWORKS=NETWORK,
            RASOAT_WEB_PORTS=str(server.port),
        )
    assert "trang" in found[server.url("/")].body, found[server.url("/")]
    assert found.stats["browser/lost"] == 1
    assert found.stats["browser/launches"] == 2
    assert found.left == 0


async def test_without_a_browser_it_is_said_once() -> None:
    found = await render(
        ["http://127.77.0.1/a", "http://127.77.0.1/b"],
        RASOAT_BROWSER="no-such-program",
        RASOAT_ALLOWED_NETWORKS=NETWORK,
    )
    assert {seen.error[0] for seen in found.answers.values()} == {"BrowserMissing"}
    assert "IgnoreRequest" in found["http://127.77.0.1/a"].error
    assert found.log.count("RASOAT_BROWSER") == 1


async def test_a_browser_without_a_sandbox_is_not_started(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho 'FATAL: No usable sandbox! If you are running' >&2\nexit 1\n")
    program.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if os.geteuid() == 0 and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    found = await render(["http://127.77.0.1/a"], RASOAT_BROWSER=str(program), RASOAT_ALLOWED_NETWORKS=NETWORK)
    assert found["http://127.77.0.1/a"].error[0] == "BrowserMissing"
    assert "RASOAT_BROWSER_NO_SANDBOX=1" in found.log
