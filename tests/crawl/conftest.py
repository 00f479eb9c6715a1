"""Whole crawls: the real command against a province declared in the test, with a real database."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo.synchronous.database import Database

from crawler.demo import Host, Province, Running, serving

ROOT = Path(__file__).parents[2]
FAST = {"RASOAT_SERVER_DELAY": "0", "RASOAT_SERVER_CONNECTIONS": "4"}
FAST |= {"RASOAT_VIEW_BUDGET": "0", "RASOAT_RENDER_BUDGET": "0"}  # tests of views ask for them


class Crawl:
    """A served province and the register that leads to it."""

    def __init__(self, database: Database[dict[str, Any]], running: Running, tmp: Path) -> None:
        self.db = database
        self.running = running
        self.tmp = tmp

    def register(self, *sites: str, unit: str = "U1", scheme: str = "http") -> None:
        """Put sites ("host/prefix") of one unit into the register, as the import writes them."""
        now = {"history": []}
        self.db["units"].update_one(
            {"_id": unit},
            {"$setOnInsert": {"name": f"Trường {unit}", "names": [], "level": "thcs", **now}},
            upsert=True,
        )
        for site in sites:
            name, _, prefix = site.partition("/")
            host = f"{name}:{self.running.port}"
            self.db["sites"].insert_one(
                {"_id": f"{host}/{prefix}", "host": host, "unit": unit, "official": False, "alias_of": None}
                | {"state": "registered", **now}
            )
            self.db["hosts"].update_one(
                {"_id": host}, {"$setOnInsert": {"state": "registered", "scheme": scheme}}, upsert=True
            )

    def start(self, *args: str, env: dict[str, str] | None = None, spider: str = "deep") -> subprocess.Popen[str]:
        """Start ``scrapy crawl`` with more arguments."""
        with (self.tmp / "crawl.log").open("a") as log:
            return subprocess.Popen(
                [str(Path(sys.executable).with_name("scrapy")), "crawl", spider, *args],
                cwd=ROOT,
                env={**os.environ, **FAST, **self.running.environment(), **(env or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )

    def run(
        self, *args: str, env: dict[str, str] | None = None, code: int = 0, timeout: float = 120, spider: str = "deep"
    ) -> str:
        """Run a crawl to its end; returns its log."""
        process = self.start(*args, env=env, spider=spider)
        try:
            process.wait(timeout)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        log = self.log()
        assert process.returncode == code, log
        return log

    def reclassified(self) -> list[dict[str, Any]]:
        """What ``scrapy reclassify`` would change about everything stored."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("scrapy")), "reclassify", "--rules", "all", "--dry-run", "--json"],
            cwd=ROOT,
            env={**os.environ, **self.running.environment()},
            capture_output=True,
            text=True,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_for(
        self, holds: Callable[[], bool], process: subprocess.Popen[str] | None = None, seconds: float = 60
    ) -> None:
        """Look at an outside process until something holds; ``process`` has to be alive all the while."""
        limit = time.monotonic() + seconds
        while not holds():
            assert process is None or process.poll() is None, self.log()
            assert time.monotonic() < limit, "it never came"
            time.sleep(0.01)

    def log(self) -> str:
        return (self.tmp / "crawl.log").read_text()

    def unit_of(self, host: str) -> str:
        """The unit of a registered host."""
        found = self.db["sites"].find_one({"host": host})
        assert found is not None, host
        return str(found["unit"])

    def host(self, name: str) -> str:
        return f"{name}:{self.running.port}"

    def review(self, name: str) -> dict[str, Any]:
        """The latest review of a host."""
        found = self.db["reviews"].find_one({"host": self.host(name)}, sort=[("run", -1)])
        assert found is not None, name
        return found

    def skipped(self, name: str) -> dict[str, int]:
        return {item["name"]: item["n"] for item in self.review(name)["skipped"]}

    def paths(self, name: str, status: int = 200) -> set[str]:
        """Paths of a host's stored pages."""
        pages = self.db["pages"].find({"host": self.host(name), "status": status}, {"url": 1})
        return {page["url"].split(self.host(name), 1)[1] for page in pages}

    def last_run(self) -> dict[str, Any]:
        found = self.db["runs"].find_one(sort=[("_id", -1)])
        assert found is not None
        return found


@pytest.fixture
def crawls(database: Database[dict[str, Any]], tmp_path: Path) -> Iterator[Callable[[Iterable[Host]], Crawl]]:
    """``crawls([Host(...)])`` serves these hosts until the test ends."""
    with ExitStack() as stack:

        def serve(hosts: Iterable[Host]) -> Crawl:
            return Crawl(database, stack.enter_context(serving(Province.of(hosts))), tmp_path)

        yield serve


@contextmanager
def killed(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Whatever happens, the process is gone afterwards."""
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def until_killed() -> Callable[[subprocess.Popen[str]], AbstractContextManager[subprocess.Popen[str]]]:
    return killed
