"""What a child says is not believed; what is believed becomes a page."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crawler.demo import files
from crawler.documents.pages import fill, page_of
from crawler.documents.reading import MAX_ANSWER, Reading, check
from crawler.documents.scribe import MAX_LINKS, MAX_TEXT
from crawler.items import Block, Link, Page

NOW = datetime(2026, 11, 19, tzinfo=UTC)
VALUES = st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=5))


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def page() -> Page:
    return Page("http://a.vn/tep/b.pdf", "a.vn", 200, NOW, type="application/octet-stream", document="pdf")


def test_lines_become_a_reading() -> None:
    reading = check(
        lines(
            ["meta", "title", "Tin"],
            ["text", "document", "page 1", "xin  chào"],
            ["link", "/x", "vào", "page 1"],
            ["end", "pdf", "damaged"],
            ["text", "document", "", "after the end"],
        )
    )
    assert (reading.kind, reading.cause, reading.ended, reading.meta) == ("pdf", "damaged", True, {"title": "Tin"})
    assert (reading.texts, reading.links) == ([("document", "page 1", "xin chào")], [("/x", "vào", "page 1")])


def test_what_a_puppet_says_is_bounded_and_left_out_when_it_means_nothing() -> None:
    reading = check(
        lines(
            ["text", "script", "", "alert()"],
            ["text", "document", "\x1b[2Jx", "a\x1b]0;b\x07\ud800"],
            ["meta", "password", "x"],
            ["meta", "author", {"a": 1}],
            ["link", 7, "x", "y"],
            ["text", "document"],
            {"text": 1},
            7,
        )
        + b"[" * 100_000
        + b'\n{"a":\n\xff\xfe\n9' + b"9" * 5000 + b"\n"
        + lines(["end", "exe", "rm -rf"])
    )  # fmt: skip
    assert reading.texts == [("document", "[2Jx", "a ]0;b \ufffd")]
    assert (reading.meta, reading.links, reading.kind, reading.cause) == ({}, [], "", "damaged")
    flood = check(lines(*[["text", "document", "", "x" * 40_000]] * 100, *[["link", "/x", "", ""]] * 9_000))
    assert sum(len(text) for _, _, text in flood.texts) == MAX_TEXT
    assert len(flood.links) == MAX_LINKS
    assert check(b"x" * (MAX_ANSWER + 5)).texts == []


@given(st.binary(max_size=300) | st.lists(VALUES, max_size=6).map(lambda values: lines(*values)))
def test_no_answer_raises(answer: bytes) -> None:
    fill(page(), check(answer))


def test_a_reading_fills_a_page() -> None:
    meta = {"author": "Lan", "created": "2024-09-05T08:00:00Z", "modified": "2025-01-01", "keywords": "nhà cái"}
    texts = [
        ("document", "", "Một"),
        ("heading", "", "Một"),
        ("document", "", "Hai"),
        ("document", "comments", "Ba"),
    ]
    links = [("/x", "vào", ""), ("javascript:x", "", ""), ("http://B.vn", "b", "page 2"), ("/x", "vào", "page 9")]
    filled = page()
    fill(filled, Reading("docx", "too_slow", texts, links, meta))
    assert filled.blocks == [
        Block("meta", "Lan", "head", "author"),
        Block("meta", "nhà cái", "head", "keywords"),
        Block("document", "Một\nHai", "document", ""),
        Block("heading", "Một", "document", ""),
        Block("document", "Ba", "document", "comments"),
    ]
    assert filled.links == [
        Link("http://a.vn/x", "vào", "a", "document"),
        Link("http://b.vn/", "b", "a", "document"),
    ]
    assert (filled.document, filled.cut, filled.title) == ("docx", "too_slow", "Một")
    assert filled.type.endswith("wordprocessingml.document")
    assert filled.published == datetime(2024, 9, 5, 8, tzinfo=UTC)
    assert filled.metadata == sorted(meta.items())


def test_dates_that_cannot_be_are_no_dates() -> None:
    for created, expected in (("0000-00-00", None), ("2099-01-01", None), ("1601-01-01", None), ("x" * 500, None)):
        filled = page()
        fill(filled, Reading("pdf", "", meta={"created": created}))
        assert filled.published is expected
    filled = page()
    fill(filled, Reading("pdf", "", meta={"created": "2099-01-01", "modified": "2025-01-01T00:00:00Z"}))
    assert filled.published == datetime(2025, 1, 1, tzinfo=UTC)


def test_an_unread_document_keeps_what_the_server_said() -> None:
    filled = page()
    filled.document = "ole"
    fill(filled, Reading(cause="no_reader"))
    assert (filled.type, filled.document, filled.cut) == ("application/octet-stream", "ole", "no_reader")


def received(body: bytes, media: str, **more: Any) -> Page:
    headers = [("Content-Type", media), ("X", "y")]
    given = {"url": "http://a.vn/tep/b.pdf", "status": 200, "headers": headers, "fetched": NOW, "host": "a.vn"}
    return page_of(**{**given, "body": body, **more})


def test_an_answer_is_a_page_or_a_document_that_is_still_to_be_read() -> None:
    pdf = files.pdf("Tin", ["xin chào"])
    for media in ("application/pdf", "application/octet-stream", "text/html"):
        document = received(pdf, media)
        assert (document.document, document.cut, document.body, document.blocks) == ("pdf", "", pdf, [])
    assert received(pdf, "application/pdf", status=404).document == ""
    form = received(b"<form action='/vao'><input name=a></form><p>m\xe1\xbb\x9di</p>", "application/pdf")
    assert (form.document, form.type, form.headers[0]) == ("", "text/html", ("Content-Type", "application/pdf"))
    assert any(block.text == "mời" for block in form.blocks)
    assert received(b"<p>x</p>", "text/html").document == ""
    for body, cut in ((b"<?xml version='1.0'?><Workbook/>", "unknown_format"), (b"", "no_text")):
        unknown = received(body, "application/msword")
        assert (unknown.document, unknown.cut) == ("unknown", cut)
    assert received(b"", "application/pdf", stopped=True).document == ""
    assert received(b"", "application/octet-stream", refused="zip").document == "zip"
