"""What every misbehaviour of the demo province costs at most, one crawl or one page each, in a process of its own.

A crawl fetches one host that misbehaves in one way, with the timeouts of production and no politeness; a page is read
and judged. Both are held against an ordinary one: the columns say what comes on top of that.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from crawler.demo import PORT, Province, Request, serve
from crawler.demo.web import answer
from tests.benchmarks.measure import ROOT, Store, deep, register, storing
from tests.benchmarks.report import Report

SEED = 20260920
HOST = "truong.haiphong.edu.vn"
ARTICLES = 14
PAGES = ("charsets", "broken", "crowded", "bombs", "floods")
"""Habits whose answers are single pages: they are measured one by one as well."""
ORDINARY = "an ordinary site"


@dataclass(slots=True)
class Cost:
    """One process: seconds, seconds of CPU, most megabytes resident."""

    wall: float
    cpu: float
    peak: float


def run(options: Namespace, report: Report) -> None:
    """Every host in a crawl of its own, then every page in a process of its own."""
    with storing() as store, tempfile.TemporaryDirectory() as work:
        _crawls(store, Path(work), report)
    _pages(report)


def province(behaves: str) -> Province:
    """One unit with one host that misbehaves like that, or not at all."""
    from crawler.demo.build import assemble
    from crawler.demo.wild import WHOLE

    site: dict[str, Any] = {"host": HOST, "address": "127.77.3.1", "to": "noi-khac.haiphong.edu.vn"}
    site |= {"behaves": [behaves]} if behaves != ORDINARY else {}
    if behaves not in WHOLE or behaves in ("dies", "resets"):
        site |= {"style": "nukeviet", "articles": ARTICLES}
    site |= {"twin": "every"} if behaves == "every_name" else {}
    unit = {"code": "B001", "name": "Trường THCS Đo Lường", "level": "thcs", "commune": "Phường Lê Chân"}
    unit |= {"district": "Quận Lê Chân", "street": "Số 1 phố Đo Lường", "sites": [site]}
    return assemble([unit], "", SEED, 1.0)


# ------------------------------------------------------------------------------------------------------ crawls


def _crawls(store: Store, work: Path, report: Report) -> None:
    from crawler.demo.wild import HABITS, WHOLE

    rows = []
    ordinary, _ = _crawl(ORDINARY, store, work)  # the first one compiles the rules
    for name in (ORDINARY, *sorted(HABITS), *sorted(WHOLE)):
        cost, review = _crawl(name, store, work)
        ordinary = cost if name == ORDINARY else ordinary
        above = cost.peak - ordinary.peak
        skipped = sum(item["n"] for item in review["skipped"])
        row = [review["state"], review["pages"], skipped, cost.wall, cost.cpu, above]
        rows.append([name, *row])
        report.result("hostile", crawl=name, cause=review["cause"], **dict(zip(_COLUMNS, row, strict=True)))
    report.table(
        f"hostile: crawls of one host; an ordinary one of {rows[0][2]} pages peaks at {ordinary.peak:.0f} MB",
        ["", "ends", "pages", "skipped", "s", "s CPU", "MB above"],
        rows,
    )
    report.say(f"most seconds: {max(row[4] for row in rows):.0f}, most MB above: {max(row[6] for row in rows):.0f}")


_COLUMNS = ("state", "pages", "skipped", "seconds", "cpu", "mb_above")


def _crawl(name: str, store: Store, work: Path) -> tuple[Cost, dict[str, Any]]:
    database = store.database("hostile")
    with _served(name) as (port, environment):
        register(database, [f"{HOST}:{port}"])
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("RASOAT_", "SCRAPY_"))}
        env = kept | environment | {
            "RASOAT_MONGO_URI": store.uri,
            "RASOAT_MONGO_DATABASE": database.name,
            "RASOAT_DATA_DIR": str(store.folder),
            "RASOAT_SERVER_DELAY": "0",
            "SCRAPY_SETTINGS_MODULE": "crawler.settings",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        cost = _measure([str(word) for word in deep()], env, work)
    review = database["reviews"].find_one({"host": f"{HOST}:{port}"})
    assert review is not None
    return cost, review


def _measure(command: list[str], env: dict[str, str], work: Path) -> Cost:
    """Run a command to its end; raises RuntimeError when it fails."""
    with (work / "output.log").open("wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError((work / "output.log").read_text("utf-8", "replace")[-3000:])
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@contextmanager
def _served(name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Port and environment of a province that is served in a process of its own."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, name), daemon=True)
    process.start()
    there.close()
    try:
        yield here.recv()
    finally:
        here.close()
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()


def _serve(pipe: Connection, name: str) -> None:
    async def main() -> None:
        over = asyncio.Event()
        async with serve(province(name)) as running:
            asyncio.get_running_loop().add_reader(pipe.fileno(), over.set)
            pipe.send((running.port, running.environment()))
            await over.wait()

    asyncio.run(main())


# ------------------------------------------------------------------------------------------------------- pages


def _pages(report: Report) -> None:
    rows = []
    names = [(habit, path) for habit in PAGES for path in _answers(habit)]
    for habit, path in names:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.hostile", habit, path],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        seconds, above, size, cut = done.stdout.split("|")
        rows.append([path, int(size) / 1e6, float(seconds), float(above), cut.strip()])
        report.result("hostile", page=path, seconds=float(seconds), mb_above=float(above), cut=cut.strip())
    report.table("hostile: one page, decoded, read and judged", ["", "MB", "s", "MB above", "cut"], rows)
    report.say(f"most seconds: {max(row[2] for row in rows):.2f}, most MB above: {max(row[3] for row in rows):.0f}")


def _answers(habit: str) -> list[str]:
    """Paths that only this habit has and that are read as pages."""
    plain = set(province(ORDINARY).hosts[0].pages)
    return [path for path in province(habit).hosts[0].pages if path not in plain and path != "/tep/phim-ve-truong"]


def _one(habit: str, path: str) -> None:
    """Print seconds, megabytes above an ordinary page, bytes and cut of one page."""
    from scrapy.settings import Settings

    from pipelines.rulesets import engine_from_settings

    settings = Settings()
    settings.setmodule("crawler.settings")
    engine = engine_from_settings(settings)
    host = province(habit).hosts[0]
    body, headers = asyncio.run(_received(host, path, settings.getint("DOWNLOAD_MAXSIZE")))
    ordinary = answer(host, Request("GET", host.name, "/", {}, 80, 1))
    _read(str(ordinary.body).replace(PORT, "80").encode(), [("Content-Type", "text/html")], "/", engine)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    cut, size = _read(body, headers, path, engine)
    seconds = time.perf_counter() - started
    above = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(seconds, above, size, cut, sep="|")


async def _received(host: Any, path: str, limit: int) -> tuple[bytes, list[tuple[str, str]]]:
    """What a crawler would have of an answer: at most ``limit`` bytes, as they were sent."""
    reply = answer(host, Request("GET", host.name, path, {}, 80, 1))
    if reply.stream is None:
        body = reply.body if isinstance(reply.body, bytes) else reply.body.replace(PORT, "80").encode()
        return body, reply.headers or [("Content-Type", "text/html; charset=utf-8")]
    taken = _Taken(limit)
    await reply.stream(taken)  # type: ignore[arg-type]
    head, _, body = bytes(taken.bytes).partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:]]
    return body[:limit], [(name, value) for name, _, value in lines]


class _Taken:
    """A connection that is closed when enough has come."""

    def __init__(self, limit: int) -> None:
        self.bytes = bytearray()
        self._limit = limit

    def write(self, data: bytes) -> None:
        self.bytes += data

    async def drain(self) -> None:
        return None

    def is_closing(self) -> bool:
        return len(self.bytes) > self._limit + 4096


def _read(body: bytes, headers: list[tuple[str, str]], path: str, engine: Any) -> tuple[str, int]:
    """Decode, read and judge one answer; why it was cut, and how many bytes were read."""
    from crawler.download.decode import decode
    from crawler.page import extract
    from pipelines.judge import document

    encodings = [value for name, value in headers if name == "Content-Encoding"]
    decoded = decode(body, ",".join(encodings).split(","), 8 * 1024 * 1024)
    page = extract(
        url=f"http://{HOST}{path}", status=200, headers=headers, body=decoded.body, fetched=datetime.now(UTC), host=HOST
    )
    engine.verdict(document(page))
    return page.cut or ("bomb_cut" if decoded.cut else ""), len(decoded.body)


if __name__ == "__main__":
    _one(*sys.argv[1:3])
