"""Looks at a page in other views: kept beside the plain one, found again after a crash, their bodies not purged."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.items import Discovery, Landing, Miss, Page, Redirect, Rendered, Violation
from crawler.store.findings import Findings
from crawler.store.frontier import VIEWS, Frontier
from crawler.store.pages import Pages
from crawler.store.survey import Survey
from crawler.urls import digest, shape
from crawler.views.views import key_of

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
URL = "http://a.example/a"
KEY = digest(URL)


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def page(view: str = "plain", run: str = "r1", body: bytes = b"", **more: Any) -> Page:
    made: dict[str, Any] = {"url": URL, "host": "a.example", "status": 200, "fetched": NOW, "type": "text/html"}
    made |= {"digest": KEY, "run": run, "view": view, "body": body or f"<p>{view}</p>".encode()}
    return Page(**{**made, **more})


def entry(key: str, priority: int, view: str = "plain") -> Discovery:
    return Discovery(URL, "a.example", key, priority, shape(URL), "view", 0, view=view, reason="home")


async def stored(db: AsyncDatabase[dict[str, Any]]) -> dict[str, Any]:
    found = await db["pages"].find_one({"_id": KEY})
    assert found is not None
    return found


def looks(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    assert len({look["view"] for look in row["seen"]}) == len(row["seen"])
    return {look["view"]: look for look in row["seen"]}


async def test_a_look_is_added_to_its_page_and_replaces_the_last_one(db: AsyncDatabase[dict[str, Any]]) -> None:
    pages = Pages(db)
    await pages.write([page(), page("search", title="$title", differs=True)])
    await pages.write([page("bot"), page("search", title="hai", again=True, redirects=[Redirect("http", "http://x/")])])
    row = await stored(db)
    assert sorted(row["views"]) == ["bot", "plain", "search"]
    found = looks(row)
    assert set(found) == {"plain", "bot", "search"}
    assert (found["search"]["title"], found["search"]["look"], found["search"]["leads"]) == ("hai", 2, "http://x/")
    assert "differs" not in found["search"]
    assert row["title"] == "", "the page stays the plain one"
    await pages.write([page(run="r2")])
    row = await stored(db)
    assert (row["views"], set(looks(row))) == (["plain"], {"plain"}), "a new plain fetch begins anew"


async def test_a_refused_view_was_not_looked_at_until_it_is(db: AsyncDatabase[dict[str, Any]]) -> None:
    pages = Pages(db)
    misses = [
        Miss("a.example", key_of(KEY, "rendered"), URL, "skipped", "no_browser"),
        Miss("a.example", KEY, URL, "", ""),
    ]
    await pages.write([page(), page("bot", status=403), page("search", wall="captcha")], misses)
    row = await stored(db)
    assert row["views"] == ["plain"]
    unseen = {note["view"]: note["cause"] for note in row["unseen"]}
    assert unseen == {"bot": "view_blocked", "search": "view_blocked", "rendered": "no_browser"}
    shot = Rendered(screenshot=b"PNG")
    await pages.write([page("bot"), page("rendered", rendered=shot)])
    row = await stored(db)
    assert sorted(row["views"]) == ["bot", "plain", "rendered"]
    assert [note["view"] for note in row["unseen"]] == ["search"]
    assert (looks(row)["rendered"]["state"], looks(row)["rendered"]["shot"]) == ("settled", True)


async def test_what_changed_since_the_last_run(db: AsyncDatabase[dict[str, Any]]) -> None:
    pages = Pages(db)
    told = []
    for run, body, simhash in (("r1", b"a", 0), ("r1", b"b", 0), ("r2", b"b", 0), ("r3", b"c", 0), ("r4", b"d", 7)):
        await pages.write_bodies([made := page(run=run, body=body, simhash=simhash)])
        await pages.write([made])
        told.append((await stored(db))["changed"])
    await pages.write([page(run="r5", body=b"e", simhash=7)])
    assert [*told, (await stored(db))["changed"]] == ["new", "new", "", "text", "text", ""]


async def test_bodies_of_looks_are_kept_as_long_as_the_page_names_them(db: AsyncDatabase[dict[str, Any]]) -> None:
    pages = Pages(db)
    seen = [page(), page("bot")]
    await pages.write_bodies(seen)
    await pages.write(seen)
    await pages.purge_bodies(30, NOW)
    assert await pages.purge_bodies(30, NOW + timedelta(days=99)) == 0
    await pages.write([page(run="r2")])
    await pages.purge_bodies(30, NOW)
    assert await pages.purge_bodies(30, NOW + timedelta(days=99)) == 1


async def test_after_a_crash_stored_looks_are_done_and_others_due(db: AsyncDatabase[dict[str, Any]]) -> None:
    frontier, pages = Frontier(db, "r1"), Pages(db)
    keys = [key_of(KEY, "bot"), key_of(KEY, "search"), key_of(KEY, "bot", 2), key_of(KEY, "mobile")]
    found = [entry(key, VIEWS + n, key.split("~")[1]) for n, key in enumerate(keys)]
    await frontier.add([entry(KEY, 500), *found])
    assert len(await frontier.take("a.example", 9)) == 5
    await pages.write([page(), page("bot"), page("search"), page("mobile", run="r0")])
    assert await frontier.recover("a.example") == sorted([KEY, keys[0], keys[1]])
    assert [item.digest for item in await frontier.take("a.example", 9, views=True)] == [keys[3], keys[2]]
    await pages.write([page("bot", again=True)])
    assert await frontier.recover("a.example") == [keys[2]]
    assert await frontier.count("a.example", "done") == 1, "looks are no pages"
    assert await frontier.left("a.example") == 0
    assert [row["digest"] async for row in frontier.known("a.example")] == [KEY]
    assert len(await frontier.looks("a.example")) == 4


async def test_looks_come_before_pages_and_keep_their_reason(db: AsyncDatabase[dict[str, Any]]) -> None:
    frontier = Frontier(db, "r1")
    await frontier.add([entry(KEY, 1000), entry(key_of(KEY, "bot"), VIEWS, "bot")])
    (first,) = await frontier.take("a.example", 1)
    assert (first.view, first.reason, first.page, first.look) == ("bot", "home", KEY, 1)
    assert await frontier.take("a.example", 9, views=True) == []


async def test_a_repeat_speaks_for_plain_but_proves_nothing_gone(db: AsyncDatabase[dict[str, Any]]) -> None:
    findings = Findings(db, "r1")
    shown = [Violation("r", "gambling", "planted", "high", "confirmed", "shape:/a")]
    await findings.write([page("repeat", violations=shown)], NOW)
    one = await db["findings"].find_one()
    assert one is not None
    assert one["views"] == ["plain"]
    await findings.write([page("repeat")], NOW)
    assert await db["sightings"].count_documents({"gone": None, "view": "plain"}) == 1
    await findings.write([page("plain")], NOW)
    assert await db["sightings"].count_documents({"gone": None}) == 0


@pytest.mark.parametrize(
    ("rendered", "again"),
    [
        (Rendered("timeout"), True),
        (Rendered(landings=[Landing("http://away.example/", cause="load")]), True),
        (Rendered(landings=[Landing("http://away.example/", cause="load", status=200)]), False),
        (Rendered(landings=[Landing("http://www.a.example/b", cause="load")]), False),
        (Rendered(), False),
    ],
)
async def test_a_render_without_an_end_is_worth_one_more(
    db: AsyncDatabase[dict[str, Any]], rendered: Rendered, again: bool
) -> None:
    survey = Survey(db, "r1")
    await Pages(db).write([page(), page("rendered", rendered=rendered)])
    assert await survey.unsettled("a.example") == ([(KEY, URL)] if again else [])
    await Pages(db).write([page("rendered", rendered=rendered, again=True)])
    assert await survey.unsettled("a.example") == [], "twice is enough"
