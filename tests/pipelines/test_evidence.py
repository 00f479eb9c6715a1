"""evidence: what is kept of a page with violations, how much of it, and that it can be read back and judged again."""

import gzip
import json
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.errors import StoreError
from crawler.items import Page, Redirect
from crawler.page import extract
from crawler.store.findings import identity
from pipelines.evidence import OTHER_VIEWS
from pipelines.replay import replay, source_of, unpacked
from pipelines.warc import answer_of
from tests.commands.proof import DOM, LANDING, RAW, doorway, judge, pipeline, png


def files(page: Page) -> dict[str, bytes]:
    for each in page.snapshots:
        assert sha256(each.data).hexdigest() == each.name
    return {each.name: each.data for each in page.snapshots}


def record(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(page)[page.snapshot])
    return found


def of(page: Page) -> dict[str, Any]:
    """The finding of a page's first violation."""
    first = page.violations[0]
    return {"_id": identity(page.host, first.category, first.vector, first.place)}


def unread(page: Page) -> Page:
    raise AssertionError(f"{page.url} is no document")


async def test_a_plain_page_keeps_its_raw_answer_and_a_record() -> None:
    page = await pipeline().process_item(doorway("HP-001", "r1", "plain"))
    assert [each.kind for each in page.snapshots] == ["warc", "record"]
    known = record(page)
    assert (known["view"], known["status"], known["ip"], known["ruleset"]) == ("plain", 200, page.ip, page.ruleset)
    assert {item.snapshot for violation in page.violations for item in violation.evidence} == {page.snapshot}
    assert {row["rule"] for row in known["rules"]} == {violation.rule for violation in page.violations}
    answer = answer_of(files(page)[known["warc"]])
    assert (answer.kind, answer.url, answer.status, answer.body) == ("response", page.url, 200, DOM.encode())
    # The coding is undone, so the archive does not claim it.
    (stored,) = list(ArchiveIterator(BytesIO(files(page)[known["warc"]])))
    assert stored.http_headers.get_header("X-Archive-Orig-Content-Encoding") == "gzip"


async def test_a_rendered_page_keeps_what_came_what_it_became_and_how_it_looked() -> None:
    keeper = pipeline()
    page = await keeper.process_item(doorway("HP-001", "r1"))
    kept, known = files(page), record(page)
    assert [each.kind for each in page.snapshots] == ["warc", "dom", "screenshot", "screenshot", "record"]
    assert answer_of(kept[known["warc"]]).body == RAW.encode(), "what the server sent before any script"
    kinds = [each.rec_type for each in ArchiveIterator(BytesIO(kept[known["warc"]]))]
    assert kinds == ["response", "resource"], "the landing page too"
    assert gzip.decompress(kept[known["dom"]]) == DOM.encode()
    assert kept[known["screenshot"]] == png()
    (landing,) = known["landings"]
    assert (landing["url"], landing["verdict"], landing["category"]) == (LANDING, "confirmed", "gambling")
    assert landing["chain"][0] == "https://chuyen.example/HP-001"
    assert kept[landing["screenshot"]] == png(300, 200)
    assert (known["framed"], known["counts"]) == (["Nhà cái kubet77 uy tín số 1"], {"popup": 2})
    assert [row["text"] for row in known["added"]["blocks"]] == ["Khung bóng: tài xỉu kubet77 đổi thưởng"]
    assert page.rendered is not None
    assert not page.rendered.raw + page.rendered.landings[0].body, "a waiting batch holds the bytes once"
    assert page.rendered.screenshot is page.snapshots[2].data
    stats = keeper._crawler.stats
    assert stats is not None
    assert stats.get_value("evidence/screenshot") == 2


async def test_without_the_raw_answer_the_document_stands_in_the_archive() -> None:
    page = doorway("HP-001", "r1")
    assert page.rendered is not None
    page.rendered.raw = b""
    known = record(await pipeline().process_item(page))
    answer = answer_of(files(page)[known["warc"]])
    assert (answer.kind, answer.body) == ("conversion", DOM.encode())


async def test_a_kit_needs_no_thousand_records_and_each_view_has_its_share() -> None:
    keeper = pipeline()
    kept: dict[str, int] = {}
    for view in ("plain", "rendered", "bot"):
        first = doorway("HP-001", "r1", view)
        for number in range(30):
            page = replace(first, url=f"{first.url}?{number}", snapshots=[], snapshot="")
            await keeper.process_item(page)
            kept[view] = kept.get(view, 0) + bool(page.snapshot)
    assert kept == {"plain": 20, "rendered": OTHER_VIEWS, "bot": OTHER_VIEWS}


async def test_honest_pages_keep_nothing() -> None:
    page = doorway("HP-001", "r1")
    page.violations = []
    page = await pipeline().process_item(page)
    assert not page.snapshots
    assert page.rendered is not None
    assert not page.rendered.screenshot


@pytest.mark.parametrize("view", ["plain", "rendered"])
async def test_the_stored_bytes_are_judged_as_the_page_was(view: str) -> None:
    page = await pipeline().process_item(doorway("HP-001", "r1", view))
    kept, known = files(page), record(page)
    told = list(replay(of(page), {page.snapshot: known}, kept.__getitem__, judge().engine, unread))
    assert [(each.rule, each.view, each.before, each.now) for each in told] == [
        ("gambling-promotion", view, "confirmed", "confirmed")
    ]
    assert source_of(known, kept.__getitem__, unread) == DOM


async def test_what_only_the_browser_saw_is_judged_again_too() -> None:
    """Text in a shadow and a redirect by script: neither stands in the document."""
    page = doorway("HP-001", "r1")
    page.body = b"<html><head><title>Trang</title></head><body><p>Xin ch\xc3\xa0o</p></body></html>"
    page.blocks = [block for block in page.blocks if block.where == "shadow"]
    page.blocks[0].text = "Nhà cái kubet77 uy tín số 1 Việt Nam, khuyến mãi nạp đầu 100%, tài xỉu online, đăng ký ngay"
    page.redirects = [Redirect("script", LANDING, "delay")]
    page.links, page.title, page.ruleset = [], "Trang", ""
    judge()(page)
    assert page.violations
    page = await pipeline().process_item(page)
    kept, known = files(page), record(page)
    told = list(replay(of(page), {page.snapshot: known}, kept.__getitem__, judge().engine, unread))
    assert told
    assert all(each.fires for each in told)


async def test_what_the_browser_says_of_hidden_parts_is_replayed() -> None:
    page = doorway("HP-001", "r1")
    assert page.rendered is not None
    page.rendered.look = look = f"look-{'a' * 24}"
    body = DOM.replace("<body>", f"<body><div {look}='off_screen'>").replace("</body>", "</div></body>").encode()
    headers = [("Content-Type", "text/html; charset=utf-8")]
    fresh = extract(
        url=page.url, status=200, headers=headers, body=body, fetched=page.fetched, host=page.host, look=look
    )
    page.body, page.blocks, page.links, page.ruleset = body, fresh.blocks, fresh.links, ""
    judge()(page)
    assert any(block.hidden for block in page.blocks)
    page = await pipeline().process_item(page)
    kept, known = files(page), record(page)
    assert (known["look"], known["added"]["blocks"]) == (look, [])
    told = list(replay(of(page), {page.snapshot: known}, kept.__getitem__, judge().engine, unread))
    assert told
    assert all(each.fires for each in told)


async def test_a_page_that_the_browser_did_not_get_to_is_kept_once() -> None:
    page = doorway("HP-001", "r1")
    assert page.rendered is not None
    page.rendered.raw, page.rendered.state = page.body, "crashed"
    page = await pipeline().process_item(page)
    known = record(page)
    assert (known["dom"], known["state"]) == ("", "crashed")
    told = list(replay(of(page), {page.snapshot: known}, files(page).__getitem__, judge().engine, unread))
    assert all(each.fires for each in told)


async def test_a_rule_that_is_silent_now_is_told() -> None:
    page = await pipeline().process_item(doorway("HP-001", "r1", "plain"))
    known = record(page)
    known["rules"].append({**known["rules"][0], "rule": "a-rule-of-old"})
    known["rules"].append({**known["rules"][0], "rule": "cloaked-content"})
    told = list(replay(of(page), {page.snapshot: known}, files(page).__getitem__, judge().engine, unread))
    assert [(each.rule, each.fires, each.compared) for each in told] == [
        ("gambling-promotion", True, False),
        ("a-rule-of-old", False, False),
        ("cloaked-content", False, True),
    ]


@pytest.mark.parametrize("content", [b"", b"not a warc", gzip.compress(b"WARC/1.1\r\n\r\n"), b"\x1f\x8b\x08broken"])
def test_damaged_bytes_are_a_fault_of_the_store(content: bytes) -> None:
    with pytest.raises(StoreError):
        answer_of(content)


def test_a_document_that_is_no_gzip_is_a_fault_of_the_store() -> None:
    with pytest.raises(StoreError):
        unpacked(b"<html>")
