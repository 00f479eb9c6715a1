"""What a school sees from month to month: found, fixed, back; and what bad input gets before a crawl starts."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from crawler.demo import Host, Reply, simple
from crawler.store.chain import first_break
from crawler.store.queries.findings import read_snapshot
from pipelines.warc import answer_of

Crawls = Callable[..., Any]
BLOCK = (
    '<div style="position:absolute;left:-9999px"><a href="http://bong88vip.example/">nhà cái bong88</a> '
    '<a href="http://taixiu789.example/">tài xỉu đổi thưởng link vào</a></div>'
)
SCHOOL = "Nhà trường thông báo lịch kiểm tra cuối học kỳ cho học sinh toàn trường trong tuần này. "


def page(title: str, *links: str, block: str = "") -> Reply:
    reply = simple(title, f"{title}. {SCHOOL}", links)
    assert isinstance(reply.body, str)
    reply.body = reply.body.replace("</body>", f"</body>{block}")
    return reply


def test_found_fixed_and_back_at_another_url(crawls: Crawls) -> None:
    pages = {"/": page("Trang chủ", "/a", "/b"), "/a": page("Bài a", block=BLOCK), "/b": page("Bài b", block=BLOCK)}
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    crawl.run()
    found = crawl.db["findings"].find_one()
    assert (found["category"], found["vector"], found["confidence"]) == ("gambling", "planted", "confirmed")
    assert (found["url_count"], found["state"], found["unit"]) == (2, "open", "U1")
    assert any("bong88" in item["quote"] for item in found["evidence"])
    assert crawl.last_run()["findings"] == {"new": 1, "open": 1, "fixed": 0, "recurred": 0}

    pages["/a"], pages["/b"] = page("Bài a"), Reply("", 500)
    crawl.run()
    assert crawl.db["findings"].find_one()["state"] == "open", "a page that fails proves nothing"
    pages["/b"] = Reply("", 404)
    crawl.run()
    assert crawl.db["findings"].find_one()["state"] == "fixed"
    assert crawl.last_run()["findings"]["fixed"] == 1

    pages["/"], pages["/c"] = page("Trang chủ", "/c"), page("Bài c", block=BLOCK)
    crawl.run()
    again = crawl.db["findings"].find_one()
    assert (again["_id"], again["state"], again["recurrences"]) == (found["_id"], "recurred", 1)
    assert crawl.db["findings"].count_documents({}) == 1
    assert crawl.last_run()["findings"]["recurred"] == 1


def test_what_stands_before_a_site_proves_nothing_and_a_soft_404_does(crawls: Crawls) -> None:
    pages: dict[str, Any] = {"/": page("Trang chủ", "/a", "/b"), "/b": page("Bài b")}
    pages["/a"] = page("Bài a", block=BLOCK)
    host = Host("a.test", pages=pages)
    crawl = crawls([host])
    crawl.register("a.test/")
    crawl.run()
    assert crawl.db["findings"].find_one()["state"] == "open"

    host.wrap = lambda request, reply: Reply("<h1>Website đang bảo trì</h1>")
    crawl.run()
    assert crawl.review("a.test")["state"] == "unreachable"
    assert crawl.db["findings"].find_one()["state"] == "open", "nothing of the site was seen"

    host.wrap = None
    half = page("Bài a", block=BLOCK).body[:60].encode()
    pages["/a"] = Reply(half, length=5000)
    crawl.run()
    assert crawl.db["findings"].find_one()["state"] == "open", "half a page proves nothing"

    del pages["/a"]
    host.fallback = lambda request: page("Không tìm thấy")
    crawl.run()
    assert crawl.skipped("a.test")["soft_404"] == 1
    assert crawl.db["findings"].find_one()["state"] == "fixed"


def test_the_snapshot_is_the_raw_answer(crawls: Crawls) -> None:
    crawl = crawls([Host("a.test", pages={"/": page("Trang chủ", block=BLOCK)})])
    crawl.register("a.test/")
    crawl.run()
    snapshot = crawl.db["findings"].find_one()["evidence"][0]["snapshot"]
    record = json.loads(read_snapshot(crawl.db, snapshot))
    assert (record["url"], record["view"], record["status"]) == (f"http://{crawl.host('a.test')}/", "plain", 200)
    answer = answer_of(read_snapshot(crawl.db, record["warc"]))
    assert (answer.kind, answer.url) == ("response", record["url"])
    assert BLOCK.encode() in answer.body
    run = crawl.last_run()
    assert run["chain"]["n"] == 1
    assert first_break(crawl.db, run["_id"]) is None


def test_an_operator_list_makes_a_destination_known(crawls: Crawls, tmp_path: Any) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "cam.txt").write_text("ten-mien-la.example\n")
    (lists / "manifest.yaml").write_text(
        'format: 1\nkind: lists\nlists:\n  - file: "cam.txt"\n    category: "gambling"\n    format: "plain"\n'
    )
    pages = {"/": page("Trang chủ", "http://ten-mien-la.example/khuyen-mai")}
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    crawl.run()
    assert crawl.db["findings"].count_documents({}) == 0
    crawl.run(env={"RASOAT_RULES": str(lists)})
    found = crawl.db["findings"].find_one()
    assert found is not None
    assert (found["category"], found["vector"]) == ("gambling", "linked")


def test_bad_rules_stop_the_crawl_before_it_starts(crawls: Crawls, tmp_path: Any) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        'format: 1\nkind: page\nrules:\n  - id: "mot-luat"\n    la: "gì đây"\n'
        '    signals:\n      x: {part: "text", regex: "(?<=a)b", family: "subject"}\n'
    )
    crawl = crawls([Host("a.test", pages={"/": page("Trang chủ")})])
    crawl.register("a.test/")
    log = crawl.run(env={"RASOAT_RULES": str(rules)}, code=2)
    faults = [line for line in log.splitlines() if line.startswith("scrapy crawl: ")]
    assert len(faults) >= 2, log
    assert all("rules.yaml:" in line and "mot-luat" in line for line in faults), faults
    assert crawl.db["runs"].count_documents({}) == 0
    assert crawl.running.seen("a.test") == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("-a", "hosts=la.test"), "hosts=la.test: not in the register"),
        (("-a", "units=X"), "units=X: not in the register"),
        (("-a", "colour=red"), "colour"),
        (("-a", "max_pages=0"), "max_pages"),
        (("-a", "urls=/nowhere"), "/nowhere: cannot be read"),
        (("-a", "resume=r1"), "resume=r1: no such run"),
        (("-s", "RASOAT_ALLOWED_NETWORKS=everything"), "everything"),
        (("-s", "RASOAT_AUDIT_HEADER=no colon"), "RASOAT_AUDIT_HEADER"),
    ],
)
def test_bad_arguments_get_one_clear_line(crawls: Crawls, args: tuple[str, ...], words: str) -> None:
    crawl = crawls([Host("a.test", pages={"/": page("Trang chủ")})])
    crawl.register("a.test/")
    log = crawl.run(*args, code=2)
    lines = [line for line in log.splitlines() if line.startswith("scrapy crawl: ")]
    assert len(lines) == 1, log
    assert words in lines[0]
    assert "Traceback" not in log
    assert crawl.running.seen("a.test") == []


def test_we_say_who_we_are(crawls: Crawls) -> None:
    seen: list[dict[str, str]] = []

    def look(request: Any) -> Reply:
        seen.append(dict(request.headers))
        return page("Trang chủ")

    crawl = crawls([Host("a.test", fallback=look)])
    crawl.register("a.test/")
    crawl.run(env={"RASOAT_CONTACT": "kiemtra@haiphong.edu.vn", "RASOAT_AUDIT_HEADER": "X-Ra-Soat: 2026"})
    for headers in seen:
        known = {name.lower(): value for name, value in headers.items()}
        assert (known["from"], known["x-ra-soat"]) == ("kiemtra@haiphong.edu.vn", "2026")
        assert "scrapy" not in known["user-agent"].lower()


def test_a_bad_certificate_hides_nothing_and_is_recorded(crawls: Crawls, tmp_path: Any) -> None:
    import asyncio
    import contextlib
    import ssl
    import threading

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("somewhere-else.test").configure_cert(context)
    body = page("Trang chủ", block=BLOCK).body.encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    crawl = crawls([Host("tls.test", "127.77.3.9", listening=False)])
    ready, stop = threading.Event(), asyncio.Event()
    ports: list[int] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with await asyncio.start_server(answer, "127.77.3.9", 0, ssl=context) as server:
            ports.append(server.sockets[0].getsockname()[1])
            ready.set()
            await stop.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(10)
        host = f"tls.test:{ports[0]}"
        site = {"_id": f"{host}/", "host": host, "unit": "U1", "official": False, "alias_of": None}
        crawl.db["sites"].insert_one({**site, "state": "registered", "history": []})
        crawl.db["hosts"].insert_one({"_id": host, "state": "registered", "scheme": "https"})
        crawl.run()
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
    assert crawl.db["reviews"].find_one()["state"] == "complete"
    assert crawl.db["findings"].count_documents({"category": "gambling"}) == 1
    tls = crawl.db["hosts"].find_one({"_id": host})["tls"]
    assert tls["valid"] is False
    assert "wrong_name" in tls["faults"]
