"""Documents among the evidence, read again in the same bounded processes as in a crawl."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from crawler.documents.pages import fill, page_of
from crawler.documents.reader import DocumentReader
from crawler.items import Page


@contextmanager
def readers(settings: Any) -> Iterator[Callable[[Page], Page]]:
    """A function that gives a page of a document's bytes its text; the process behind it starts when it is wanted."""
    with asyncio.Runner() as runner:
        reader = DocumentReader.from_settings(settings)
        try:
            yield lambda page: runner.run(_read(reader, page))
        finally:
            runner.run(reader.close())


async def _read(reader: DocumentReader, page: Page) -> Page:
    found = page_of(
        url=page.url, status=page.status, headers=page.headers, body=page.body, fetched=page.fetched, host=page.host
    )
    if found.document and not found.cut:
        fill(found, await reader.read(page.body))
    return found
