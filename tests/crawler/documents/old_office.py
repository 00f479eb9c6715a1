"""Small but genuine files of Office before 2007, made by hand: containers ([MS-CFB]) with the streams in them."""

from collections.abc import Mapping
from struct import pack

SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SUMMARY_CODE = bytes.fromhex("E0859FF2F94F6810AB9108002B27B3D9")


def container(streams: Mapping[str, bytes]) -> bytes:
    """A compound file; every stream gets at least 4,096 bytes, so that none goes into the mini stream."""
    contents = {name: data.ljust(max(4096, -(-len(data) // SECTOR) * SECTOR), b"\0") for name, data in streams.items()}
    folders = -(-(len(contents) + 1) // 4)
    chain = [FAT] + [number + 2 for number in range(folders - 1)] + [END]
    data, entries = b"", [_entry("Root Entry", 5, child=1)]
    for number, (name, content) in enumerate(sorted(contents.items(), key=lambda item: (len(item[0]), item[0])), 1):
        start, length = len(chain), len(content) // SECTOR
        chain += [*range(start + 1, start + length), END]
        right = number + 1 if number < len(contents) else FREE
        entries.append(_entry(name, 2, right=right, start=start, size=len(content)))
        data += content
    directory = b"".join(entries).ljust(folders * SECTOR, b"\0")
    assert len(chain) <= 128, "one sector of the allocation table is enough here"
    table = pack("<128I", *chain, *[FREE] * (128 - len(chain)))
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    header += pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0, 0) + pack("<I", FREE) * 108
    return header + table + directory + data


def _entry(name: str, kind: int, *, right: int = FREE, child: int = FREE, start: int = END, size: int = 0) -> bytes:
    coded = name.encode("utf-16-le") + b"\0\0"
    head = coded.ljust(64, b"\0") + pack("<HBBIII", len(coded), kind, 1, FREE, right, child)
    return head + bytes(36) + pack("<IQ", start, size)


def summary(title: str, author: str) -> bytes:
    """A summary information stream in UTF-8."""
    texts = {2: title, 4: author}
    values = [pack("<HHhH", 2, 0, -535, 0)]  # the code page: 65001
    values += [
        pack("<HHI", 30, 0, len(data) + 1) + data.ljust(-(-(len(data) + 1) // 4) * 4, b"\0")
        for data in (text.encode() for text in texts.values())
    ]
    offset, index = 8 + 8 * len(values), b""
    for number, value in zip((1, *texts), values, strict=True):
        index += pack("<II", number, offset)
        offset += len(value)
    section = pack("<II", offset, len(values)) + index + b"".join(values)
    return pack("<HHI16sI", 0xFFFE, 0, 0, bytes(16), 1) + SUMMARY_CODE + pack("<I", 48) + section


def doc(paragraphs: list[str], links: list[tuple[str, str]], *, flags: int = 0) -> bytes:
    """A Word 97 document in two pieces: the first in Windows-1252 and out of order, the second in UTF-16."""
    fields = [f'\x13HYPERLINK "{url}"\x14{text}\x15' for text, url in links]
    first, second = "Header\r", "\r".join([*paragraphs, *fields, ""])
    wide = second.encode("utf-16-le")
    main = bytearray(1024)
    main[0:2], main[10:12] = pack("<H", 0xA5EC), pack("<H", 0x0200 | flags)
    at = len(main) + len(wide)
    main += wide + first.encode("cp1252")
    starts = (0, len(first), len(first) + len(second))
    pieces = pack("<HIH", 0, at * 2 | 0x40000000, 0) + pack("<HIH", 0, 1024, 0)
    plan = pack("<3I", *starts) + pieces
    clx = b"\1" + pack("<H", 2) + b"xx" + b"\2" + pack("<I", len(plan)) + plan
    main[0x1A2:0x1AA] = pack("<II", 16, len(clx))
    streams = {
        "WordDocument": bytes(main),
        "1Table": bytes(16) + clx,
        "\5SummaryInformation": summary("Tờ trình", "Lan"),
    }
    return container(streams)


def _record(kind: int, data: bytes) -> bytes:
    return pack("<HH", kind, len(data)) + data


def _unicode(text: str, length: str) -> bytes:
    return pack(length, len(text)) + b"\1" + text.encode("utf-16-le")


def xls(sheet: str, rows: list[list[object]], link: tuple[int, int, str]) -> bytes:
    """An Excel 97 workbook of one sheet, with a link on one of its cells (row, column, URL)."""
    row, column, url = link
    cells = b""
    for y, values in enumerate(rows):
        for x, value in enumerate(values):
            place = pack("<HHH", y, x, 0)
            cells += (
                _record(0x0204, place + _unicode(value, "<H"))
                if isinstance(value, str)
                else _record(0x0203, place + pack("<d", value))
            )
    moniker = bytes.fromhex("E0C9EA79F9BACE118C8200AA004BA90B")
    target = url.encode("utf-16-le") + b"\0\0"
    linked = pack("<HHHH", row, row, column, column) + bytes.fromhex("D0C9EA79F9BACE118C8200AA004BA90B")
    linked += pack("<II", 2, 3) + moniker + pack("<I", len(target)) + target
    sheet_stream = _record(0x0809, pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0)) + cells + _record(0x01B8, linked)
    sheet_stream += _record(0x000A, b"")
    head = _record(0x0809, pack("<HHHHII", 0x0600, 0x05, 0, 0, 0, 0)) + _record(0x0042, pack("<H", 1200))
    head += _record(0x00E0, bytes(20))
    name = _unicode(sheet, "<B")
    length = len(head) + 4 + 6 + len(name) + 4
    globals_stream = head + _record(0x0085, pack("<IH", length, 0) + name) + _record(0x000A, b"")
    return container({"Workbook": globals_stream + sheet_stream, "\5SummaryInformation": summary("Bảng điểm", "Lan")})


def ppt(texts: list[str], url: str) -> bytes:
    """The records of a PowerPoint 97 file that hold text and a link."""

    def record(version: int, kind: int, data: bytes) -> bytes:
        return pack("<HHI", version, kind, len(data)) + data

    slides = b"".join(record(0, 0x0FA0, text.encode("utf-16-le")) for text in texts) + record(0, 0x0FA8, b"plain")
    link = record(0x0F, 0x0FD7, record(0x10, 0x0FBA, url.encode("utf-16-le")))
    stream = record(0x0F, 0x03E8, slides + link)
    return container({"PowerPoint Document": stream, "\5SummaryInformation": summary("Bài giảng", "Lan")})
