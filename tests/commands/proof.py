"""A doorway that the browser saw, judged by the real rules and kept by the real pipeline."""

import asyncio
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from scrapy.utils.test import get_crawler

from crawler.items import Block, Edge, Landing, Page, Rendered
from crawler.page import extract
from crawler.store.connection import Target, connect_async
from crawler.store.crawl import CrawlStore
from crawler.urls import digest
from pipelines.evidence import EvidencePipeline
from pipelines.judge import Judge
from pipelines.landings import judge_wholly
from pipelines.rulesets import _engine

HOSTS = {
    "HP-001": "nguyentrai.haiphong.edu.vn",
    "HP-002": "lehongphong.haiphong.edu.vn",
    "HP-003": "hoasen.haiphong.edu.vn",
}
PATH = "/tra-cuu-diem-thi/nha-cai-uy-tin.html"
LANDING = "https://kubet77.example/dang-ky?aff=hp88x1"
RAW = (
    "<html><head><title>Tra cứu điểm thi</title></head><body><p>Đang tải…</p><script src=/x.js></script></body></html>"
)
DOM = """<html><head><title>Nhà cái uy tín kubet77</title></head><body><h1>Nhà cái uy tín số 1</h1>
<p>Nhà cái <b>kubet77</b> uy tín số 1 Việt Nam, khuyến mãi nạp đầu 100%, cá cược bóng đá, nổ hũ, tài xỉu online.</p>
<p>Đăng ký ngay để nhận 88k: <a href="https://kubet77.example/dang-ky?aff=hp88x1">Đăng ký kubet77 nhận 88k</a></p>
<script>alert("</script><!-- <img src=x onerror=alert(1)> -->
</body></html>"""


@dataclass(frozen=True)
class Proof:
    """What was written: the run and the finding of each unit."""

    run: str
    findings: dict[str, str]


def png(width: int = 800, height: int = 500) -> bytes:
    """A small picture: a grey page with a red frame."""
    rows = b""
    for y in range(height):
        edge = 100 < y < 104 or 180 < y < 184
        line = b"".join(
            b"\xd0\x20\x20" if 60 < x < 700 and (edge or (100 < y < 184 and (x < 65 or x > 695))) else b"\xee\xee\xf2"
            for x in range(width)
        )
        rows += b"\0" + line
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@lru_cache(maxsize=1)
def judge() -> Judge:
    """The built-in rules."""
    return Judge(_engine(()))


def doorway(unit: str, run: str, view: str = "rendered") -> Page:
    """The doorway on a unit's host: in the browser's view with all that comes with it."""
    host = HOSTS[unit]
    url = f"http://{host}{PATH}"
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip")]
    fetched = datetime.now(UTC)
    page = extract(url=url, status=200, headers=headers, body=DOM.encode(), fetched=fetched, host=host)
    page.view, page.ip, page.run, page.unit, page.site = view, "203.0.113.7", run, unit, f"{host}/"
    page.digest = digest(url)
    if view == "rendered":
        page.blocks.append(Block("text", "Khung bóng: tài xỉu kubet77 đổi thưởng", "main", "shadow"))
        landing = Landing(
            LANDING, [f"https://chuyen.example/{unit}", LANDING], "delay", 200, "Kubet77 nhà cái số một", "vi"
        )
        landing.body, landing.screenshot = DOM.encode(), png(300, 200)
        page.rendered = Rendered(
            edges=[Edge(f"http://{host}/x.js", "script", url, 200)],
            landings=[landing],
            counts={"popup": 2},
            raw=RAW.encode(),
            screenshot=png(),
            framed=["Nhà cái kubet77 uy tín số 1"],
        )
        page.landings = [landing]
    judge_wholly(judge(), page)
    assert page.violations
    return page


def pipeline() -> EvidencePipeline:
    """The pipeline beside a crawler that counts."""
    crawler = get_crawler(settings_dict={})
    crawler.stats = crawler.stats or None
    return EvidencePipeline(crawler)


async def write(target: Target, units: tuple[str, ...], views: tuple[str, ...] = ("plain", "rendered")) -> Proof:
    """One finished run that kept the doorway of each unit in each view."""
    crawl = CrawlStore(await connect_async(target), 5)
    try:
        run = await crawl.runs.create("deep", {}, None)
        crawl.begin(run)
        keeper = pipeline()
        for view in views:
            pages = [await keeper.process_item(doorway(unit, run, view)) for unit in units]
            await crawl.flush(pages, [])
        await crawl.runs.finish(run, "finished", "finished", {})
        await crawl.sum_up(run)
        query = {"category": "gambling"}
        found = {row["unit"]: row["_id"] async for row in crawl.db["findings"].find(query).sort("vector", -1)}
        return Proof(run, found)
    finally:
        await crawl.close()


def written(target: Target, *units: str, views: tuple[str, ...] = ("plain", "rendered")) -> Proof:
    """The same, from a test that is not async."""
    return asyncio.run(write(target, units, views))
