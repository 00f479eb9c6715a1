"""What runs in a reading process: it reads one page after the other, has no network and no database, and may die."""

import os
import resource
import signal
import threading
from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256
from multiprocessing import parent_process
from operator import attrgetter
from typing import Any

import zstandard

from crawler.documents.pages import page_of
from crawler.items import Link, Page
from crawler.reading.garbage import settle

MEMORY = 2 * 1024**3
"""Bytes of address space: the worst page that the parser is given takes a tenth of it."""
SECONDS = 30
"""Wall seconds for one page; then the process is ended by the system, whatever C code it is in."""
_ZSTD = zstandard.ZstdCompressor(level=3)  # higher levels cost more than the disk they save

_FIELDS = attrgetter(*(field.name for field in fields(Link)))
Facts = dict[str, Any]
Packed = tuple[Page, list[tuple[Any, ...]]]
Judge = Callable[[Page], None]
_judge: Judge | None = None


def begin(judge: Judge | None) -> None:
    """Set a new process up: Ctrl-C is the crawl's business, limits hold, nothing stays when the crawl is gone."""
    global _judge
    _judge = judge
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    settle()
    threading.Thread(target=_follow, name="follow", daemon=True).start()


def _follow() -> None:
    """End with the crawl, also when it was killed: the executor's pipes would stay open for ever."""
    crawl = parent_process()
    if crawl is not None:
        crawl.join()
        os._exit(0)


def ready() -> None:
    """Nothing: who gets an answer knows that a process is up."""


def read(batch: list[Facts]) -> list[Packed]:
    """What ``page_of(**facts)`` gives for each, judged; without the body, which the crawl has.

    Links are many, and travel as tuples of their fields: the way of dataclasses costs twice as much.
    """
    return [_read(facts) for facts in batch]


def unpacked(packed: Packed, body: bytes) -> Page:
    """The page that was read, whole again."""
    page, links = packed
    page.body, page.links = body, [Link(*link) for link in links]
    return page


def _read(facts: Facts) -> Packed:
    signal.alarm(SECONDS)
    try:
        page = page_of(**facts)
        if _judge is not None and not page.document:
            _judge(page)
    finally:
        signal.alarm(0)
    # With what is costly to make of the body.
    page.body_id, page.packed = sha256(page.body).hexdigest(), _ZSTD.compress(page.body)
    links = [_FIELDS(link) for link in page.links]
    page.body, page.links = b"", []
    return page, links
