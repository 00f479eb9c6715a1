"""What a recheck asks about: findings by their names, and in which states."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.errors import BadArgument
from crawler.items import Page, Violation
from crawler.store.findings import Findings
from crawler.store.rechecks import Asked, Rechecks, finding_ids
from crawler.urls import digest

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)


@pytest.fixture
async def db(mongo: Any, database: Database[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with AsyncMongoClient(mongo.uri, tz_aware=True) as client:
        yield client[database.name]


def page(host: str, *categories: str) -> Page:
    url = f"http://{host}/a"
    found = Page(url=url, host=host, status=200, fetched=NOW, digest=digest(url), unit=host[0].upper(), site=f"{host}/")
    found.violations = [Violation("r", name, "planted", "high", "confirmed", "shape:/a") for name in categories]
    return found


async def by_category(db: AsyncDatabase[dict[str, Any]], category: str) -> dict[str, Any]:
    found = await db["findings"].find_one({"category": category})
    assert found is not None
    return found


async def test_findings_by_their_names(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("a.example", "gambling", "loans")], NOW)
    one = await by_category(db, "gambling")
    for name in (one["short"], one["_id"], one["_id"][:20], f" {one['short'].upper()} "):
        assert await finding_ids(db, [name]) == [one["_id"]]
    await db["findings"].update_one({"_id": one["_id"]}, {"$set": {"state": "dismissed"}})
    wrong = {one["short"]: "was dismissed", "0000": "no such finding", "xyz": "not a finding's id"}
    for name, words in wrong.items():
        with pytest.raises(BadArgument, match=f"findings={name}: {words}"):
            await finding_ids(db, [name])


async def test_which_findings_are_asked_about(db: AsyncDatabase[dict[str, Any]]) -> None:
    await Findings(db, "r1").write([page("a.example", "gambling", "loans"), page("b.example", "adult", "drugs")], NOW)
    day = timedelta(days=1)
    for category, state, fixed in (("loans", "fixed", NOW - 9 * day), ("adult", "fixed", NOW - day)):
        step = {"at": fixed, "from": "open", "to": "fixed", "cause": "", "by": "crawl"}
        change = {"$set": {"state": state}, "$push": {"history": step}}
        await db["findings"].update_one({"category": category}, change)
    await db["findings"].update_one({"category": "drugs"}, {"$set": {"state": "dismissed"}})
    ids = {name: (await by_category(db, name))["_id"] for name in ("gambling", "loans", "adult", "drugs")}

    async def asked(*names: str, hosts: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> set[str]:
        what = Asked(tuple(ids[name] for name in names), hosts, units, NOW - 5 * day)
        rechecks = Rechecks(db, "r2", what)
        found = [row for host in await rechecks.hosts() for row in await rechecks.open(host)]
        found += [row for host in await rechecks.hosts() for row in await rechecks.fixed(host)]
        return {name for name, identity in ids.items() if identity in found}

    assert await asked() == {"gambling", "adult"}, "fixed long ago, and dismissed, are left alone"
    assert await asked("loans", "drugs") == {"loans"}, "a named one is looked at whenever it was fixed"
    assert await asked(hosts=("b.example",)) == {"adult"}
    assert await asked(units=("A",)) == {"gambling"}
    assert await asked("adult", units=("A",)) == {"adult", "gambling"}
