"""Documents on a site: fetched, read behind a wall, judged like pages, and told of when they cannot be read."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from crawler.demo import Host, Reply, Request, files, simple
from tests.conftest import Done

Crawls = Callable[..., Any]
SPAM = "Nhà cái ABC88 uy tín số một, khuyến mãi nạp đầu 100%, link vào mới nhất, cược thể thao và nổ hũ mỗi ngày"
HONEST = "Nhà trường thông báo kế hoạch năm học mới tới phụ huynh và học sinh các khối lớp, thời gian từ ngày 5 tháng 9"
OFFICE = "application/vnd.openxmlformats-officedocument"
LARGE = b"%PDF-1.7\n" + bytes(400_000)


def sent(body: bytes, kind: str) -> Reply:
    return Reply(body, headers=[("Content-Type", kind)])


def plan(request: Request) -> bytes:
    return files.pdf("Kế hoạch", [HONEST, f"Xem tại http://a.test:{request.port}/chi-trong-van-ban, mời đọc."])


def site() -> dict[str, Any]:
    planted = files.pdf("Khuyến mãi", [SPAM], [("Vào ngay", "https://abc88.example/?ref=7")], author="sale")
    links = [("nhà cái uy tín", "https://abc88.example/dk"), ("tiếp theo", "/chi-trong-word")]
    table = files.xlsx("Danh sách", [["Họ tên", "Lớp"], ["Lê Thị Đào", "6A"]])
    zipped = {"ds.xlsx": table, "kem.txt": HONEST.encode(), "x.zip": files.archive({"a.txt": SPAM.encode()})}
    return {
        "/uploads/2026/khuyen-mai-88.pdf": sent(planted, "application/pdf"),
        "/van-ban/ke-hoach.docx": sent(files.docx("Kế hoạch", [HONEST], links), f"{OFFICE}.wordprocessingml.document"),
        "/van-ban/danh-sach.xlsx": sent(table, f"{OFFICE}.spreadsheetml.sheet"),
        "/van-ban/quyet-dinh-scan.pdf": sent(files.scanned_pdf("QĐ"), "application/pdf"),
        "/van-ban/tat-ca.zip": sent(files.archive(zipped), "application/zip"),
        "/download.php?id=1": lambda request: sent(plan(request), "application/octet-stream"),
        "/download.php?id=2": lambda request: sent(plan(request), "text/html"),
        "/van-ban/dang-nhap.pdf": sent(simple("Đăng nhập", HONEST, ["/sau-do"]).body.encode(), "application/pdf"),  # type: ignore[union-attr]
        "/van-ban/bang.xls": sent(f"<table><tr><td>{HONEST}</table>".encode(), "application/vnd.ms-excel"),
        "/van-ban/hong.pdf": sent(b"%PDF-1.7\nxyz", "application/pdf"),
        "/van-ban/lon.pdf": sent(LARGE, "application/pdf"),
        "/van-ban/lon-dan": sent(LARGE, "application/octet-stream"),
        "/van-ban/bom.docx": sent(files.archive({"a.html": bytes(300_000_000)}), "application/msword"),
        "/phan-mem.rar": sent(b"Rar!", "application/x-rar-compressed"),
        "/anh": sent(b"\x89PNG\r\n" + bytes(900), "image/png"),
    }


def test_documents_are_read_judged_and_followed(crawls: Crawls, scrapy: Callable[..., Done], tmp_path: Path) -> None:
    pages = site()
    pages["/"] = simple("Trang chủ", HONEST, list(pages))
    for deep in ("/chi-trong-word", "/chi-trong-van-ban", "/sau-do"):
        pages[deep] = simple(deep, f"{deep} {HONEST}")
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    crawl.run(env={"RASOAT_DOCUMENT_BYTES": "350000"})

    stored = {row["url"].partition(str(crawl.running.port))[2]: row for row in crawl.db["pages"].find()}
    assert {path: (row["document"], row["cut"]) for path, row in stored.items() if row["document"]} == {
        "/uploads/2026/khuyen-mai-88.pdf": ("pdf", ""),
        "/van-ban/ke-hoach.docx": ("docx", ""),
        "/van-ban/danh-sach.xlsx": ("xlsx", ""),
        "/van-ban/quyet-dinh-scan.pdf": ("pdf", "no_text"),
        "/van-ban/tat-ca.zip": ("zip", ""),
        "/download.php?id=1": ("pdf", ""),
        "/download.php?id=2": ("pdf", ""),
        "/van-ban/hong.pdf": ("pdf", "damaged"),
        "/van-ban/lon.pdf": ("unknown", "too_large"),
        "/van-ban/lon-dan": ("pdf", "too_large"),
        "/van-ban/bom.docx": ("zip", "bomb"),
    }
    assert {"/chi-trong-word", "/chi-trong-van-ban", "/sau-do"} <= set(stored), "links of documents are followed"
    assert stored["/van-ban/bang.xls"]["text"]["main"] == HONEST, "a table with the name of a workbook is a page"
    assert (stored["/anh"]["cut"], "/phan-mem.rar" in stored) == ("type_not_read", False)

    word = stored["/van-ban/ke-hoach.docx"]
    assert word["text"] == {"document": f"Kế hoạch\n{HONEST}\nnhà cái uy tín\ntiếp theo"}
    assert (word["type"], word["body"], word["title"]) == (f"{OFFICE}.wordprocessingml.document", None, "Kế hoạch")
    assert word["published"].isoformat() == "2026-09-01T01:00:00+00:00"
    assert {"name": "author", "value": "sale"} in stored["/uploads/2026/khuyen-mai-88.pdf"]["metadata"]
    assert stored["/van-ban/tat-ca.zip"]["text"]["document"] == f"Họ tên Lớp Lê Thị Đào 6A\n{HONEST}"
    assert crawl.db["bodies"].count_documents({"type": {"$regex": "pdf|office|zip"}}) == 0

    skipped = crawl.skipped("a.test")
    assert {name: n for name, n in skipped.items() if name.startswith("document_")} == {
        "document_no_text": 1,
        "document_damaged": 1,
        "document_too_large": 2,
        "document_bomb": 1,
    }
    assert skipped["archive"] == 1
    stats = {item["name"]: item["n"] for item in crawl.last_run()["stats"]}
    assert (stats["documents/read"], stats["documents/kind/pdf"]) == (6, 6)
    assert crawl.review("a.test")["state"] == "complete"

    found = {row["url"].partition(str(crawl.running.port))[2]: row for row in crawl.db["findings"].find()}
    assert set(found) == {"/uploads/2026/khuyen-mai-88.pdf", "/van-ban/ke-hoach.docx"}
    planted, linked = found["/uploads/2026/khuyen-mai-88.pdf"], found["/van-ban/ke-hoach.docx"]
    assert (planted["category"], planted["vector"], planted["confidence"]) == ("gambling", "planted", "confirmed")
    assert planted["place"] == "shape:/uploads/{n}/khuyen-mai-{n}.pdf"
    assert (linked["vector"], linked["place"]) == ("linked", "shape:/van-ban/ke-hoach.docx")
    assert any(
        (item["part"], item["where"]) == ("document", "page 1") and "khuyến mãi nạp đầu" in item["quote"]
        for item in planted["evidence"]
    )
    assert any(item["target"] == "https://abc88.example/dk" for item in linked["evidence"])
    assert all(item["snapshot"] for item in planted["evidence"]), "the file itself is kept"
    for finding in (planted, linked):
        done = scrapy("findings", "show", finding["_id"], "--replay", "--save", tmp_path / finding["short"])
        assert (done.code, "still fire" in done.stderr) == (0, True), done.stderr
    assert "<mark>" in (tmp_path / planted["short"] / "index.html").read_text(encoding="utf-8")


def test_a_stop_does_not_wait_for_a_document_and_a_resumed_run_reads_it(crawls: Crawls) -> None:
    slow = files.archive({"cham.html": b"<div>" * 400_000, "a.txt": HONEST.encode()})
    home = simple("Trang chủ", HONEST, ["/cham.zip", "/tin"])
    pages = {"/": home, "/tin": simple("Tin", HONEST), "/cham.zip": sent(slow, "application/zip")}
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    with crawl.start(env={"RASOAT_DOCUMENT_SECONDS": "300"}) as process:
        readers = readers_of(process.pid)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
    assert psutil.wait_procs(readers, 10)[1] == [], "nobody is left"
    assert crawl.paths("a.test") == {"/", "/tin"}
    assert crawl.last_run()["state"] == "interrupted"

    crawl.run("-a", "resume=latest", env={"RASOAT_DOCUMENT_SECONDS": "0.3"})
    assert crawl.paths("a.test") == {"/", "/tin", "/cham.zip"}
    assert crawl.skipped("a.test") == {"document_too_slow": 1}


def test_readers_end_with_a_killed_crawl(crawls: Crawls, until_killed: Callable[..., Any]) -> None:
    slow = files.archive({"cham.html": b"<div>" * 400_000})
    crawl = crawls([Host("a.test", pages={"/": sent(slow, "application/zip")})])
    crawl.register("a.test/")
    with until_killed(crawl.start(env={"RASOAT_DOCUMENT_SECONDS": "300"})) as process:
        readers = readers_of(process.pid)
        process.kill()
    assert psutil.wait_procs(readers, 10)[1] == []


def readers_of(crawler: int) -> list[psutil.Process]:
    """The mother and her child, as soon as a document is being read."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):  # others come and go
            mothers = [
                one for one in psutil.Process(crawler).children() if "crawler.documents.mother" in str(one.cmdline())
            ]
            if mothers and (found := mothers[0].children()):
                return [mothers[0], *found]
        time.sleep(0.02)
    raise AssertionError("no document is being read")
