"""The files the demo builds are real: the libraries that everybody reads them with read them back."""

import subprocess
import sys
import zipfile
from io import BytesIO

import openpyxl
import pypdf
from docx import Document
from pptx import Presentation

from crawler.demo import files

TITLE = "Kế hoạch năm học & các khoản thu"
TEXT = ["Nhà trường thông báo: học phí là 120.000 đồng <một tháng>, ghế trường sạch sẽ.", "Hạn nộp ngày 5/9. " * 40]
LINKS = [("Xem thêm ở đây", "https://a.example/x?a=1&b=2"), ("Tải về", "http://b.example/")]


def test_a_pdf_gives_back_its_text_links_and_information() -> None:
    reader = pypdf.PdfReader(BytesIO(files.pdf(TITLE, TEXT, LINKS, author="Văn thư")), strict=True)
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert TITLE in text
    assert TEXT[0] in " ".join(text.split())
    assert LINKS[0][0] in text
    found = [note.get_object()["/A"]["/URI"] for page in reader.pages for note in page.get("/Annots", [])]
    assert found == [url for _, url in LINKS]
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == (TITLE, "Văn thư")
    assert reader.metadata.creation_date == files.WHEN


def test_a_long_pdf_has_many_pages() -> None:
    reader = pypdf.PdfReader(BytesIO(files.pdf("Dài", [f"Đoạn {number}" for number in range(100)])), strict=True)
    assert len(reader.pages) == 5
    assert "Đoạn 99" in reader.pages[4].extract_text()


def test_a_scanned_pdf_has_a_picture_and_no_text() -> None:
    reader = pypdf.PdfReader(BytesIO(files.scanned_pdf("Quyết định", pages=2)), strict=True)
    assert [page.extract_text() for page in reader.pages] == ["", ""]
    assert len(reader.pages[1].images) == 1


def test_a_word_document_gives_back_its_text_and_links() -> None:
    document = Document(BytesIO(files.docx(TITLE, TEXT, LINKS, author="Văn thư")))
    assert [paragraph.text for paragraph in document.paragraphs] == [TITLE, *TEXT, *(text for text, _ in LINKS)]
    found = [link.url for paragraph in document.paragraphs for link in paragraph.hyperlinks]
    assert found == [url for _, url in LINKS]
    assert (document.core_properties.title, document.core_properties.author) == (TITLE, "Văn thư")
    assert document.core_properties.created == files.WHEN


def test_a_workbook_gives_back_its_rows_and_links() -> None:
    book = openpyxl.load_workbook(
        BytesIO(files.xlsx("Danh sách: lớp 6A", [["STT", "Họ và tên"], [1, "Lê Thị Đào"]], LINKS))
    )
    sheet = book.worksheets[0]
    assert sheet.title == "Danh sách lớp 6A"
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[:3] == [("STT", "Họ và tên"), (1, "Lê Thị Đào"), (LINKS[0][0], None)]
    link = sheet["A3"].hyperlink
    assert link is not None
    assert link.target == LINKS[0][1]


def test_slides_give_back_their_text_and_links() -> None:
    shapes = list(Presentation(BytesIO(files.pptx(TITLE, TEXT, LINKS))).slides[0].shapes)
    assert [shape.text_frame.text for shape in shapes] == [TITLE, "\n".join(TEXT), *(text for text, _ in LINKS)]
    assert shapes[2].text_frame.paragraphs[0].runs[0].hyperlink.address == LINKS[0][1]


def test_an_archive_gives_back_its_members() -> None:
    members = {"thư mục/a.txt": "nội dung".encode(), "b.pdf": files.pdf("b", [])}
    with zipfile.ZipFile(BytesIO(files.archive(members))) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == members


def test_the_same_input_gives_the_same_bytes_in_every_process() -> None:
    program = (
        "from hashlib import sha256; from crawler.demo.files import *;"
        "parts = [pdf('ă', ['â', 'đ ê'], [('ô', 'http://ư.example/')]), scanned_pdf('x'), docx('ă', ['â']), "
        "xlsx('ă', [[1, 'â']]), pptx('ă', ['â'])];"
        "print(sha256(archive({str(n): part for n, part in enumerate(parts)})).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1
