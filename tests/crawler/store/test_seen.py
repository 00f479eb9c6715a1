"""What the store knows of a page's earlier fetches, whole or damaged."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.items import Page, Violation
from crawler.store.findings import Findings
from crawler.store.pages import Pages, document
from crawler.store.seen import Seen
from crawler.urls import digest

NOW = datetime(2026, 11, 24, tzinfo=UTC)
URL = "http://a.example/"


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def fetched(body: bytes, view: str = "plain") -> Page:
    headers = [("Content-Type", "text/html; charset=utf-8"), ("X-Powered-By", "PHP")]
    return Page(URL, "a.example", 200, NOW, view, headers, "text/html", body=body, digest=digest(URL), run="r1")


async def put(db: AsyncDatabase[dict[str, Any]], plain: Page, *others: Page) -> None:
    await Pages(db).write_bodies([plain, *others])
    names = ("run", "fetched", "status", "title", "simhash", "cut", "wall", "body")
    seen = [{**{n: document(page)[n] for n in names}, "view": page.view, "differs": page.differs} for page in others]
    await db["pages"].insert_one({**document(plain), "seen": seen})


async def test_each_view_comes_in_the_form_of_a_page(db: AsyncDatabase[dict[str, Any]]) -> None:
    bot = fetched(b"<p>bot</p>", "bot")
    bot.differs = True
    await put(db, fetched(b"<p>plain</p>"), fetched(b"<p>repeat</p>", "repeat"), bot)
    seen = Seen(db)
    plain, repeat, other = await seen.versions(digest(URL), ["plain", "repeat", "bot"])
    assert [version.view for version in (plain, repeat, other)] == ["plain", "repeat", "bot"]
    assert [version.differs for version in (plain, repeat, other)] == [False, False, True]
    assert await seen.body(repeat.body) == b"<p>repeat</p>"
    assert other.row["headers"] == [{"name": "Content-Type", "value": "text/html; charset=utf-8"}]
    assert other.row["views"] == ["bot"]
    assert [version.view for version in await seen.versions(digest(URL), ["repeat"])] == ["repeat"]


async def test_a_look_that_was_led_on_says_where(db: AsyncDatabase[dict[str, Any]]) -> None:
    await put(db, fetched(b"<p>plain</p>"), fetched(b"", "repeat"))
    await db["pages"].update_one({}, {"$set": {"seen.0.leads": "https://go.com/"}})
    (repeat,) = await Seen(db).versions(digest(URL), ["repeat"])
    assert repeat.row["redirects"][0]["url"] == "https://go.com/"
    assert {"name": "Location", "value": "https://go.com/"} in repeat.row["headers"]


async def test_what_is_missing_or_damaged_is_empty(db: AsyncDatabase[dict[str, Any]]) -> None:
    seen = Seen(db)
    assert await seen.versions("nothing", ["plain"]) == []
    assert await seen.body("") == b""
    assert await seen.body("nothing") == b""
    await db["bodies"].insert_one({"_id": "bad", "zstd": b"no zstd", "size": 7})
    assert await seen.body("bad") == b""
    paper = fetched(b"%PDF")
    paper.document = "pdf"
    await put(db, paper)
    assert await seen.versions(digest(URL), ["plain"]) == []


async def test_findings_of_a_page_are_told_by_view(db: AsyncDatabase[dict[str, Any]]) -> None:
    seen = Seen(db)
    rows = [("f1", "plain", None), ("f2", "bot", None), ("f3", "plain", NOW)]
    await db["sightings"].insert_many(
        [
            {"_id": f, "finding": f, "page": "p", "url": URL, "view": view, "run": "r1", "last_seen": NOW, "gone": gone}
            for f, view, gone in rows
        ]
    )
    bot = fetched(b"", "bot")
    bot.violations = [Violation("x", "compromise", "planted", "high", "suspected", "shape:/")]
    await Findings(db, "r1").write([bot], NOW)
    assert await seen.shown("p", ["plain", "repeat"]) == {"f1"}
    assert await seen.is_known(digest(URL), "bot", "x")
    assert not await seen.is_known(digest(URL), "bot", "y")
    assert not await seen.is_known(digest(URL), "plain", "x")
