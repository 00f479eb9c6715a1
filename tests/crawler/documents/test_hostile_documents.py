"""Files made to hurt: each is read or given up within its limits, and the next one is none the worse."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from crawler.demo import files
from crawler.documents.reader import DocumentReader
from tests.crawler.documents.hostile import HOSTILE

SECONDS, MEMORY = 0.5, 256 * 1024**2
# What is cheap to read is read, and says nothing; that is no fault.
HARMLESS = {"docx that asks for a file", "zip in zip in zip", "xlsx bomb", "xlsx with a row far away", "rtf of 10 MB"}


@pytest_asyncio.fixture
async def reader() -> AsyncIterator[DocumentReader]:
    made = DocumentReader(SECONDS, MEMORY)
    yield made
    await made.close()


async def test_no_file_costs_more_than_it_may(reader: DocumentReader) -> None:
    await reader.read(b"")
    mother = reader.pid
    readings = await asyncio.gather(*(reader.read(build()) for build in HOSTILE.values()))
    for name, reading in zip(HOSTILE, readings, strict=True):
        assert reading.cause or name in HARMLESS, name
        assert reading.cause not in ("crashed", "no_reader"), name
        assert reading.seconds < SECONDS + 1, name
        assert reading.peak < MEMORY + 128 * 1024**2, name
        assert "root:" not in str(reading.texts), name
    assert reader.pid == mother
    assert (await reader.read(files.pdf("Tin", ["Nhà trường"]))).texts == [("document", "page 1", "Tin Nhà trường")]
