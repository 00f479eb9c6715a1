"""The browser: our renders against bare scrapy-playwright, and what 500 hostile pages in a row leave behind.

The same pages, from the same server, through the same proxy, with the same blocking, four at once, a fresh context for
every page. Bare scrapy-playwright takes the document at its load event and is done, ``idle`` waits until the network
rests, ``shared`` has one context for all pages, cookies and all; ours waits until the page is quiet, reads it with its
frames and styles, clicks where that may do something, and watches where it leads.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from tests.benchmarks.report import Report
from tests.crawler.browser.hostile import SCRIPTS, SERVED, answer
from tests.crawler.download.raw_server import page, serving_raw

ROOT = Path(__file__).parents[2]
PAGES, WARM, HOSTILE = 60, 8, 500
MODES = ("ours", "bare", "idle", "shared")
_PARAGRAPH = "<p>Thông báo lịch công tác tuần của nhà trường, phụ huynh và học sinh theo dõi.</p>"
_SCRIPT = """const menu = document.getElementById('menu');
for (let n = 0; n < 40; n++) menu.insertAdjacentHTML('beforeend', `<li><a href="/muc-${n}">Mục ${n}</a></li>`);
fetch('/data.json').then((r) => r.json()).then((all) => { news.textContent = all.join(', ') });
setInterval(() => { clock.textContent = new Date().toLocaleString() }, 1000);"""


async def _school(path: str, writer: asyncio.StreamWriter) -> None:
    """A page of a school: 12 kB, a style sheet, two scripts, a call, pictures and a frame."""
    if path == "/app.js":
        writer.write(page(_SCRIPT.encode(), "text/javascript"))
    elif path == "/lib.js":
        writer.write(page(b"window.lib = {};" + b"/* library */" * 4_000, "text/javascript"))
    elif path == "/style.css":
        writer.write(page(b"body { font: 14px sans-serif } .hidden { display: none }" * 50, "text/css"))
    elif path == "/data.json":
        writer.write(page(b'["mot", "hai"]', "application/json"))
    else:
        pictures = "".join(f"<img src=/anh-{number}.jpg>" for number in range(8))
        html = (
            f"<!doctype html><html lang=vi><title>Trang {path}</title><link rel=stylesheet href=/style.css>"
            f"<script src=/lib.js></script><ul id=menu></ul><p id=news></p><p id=clock></p>{_PARAGRAPH * 100}{pictures}"
            "<script src=/app.js></script>"
        )
        writer.write(page(html.encode(), "text/html; charset=utf-8"))


def run(options: Namespace, report: Report) -> None:
    """Throughput first, then the hostile ones."""
    asyncio.run(_speed(options, report))
    asyncio.run(_endurance(options, report))


async def _speed(options: Namespace, report: Report) -> None:
    pages = max(12, round(PAGES * options.scale))
    rates: dict[str, list[float]] = {mode: [] for mode in MODES}
    async with serving_raw(_school) as server:
        for number in range(options.rounds):
            urls = [server.url(f"/bai-{number}-{at}") for at in range(pages + WARM)]
            for mode in MODES:
                got = await _crawl(mode, urls, server.port)
                rates[mode].append(got["pages"] / got["seconds"])
    middle = {mode: statistics.median(found) for mode, found in rates.items()}
    report.table("Renders a second, four pages at once", ["", *MODES], [["median", *middle.values()]])
    report.goal("ours / bare scrapy-playwright", middle["ours"] / middle["bare"], 0.8)
    report.say(
        f"ours / idle: {middle['ours'] / middle['idle']:.2f}, ours / shared: {middle['ours'] / middle['shared']:.2f}"
    )
    report.result("render", rates=rates, pages=pages)


async def _endurance(options: Namespace, report: Report) -> None:
    count = max(len(SCRIPTS) + len(SERVED), round(HOSTILE * options.scale))
    names = [*SCRIPTS, *SERVED]
    async with serving_raw(answer) as server:
        urls = [server.url(f"/{names[at % len(names)]}?{at}") for at in range(count)]
        got = await _crawl("ours", urls, server.port, weigh=True)
    memory = got["memory"]
    part = max(1, len(memory) // 5)
    first, last = statistics.median(memory[part : 2 * part] or memory), statistics.median(memory[-part:])
    rows = [[name, number] for name, number in sorted({**got["states"], **got["stats"]}.items())]
    report.table(f"{count} hostile renders", ["", "number"], rows)
    report.goal("leaked pages and contexts", got["leaked"], 0, most=True)
    report.goal("pages without an end", count - sum(got["states"].values()), 0, most=True)
    report.goal("memory, last fifth / second fifth", last / first, 1.2, most=True)
    report.result("hostile renders", count=count, states=got["states"], leaked=got["leaked"], memory=[first, last])


async def _crawl(mode: str, urls: list[str], port: int, *, weigh: bool = False) -> dict[str, Any]:
    settings = {"RASOAT_ALLOWED_NETWORKS": "127.77.0.0/16", "RASOAT_WEB_PORTS": str(port)}
    told = {"mode": mode, "urls": urls, "settings": settings, "warm": 0 if weigh else WARM, "weigh": weigh}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.renders",
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, log = await process.communicate(json.dumps(told).encode())
    if process.returncode:
        raise RuntimeError(log.decode()[-3_000:])
    return dict(json.loads(out))
