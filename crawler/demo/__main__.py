"""Serve the demo province in a process of its own: ``python -m crawler.demo``.

One JSON line on standard output says that it is up: ``nameserver``, ``port``, ``environment``, ``units``, ``hosts``,
``pages``. It stops on SIGTERM, SIGINT or the end of standard input, and says in a second line what it saw:
``canary`` (connections that should not be), ``cookies`` (how many were sent back), ``visits`` by server address,
``peak`` (connections at once) by address.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.demo.province import SEED, Province
from crawler.demo.running import Running, serve
from crawler.demo.web import Connection, Visit
from crawler.demo.wilderness import wilderness


def peak(connections: list[Connection]) -> int:
    """The most connections that were open at once."""
    changes = [(one.opened, 1) for one in connections] + [(one.closed, -1) for one in connections if one.closed]
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def kept(log: list[Visit]) -> int:
    """How many requests brought back a cookie, but for what a browser asks on behalf of a page that it has open."""
    found, last = 0, ("", "")
    for visit in log:
        place = (visit.host, visit.target)
        inside = place == last or urlsplit(visit.referer).hostname == visit.host
        found += bool(visit.cookie) and not inside
        last = place
    return found


def ready(running: Running) -> dict[str, Any]:
    province = running.province
    return {
        "nameserver": running.nameserver,
        "port": running.port,
        "environment": running.environment(),
        "units": len(province.units),
        "hosts": len(province.truth.hosts),
        "pages": sum(len(pages.stored) for pages in province.truth.pages.values()),
    }


def seen(running: Running) -> dict[str, Any]:
    return {
        "canary": len(running.hits),
        "cookies": sum(kept(log) for log in running.log.values()),
        "visits": {address: len(log) for address, log in running.log.items() if log},
        "peak": {address: peak(opened) for address, opened in running.connections.items() if opened},
    }


async def run(province: Province, register: str, truth: str, watch: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    wild = wilderness(province)
    async with serve(province, wild) as running:
        if register:
            running.register_csv(register)
        if truth:
            found = {"finds": [asdict(find) for find in wild.truth]}
            text = json.dumps(running.truth() | found, ensure_ascii=False, indent=1)
            await asyncio.to_thread(Path(truth).write_text, text, "utf-8")
        _say(ready(running))
        if watch:
            _until_end(stop)
        await stop.wait()
        _say(seen(running))


def _until_end(stop: asyncio.Event) -> None:
    """Set ``stop`` at the end of standard input, whatever kind of file it is."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):  # not sys.stdin: its lock would be held when the interpreter ends
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, daemon=True).start()


def _say(facts: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the one who listened is gone
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m crawler.demo", description="Serve the demo province.")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=float, default=1.0, help="times the articles of each site")
    parser.add_argument("--register", default="", metavar="FILE", help="write the register to FILE (CSV)")
    parser.add_argument("--truth", default="", metavar="FILE", help="write the planted truth to FILE (JSON)")
    parser.add_argument("--alike", action="store_true", help="only schools that show everybody the same")
    parser.add_argument("--stay", action="store_true", help="do not stop at the end of standard input")
    given = parser.parse_args(arguments)
    province = Province.build(given.seed, given.scale, seen=not given.alike)
    asyncio.run(run(province, given.register, given.truth, not given.stay))


if __name__ == "__main__":
    main()
