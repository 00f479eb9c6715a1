"""A small province in the store, written by the classes that a crawl writes with."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from crawler.items import Block, Evidence, Link, Page, Snapshot, Violation
from crawler.register.apply import import_register
from crawler.register.reader import read
from crawler.store.connection import Target, connect, connect_async
from crawler.store.crawl import CrawlStore
from crawler.store.register import RegisterStore
from crawler.urls import digest, host_of
from pipelines.record import packed, record_of
from pipelines.warc import warc_of

REGISTER = """Mã,Tên đơn vị,Cấp,Website
HP-001,Trường THCS Nguyễn Trãi,THCS,nguyentrai.haiphong.edu.vn
HP-002,Trường THPT Lê Hồng Phong,THPT,https://lehongphong.haiphong.edu.vn
HP-003,Trường Mầm non Hoa Sen,Mầm non,hoasen.haiphong.edu.vn
"""
TRAI, PHONG, SEN = "nguyentrai.haiphong.edu.vn", "lehongphong.haiphong.edu.vn", "hoasen.haiphong.edu.vn"
DOORWAY = f"http://{TRAI}/tra-cuu-diem-thi/nha-cai-uy-tin.html"
TARGET = "https://kubet77.example/dang-ky"
QUOTE = "Nhà cái \x1b[31mkubet77\x1b[0m\u202e uy tín số 1"


@dataclass(frozen=True)
class Stored:
    """Ids of what was written."""

    run: str
    lost: str
    gambling: str
    loans: str
    snapshot: str


def page(url: str, unit: str, run: str, title: str, text: str, **more: object) -> Page:
    """A stored page of a school."""
    host = host_of(url)
    found = Page(url=url, host=host, status=200, fetched=datetime.now(UTC), type="text/html")
    found.body = f"<title>{title}</title><p>{text}</p>".encode()
    found.title, found.run, found.unit, found.site, found.digest = title, run, unit, f"{host}/", digest(url)
    found.blocks = [Block("text", text, "main>p")]
    found.headers = [("Content-Type", "text/html; charset=utf-8")]
    found.ruleset, found.lists = "r" * 64, "l" * 64
    for name, value in more.items():
        setattr(found, name, value)
    return found


def keep(page: Page) -> None:
    """Evidence of a page, as the pipeline keeps it."""
    warc = warc_of(page)
    name = sha256(warc).hexdigest()
    record = packed(record_of(page, {"warc": name}))
    page.snapshot = sha256(record).hexdigest()
    page.snapshots = [
        Snapshot(name, "warc", "application/warc", warc),
        Snapshot(page.snapshot, "record", "application/json", record),
    ]
    for violation in page.violations:
        for evidence in violation.evidence:
            evidence.snapshot = page.snapshot


def pages(run: str) -> list[Page]:
    """A clean page, a doorway with its snapshot, and a page that links to a lender."""
    home = page(f"http://{TRAI}/", "HP-001", run, "Trang chủ", "Tuyên truyền phòng chống cờ bạc")
    doorway = page(DOORWAY, "HP-001", run, "Nhà cái uy tín", "Nhà cái kubet77 uy tín số 1 khuyến mãi nạp đầu")
    doorway.links = [Link(TARGET, "đăng ký kubet77", hidden="display:none"), Link(TARGET, "tải app")]
    doorway.link_count = 2
    doorway.violations = [
        Violation(
            "gambling-promotion",
            "gambling",
            "planted",
            "critical",
            "confirmed",
            "shape:/tra-cuu-diem-thi/{slug}.html",
            [Evidence("title", QUOTE, "title"), Evidence("anchor", "đăng ký kubet77", "footer", TARGET)],
            ["host:kubet77.example"],
        )
    ]
    keep(doorway)
    lender = page(f"https://{PHONG}/lien-he", "HP-002", run, "Liên hệ", "Liên hệ nhà trường")
    lender.links = [Link("http://vaynong.example/", "=vay nóng 24h", region="footer")]
    lender.link_count = 1
    lender.violations = [
        Violation(
            "loans-links",
            "loans",
            "linked",
            "high",
            "suspected",
            "region:footer",
            [Evidence("anchor", "=vay nóng 24h", "footer", "http://vaynong.example/")],
        )
    ]
    return [home, doorway, lender]


def fill(uri: str, database: str, folder: Path, register: Path) -> Stored:
    """Import the register, review it in one finished run, and leave a second one whose process went silent."""
    register.write_text(REGISTER, encoding="utf-8")
    target = Target(uri, database, folder)
    with connect(target) as store:
        import_register(RegisterStore(store.db), read(register), zones=["haiphong.edu.vn"], source="units.csv")
    return asyncio.run(crawled(target))


async def crawled(target: Target) -> Stored:
    """Both runs."""
    crawl = CrawlStore(await connect_async(target), 5)
    try:
        run = await review(crawl)
        lost = await silent(crawl)
        rows = {row["category"]: row["_id"] async for row in crawl.db["findings"].find()}
        snapshot = await crawl.db["snapshots.files"].find_one({"metadata.kind": "record"})
        assert snapshot
        return Stored(run, lost, rows["gambling"], rows["loans"], snapshot["filename"])
    finally:
        await crawl.close()


async def review(crawl: CrawlStore) -> str:
    """A run that reviews two hosts and cannot reach the third."""
    run = await crawl.runs.create("deep", {"units": ["HP-001", "HP-002", "HP-003"]}, "job-7")
    crawl.begin(run)
    await crawl.runs.queue_reviews(run, [PHONG, SEN, TRAI])
    for host in (PHONG, SEN, TRAI):
        await crawl.runs.begin_review(run, host)
    await crawl.flush(pages(run), [])
    for host in (PHONG, TRAI):
        await crawl.pages.write_edges(run, host)
    await crawl.runs.end_review(run, TRAI, "complete", "", {"media": 40, "calendar": 7}, {})
    await crawl.runs.end_review(run, PHONG, "budget", "page budget reached: 1 pages", {"media": 2}, {})
    await crawl.runs.end_review(run, SEN, "unreachable", "DNS: NXDOMAIN", {}, {})
    await crawl.note_host(
        TRAI,
        {
            "group": "203.0.113.7",
            "tls": {"valid": False, "error": "certificate has expired", "not_after": datetime(2025, 1, 2, tzinfo=UTC)},
        },
    )
    await crawl.runs.finish(run, "finished", "finished", {"deep/page": 3})
    return run


async def silent(crawl: CrawlStore) -> str:
    """A run on another machine that has said nothing for two minutes."""
    lost = await crawl.runs.create("deep", {"hosts": [SEN]}, None)
    await crawl.runs.queue_reviews(lost, [SEN])
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    change = {"heartbeat": long_ago, "started": long_ago, "worker": {"node": "elsewhere", "id": "x"}}
    await crawl.db["runs"].update_one({"_id": lost}, {"$set": change})
    # The two began within one second, and ids sort by time.
    return lost
