"""The kill drill: one crawl, killed twenty times at seeded moments and resumed, beside an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from pymongo.synchronous.database import Database

from tests.benchmarks.measure import Store, deep, ours, register, storing
from tests.benchmarks.pipeline import complete, ours_once
from tests.benchmarks.report import Report
from tests.benchmarks.server import Served, serving
from tests.benchmarks.sites import News

KILLS = 20
HOSTS = 3
PLANTED = 50
MAX_SECONDS = 120.0
"""A resumed crawl that does nothing for so long is a fault, not a moment to wait for."""
Target = tuple[str, str]


def run(options: Namespace, report: Report) -> None:
    """Compare what an undisturbed and a killed crawl stored; count what the server was asked twice."""
    pages = max(50, round(1500 * options.scale / HOSTS))
    random = Random(options.seed)
    with (
        serving(News(pages, planted=PLANTED), HOSTS) as served,
        storing() as store,
        tempfile.TemporaryDirectory() as work,
    ):
        calm = ours_once(served, store, Path(work), "undisturbed")
        pages *= HOSTS
        complete(calm, pages)
        drill = Drill(served, store, Path(work), "killed")
        for _ in range(KILLS):
            if drill.finished:
                break
            drill.round(random.randrange(pages // KILLS), random.uniform(0.0, 0.5))
        kills = drill.kills
        if not drill.finished:
            drill.round(None, 0.0)
        left, right = store.client["undisturbed"], store.client["killed"]
        compared = {name: (_stored(left, name), _stored(right, name)) for name in ("pages", "findings", "sightings")}
    rows: list[list[Any]] = [
        [name, len(one), len(two), len(one - two), len(two - one)] for name, (one, two) in compared.items()
    ]
    columns = ["stored", "undisturbed", "killed and resumed", "missing", "too much"]
    report.table(f"kill: {pages:,} pages, {kills} kill -9 (seed {options.seed})", columns, rows)
    equal = all(one == two and one for one, two in compared.values())
    report.say(f"equal: {'yes' if equal else 'NO'}; kills that found the crawl running: {kills} of {KILLS}")
    again = drill.again()
    report.say(f"pages fetched twice: {again} of {pages} (they were in flight or not yet written)")
    report.say(f"fetched again although stored before the kill (goal 0): {sum(drill.wasted.values())}")
    for (host, target), times in sorted(drill.wasted.items())[:20]:
        report.say(f"  {times} x {host}{target}")
    report.say(f"requests at the server for each kill: {', '.join(map(str, drill.moments))}")
    report.result(
        "kill",
        size=pages,
        kills=kills,
        equal=equal,
        fetched_twice=again,
        fetched_though_stored=sum(drill.wasted.values()),
        **{name: {"missing": len(one - two), "too_much": len(two - one)} for name, (one, two) in compared.items()},
    )


class Drill:
    """One run, killed and resumed; remembers what the server was asked in every round."""

    def __init__(self, served: Served, store: Store, work: Path, name: str) -> None:
        self._served = served
        self._database = store.database(name)
        register(self._database, served.hosts)
        self._env = ours(served, store, self._database)
        self._work = work
        self._fetched: Counter[Target] = Counter()
        self.wasted: Counter[Target] = Counter()
        self.moments: list[int] = []
        self.kills = 0
        self.finished = False
        served.take()

    def round(self, moment: int | None, later: float) -> None:
        """Resume, and kill ``later`` seconds after ``moment`` pages were answered; None: go on to the end.

        Raises RuntimeError when a crawl fails, or does not get there.
        """
        stored = _targets(self._database)
        log = self._work / "killed.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(part) for part in deep("-a", "resume=latest")],
                cwd=self._work,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            ended = self._wait(process, moment)
            if ended is None:
                time.sleep(later)
                ended = process.poll()
            if ended is None:
                os.kill(process.pid, signal.SIGKILL)
                self.kills += 1
            self.finished = ended == 0
        finally:
            process.kill()
            process.wait()
        if ended:
            raise RuntimeError(f"the resumed crawl failed: exit {ended}\n{log.read_text('utf-8', 'replace')[-3000:]}")
        seen = self._served.take()
        self.moments.append(seen.pages)
        for found, times in _split(seen.targets).items():
            self._fetched[found] += times
            if found in stored:
                self.wasted[found] += times

    def _wait(self, process: subprocess.Popen[bytes], moment: int | None) -> int | None:
        started = time.monotonic()
        while (ended := process.poll()) is None:
            if moment is not None and self._served.count() >= moment:
                return None
            if time.monotonic() - started > MAX_SECONDS:
                raise RuntimeError(f"the resumed crawl stands still at {self._served.count()} pages")
            time.sleep(0.01)
        return ended

    def again(self) -> int:
        """Pages that the server was asked for more than once."""
        return sum(times > 1 for times in self._fetched.values())


def _split(targets: Mapping[bytes, int]) -> dict[Target, int]:
    found: dict[Target, int] = {}
    for each, times in targets.items():
        host, slash, path = each.decode("latin-1").partition("/")
        found[(host, slash + path)] = times
    return found


def _targets(database: Database[dict[str, Any]]) -> set[Target]:
    """What is stored by now, as the server names it."""
    found = set()
    for page in database["pages"].find({}, {"url": 1}):
        host, slash, path = page["url"].partition("://")[2].partition("/")
        found.add((host, slash + path))
    return found


def _stored(database: Database[dict[str, Any]], name: str) -> set[tuple[Any, ...]]:
    """What makes two documents the same; times and runs differ between two crawls."""
    fields = {
        "pages": ("_id", "url", "status", "body", "title", "link_count", "unit", "simhash"),
        "findings": ("_id", "rule", "category", "vector", "place", "state", "confidence", "url_count"),
        "sightings": ("finding", "page", "url", "view", "quote"),
    }[name]
    return {tuple(str(row.get(field)) for field in fields) for row in database[name].find()}
