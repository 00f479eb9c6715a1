"""Files made to hurt whoever reads them; small to send, dear to open."""

import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

from pypdf import PdfReader, PdfWriter

from crawler.demo import files

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NOISE = Random(7).randbytes(300_000)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPE = f'<!DOCTYPE w:document [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def replaced(package: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A package with some of its parts exchanged or added."""
    out = BytesIO()
    with ZipFile(BytesIO(package)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return out.getvalue()


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"


def word(body: str, doctype: str = "") -> bytes:
    document = f'<?xml version="1.0"?>{doctype}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    return replaced(files.docx("Bài", []), {"word/document.xml": document.encode(), "word/media/a.png": NOISE})


def pdf_of(*objects: bytes, trailer: bytes = b"<< /Root 1 0 R >>") -> bytes:
    """Objects from number 1 on, without the table of their places."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, item) for number, item in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer\n" + trailer + b"\nstartxref\n0\n%%EOF"


def one_page(content: bytes, *more: bytes, head: bytes = b"", resources: bytes = FONT) -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << %s >> >>" % resources
    stream = b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(content), content)
    return pdf_of(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, stream, *more)


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(files.pdf("Mật", ["Nội dung kín đáo"]))))
    writer.encrypt(password, owner_password="chủ", algorithm="AES-256")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _sheet(rows: str, dimension: str = "A1") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
    return replaced(files.xlsx("Bảng", []), {"xl/worksheets/sheet1.xml": sheet.encode(), "xl/media/a": NOISE})


def _flood_of_objects() -> bytes:
    return pdf_of(CATALOG, b"<< /Type /Pages /Kids [] /Count 0 >>", *[b"null"] * 800_000)


def _flate_bomb() -> bytes:
    packer = zlib.compressobj(9)
    content = b"".join(packer.compress(bytes(10_000_000)) for _ in range(10)) + packer.flush()
    return one_page(content, head=b"/Filter /FlateDecode")


def _forms_of_forms() -> bytes:
    forms = [
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F %d 0 R >> %s >> /Length %d >>\n"
        b"stream\n%s\nendstream" % (number + 1, FONT, 6 * 9, b"/F Do " * 9)
        for number in range(5, 25)
    ]
    return one_page(b"/F Do " * 9, *forms, resources=b"/XObject << /F 5 0 R >> " + FONT)


def _endless_page_tree() -> bytes:
    return pdf_of(CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 99999999 >>")


def _map_of_everything() -> bytes:
    table = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange"
    font = b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 6 0 R /DescendantFonts [] >>"
    stream = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(table), table)
    return one_page(b"BT /F 9 Tf <00410042> Tj ET", font, stream, resources=b"/Font << /F 5 0 R >>")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "zip bomb": lambda: files.archive({"a.txt": bytes(100_000_000), "b.txt": b"x"}),
    "zip of 30,000 files": lambda: files.archive({f"{number}.txt": b"" for number in range(30_000)}),
    "zip in zip in zip": lambda: files.archive({"a.zip": files.archive({"b.zip": files.archive({"c.txt": b"x"})})}),
    "zip with a deep page": lambda: files.archive({"a.html": b"<div>" * 400_000, "b": NOISE}),
    "docx bomb": lambda: replaced(files.docx("x", []), {"word/document.xml": b" " * 100_000_000}),
    "docx of 3,000,000 elements": lambda: word("<w:p/>" * 3_000_000),
    "docx with a billion laughs": lambda: word("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>", DOCTYPE),
    "docx that asks for a file": lambda: word("<w:p><w:r><w:t>a&x;b</w:t></w:r></w:p>", DOCTYPE),
    "docx of nested tables": lambda: word("<w:tbl><w:tr><w:tc>" * 100_000),
    "xlsx bomb": lambda: replaced(files.xlsx("x", []), {"xl/sharedStrings.xml": b" " * 100_000_000}),
    "xlsx with a billion laughs": lambda: replaced(
        files.xlsx("x", []), {"xl/worksheets/sheet1.xml": f"{DOCTYPE}<worksheet>&l9;</worksheet>".encode()}
    ),
    "xlsx with a row far away": lambda: _sheet('<row r="999999999"><c><v>1</v></c></row>', "A1:XFD1048576"),
    "xlsx of 2,000,000 cells": lambda: _sheet("<row><c><v>1</v></c></row>" * 2_000_000),
    "pdf of 800,000 objects": _flood_of_objects,
    "pdf that unpacks to 100 MB": _flate_bomb,
    "pdf with an endless page tree": _endless_page_tree,
    "pdf of forms in forms": _forms_of_forms,
    "pdf of 100,000 brackets": lambda: one_page(b"[" * 100_000),
    "pdf of 5,000,000 operators": lambda: one_page(b"q Q " * 2_500_000),
    "pdf with a map of everything": _map_of_everything,
    "rtf of 1,000,000 groups": lambda: b"{\\rtf1 " + b"{\\b " * 1_000_000,
    "rtf of 10 MB": lambda: b"{\\rtf1 " + b"\\'41" * 2_500_000 + b"}",
}
