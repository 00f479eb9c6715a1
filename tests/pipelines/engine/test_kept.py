"""Compiled databases that are kept give the same hits, and a torn or foreign file is compiled anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.engine import kept
from pipelines.engine.database import Database, Pattern, complaint

PATTERNS = (Pattern("regex", r"\bbet[0-9]{2}\b"), Pattern("term", "nhà cái"))
TEXT = b"nha cai bet88"
HITS = [(0, 8, 13), (1, 0, 7)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    kept.keep_in(tmp_path / "compiled")
    yield tmp_path / "compiled"
    kept.keep_in(None)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_what_is_kept_is_read_back_and_finds_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(Database(PATTERNS).scan(TEXT)) == HITS
    assert len(files(folder)) == 2
    assert folder.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr("pipelines.engine.kept.keep", lambda name, database: pytest.fail("compiled again"))
    assert sorted(Database(PATTERNS).scan(TEXT)) == HITS


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\x00" * 32 + b"no database"])
def test_a_file_that_is_none_is_compiled_anew(folder: Path, content: bytes) -> None:
    Database(PATTERNS)
    for path in files(folder):
        path.write_bytes(content)
    assert sorted(Database(PATTERNS).scan(TEXT)) == HITS
    assert all(len(path.read_bytes()) > 200 for path in files(folder))


def test_the_least_used_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    for number in range(6):
        Database((Pattern("term", f"chữ {number}"),))
    assert len(files(folder)) == 3


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    kept.keep_in(tmp_path / "file" / "compiled")
    try:
        assert sorted(Database(PATTERNS).scan(TEXT)) == HITS
    finally:
        kept.keep_in(None)


def test_an_expression_that_compiled_once_is_not_tried_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound, broken = Pattern("regex", r"\bbet[0-9]{3}\b"), Pattern("regex", r"(?=bet)")
    assert complaint.__wrapped__(sound) == ""
    assert "permitted kind" in complaint.__wrapped__(broken)
    kept.keep_sound()
    kept.keep_in(None)
    kept.keep_in(folder)  # as another process finds it
    monkeypatch.setattr("pipelines.engine.database.hyperscan.Database", lambda: pytest.fail("compiled again"))
    assert complaint.__wrapped__(sound) == ""
    with pytest.raises(pytest.fail.Exception):
        complaint.__wrapped__(broken)
