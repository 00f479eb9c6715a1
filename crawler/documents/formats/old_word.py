"""Word 97 to 2003: the text by its piece table ([MS-DOC] 2.4.1), fields as links. No library with a free licence does.

The text is cut into pieces that lie anywhere in the main stream, one byte a letter (Windows-1252) or two (UTF-16).
"""

import re
from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from

from olefile import OleFileIO

from crawler.documents.scribe import Scribe, Unreadable

_MAGIC = 0xA5EC
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_CLX = 0x01A2  # where the File Information Block says where the pieces are described
_COMPRESSED = 0x4000_0000
_FIELD = re.compile("\x13([^\x13\x14\x15]{0,3000})(?:\x14([^\x13\x15]{0,3000}))?\x15")
_HYPERLINK = re.compile(r"HYPERLINK\s+(?:\\[a-z]\s+)*\"([^\"]{1,2000})\"")
_PARAGRAPH = re.compile("[\r\x07\x0c]+")


def read(ole: OleFileIO, scribe: Scribe) -> None:
    """Raises Unreadable for encrypted files and for those without a piece table."""
    main = ole.openstream("WordDocument").read()
    try:
        magic, flags = unpack_from("<H", main)[0], unpack_from("<H", main, 10)[0]
        if magic != _MAGIC:
            raise Unreadable("unknown_format")
        if flags & _ENCRYPTED:
            raise Unreadable("encrypted")
        place, size = unpack_from("<II", main, _CLX)
        table = ole.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
        text = "".join(_pieces(main, table[place : place + size]))
    except (StructError, OSError) as error:
        raise Unreadable("damaged") from error
    for code, shown in _FIELD.findall(text):
        for url in _HYPERLINK.findall(code):
            scribe.link(url, shown)
    for paragraph in _PARAGRAPH.split(_FIELD.sub(lambda match: match.group(2) or "", text)):
        if paragraph.strip():
            scribe.text(paragraph)


def _pieces(main: bytes, clx: bytes) -> Iterator[str]:
    """The pieces in the order of the text."""
    at = 0
    while at < len(clx) and clx[at] == 1:  # formatting
        at += 3 + unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != 2:
        raise Unreadable("damaged")
    size = unpack_from("<I", clx, at + 1)[0]
    plan = clx[at + 5 : at + 5 + size]
    count = (len(plan) - 4) // 12
    starts = unpack_from(f"<{count + 1}I", plan)
    left = 2 * len(main)  # pieces may not say the same bytes for ever
    for number in range(count):
        length = starts[number + 1] - starts[number]
        place = unpack_from("<I", plan, 4 * (count + 1) + 8 * number + 2)[0]
        left -= max(0, length)
        if length <= 0 or left < 0:
            raise Unreadable("damaged")
        if place & _COMPRESSED:
            start = (place & ~_COMPRESSED) // 2
            yield main[start : start + length].decode("cp1252", "replace")
        else:
            yield main[place : place + 2 * length].decode("utf-16-le", "replace")
