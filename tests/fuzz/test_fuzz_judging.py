"""No bytes make the engine raise: the whole way from an answer to a verdict, with all rules of the program."""

from functools import cache
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.page.legacy import TCVN3
from pipelines.engine import Document, Engine, Piece, load
from pipelines.engine.document import PARTS
from pipelines.engine.rule import CATEGORIES
from pipelines.judge import html_document, text_document
from tests.fuzz.made import bent_ones
from tests.fuzz.test_fuzz_pages import NESTED, PAGES, PORTAL

OFFENCE = (
    "nhà cái uy tín, n.h.à c.á.i, nha cai, link vào BK8, khuyến mãi nạp đầu 100%, 𝐧𝐡𝐚 𝐜𝐚𝐢, slot gacor maxwin, "
    "làm bằng đại học không cần thi Zalo 0912.345.678, vay nóng giải ngân trong ngày, 娱乐城 六合彩, казино онлайн"
)
HACKED = f"""<!doctype html><html lang="vi"><head><title>Đề thi lớp 9 | {OFFENCE[:60]}</title>
<meta name="description" content="{OFFENCE}">
<meta http-equiv="refresh" content="0; url=https://kubet88.example/?a_aid=7">
<style>.k{{position:absolute;left:-9999px}}</style></head>
<body><div id="main"><h1>{OFFENCE[:30]}</h1><p>{OFFENCE}</p></div>
<div class="k"><a href="https://xn--nh-ci-3qa8e.example/ref?agent=9">nhà cái</a>
<a href=//789club.example>tài xỉu</a></div><div id="comments"><p>vay nóng <a href="https://vay.example">Zalo</a></p></div>
<!-- <a href="http://go88.example/">go</a> --><script>eval(atob("bG9jYXRpb249J2h0dHBzOi8va3ViZXQuZXhhbXBsZS8n"));
document.write("\\x3ca href='https://w.example'>cá cược")</script></body></html><marquee width=1>{OFFENCE}</marquee>"""
HACKED_BYTES = HACKED.encode()
_OLD_LETTERS = {new: old for old, new in TCVN3.items()}
OLD = "".join(_OLD_LETTERS.get(letter, letter) for letter in OFFENCE).encode("cp1252", "replace")
# What browsers and readers of bytes stumble over, between, before and inside of words.
STONES = st.sampled_from(
    [
        b"&#xD800;",
        b"&#55357;&#56832;",
        b"&#0;",
        b"&#x10FFFF;",
        b"&#99999999999;",
        b"&shy;",
        b"&zwnj;",
        b"&NotEqualTilde;",
        "\u200b\u200d\ufeff".encode(),
        "a\u0300\u0301\u0323".encode() * 40,
        "İıſẞ".encode(),
        "\u202e".encode(),
        b"\x00",
        b"\xed\xa0\xbd\xed\xb8\x80",
        b"\xf4\x90\x80\x80",
        b"\xc0\x80",
        b"\xff\xfe",
        b"\x1b$B",
        "ﷺ".encode() * 9,
        b"<a href=",
        b"<p title='" + b"x" * 70_000 + b"'>",
        b"<a href='https://" + b"a." * 3_000 + b"/'>",
        b"<b>" * 300,
        b"%u0041%zz%",
        b"<a href='http://[::1'>",
        b"<a href='//\xc3\xa0\xe3\x80\x82.example:99999'>",
        b"<svg><title>",
        b"</html>",
        b"<!--",
        b"<script>unescape('%u')+'\\u{110000}\\xzz'+String.fromCharCode(1e999,-1,0xD800)</script>",
        b"atob('=A==')",
    ]
)
LAID = st.lists(st.tuples(st.integers(0, 2**16), STONES), max_size=8)
TYPES = st.sampled_from(
    [
        "text/html",
        "",
        "text/html; charset=utf-16",
        "text/html;charset=windows-1258",
        "text/html; charset=gb18030",
        "text/html; charset=utf-7",
        "text/html; charset=iso-2022-jp",
        "text/html; charset=x-user-defined",
        "text/plain",
        "application/xhtml+xml",
        "application/xml",
        "text/html; charset=\x00",
        "text/html; charset=" + "u" * 600,
        "\ud800",
    ]
)
URLS = st.sampled_from(["", "http://truong.edu.vn/tin/bai-1.html", "https://truong.edu.vn/?id=1&q=nh%C3%A0+c%C3%A1i#x"])
URLS |= st.sampled_from(
    ["http://[", "http://[::1]:99999/", "ftp://a/", "//", "http://\ud800.example/%zz", "nhà cái", "\0"]
)
URLS |= st.text(max_size=80) | st.text(max_size=60).map("https://truong.edu.vn/".__add__)


@cache
def engine() -> Engine:
    return Engine(load([files("rules")]))


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """Compiling takes longer than the first page is given."""
    engine()


def judged(document: Document) -> None:
    """A verdict with what every verdict has, in forms that can be stored; the same when asked again."""
    verdict = engine().verdict(document)
    assert verdict.word in ("clean", "suspected", "confirmed")
    assert verdict == engine().verdict(document)
    for match in verdict.matches:
        assert match.category in CATEGORIES
        assert match.confidence in ("confirmed", "suspected")
        assert match.evidence
        for text in (
            match.region,
            *match.keys,
            *(part for quote in match.evidence for part in (quote.quote, quote.target)),
        ):
            text.encode("utf-8")


def laid(body: bytes, stones: list[tuple[int, bytes]]) -> bytes:
    for where, stone in stones:
        at = where % (len(body) + 1)
        body = body[:at] + stone + body[at:]
    return body


@given(bent_ones(HACKED_BYTES, HACKED.encode("utf-16"), b"<p>" + OLD, HACKED_BYTES + PORTAL), LAID, URLS, TYPES)
def test_bent_pages(body: bytes, stones: list[tuple[int, bytes]], url: str, content_type: str) -> None:
    judged(html_document(laid(body, stones), url, content_type))


@given(PAGES | st.binary(max_size=2_000) | bent_ones(NESTED + HACKED_BYTES), URLS, TYPES)
def test_any_bytes(body: bytes, url: str, content_type: str) -> None:
    judged(html_document(body, url, content_type))


LETTERS = st.characters() | st.sampled_from("nhàcáilinkvào0369.-_ \u200b\u0301𝐧ｎ")
WORDS = st.lists(st.sampled_from(OFFENCE.split()) | st.text(LETTERS, max_size=12), max_size=60).map(" ".join)


@given(
    WORDS
    | st.text(LETTERS, max_size=300)
    | bent_ones(OFFENCE.encode(), OLD).map(lambda data: data.decode("cp1252", "replace")),
    URLS,
)
def test_bare_texts(text: str, url: str) -> None:
    judged(text_document(text, url))


PIECES = st.builds(
    Piece,
    part=st.sampled_from(sorted(PARTS)),
    text=WORDS,
    region=st.sampled_from(["", "main>div#a", "comments>div.b", "tail", "footer", ">", "\ud800"]),
    where=st.text(max_size=9),
    hidden=st.sampled_from(["", "display_none", "comment", "decoded", "written", "?"]),
    target=URLS,
)


@given(st.lists(PIECES, max_size=12), URLS, st.sampled_from(["html", "text"]))
def test_any_document(pieces: list[Piece], url: str, kind: str) -> None:
    engine().verdict(Document(url or None, "truong.edu.vn", kind, pieces))
    engine().explain(Document(url or None, "truong.edu.vn", kind, pieces))
