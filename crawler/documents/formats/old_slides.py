"""PowerPoint 97 to 2003: the text atoms and link targets among its records ([MS-PPT] 2.3)."""

from collections.abc import Iterator
from struct import unpack_from

from olefile import OleFileIO

from crawler.documents.scribe import Scribe

_TEXT_CHARS, _TEXT_BYTES, _STRING, _LINK = 0x0FA0, 0x0FA8, 0x0FBA, 0x0FD7
_MAX_RECORDS = 500_000


def read(ole: OleFileIO, scribe: Scribe) -> None:
    """Reads through containers and over everything else; a torn end is an end."""
    data = ole.openstream("PowerPoint Document").read()
    for kind, instance, parent, body in _records(data):
        if kind == _TEXT_CHARS:
            scribe.text(body.decode("utf-16-le", "replace"))
        elif kind == _TEXT_BYTES:
            scribe.text(body.decode("cp1252", "replace"))
        elif kind == _STRING and parent == _LINK and instance == 1:
            scribe.link(body.decode("utf-16-le", "replace"))


def _records(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """(kind, instance, kind of the container before it, content) of all records that hold no others."""
    at, container = 0, 0
    for _ in range(_MAX_RECORDS):
        if at + 8 > len(data):
            return
        version, kind, size = unpack_from("<HHI", data, at)
        at += 8
        if version & 0xF == 0xF:
            container = kind
            continue
        yield kind, version >> 4, container, data[at : at + size]
        at += size
