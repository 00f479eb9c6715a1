"""Real parts for all tests: one embedded MongoDB, a database for each test, the real command."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from pymongo import MongoClient
from pymongo.synchronous.database import Database
from scrapy.settings import Settings

from crawler.store import schema
from crawler.store.embedded import Embedded

ROOT = Path(__file__).parents[1]
SCRAPY = Path(sys.executable).with_name("scrapy")

# The same examples every time: a suite that fails by chance teaches nobody. FUZZ=20000 hunts with fresh ones.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None, database=None)
if os.environ.get("FUZZ"):
    hypothesis.settings.register_profile(
        "hunt",
        max_examples=int(os.environ["FUZZ"]),
        deadline=2000,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
hypothesis.settings.load_profile("hunt" if os.environ.get("FUZZ") else "steady")


@dataclass(frozen=True)
class Mongo:
    """The session's server."""

    uri: str
    data_dir: Path
    client: MongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Done:
    """What a command left: ``code``, ``stdout`` and ``stderr``."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def mongo() -> Iterator[Mongo]:
    """One embedded server for the whole session; ``RASOAT_*`` leads every process to it."""
    with tempfile.TemporaryDirectory(prefix="rasoat-test-", ignore_cleanup_errors=True) as folder:
        data_dir = Path(folder)
        server = Embedded(data_dir)
        uri = server.attach()
        before = {name: value for name, value in os.environ.items() if name.startswith("RASOAT_")}
        for name in before:
            del os.environ[name]
        os.environ |= {"RASOAT_MONGO_URI": uri, "RASOAT_DATA_DIR": folder}
        client: MongoClient[dict[str, Any]] = MongoClient(uri, tz_aware=True)
        try:
            yield Mongo(uri, data_dir, client)
        finally:
            client.close()
            server.detach()
            for name in [name for name in os.environ if name.startswith("RASOAT_")]:
                del os.environ[name]
            os.environ |= before


@pytest.fixture
def empty_database(mongo: Mongo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database[dict[str, Any]]]:
    """A database of a fresh name without anything in it, dropped after the test."""
    name = f"test_{uuid4().hex[:12]}"
    monkeypatch.setenv("RASOAT_MONGO_DATABASE", name)
    yield mongo.client[name]
    mongo.client.drop_database(name)


@pytest.fixture(scope="session")
def prepared(mongo: Mongo) -> Iterator[Database[dict[str, Any]]]:
    """The database that ``database`` empties for each test: preparing one takes longer than most tests."""
    found = mongo.client[f"test_{uuid4().hex[:12]}"]
    yield found
    mongo.client.drop_database(found.name)


@pytest.fixture
def database(prepared: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Database[dict[str, Any]]]:
    """A prepared database without documents, for this test alone."""
    monkeypatch.setenv("RASOAT_MONGO_DATABASE", prepared.name)
    schema.prepare(prepared)
    versions = prepared["meta"].find_one()
    assert versions is not None
    yield prepared
    names = set(prepared.list_collection_names())
    if names != set(schema.INDEXES):
        prepared.client.drop_database(prepared.name)
        return
    for name in names:
        prepared[name].delete_many({})
    prepared["meta"].insert_one(versions)


@pytest.fixture
def settings(mongo: Mongo, database: Database[dict[str, Any]]) -> Settings:
    """The project's settings, leading to this test's database."""
    found = Settings()
    found.setmodule("crawler.settings", priority="project")
    found.set("RASOAT_MONGO_URI", mongo.uri, priority="cmdline")
    found.set("RASOAT_MONGO_DATABASE", database.name, priority="cmdline")
    found.set("RASOAT_DATA_DIR", str(mongo.data_dir), priority="cmdline")
    return found


@pytest.fixture
def scrapy(mongo: Mongo) -> Callable[..., Done]:
    """Run the real command: ``scrapy("register", "import", path)``; ``env`` is added to the environment.

    A value None in ``env`` takes that variable away.
    """

    def run(
        *args: str | os.PathLike[str],
        cwd: str | os.PathLike[str] = ROOT,
        env: Mapping[str, str | None] | None = None,
        stdin: str | None = None,
        timeout: float = 120,
    ) -> Done:
        merged = {**os.environ, "SCRAPY_SETTINGS_MODULE": "crawler.settings", **(env or {})}
        done = subprocess.run(
            [str(SCRAPY), *map(str, args)],
            cwd=cwd,
            env={name: value for name, value in merged.items() if value is not None},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run
