"""``scrapy db`` as an operator runs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.synchronous.database import Database

from crawler.store.embedded import Embedded

Scrapy = Callable[..., Any]
Documents = Database[dict[str, Any]]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[dict[str, str | None]]:
    """An environment with an embedded server of its own."""
    yield {"RASOAT_MONGO_URI": None, "RASOAT_DATA_DIR": str(tmp_path / "data"), "RASOAT_MONGO_DATABASE": "rasoat"}
    server = Embedded(tmp_path / "data")
    server.stop()
    if pid := server.pid():
        os.kill(pid, signal.SIGKILL)


def test_start_uri_stop(scrapy: Scrapy, own: dict[str, str | None]) -> None:
    started = scrapy("db", "start", env=own)
    assert (started.code, started.stderr) == (0, "")
    uri = scrapy("db", "uri", env=own)
    assert uri.stdout == started.stdout
    with MongoClient(uri.stdout.strip()) as client:
        client["rasoat"]["probe"].insert_one({"_id": 1})
    stopped = scrapy("db", "stop", env=own)
    assert (stopped.code, stopped.stdout) == (0, "stopped\n")
    assert scrapy("db", "stop", env=own).stdout == "not running\n"


def test_the_uri_works_copied_and_run(scrapy: Scrapy, own: dict[str, str | None]) -> None:
    uri = scrapy("db", "uri", env=own).stdout.strip()
    program = f'from pymongo import MongoClient; print(MongoClient("{uri}").rasoat.findings.count_documents({{}}))'
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_a_command_leaves_no_server_behind(scrapy: Scrapy, own: dict[str, str | None], tmp_path: Path) -> None:
    assert scrapy("db", "migrate", env=own).code == 0
    assert Embedded(tmp_path / "data").pid() == 0


def test_stop_waits_for_who_uses_it(scrapy: Scrapy, own: dict[str, str | None], tmp_path: Path) -> None:
    server = Embedded(tmp_path / "data")
    server.attach()
    done = scrapy("db", "stop", env=own)
    assert done.code == 1
    assert "still in use" in done.stdout
    assert server.pid()
    server.detach()
    assert server.pid() == 0


def test_a_server_of_its_own_is_named_but_not_started(scrapy: Scrapy, database: Documents) -> None:
    assert scrapy("db", "uri").stdout.strip() == os.environ["RASOAT_MONGO_URI"]
    for action in ("start", "stop"):
        done = scrapy("db", action)
        assert done.code == 2
        assert "not ours" in done.stderr


def test_backup_and_restore(scrapy: Scrapy, database: Documents, tmp_path: Path) -> None:
    database["hosts"].insert_one({"_id": "a.vn", "state": "registered"})
    folder = tmp_path / "backup"
    done = scrapy("db", "backup", folder)
    assert done.code == 0, done.stderr
    assert "2 documents of" in done.stdout.splitlines()[-1]
    refused = scrapy("db", "restore", folder)
    assert refused.code == 2
    assert "is not empty (hosts)" in refused.stderr
    other = f"{database.name}_other"
    try:
        done = scrapy("db", "restore", folder, "--into", other)
        assert done.code == 0, done.stderr
        assert database.client[other]["hosts"].find_one() == {"_id": "a.vn", "state": "registered"}
    finally:
        database.client.drop_database(other)


def test_a_server_that_is_away_is_one_line(scrapy: Scrapy, tmp_path: Path) -> None:
    env = {"RASOAT_MONGO_URI": "mongodb://u:s3cret@127.0.0.1:9/?serverSelectionTimeoutMS=200"}
    done = scrapy("db", "migrate", env=env)
    assert done.code == 1
    assert len(done.stderr.splitlines()) == 1
    assert "cannot reach MongoDB at 127.0.0.1:9" in done.stderr
    assert "s3cret" not in done.stderr


def test_a_settings_argument_after_the_action_counts(scrapy: Scrapy, tmp_path: Path) -> None:
    done = scrapy("db", "uri", "-s", "RASOAT_MONGO_URI=mongodb://127.0.0.1:9/")
    assert (done.code, done.stdout) == (0, "mongodb://127.0.0.1:9/\n")
