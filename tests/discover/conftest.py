"""Whole discovery runs: the real command against real name servers, with a real database."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pymongo.synchronous.database import Database

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


@contextmanager
def in_thread(what: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """An asynchronous context in a loop of its own, so that a blocking test can use what it serves."""
    loop, up, ready = asyncio.new_event_loop(), threading.Event(), list[T]()
    stop, faults = asyncio.Event(), list[BaseException]()

    async def main() -> None:
        try:
            async with what as served:
                ready.append(served)
                up.set()
                await stop.wait()
        except OSError as fault:
            faults.append(fault)
        finally:
            up.set()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    up.wait()
    try:
        if not ready:
            raise faults[0]
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


class Discovery:
    """Runs of ``scrapy crawl discover`` with an environment that leads to the test's servers."""

    def __init__(self, database: Database[dict[str, Any]], tmp: Path) -> None:
        self.db = database
        self.tmp = tmp
        self.environment: dict[str, str] = {
            "RASOAT_ALLOWED_NETWORKS": "127.77.0.0/16",
            "RASOAT_DNS_RATE": "2000",
            "RASOAT_DNS_TIMEOUT": "0.7",
            "RASOAT_SERVER_DELAY": "0",
            "RASOAT_VIEW_BUDGET": "0",
            "RASOAT_RENDER_BUDGET": "0",
        }

    def start(self, *args: str) -> subprocess.Popen[str]:
        with (self.tmp / "discover.log").open("a") as log:
            return subprocess.Popen(
                [str(Path(sys.executable).with_name("scrapy")), "crawl", "discover", *args],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )

    def run(self, *args: str, code: int = 0, timeout: float = 120) -> str:
        """Run to the end; returns the log."""
        process = self.start(*args)
        try:
            process.wait(timeout)
        finally:
            self.kill(process)
        assert process.returncode == code, self.log()
        return self.log()

    @staticmethod
    def kill(process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self) -> str:
        return (self.tmp / "discover.log").read_text()

    def host(self, name: str) -> dict[str, Any]:
        found = self.db["hosts"].find_one({"_id": name})
        assert found is not None, name
        return found

    def hosts(self, **query: Any) -> dict[str, dict[str, Any]]:
        return {host["_id"]: host for host in self.db["hosts"].find(query)}

    def stats(self) -> Mapping[str, int]:
        run = self.db["runs"].find_one(sort=[("_id", -1)])
        assert run is not None
        return {item["name"]: item["n"] for item in run["stats"]}

    def units(self, *units: Mapping[str, Any]) -> None:
        """Put units into the register."""
        for unit in units:
            self.db["units"].insert_one({"names": [], "level": "thcs", "history": [], **unit})


@pytest.fixture
def discovery(database: Database[dict[str, Any]], tmp_path: Path) -> Discovery:
    return Discovery(database, tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[[AbstractAsyncContextManager[T]], T]]:
    """``serve(context)``: what the asynchronous context yields, until the test ends."""
    with ExitStack() as stack:
        yield lambda what: stack.enter_context(in_thread(what))
