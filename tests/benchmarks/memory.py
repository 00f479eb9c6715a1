"""How much memory the crawler takes at many pages and at many known URLs, and how many bytes a page takes in the store.

``--scale 1`` is 100,000 pages and 1,000,000 known URLs; ``--scale 0.1`` a tenth of both.
"""

from __future__ import annotations

import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

from pymongo.synchronous.database import Database

from tests.benchmarks.measure import Measured, Store, deep, ours, register, storing, watch
from tests.benchmarks.report import Report
from tests.benchmarks.server import Served, serving
from tests.benchmarks.sites import Endless

PAGES, KNOWN = 100_000, 1_000_000
GROWTH_MB, KNOWN_MB = 60, 600
HOSTS = 10
LINKS = 2_000
SHAPES = 400
COLLECTIONS = ("pages", "bodies", "frontier", "links")
Curve = list[tuple[int, float]]


def run(options: Namespace, report: Report) -> None:
    """One crawl of many small pages, then one of few pages with very many fresh links."""
    with storing() as store, tempfile.TemporaryDirectory() as work:
        _many_pages(options.scale, store, Path(work), report)
        _many_urls(options.scale, store, Path(work), report)


def _many_pages(scale: float, store: Store, work: Path, report: Report) -> None:
    total = round(PAGES * scale / HOSTS) * HOSTS
    site = Endless(total=total // HOSTS, shapes=SHAPES)
    with serving(site, HOSTS) as served:
        measured, curve = _crawl("pages", served, store, work, "-a", f"max_pages={total}")
    database = store.client["pages"]
    early, late = _at(curve, total // 10), _at(curve, total)
    stored = database["pages"].count_documents({"status": 200})
    report.table(
        f"memory: {stored:,} pages of 2 kB with 10 links on {HOSTS} hosts, {measured.wall:,.0f} s",
        ["", "MB"],
        [
            [f"resident at {total // 10:,} pages", early],
            [f"resident at {total:,} pages", late],
            ["difference", late - early],
            ["peak", measured.peak],
        ],
    )
    report.goal("difference in MB", late - early, GROWTH_MB, most=True)
    sizes = _sizes(database, max(1, stored))
    report.table(
        "bytes stored per page",
        ["", "data", "on disk", "indexes"],
        [[name, *sizes[name]] for name in (*COLLECTIONS, "all")],
    )
    report.result(
        "memory", stored=stored, early_mb=early, late_mb=late, peak_mb=measured.peak, seconds=measured.wall, bytes=sizes
    )


def _many_urls(scale: float, store: Store, work: Path, report: Report) -> None:
    known = round(KNOWN * scale)
    budget = max(1, round(known / LINKS / HOSTS))
    with serving(Endless(size=1, links=LINKS, shapes=SHAPES), HOSTS) as served:
        measured, _ = _crawl("known", served, store, work, "-a", f"max_pages={budget}")
    urls = store.client["known"]["frontier"].estimated_document_count()
    report.table(
        f"memory: {urls:,} known URLs from {measured.seen.pages:,} pages, {measured.wall:,.0f} s",
        ["", "MB"],
        [["peak resident", measured.peak]],
    )
    report.goal("peak in MB", measured.peak, KNOWN_MB, most=True)
    report.result("memory", known=urls, peak_mb=measured.peak, seconds=measured.wall)


def _crawl(name: str, served: Served, store: Store, work: Path, *arguments: str) -> tuple[Measured, Curve]:
    """One crawl into a fresh database, and the memory at the pages answered so far."""
    database = store.database(name)
    register(database, served.hosts)
    curve: Curve = []
    measured = watch(
        name,
        deep(*arguments),
        served,
        env=ours(served, store, database),
        cwd=work,
        each=lambda pages, rss: curve.append((pages, rss)),
        timeout=4 * 3600,
    )
    if measured.code:
        raise RuntimeError(f"{name}: exit {measured.code}\n{measured.output[-3000:]}")
    return measured, curve


def _at(curve: Curve, pages: int) -> float:
    """Megabytes at so many pages: the most of the samples within a fiftieth of it, the last one when none is near."""
    near = [rss for count, rss in curve if abs(count - pages) <= pages / 50]
    return max(near, default=curve[-1][1])


def _sizes(database: Database[dict[str, Any]], pages: int) -> dict[str, list[float]]:
    """Collection → bytes a page: of the documents, on disk, and of the indexes on disk."""
    database.client.admin.command("fsync")
    found: dict[str, list[float]] = {}
    for name in COLLECTIONS:
        stats = next(database[name].aggregate([{"$collStats": {"storageStats": {}}}]))["storageStats"]
        found[name] = [stats[key] / pages for key in ("size", "storageSize", "totalIndexSize")]
    found["all"] = [sum(column) for column in zip(*found.values(), strict=True)]
    return found
