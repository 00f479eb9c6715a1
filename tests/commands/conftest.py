"""The small province, filled anew for each test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.synchronous.database import Database
from scrapy.cmdline import execute
from scrapy.settings import Settings

from tests.commands.stored import Stored, fill
from tests.conftest import Done, Mongo


@pytest.fixture
def stored(mongo: Mongo, database: Database[dict[str, Any]], tmp_path: Path) -> Stored:
    """What ``fill`` wrote into this test's database."""
    return fill(mongo.uri, database.name, mongo.data_dir, tmp_path / "units.csv")


@pytest.fixture
def refused(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command in this process, which is quicker where only its words are in question."""

    def run(*args: str) -> Done:
        with pytest.raises(SystemExit) as end:
            execute(["scrapy", *args], settings)
        told = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Done(end.value.code, told.out, told.err)

    return run
