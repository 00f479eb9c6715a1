"""What documents cost: ordinary ones by kind, the way through the walls alone, and files that were made to hurt."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from datetime import UTC, datetime

import psutil

from crawler.demo import files
from crawler.documents.pages import fill
from crawler.documents.reader import DocumentReader
from crawler.documents.reading import Reading
from crawler.items import Page
from crawler.settings import RASOAT_DOCUMENT_MEMORY, RASOAT_DOCUMENT_SECONDS
from tests.benchmarks.report import Report
from tests.crawler.documents import old_office
from tests.crawler.documents.hostile import HOSTILE

SENTENCE = "Nhà trường thông báo tới phụ huynh và học sinh kế hoạch năm học mới, số {} của tuần này. "
MEGA = 1e6


def ordinary() -> dict[str, bytes]:
    """Documents as schools publish them, by name."""
    text = [SENTENCE.format(number) * 4 for number in range(200)]
    links = [(f"liên kết {number}", f"https://truong.example/{number}") for number in range(5)]
    table = [[number, f"Nguyễn Văn {number}", "6A", 7.5, 8, 9] for number in range(2000)]
    found = {
        "pdf, 1 page": files.pdf("Thông báo", text[:8], links),
        "pdf, 25 pages": files.pdf("Kế hoạch", text, links),
        "pdf, scanned, 20 pages": files.scanned_pdf("Quyết định", 20),
        "docx, 200 paragraphs": files.docx("Kế hoạch", text, links),
        "xlsx, 2,000 rows": files.xlsx("Danh sách", table, links),
        "pptx, 200 paragraphs": files.pptx("Bài giảng", text, links),
        "doc, 100 paragraphs": old_office.doc([SENTENCE.format(number) for number in range(100)], links),
        "xls, 200 rows": old_office.xls("Điểm", table[:200], (0, 0, "https://truong.example/")),
    }
    return {**found, "zip of three of them": files.archive({name: found[name] for name in list(found)[3:6]})}


def run(options: Namespace, report: Report) -> None:
    """Both tables; ``--rounds`` is how often each ordinary document is read."""
    asyncio.run(_run(options.rounds, report))


async def _run(rounds: int, report: Report) -> None:
    reader = DocumentReader(float(RASOAT_DOCUMENT_SECONDS), int(RASOAT_DOCUMENT_MEMORY))
    started = time.perf_counter()
    await reader.read(files.pdf("a", ["b"]))
    first = time.perf_counter() - started
    try:
        await _ordinary(reader, rounds, report)
        mother = psutil.Process(reader.pid).memory_full_info()
        report.say(
            f"the first document, start of the process included: {first:.2f} s; it holds {mother.uss / MEGA:.0f} MB"
        )
        await _hostile(reader, report)
    finally:
        await reader.close()


async def _ordinary(reader: DocumentReader, rounds: int, report: Report) -> None:
    rows = []
    for name, body in ordinary().items():
        walls, readings = [], []
        for _ in range(max(3, rounds)):
            wall, reading = await _timed(reader, body)
            walls.append(1000 * wall)
            readings.append(reading)
        filled = time.perf_counter()
        fill(Page("http://a.example/x", "a.example", 200, datetime.now(UTC)), readings[0])
        ours = 1000 * (time.perf_counter() - filled)
        size = sum(len(text) for _, _, text in readings[0].texts)
        cpu = 1000 * sorted(reading.seconds for reading in readings)[len(readings) // 2]
        peak = max(reading.peak for reading in readings) / MEGA
        rows.append([name, len(body) / 1000, size, sorted(walls)[len(walls) // 2], cpu, peak, ours])
        report.result("documents", name=name, milliseconds=rows[-1][3], peak_mb=peak)
    columns = ["ordinary documents", "kB", "letters", "ms", "ms CPU", "peak MB", "ms in the crawler"]
    report.table("reading one after the other", columns, rows)


async def _hostile(reader: DocumentReader, report: Report) -> None:
    rows = []
    for name, build in HOSTILE.items():
        body = build()
        wall, reading = await _timed(reader, body)
        rows.append([name, len(body) / MEGA, wall, reading.seconds, reading.peak / MEGA, reading.cause or "read"])
        report.result("documents", name=name, seconds=reading.seconds, peak_mb=rows[-1][4], cause=reading.cause)
    report.table("files made to hurt", ["", "MB", "s", "s CPU", "peak MB", "end"], rows)


async def _timed(reader: DocumentReader, body: bytes) -> tuple[float, Reading]:
    started = time.perf_counter()
    reading = await reader.read(body)
    return time.perf_counter() - started, reading
