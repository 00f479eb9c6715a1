"""Runs one process and watches it: wall time, CPU time, resident memory, what the server saw."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient
from pymongo.synchronous.database import Database

from crawler.store import schema
from crawler.store.embedded import Embedded
from tests.benchmarks.server import Seen, Served

ROOT = Path(__file__).parents[2]
MB = 1024 * 1024
CONCURRENCY = 16


@dataclass(slots=True)
class Measured:
    """One process: seconds, megabytes, and the server's view of it."""

    name: str
    wall: float
    cpu: float
    peak: float
    seen: Seen
    code: int
    output: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def watch(
    name: str,
    command: Sequence[str | Path],
    served: Served,
    *,
    env: Mapping[str, str],
    cwd: Path,
    each: Callable[[int, float], None] = lambda pages, rss: None,
    timeout: float = 3600.0,
) -> Measured:
    """Run ``command`` to its end. ``each`` is called with pages answered and megabytes resident, twice a second."""
    served.take()
    log = cwd / "output.log"
    peak = 0.0
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        seen_process = psutil.Process(process.pid)
        look = started
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            now = time.monotonic()
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            if now - started > timeout:
                process.kill()
            if now >= look:
                look = now + 0.5
                with suppress(psutil.Error):
                    rss = seen_process.memory_info().rss / MB
                    peak = max(peak, rss)
                    each(served.count(), rss)
            time.sleep(0.02)
    wall = time.monotonic() - started
    cpu = usage.ru_utime + usage.ru_stime
    output = log.read_text("utf-8", "replace")
    return Measured(name, wall, cpu, peak, served.take(), process.returncode, output)


@dataclass(slots=True)
class Store:
    """The embedded MongoDB of one benchmark."""

    uri: str
    folder: Path
    client: MongoClient[dict[str, Any]]
    server: psutil.Process

    def database(self, name: str) -> Database[dict[str, Any]]:
        """A fresh, prepared database."""
        self.client.drop_database(name)
        database = self.client[name]
        schema.prepare(database)
        return database

    def cpu(self) -> float:
        """CPU seconds of the server so far."""
        times = self.server.cpu_times()
        return times.user + times.system


@contextmanager
def storing() -> Iterator[Store]:
    """A real MongoDB in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rasoat-bench-", ignore_cleanup_errors=True) as folder:
        server = Embedded(folder)
        uri = server.attach()
        client: MongoClient[dict[str, Any]] = MongoClient(uri, tz_aware=True)
        try:
            yield Store(uri, Path(folder), client, psutil.Process(server.pid()))
        finally:
            client.close()
            server.detach()


def register(database: Database[dict[str, Any]], hosts: Sequence[str]) -> None:
    """Put whole hosts into the register, each with a unit of its own, as the import writes them."""
    for number, host in enumerate(hosts, 1):
        unit = f"B{number:03}"
        database["units"].insert_one(
            {"_id": unit, "name": f"Trường {unit}", "names": [], "level": "thcs", "history": []}
        )
        database["sites"].insert_one(
            {"_id": f"{host}/", "host": host, "unit": unit, "official": True, "alias_of": None}
            | {"state": "registered", "history": []}
        )
        database["hosts"].insert_one({"_id": host, "state": "registered", "scheme": "http"})


def ours(served: Served, store: Store, database: Database[dict[str, Any]], **more: str) -> dict[str, str]:
    """The environment of our crawl: no politeness, this server and this database only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RASOAT_", "SCRAPY_"))}
    return kept | {
        "RASOAT_MONGO_URI": store.uri,
        "RASOAT_MONGO_DATABASE": database.name,
        "RASOAT_DATA_DIR": str(store.folder),
        "RASOAT_ALLOWED_NETWORKS": "127.77.0.0/16",
        "RASOAT_WEB_PORTS": str(served.port),
        "RASOAT_NAMESERVERS": served.nameserver,
        "RASOAT_SERVER_DELAY": "0",
        "RASOAT_VIEW_BUDGET": "0",
        "RASOAT_RENDER_BUDGET": "0",
        "RASOAT_SERVER_CONNECTIONS": str(CONCURRENCY),
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def deep(*arguments: str) -> list[str | Path]:
    """The operator's command."""
    return [Path(sys.executable).with_name("scrapy"), "crawl", "deep", *arguments]
