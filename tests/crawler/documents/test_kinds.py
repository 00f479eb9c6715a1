"""What is taken for a document: servers lie about types, and pages begin like documents."""

import pytest

from crawler.demo import files
from crawler.documents.kinds import KINDS, family, is_declared, is_markup, is_named, type_of
from tests.crawler.documents.old_office import container

PDF = files.pdf("a", ["b"])


@pytest.mark.parametrize(
    ("media", "body", "expected"),
    [
        ("application/pdf", PDF, "pdf"),
        ("application/octet-stream", PDF, "pdf"),
        ("text/html", PDF, "pdf"),
        ("", b"\xef\xbb\xbf\r\n" + PDF, "pdf"),
        ("application/pdf", b"HTTP rubbish before it\n" + PDF, "pdf"),
        ("text/plain", files.docx("a", []), "zip"),
        ("image/png", files.archive({"a": b""}), "zip"),
        ("", container({"Contents": b""}), "ole"),
        ("application/msword", b"{\\rtf1 abc}", "rtf"),
        ("text/html", b"%PDF-1.4<html><body>a page in disguise", ""),
        ("text/html", b"%PDF-1.4" + b" " * 20_000 + b"<a href='/x'>", ""),
        ("application/pdf", b"<!doctype html>\n<p>%PDF-</p>", ""),
        ("application/pdf", b"\x89PNG", ""),
        ("application/pdf", b"", ""),
    ],
)
def test_family(media: str, body: bytes, expected: str) -> None:
    assert family(media, body) == expected


def test_declared_types_and_names() -> None:
    assert all(is_declared(type_of(kind)) for kind in KINDS)
    assert type_of("exe") == ""
    assert is_declared("application/vnd.ms-excel.sheet.macroenabled.12")
    assert not is_declared("application/vnd.android.package-archive")
    assert not is_declared("application/octet-stream")
    for path in ("/a.PDF", "/a.docx", "/x/y.xls", "/a.zip", "/a.ods"):
        assert is_named(path)
    for path in ("/a.html", "/a.rar", "/pdf", "/a.pdf/"):
        assert not is_named(path)


def test_a_page_under_a_documents_name() -> None:
    assert is_markup(b"\r\n<html><form>")
    assert is_markup(b"<table><tr><td>1</table>")
    assert not is_markup(PDF)
    assert not is_markup(b"<?xml version='1.0'?><Workbook>")
