"""What the readers get out of each format; here without the walls around them."""

import json
import struct
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import xlrd
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from crawler.demo import files
from crawler.documents import formats
from crawler.documents.scribe import MAX_TEXT, Scribe, Unreadable
from tests.crawler.documents import old_office
from tests.crawler.documents.hostile import encrypted, one_page, replaced, word

TITLE = "Kế hoạch năm học"
TEXT = ["Nhà trường thông báo lịch học.", "Học phí là 120.000 đồng."]
LINKS = [("Xem ở đây", "https://a.example/x?a=1&b=2"), ("Tải về", "/tep/b.pdf")]
URLS = [url for _, url in LINKS]


DAMAGE = (PyPdfError, OSError, ValueError, LookupError, EOFError, struct.error, xlrd.XLRDError)


class Notes:
    """What a reader told."""

    def __init__(self, data: bytes, seconds: float = 60) -> None:
        said: list[bytes] = []
        kinds: list[str] = []
        scribe = Scribe(said.append, seconds)
        self.cause = ""
        try:
            formats.read(data, scribe, kinds.append)
        except Unreadable as unreadable:
            self.cause = unreadable.cause
        scribe.end("".join(kinds), self.cause)
        lines: list[list[str]] = [json.loads(line) for line in b"".join(said).splitlines()]
        self.kind = kinds[0] if kinds else ""
        self.texts = [
            (where, text) for name, part, where, text in (x for x in lines if x[0] == "text") if part == "document"
        ]
        self.headings = [line[3] for line in lines if line[0] == "text" and line[1] == "heading"]
        self.links = [(line[2], line[1]) for line in lines if line[0] == "link"]
        self.ended = lines[-1]
        self.meta = {line[1]: line[2] for line in lines if line[0] == "meta"}

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.texts)


def opendocument() -> bytes:
    names = 'xmlns:o="urn:office" xmlns:text="urn:text" xmlns:xlink="http://www.w3.org/1999/xlink"'
    link = f'<text:p><text:a xlink:href="{LINKS[0][1].replace("&", "&amp;")}">{LINKS[0][0]}</text:a></text:p>'
    body = f"<text:h>{TITLE}</text:h>" + "".join(f"<text:p>{text}</text:p>" for text in TEXT) + link
    meta = f'<o:meta {names} xmlns:dc="urn:dc"><dc:title>{TITLE}</dc:title><dc:creator>Lan</dc:creator></o:meta>'
    return files.archive(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": f"<o:content {names}>{body}</o:content>".encode(),
            "meta.xml": meta.encode(),
        }
    )


def rich_text() -> bytes:
    def coded(text: str) -> str:
        return "".join(c if c.isascii() else f"\\u{ord(c)}?" for c in text)

    link = '{\\field{\\*\\fldinst{HYPERLINK "https://a.example/x?a=1&b=2"}}{\\fldrslt{here}}}'
    info = f"{{\\info{{\\title {coded(TITLE)}}}{{\\author Lan}}}}"
    picture = "{\\pict " + "00ff" * 5000 + "}"
    body = "\\par ".join([*map(coded, TEXT), link])
    return f"{{\\rtf1\\ansi {info}{picture}{body}}}".encode()


NEW = {
    "pdf": lambda: files.pdf(TITLE, TEXT, LINKS, author="Lan"),
    "docx": lambda: files.docx(TITLE, TEXT, LINKS, author="Lan"),
    "xlsx": lambda: files.xlsx(TITLE, [[text, 5] for text in TEXT], LINKS, author="Lan"),
    "pptx": lambda: files.pptx(TITLE, TEXT, LINKS, author="Lan"),
}
OLD = {
    "doc": lambda: old_office.doc(TEXT, LINKS),
    "xls": lambda: old_office.xls("Điểm", [[text, 9.0] for text in TEXT], (1, 0, URLS[0])),
    "ppt": lambda: old_office.ppt(TEXT, URLS[0]),
    "odt": opendocument,
    "rtf": rich_text,
}


@pytest.mark.parametrize("kind", NEW)
def test_text_links_and_metadata(kind: str) -> None:
    notes = Notes(NEW[kind]())
    assert (notes.kind, notes.cause) == (kind, "")
    for text in TEXT:
        assert text in notes.text
    assert notes.links == LINKS
    assert (notes.meta["title"], notes.meta["author"]) == (TITLE, "Lan")
    assert notes.meta["created"].startswith("2026-09-01T01:00:00")


@pytest.mark.parametrize("kind", OLD)
def test_older_and_other_formats(kind: str) -> None:
    notes = Notes(OLD[kind]())
    assert (notes.kind, notes.cause) == (kind, "")
    for text in TEXT:
        assert text in notes.text
    assert URLS[0] in [url for _, url in notes.links]
    assert notes.meta["author"] == "Lan"


def test_places_are_told() -> None:
    assert Notes(files.pdf("a", ["b"] * 60)).texts[1][0] == "page 2"
    assert Notes(NEW["xlsx"]()).texts[0][0] == f"sheet {TITLE}"
    assert Notes(NEW["pptx"]()).texts[0][0] == "slide 1"
    assert Notes(NEW["docx"]()).headings == [TITLE]


def test_old_word_puts_its_pieces_in_order() -> None:
    notes = Notes(OLD["doc"]())
    assert notes.text.splitlines() == ["Header", *TEXT, *(text for text, _ in LINKS)]
    assert notes.links == LINKS
    assert notes.meta["title"] == "Tờ trình"
    assert Notes(old_office.doc(TEXT, [], flags=0x0100)).cause == "encrypted"


def test_old_sheets_name_the_cell_of_a_link() -> None:
    notes = Notes(OLD["xls"]())
    assert notes.texts == [("sheet Điểm", f"{TEXT[0]} 9 {TEXT[1]} 9")]
    assert notes.links == [(TEXT[1], URLS[0])]


def test_addresses_in_the_text_are_links_too() -> None:
    notes = Notes(
        files.docx("Tin", ["Vào https://b.example/km?x=1, hoặc abc88.vip/dk. Thư: lan@truong.edu.vn; bản 1.2.3"])
    )
    assert notes.links == [
        ("https://b.example/km?x=1", "https://b.example/km?x=1"),
        ("abc88.vip/dk", "http://abc88.vip/dk"),
    ]


def test_a_scan_has_no_text() -> None:
    notes = Notes(files.scanned_pdf("Quyết định"))
    assert (notes.kind, notes.texts) == ("pdf", [])


def test_encryption() -> None:
    assert "Nội dung kín đáo" in Notes(encrypted("")).text, "the empty password opens it"
    assert Notes(encrypted("bí mật")).cause == "encrypted"
    assert Notes(old_office.container({"EncryptedPackage": b"x"})).cause == "encrypted"
    assert Notes(old_office.container({"Contents": b"x"})).cause == "unknown_format"


def test_a_pdf_without_its_table_of_places_is_repaired() -> None:
    whole = files.pdf(TITLE, TEXT)
    assert TEXT[0] in Notes(whole[: whole.index(b"xref\n")]).text
    assert TEXT[0] in Notes(whole.replace(b"startxref\n", b"startxref\n9")).text


def test_one_broken_page_does_not_hide_the_others() -> None:
    writer = PdfWriter()
    for data in (one_page(b"BT (x) Tj ET", head=b"/Filter /NoSuchDecode"), files.pdf(TITLE, TEXT)):
        writer.append(PdfReader(BytesIO(data)))
    out = BytesIO()
    writer.write(out)
    notes = Notes(out.getvalue())
    assert TEXT[0] in notes.text
    assert notes.cause == "damaged"


def test_an_address_that_a_pdf_opens_by_itself_is_a_link() -> None:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(files.pdf(TITLE, TEXT))))
    action = DictionaryObject({NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(URLS[0])})
    writer.root_object[NameObject("/OpenAction")] = action
    out = BytesIO()
    writer.write(out)
    assert Notes(out.getvalue()).links == [("", URLS[0])]


def test_word_reads_notes_fields_and_boxes_once() -> None:
    field = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://f.example/"'
        "</w:instrText></w:r><w:r><w:t>trường tin</w:t></w:r></w:p>"
    )
    box = "<w:txbxContent><w:p><w:r><w:t>trong khung</w:t></w:r></w:p></w:txbxContent>"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    both = (
        f'<w:p><w:r><w:t>ngoài</w:t></w:r><w:r><mc:AlternateContent xmlns:mc="{mc}"><mc:Choice Requires="x">{box}'
        f"</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    cut = "<w:p><w:r><w:t>bị <!-- x -->chia</w:t></w:r></w:p>"
    notes = Notes(word(field + both + cut))
    assert [text for _, text in notes.texts] == ["trường tin", "ngoài", "trong khung", "bị chia"]
    assert notes.links == [("trường tin", "https://f.example/")]


def test_formulas_with_addresses_are_links() -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cell = '<c r="A1" t="str"><f>HYPERLINK("https://f.example/","vào đây")</f><v>vào đây</v></c>'
    sheet = f'<worksheet xmlns="{space}"><sheetData><row r="1">{cell}</row></sheetData></worksheet>'
    notes = Notes(replaced(files.xlsx("B", []), {"xl/worksheets/sheet1.xml": sheet.encode()}))
    assert (notes.text, notes.links) == ("vào đây", [("vào đây", "https://f.example/")])


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_what_a_library_refuses_is_read_straight(kind: str) -> None:
    whole = NEW[kind]()
    lost = b'<Relationship Id="rId99" Type="http://x/officeDocument/2006/relationships/image" Target="lost.png"/>'
    folder = {"docx": "word/_rels/document.xml.rels", "xlsx": "_rels/.rels", "pptx": "ppt/slides/_rels/slide1.xml.rels"}
    with ZipFile(BytesIO(whole)) as packed:
        relations = packed.read(folder[kind]).replace(b"</Relationships>", lost + b"</Relationships>")
        book = {"xl/workbook.xml": b"<workbook/>"} if kind == "xlsx" else {}
    notes = Notes(replaced(whole, {folder[kind]: relations, **book}))
    assert TEXT[0] in notes.text
    assert notes.cause == ""
    assert URLS[0] in [url for _, url in notes.links]


def test_an_archive_is_read_but_not_what_is_packed_in_it() -> None:
    members: dict[str, bytes] = {f"thư mục/{kind}.bin": build() for kind, build in (NEW | OLD).items()}
    members |= {
        "trang.html": "<title>x</title><p>trong trang <a href='https://w.example/'>đi</a><script>mã()</script>".encode(),
        "cũ.txt": "trong tệp chữ".encode("utf-16"),
        "hình.png": b"\x89PNG",
        "sâu.zip": files.archive({"a.txt": b"packed deeper"}),
        "khóa.pdf": encrypted("bí mật"),
    }
    notes = Notes(files.archive(members))
    assert (notes.kind, notes.cause) == ("zip", "encrypted")
    assert {where.partition(",")[0] for where, _ in notes.texts} == {*members} - {"hình.png", "sâu.zip", "khóa.pdf"}
    assert ("trang.html", "trong trang đi") in notes.texts
    assert ("cũ.txt", "trong tệp chữ") in notes.texts
    assert ("đi", "https://w.example/") in notes.links
    assert notes.meta == {}


def test_only_so_many_files_of_an_archive_and_so_much_text_are_read() -> None:
    notes = Notes(files.archive({f"{number}.txt": b"x" for number in range(300)}))
    assert (len(notes.texts), notes.cause) == (200, "too_long")
    notes = Notes(files.archive({"a.txt": b"word " * 200_000, "b.txt": b"the end, see https://x.example/"}))
    assert notes.ended == ["end", "zip", "too_long"]
    assert MAX_TEXT - 9_000 < sum(len(text) for _, text in notes.texts) <= MAX_TEXT
    assert notes.texts[-1] == ("b.txt", "the end, see https://x.example/")
    assert notes.links == [("https://x.example/", "https://x.example/")]


def test_time_ends_between_two_pages() -> None:
    assert Notes(files.pdf(TITLE, TEXT), seconds=0).cause == "too_slow"


@pytest.mark.parametrize("data", [b"", b"<html>", b"abc", b"GIF89a"])
def test_what_is_no_document(data: bytes) -> None:
    assert Notes(data).cause == "unknown_format"


@pytest.mark.parametrize("build", [*NEW.values(), *OLD.values()], ids=[*NEW, *OLD])
def test_torn_files_raise_nothing_worse_than_a_complaint(build: Callable[[], Any]) -> None:
    data = build()
    for size in (40, len(data) // 2, len(data) - 30):
        with suppress(*DAMAGE):
            Notes(data[:size])
