"""Large pages are read beside the crawl: the same page comes out, and a page that ends its reader ends nothing else."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
import pytest
import zstandard
from scrapy.utils.test import get_crawler

from crawler.page import extract
from crawler.reading.readers import BATCH, HUGE, LARGE, SMALL, Readers
from pipelines.rulesets import judge_from_crawler

WHEN = datetime(2026, 10, 1, tzinfo=UTC)


class Deadly:
    """Whoever unpickles it is gone, as a reader is whose parser crashed."""

    def __reduce__(self) -> tuple[Any, tuple[int]]:
        return os._exit, (3,)


def facts(text: str = "Nhà trường thông báo", **more: Any) -> dict[str, Any]:
    body = f"<html><title>Trang</title><body><p>{text}</p><a href='/tin'>Tin tức</a></body></html>".encode()
    return {
        "url": "http://truong.example/",
        "status": 200,
        "headers": [("Content-Type", "text/html; charset=utf-8")],
        "body": body,
        "fetched": WHEN,
        "host": "truong.example",
    } | more


@pytest.fixture
async def readers() -> AsyncIterator[Readers]:
    crawler = get_crawler(settings_dict={"RASOAT_READERS": 1})
    made = Readers.from_crawler(crawler)
    yield made
    made.close()


def value(readers: Readers, name: str) -> int:
    return int(readers._stats.get_value(name, 0))


async def test_a_page_read_apart_is_the_page_read_here(readers: Readers) -> None:
    given = facts("chữ " * 60_000)
    assert readers.wants(given["body"])
    apart = await readers.read(given)
    here = extract(**given)
    assert apart.body_id == sha256(given["body"]).hexdigest()
    assert zstandard.decompress(apart.packed) == given["body"]
    apart.body_id, apart.packed = "", b""
    assert apart == here
    assert apart.body == given["body"]


async def test_a_page_that_ends_its_reader_is_recorded_and_others_are_read(readers: Readers) -> None:
    page = await readers.read(facts(headers=[("X", Deadly())]))
    assert page.cut == "unreadable"
    assert page.body
    assert not page.blocks
    assert value(readers, "reading/reader_died") == 2
    assert (await readers.read(facts())).title == "Trang"


async def test_a_batch_loses_only_the_page_that_ends_its_reader(readers: Readers) -> None:
    given = [facts(f"trang {number}") for number in range(6)]
    given[4]["headers"] = [("X", Deadly())]
    pages = await asyncio.gather(*(readers.read(each) for each in given))
    assert [page.cut for page in pages] == ["", "", "", "", "unreadable", ""]
    assert [block.text for page in pages for block in page.blocks if block.part == "text"] == [
        f"trang {number}\nTin tức" for number in (0, 1, 2, 3, 5)
    ]
    assert [page.body for page in pages] == [each["body"] for each in given]


async def test_pages_come_back_judged(tmp_path: Path) -> None:
    judged_by = {"PAGE_JUDGE": "pipelines.rulesets.judge_from_crawler", "RASOAT_DATA_DIR": str(tmp_path)}
    crawler = get_crawler(settings_dict={"RASOAT_READERS": 1, **judged_by})
    readers = Readers.from_crawler(crawler)
    hidden = '<div style="display:none"><a href="http://bong88vip.example/">nhà cái bong88 tài xỉu đổi thưởng</a></div>'
    page = await readers.read(facts(hidden))
    honest = await readers.read(facts())
    readers.close()
    here = extract(**facts(hidden))
    judge = judge_from_crawler(crawler)
    judge(here)
    assert {found.category for found in page.violations} == {"gambling"}
    assert page.violations == here.violations
    assert (page.ruleset, page.lists) == (here.ruleset, here.lists)
    assert (honest.violations, honest.ruleset) == ([], here.ruleset)
    page.violations = []
    judge(page)
    assert page.violations == [], "what these rules judged is not judged again"


async def test_where_no_process_can_be_had_pages_are_read_here(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr("crawler.reading.readers.ProcessPoolExecutor.submit", none)
    count = 5 * BATCH
    pages = await asyncio.wait_for(asyncio.gather(*(readers.read(facts()) for _ in range(count))), 20)
    assert [page.title for page in pages] == ["Trang"] * count
    assert not readers.wants(b"<" * HUGE)


async def test_readers_end_with_their_crawl(readers: Readers) -> None:
    before = set(psutil.Process().children(recursive=True))
    await readers.read(facts())
    mine = set(psutil.Process().children(recursive=True)) - before
    assert mine
    readers.close()
    _, alive = psutil.wait_procs(list(mine), timeout=20)
    assert not [process for process in alive if "spawn_main" in " ".join(process.cmdline())]


async def test_pages_are_read_here_while_no_reader_is_free(readers: Readers) -> None:
    large = b"<" * LARGE
    assert not readers.wants(large), "the first one would wait for a process to begin"
    await readers.read(facts())
    assert readers.wants(large)
    reads = []
    while readers.wants(large):
        reads.append(asyncio.ensure_future(readers.read(facts(f"trang {len(reads)}"))))
        await asyncio.sleep(0)
    assert len(reads) >= BATCH
    assert readers.wants(b"<" * HUGE), "one that holds the crawl up"
    assert [page.title for page in await asyncio.gather(*reads)] == ["Trang"] * len(reads)
    assert readers.wants(large)


async def test_small_pages_and_single_cores_need_no_reader(readers: Readers) -> None:
    none = Readers.from_crawler(get_crawler(settings_dict={"RASOAT_READERS": 0}))
    assert not none.wants(b"<" * HUGE)
    assert readers.wants(b"<" * HUGE)
    assert not readers.wants(b"%PDF-1.7 " + b"<" * HUGE)
    await readers.read(facts())
    assert readers.wants(b"<" * SMALL)
    assert not readers.wants(b"<" * (SMALL - 1))
