"""Opening the store, and staying with it while it is away."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, OperationFailure
from pymongo.synchronous.database import Database
from scrapy.settings import Settings

from crawler.errors import BadArgument, StoreUnavailable
from crawler.store.connection import (
    Target,
    connect,
    connect_async,
    is_passing,
    open_async_store,
    open_store,
    retrying,
)
from crawler.store.embedded import Embedded


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Target]:
    yield Target("", "rasoat", tmp_path)
    assert Embedded(tmp_path).pid() == 0, "a store was not closed"


def test_a_store_is_prepared_and_speaks_utc(settings: Settings, database: Database[dict[str, Any]]) -> None:
    with open_store(settings) as store:
        assert store.db.name == database.name
        versions = store.db["meta"].find_one({"_id": "versions"})
        assert versions is not None
        assert versions["created"].tzinfo is not None


async def test_an_async_store_is_prepared(settings: Settings) -> None:
    async with await open_async_store(settings) as store:
        names = await store.db.list_collection_names()
        assert {"frontier", "pages", "meta"} <= set(names)


def test_a_server_that_is_not_there_is_one_line_without_the_password(tmp_path: Path) -> None:
    uri = "mongodb://user:secret@127.0.0.1:9/?serverSelectionTimeoutMS=100"
    with pytest.raises(StoreUnavailable) as caught:
        connect(Target(uri, "rasoat", tmp_path))
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("uri", ["nonsense", "mongodb://", "http://127.0.0.1"])
def test_a_bad_uri_names_its_setting(uri: str, tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="RASOAT_MONGO_URI"):
        connect(Target(uri, "rasoat", tmp_path))


@pytest.mark.parametrize("name", ["a b", "a.b", "", "x" * 70, "$x"])
def test_a_bad_database_name_is_refused_before_anything_starts(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="RASOAT_MONGO_DATABASE"):
        connect(Target("", name, tmp_path))
    assert not (tmp_path / "mongo").exists()


def test_without_a_uri_the_embedded_server_serves(own_server: Target) -> None:
    with connect(own_server) as store:
        assert store.embedded is not None
        assert store.embedded.pid()
        store.db["meta"].insert_one({"_id": "probe"})
    with connect(own_server) as store:
        assert store.db["meta"].find_one({"_id": "probe"})


async def test_a_server_killed_in_the_middle_is_revived(own_server: Target) -> None:
    waits: list[float] = []
    async with await connect_async(own_server) as store:
        assert store.embedded is not None
        await store.db["meta"].insert_one({"_id": "before", "j": 1})
        await store.client.admin.command("fsync")
        os.kill(store.embedded.pid(), signal.SIGKILL)
        found = await store.retrying(
            lambda: store.db["meta"].count_documents({"_id": "before"}), 60, lambda pause, _: waits.append(pause)
        )
        assert found == 1
    assert waits
    assert waits == sorted(waits)


async def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    async def away() -> None:
        nonlocal calls
        calls += 1
        raise AutoReconnect("gone")

    with pytest.raises(StoreUnavailable, match=r"stayed away for 0.5 s: gone"):
        await retrying(away, 0.5)
    assert calls > 1


async def test_it_waits_longer_each_time_and_goes_on() -> None:
    waits: list[float] = []

    async def third_time() -> str:
        if len(waits) < 3:
            raise AutoReconnect("gone")
        return "there"

    assert await retrying(third_time, 60, lambda pause, _: waits.append(pause)) == "there"
    assert waits == [0.2, 0.4, 0.8]


async def test_errors_of_the_request_itself_pass_at_once() -> None:
    async def wrong() -> None:
        raise OperationFailure("bad", code=121)

    with pytest.raises(OperationFailure):
        await retrying(wrong, 60)


async def test_being_cancelled_ends_the_waiting() -> None:
    started = asyncio.Event()

    async def away() -> None:
        started.set()
        raise AutoReconnect("gone")

    task = asyncio.create_task(retrying(away, 60))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_what_passes() -> None:
    assert is_passing(AutoReconnect("x"))
    assert is_passing(OperationFailure("shutting down", code=91))
    assert not is_passing(OperationFailure("no such command", code=59))
    assert not is_passing(ValueError())
