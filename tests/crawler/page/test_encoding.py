"""Which encoding a page is in."""

import pytest

from crawler.page.encoding import to_utf8

TEXT = "<meta charset=x><p>Trường Trung học phổ thông Ngô Quyền, thành phố Hải Phòng</p>"
CP1258 = TEXT.replace("ờ", "ơ\u0300").replace("ọ", "o\u0323").replace("ổ", "ô\u0309").replace("ề", "ê\u0300")
CP1258 = CP1258.replace("ố", "ô\u0301").replace("ả", "a\u0309").replace("ò", "o\u0300")


@pytest.mark.parametrize(
    ("body", "header", "encoding"),
    [
        (TEXT.encode(), "", "utf-8"),
        (TEXT.encode(), "text/html; charset=iso-8859-1", "utf-8"),
        (TEXT.replace("=x", "=windows-1252").encode(), "text/html", "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "text/html; charset=utf-16", "utf-8"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "", "utf-16-le"),
        (TEXT.encode("utf-16-le"), "text/html; charset=utf-16le", "utf-16-le"),
        (CP1258.encode("cp1258"), "", "cp1258"),
        (CP1258.encode("cp1258"), "text/html; charset=windows-1258", "cp1258"),
        (CP1258.encode("cp1258"), "text/html; charset=utf-8", "cp1258"),
        (CP1258.replace("=x", "=windows-1258").encode("cp1258"), "text/html; charset=iso-8859-1", "cp1258"),
    ],
)
def test_text_survives_a_wrong_or_missing_declaration(body: bytes, header: str, encoding: str) -> None:
    data, found = to_utf8(body, header)
    assert found == encoding
    assert "Trường Trung học phổ thông Ngô Quyền, thành phố Hải Phòng" in data.decode()


def test_a_cut_character_does_not_turn_utf8_into_latin() -> None:
    data, found = to_utf8(TEXT.encode()[:-30] + b"\xe1\xbb", "text/html; charset=windows-1252")
    assert found == "utf-8"
    assert "Trường" in data.decode("utf-8", "replace")


def test_western_text_is_not_taken_for_vietnamese() -> None:
    assert to_utf8("<p>Café, déjà vu, naïve</p>".encode("cp1252"))[1] == "cp1252"


def test_scattered_bytes_do_not_hide_a_page_in_utf8() -> None:
    noise = bytes(range(128, 256)) * 20
    for header, body in (("text/html; charset=utf-8", TEXT), ("", TEXT.replace("=x", "=utf-8"))):
        data, found = to_utf8(body.encode() + noise, header)
        assert found == "utf-8"
        assert "Trường Trung học phổ thông" in data.decode("utf-8", "replace")


def test_unknown_encodings_do_no_harm() -> None:
    for header in ("text/html; charset=klingon", "text/html; charset=base64", "charset=" + "x" * 10_000):
        assert to_utf8(b"<p>\xff\xfe\xfd</p>", header)[0]
