"""The walls around the readers: what a document may cost, and that nothing is left behind, whoever dies."""

import asyncio
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from crawler.demo import files
from crawler.documents.reader import AT_ONCE, MAX_STARTS, DocumentReader
from tests.crawler.documents.hostile import HOSTILE, word

ROOT = Path(__file__).parents[3]
TEXT = "Nhà trường thông báo lịch học."
SLOW = HOSTILE["zip with a deep page"]
MEGABYTE = 1024**2


@pytest_asyncio.fixture
async def reader() -> AsyncIterator[DocumentReader]:
    made = DocumentReader(seconds=30, memory=256 * MEGABYTE)
    yield made
    await made.close()
    assert psutil.Process().children(recursive=True) == [], "somebody was left behind"


async def eventually(holds: Callable[[], object]) -> None:
    """Until something is so; a test that waits in vain ends with TimeoutError."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - processes of others set no event
            await asyncio.sleep(0.01)


def children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children() if pid else []
    except psutil.NoSuchProcess:
        return []


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_documents_are_read_one_after_the_other_by_one_mother(reader: DocumentReader) -> None:
    first = await reader.read(files.pdf("Tin", [TEXT]))
    mother = reader.pid
    found = await asyncio.gather(*(reader.read(files.docx(str(number), [TEXT])) for number in range(10)))
    assert first.texts == [("document", "page 1", f"Tin {TEXT}")]
    assert [reading.meta["title"] for reading in found] == [str(number) for number in range(10)]
    assert reader.pid == mother
    assert children(mother) == []


async def test_never_more_than_two_at_once(reader: DocumentReader) -> None:
    seen = set()
    tasks = [asyncio.ensure_future(reader.read(SLOW(), seconds=0.5)) for _ in range(3)]
    while not all(task.done() for task in tasks):
        seen.add(len(children(reader.pid)))
        await asyncio.sleep(0.01)
    assert max(seen) == AT_ONCE
    assert {(await task).cause for task in tasks} == {"too_slow"}


async def test_what_was_read_before_the_time_was_over_counts(reader: DocumentReader) -> None:
    files_before = {"a.txt": TEXT.encode(), "b.html": b"<div>" * 400_000}
    reading = await reader.read(files.archive(files_before), seconds=0.5)
    assert (reading.cause, reading.texts) == ("too_slow", [("document", "a.txt", TEXT)])
    assert 0 < reading.seconds < 3


async def test_memory_is_bounded(reader: DocumentReader) -> None:
    reading = await reader.read(word("<w:p/>" * 3_000_000))
    assert reading.cause == "too_much_memory"
    assert reading.peak < 400 * MEGABYTE


async def test_a_killed_child_costs_one_document(reader: DocumentReader) -> None:
    task = asyncio.ensure_future(reader.read(SLOW()))
    await eventually(lambda: children(reader.pid))
    children(reader.pid)[0].kill()
    assert (await task).cause == "too_much_memory", "as the system kills when memory ends"
    assert (await reader.read(files.pdf("Tin", [TEXT]))).cause == ""


async def test_a_killed_mother_is_replaced_and_takes_her_children_with_her(reader: DocumentReader) -> None:
    task = asyncio.ensure_future(reader.read(SLOW(), seconds=0.5))
    await eventually(lambda: children(reader.pid))
    mother, orphan = reader.pid, children(reader.pid)[0].pid
    os.kill(mother, signal.SIGKILL)
    await eventually(lambda: gone(orphan))
    assert (await task).cause == "too_slow", "it was tried again"
    assert reader.pid != mother
    assert (await reader.read(files.pdf("Tin", [TEXT]))).cause == ""


async def test_a_stopped_mother_is_given_up(reader: DocumentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.documents.reader._GRACE", 0.1)
    await reader.read(files.pdf("Tin", [TEXT]))
    mother = reader.pid
    os.kill(mother, signal.SIGSTOP)
    assert (await reader.read(files.pdf("Tin", [TEXT]), seconds=0.1)).cause == "too_slow"
    assert gone(mother)
    assert (await reader.read(files.pdf("Tin", [TEXT]))).cause == ""


async def test_a_mother_that_cannot_start_is_not_tried_for_ever(
    reader: DocumentReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = []
    begin = subprocess.Popen

    def counted(*args: object, **kwargs: object) -> object:
        starts.append(args)
        return begin(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", counted)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = [await reader.read(files.pdf("Tin", [TEXT])) for _ in range(5)]
    assert {reading.cause for reading in found} == {"no_reader"}
    assert len(starts) == MAX_STARTS


async def test_the_mother_knows_no_secrets(reader: DocumentReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASOAT_MONGO_URI", "mongodb://user:secret@db.example/")
    await reader.read(b"")
    mother = psutil.Process(reader.pid)
    assert "secret" not in str(mother.environ()) + str(mother.cmdline())
    assert mother.cwd() == "/"


async def test_a_cancelled_reading_frees_its_place(reader: DocumentReader) -> None:
    tasks = [asyncio.ensure_future(reader.read(SLOW())) for _ in range(AT_ONCE)]
    await eventually(lambda: len(children(reader.pid)) == AT_ONCE)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (await reader.read(files.pdf("Tin", [TEXT]))).cause == ""


async def test_closing_ends_what_is_being_read(reader: DocumentReader) -> None:
    tasks = [asyncio.ensure_future(reader.read(SLOW())) for _ in range(AT_ONCE + 1)]
    await eventually(lambda: len(children(reader.pid)) == AT_ONCE)
    await reader.close()
    assert {(await task).cause for task in tasks} == {"no_reader"}


PROGRAM = """
import asyncio, sys
from crawler.demo import files
from crawler.documents.reader import DocumentReader
import crawler

async def main():
    reader = DocumentReader(30, 2**28)
    reading = await reader.read(files.pdf("Tin", ["a"]))
    print(reader.pid, reading.texts, crawler.__file__, flush=True)
    await reader.read(files.archive({"a.html": b"<div>" * 400_000}))

asyncio.run(main())
"""


async def test_the_crawlers_death_ends_everything_also_from_an_egg(tmp_path: Path) -> None:
    egg = tmp_path / "rasoat.egg"
    with zipfile.ZipFile(egg, "w") as packed:
        for path in sorted((ROOT / "crawler").rglob("*.py")):
            packed.write(path, path.relative_to(ROOT))
    script = tmp_path / "run.py"
    script.write_text(f"import sys\nsys.path.insert(0, {str(egg)!r})\n{PROGRAM}")
    process = await asyncio.create_subprocess_exec(sys.executable, script, cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        pid, _, rest = (await process.stdout.readline()).decode().partition(" ")
        assert "page 1" in rest
        assert str(egg) in rest
        await eventually(lambda: children(int(pid)))
        left = [int(pid), children(int(pid))[0].pid]
    finally:
        process.kill()
        await process.wait()
    await eventually(lambda: all(map(gone, left)))
