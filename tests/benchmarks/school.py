"""A real site, served on loopback out of the operator's own copy: is every page stored, or skipped with a cause?"""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections import Counter
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from urllib.parse import unquote, urlsplit

from pymongo.synchronous.database import Database

from crawler.schedule.admission import TRAPS
from tests.benchmarks.measure import Measured, storing
from tests.benchmarks.pipeline import ours_once
from tests.benchmarks.report import Report
from tests.benchmarks.rivals import plain_scrapy
from tests.benchmarks.server import serving
from tests.benchmarks.static import Folder, reachable

GOAL = 2.5
SAMPLE = 20


def run(options: Namespace, report: Report) -> None:
    """``--rounds`` rounds in alternating order; what was stored is looked at after the last."""
    folder = Folder(options.site.resolve())
    taken: dict[str, list[Measured]] = {}
    with serving(folder) as served, storing() as store, tempfile.TemporaryDirectory() as work:
        for number in range(options.rounds):
            name = f"school{number}"
            crawls = [
                lambda name=name: ours_once(served, store, Path(work), name),
                lambda: plain_scrapy(served, Path(work)),
            ]
            for crawl in crawls if number % 2 == 0 else reversed(crawls):
                measured = crawl()
                if measured.code:
                    raise RuntimeError(f"{measured.name}: exit {measured.code}\n{measured.output[-3000:]}")
                taken.setdefault(measured.name, []).append(measured)
        database = store.client[name]
        paths = reachable(folder, served.hosts[0])
        _speed(taken, report)
        _coverage(database, folder, paths, report)


def _speed(taken: dict[str, list[Measured]], report: Report) -> None:
    rows: list[list[Any]] = []
    for name in ("rà soát", "plain Scrapy"):
        runs = taken[name]
        rate = median(one.seen.rate for one in runs)
        wall = median(one.seen.pages / one.wall for one in runs)
        rows.append([name, runs[-1].seen.pages, rate, wall, median(one.cpu for one in runs)])
        rows[-1] += [median(one.extra.get("mongo", 0.0) for one in runs), max(one.peak for one in runs)]
    columns = ["", "pages", "pages/s at the server", "pages/s of wall time", "CPU s", "MongoDB CPU s", "peak MB"]
    report.table(f"school: medians of {len(taken['rà soát'])} rounds", columns, rows)
    ratio = rows[0][2] / rows[1][2]
    report.goal("review over plain Scrapy, at the server", ratio, GOAL)
    report.say(f"by wall time of the whole process: {rows[0][3] / rows[1][3]:.2f}")
    for row in rows:
        report.result("school", **dict(zip(["name", *columns[1:]], row, strict=True)))
    report.result("school", ratio=ratio, ratio_wall=rows[0][3] / rows[1][3], goal=GOAL)


def _coverage(database: Database[dict[str, Any]], folder: Folder, paths: set[str], report: Report) -> None:
    files = folder.files()
    stored = {_path(page["url"]) for page in database["pages"].find({"status": 200}, {"url": 1})}
    rows = list(database["frontier"].find({}, {"url": 1, "state": 1, "cause": 1}))
    caused = {_path(row["url"]): row["cause"] for row in rows if row["cause"]}
    got = {files[path] for path in stored if path in files}
    missing = sorted(path for path in paths if files[path] not in got)
    lost = [path for path in missing if path not in caused]
    confirmed = list(database["findings"].find({"confidence": "confirmed"}, {"url": 1, "rule": 1}))
    suspected = list(database["findings"].find({"confidence": "suspected"}, {"url": 1, "rule": 1}))
    review = database["reviews"].find_one({"pages": {"$gt": 0}}) or {}
    report.table(
        "school: what became of the pages that links reach",
        ["", "pages"],
        [
            ["files with a page", len({file for file in files.values() if file.suffix in (".html", ".htm")})],
            ["reached by an independent link walk", len(paths)],
            ["stored (status 200)", len(stored)],
            ["reached, not stored, skipped with a cause", len(missing) - len(lost)],
            ["reached, neither stored nor skipped with a cause (goal 0)", len(lost)],
            ["findings confirmed (goal 0)", len(confirmed)],
            ["findings suspected", len(suspected)],
        ],
    )
    report.say(f"review: {review.get('state')} {review.get('cause') or ''}; skipped: {_named(review)}")
    causes = Counter(caused[path] for path in missing if path in caused)
    report.say(f"causes of the reached pages that were not stored: {dict(sorted(causes.items()))}")
    for path in lost[:SAMPLE]:
        report.say(f"  lost: {path}")
    for found in (*confirmed, *suspected)[:SAMPLE]:
        report.say(f"  {found['rule']}: {found['url']}")
    traps = sorted((row["cause"], row["url"]) for row in rows if row["cause"] in TRAPS)
    report.say(f"skipped by near-duplicate and trap budgets: {len(traps)}, a sample:")
    for cause, url in sorted(Random(1).sample(traps, min(SAMPLE, len(traps)))):
        report.say(f"  {cause}: {url}")
    report.result(
        "school",
        reached=len(paths),
        stored=len(stored),
        skipped=dict(causes),
        lost=lost[:SAMPLE],
        lost_count=len(lost),
        confirmed=confirmed,
        suspected=suspected,
        traps=traps[:200],
    )


def _named(review: dict[str, Any]) -> str:
    return ", ".join(f"{item['name']} {item['n']:,}" for item in review.get("skipped", []))


def _path(url: str) -> str:
    return unquote(urlsplit(url).path) or "/"
