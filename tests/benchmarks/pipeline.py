"""The whole deep crawl beside crawlers that only follow links: same pages, same server, same concurrency."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import Measured, Store, deep, ours, register, storing, watch
from tests.benchmarks.report import Report
from tests.benchmarks.rivals import crawlee, crawlee_python, plain_scrapy
from tests.benchmarks.server import Served, serving
from tests.benchmarks.sites import News

GOAL = 1.8


def run(options: Namespace, report: Report) -> None:
    """``--rounds`` rounds in alternating order; medians."""
    pages = max(50, round(3000 * options.scale))
    taken: dict[str, list[Measured]] = {}
    with (
        crawlee_python(options.crawlee) as python,
        serving(News(pages)) as served,
        storing() as store,
        tempfile.TemporaryDirectory() as folder,
    ):
        for number in range(options.rounds):
            crawls = [
                lambda number=number: ours_once(served, store, Path(folder), f"pipeline{number}"),
                lambda: plain_scrapy(served, Path(folder)),
            ]
            if isinstance(python, Path):
                crawls.append(lambda: crawlee(served, Path(folder), python))
            for crawl in crawls if number % 2 == 0 else reversed(crawls):
                measured = crawl()
                complete(measured, pages)
                taken.setdefault(measured.name, []).append(measured)
    rows = [_row(name, list_) for name, list_ in sorted(taken.items(), key=lambda item: item[0] != "rà soát")]
    if not isinstance(python, Path):
        rows.append(["crawlee for Python", python, "", "", "", "", ""])
    columns = ["", "pages/s at the server", "pages/s of wall time", "wall s", "CPU s", "MongoDB CPU s", "peak MB"]
    report.table(f"pipeline: {pages:,} pages of 12 kB, medians of {options.rounds} rounds", columns, rows)
    ratio = rows[0][1] / rows[1][1]
    report.goal("whole pipeline over plain Scrapy, at the server", ratio, GOAL)
    report.say(f"by wall time of the whole process, start and end included: {rows[0][2] / rows[1][2]:.2f}")
    for row in rows:
        report.result("pipeline", pages=pages, **dict(zip(["name", *columns[1:]], row, strict=True)))
    report.result("pipeline", ratio=ratio, ratio_wall=rows[0][2] / rows[1][2], goal=GOAL)


def ours_once(served: Served, store: Store, folder: Path, name: str, *arguments: str, **env: str) -> Measured:
    """One whole crawl of ours into a fresh database."""
    database = store.database(name)
    register(database, served.hosts)
    before = store.cpu()
    measured = watch("rà soát", deep(*arguments), served, env=ours(served, store, database, **env), cwd=folder)
    measured.extra["mongo"] = store.cpu() - before
    measured.extra["stored"] = database["pages"].count_documents({"status": 200})
    return measured


def complete(measured: Measured, pages: int) -> None:
    """A rate over fewer pages than the site has would be no rate: raises RuntimeError with the end of the output."""
    got = min(len(measured.seen.targets), measured.extra.get("stored", pages))
    if measured.code or got < pages:
        raise RuntimeError(f"{measured.name}: {got} of {pages} pages, exit {measured.code}\n{measured.output[-3000:]}")


def _row(name: str, taken: list[Measured]) -> list[str | float]:
    return [
        name,
        median(one.seen.rate for one in taken),
        median(one.seen.pages / one.wall for one in taken),
        median(one.wall for one in taken),
        median(one.cpu for one in taken),
        median(one.extra.get("mongo", 0.0) for one in taken),
        median(one.peak for one in taken),
    ]
