"""Large pages are read beside the crawl: the same page comes out, and a page that ends its reader ends nothing else."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import psutil
import pytest
import zstandard
from scrapy.utils.test import get_crawler

from crawler.page import extract
from crawler.reading.readers import LARGE, Readers

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
    given = facts("chữ " * 20_000)
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


async def test_readers_end_with_their_crawl(readers: Readers) -> None:
    before = set(psutil.Process().children(recursive=True))
    await readers.read(facts())
    mine = set(psutil.Process().children(recursive=True)) - before
    assert mine
    readers.close()
    _, alive = psutil.wait_procs(list(mine), timeout=20)
    assert not [process for process in alive if "spawn_main" in " ".join(process.cmdline())]


def test_small_pages_and_single_cores_need_no_reader() -> None:
    crawler = get_crawler(settings_dict={"RASOAT_READERS": 0})
    assert not Readers.from_crawler(crawler).wants(b"<" * LARGE)
    crawler = get_crawler(settings_dict={"RASOAT_READERS": 2})
    assert Readers.from_crawler(crawler).wants(b"<" * LARGE)
    assert not Readers.from_crawler(crawler).wants(b"<" * (LARGE - 1))
    assert not Readers.from_crawler(crawler).wants(b"%PDF-1.7 " + b"<" * LARGE)
