"""Bodies are kept once, and as long as somebody needs them; edges are counted from what is stored."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import zstandard
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.items import Block, Link, Page
from crawler.store.pages import MAX_LINKS, Pages
from crawler.urls import digest

NOW = datetime(2026, 11, 19, tzinfo=UTC)


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def page(path: str, body: bytes = b"", links: list[Link] | None = None) -> Page:
    url = f"http://a.example{path}"
    found = Page(url=url, host="a.example", status=200, fetched=NOW, body=body, digest=digest(url), run="r1")
    found.links = links or []
    return found


async def test_one_body_for_many_pages(db: AsyncDatabase[dict[str, Any]]) -> None:
    body = "<p>nội dung</p>".encode() * 100
    pages = Pages(db)
    for _ in range(2):
        await pages.write_bodies([page("/a", body), page("/b", body), page("/c")])
        await pages.write([page("/a", body), page("/b", body)])
    (stored,) = [row async for row in db["bodies"].find()]
    assert stored["_id"] == sha256(body).hexdigest()
    assert zstandard.ZstdDecompressor().decompress(stored["zstd"]) == body
    assert stored["size"] == len(body)
    known = [digest(f"http://a.example{path}") for path in ("/a", "/b", "/d")]
    assert await pages.answers("r1", "a.example", known) == {200: 2}
    assert await pages.answers("r0", "a.example", known[:1]) == {200: 1}, "a later run fetched it again"
    assert await pages.answers("r2", "a.example", known) == {}


async def test_documents_keep_their_text_and_not_their_body(db: AsyncDatabase[dict[str, Any]]) -> None:
    pages = Pages(db)
    read, unread = page("/a.pdf", b"%PDF"), page("/b.pdf", b"%PDF-2")
    read.document, unread.document, unread.cut = "pdf", "pdf", "no_text"
    read.blocks = [Block("document", "một", "document", "page 1"), Block("document", "hai", "document", "page 2")]
    read.metadata = [("author", "Lan")]
    await pages.write_bodies([read, unread])
    await pages.write([read, unread])
    assert await db["bodies"].count_documents({}) == 0
    stored = await db["pages"].find_one({"_id": read.digest})
    assert stored is not None
    assert (stored["text"], stored["body"], stored["document"]) == ({"document": "một\nhai"}, None, "pdf")
    assert stored["metadata"] == [{"name": "author", "value": "Lan"}]
    assert await pages.unread_documents("r1", "a.example") == {"no_text": 1}


async def test_readable_pages_are_pages_of_the_site_with_text(db: AsyncDatabase[dict[str, Any]]) -> None:
    def made(path: str, text: str = "Xin chào", **more: Any) -> Page:
        found = page(path, b"x")
        found.type, found.blocks = "text/html", [Block("text", text, "main", "main")] if text else []
        return replace(found, **more)

    pages = Pages(db)
    await pages.write(
        [
            made("/"),
            made("/tin"),
            made("/trong", ""),
            made("/mat", status=404),
            made("/hoi", wall="captcha"),
            made("/robots.txt", type="text/plain"),
        ]
    )
    assert await pages.readable("r1", "a.example") == 2
    assert await pages.readable("r2", "a.example") == 0


async def test_bodies_go_when_no_page_has_named_them_for_long(db: AsyncDatabase[dict[str, Any]]) -> None:
    pages = Pages(db)
    await pages.write_bodies([page("/a", b"old"), page("/b", b"kept")])
    await pages.write([page("/a", b"old"), page("/b", b"kept")])
    assert await pages.purge_bodies(30, NOW) == 0
    await pages.write([page("/a", b"new")])
    assert await pages.purge_bodies(30, NOW) == 0, "only now nobody names it"
    assert await pages.purge_bodies(30, NOW + timedelta(days=29)) == 0
    assert await pages.purge_bodies(30, NOW + timedelta(days=31)) == 1
    assert [row["_id"] async for row in db["bodies"].find()] == [sha256(b"kept").hexdigest()]


async def test_a_body_that_is_named_again_stays(db: AsyncDatabase[dict[str, Any]]) -> None:
    pages = Pages(db)
    await pages.write_bodies([page("/a", b"old")])
    assert await pages.purge_bodies(30, NOW) == 0
    await pages.write([page("/a", b"old")])
    assert await pages.purge_bodies(30, NOW + timedelta(days=31)) == 0
    await pages.write([page("/a", b"new")])
    assert await pages.purge_bodies(30, NOW + timedelta(days=62)) == 0


async def test_edges_do_not_count_twice(db: AsyncDatabase[dict[str, Any]]) -> None:
    links = [
        Link("http://b.example/x", "nhà cái", hidden="display_none"),
        Link("http://b.example/y"),
        Link("http://a.example/own"),
    ]
    pages = Pages(db)
    for _ in range(2):
        await pages.write([page("/a", links=links), page("/b", links=links[:1])])
        await pages.write_edges("r1", "a.example")
    (edge,) = [row async for row in db["links"].find()]
    assert (edge["_id"], edge["count"], edge["hidden"]) == ("a.example>b.example", 3, 2)
    assert edge["anchors"] == ["nhà cái"]


async def test_links_are_capped_hidden_and_outgoing_first(db: AsyncDatabase[dict[str, Any]]) -> None:
    links = [Link(f"http://a.example/{n}") for n in range(MAX_LINKS * 2)]
    links += [Link("http://b.example/"), Link("http://a.example/h", hidden="attribute")]
    found = page("/a", links=links)
    found.link_count = 1000
    await Pages(db).write([found])
    stored = await db["pages"].find_one()
    assert stored is not None
    assert (len(stored["links"]), stored["link_count"]) == (MAX_LINKS, 1000)
    assert [link["url"] for link in stored["links"][:2]] == ["http://a.example/h", "http://b.example/"]
