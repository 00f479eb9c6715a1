"""From pages to violations: places, vectors, keys."""

from datetime import UTC, datetime
from importlib.resources import files

import pytest

from crawler.items import Block, Link, Page, Redirect
from crawler.page import extract
from pipelines.engine import Engine, load
from pipelines.judge import document, html_document, text_document, violations

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load([files("rules")]))


def page_of(html: str, url: str = "https://thcs.haiphong.edu.vn/tin/bai-12345.html") -> Page:
    return extract(
        url=url,
        status=200,
        headers=[("Content-Type", "text/html; charset=utf-8")],
        body=html.encode(),
        fetched=NOW,
        host="thcs.haiphong.edu.vn",
    )


def test_a_doorway_belongs_to_the_shape_of_its_address(engine: Engine) -> None:
    html = "<title>ABC88 nhà cái</title><h1>Nhà cái ABC88</h1><p>Khuyến mãi nạp đầu</p>"
    one = violations(page_of(html), engine)[0]
    two = violations(page_of(html, "https://thcs.haiphong.edu.vn/tin/bai-999.html"), engine)[0]
    assert one.place == two.place
    assert one.place.startswith("shape:/tin/")
    assert (one.category, one.vector, one.confidence) == ("gambling", "planted", "confirmed")


def test_a_hidden_block_belongs_to_its_region_on_every_page(engine: Engine) -> None:
    block = '<div id="box9" style="display:none"><a href="https://x.example/slot-gacor/">slot gacor</a></div>'
    pages = (("Một", "https://thcs.haiphong.edu.vn/a"), ("Hai", "https://thcs.haiphong.edu.vn/b/c"))
    found = [violations(page_of(f"<body><p>{text}</p>{block}</body>", url), engine)[0] for text, url in pages]
    assert {violation.place for violation in found} == {"region:main>div#box"}
    assert found[0].vector == "planted"
    assert "host:x.example" in found[0].keys
    assert found[0].evidence[0].target == "https://x.example/slot-gacor/"


def test_comments_are_posted_and_links_linked(engine: Engine) -> None:
    comments = "<div id='comments'><p>Nhà cái ABC88 nạp đầu tặng 100k</p></div>"
    posted = violations(page_of(f"<body><h1>Tin trường</h1>{comments}</body>"), engine)[0]
    assert (posted.vector, posted.place.split(">")[0]) == ("posted", "region:comments")
    footer = "<footer id='chan'><a href='https://x.example/'>nhà cái uy tín</a></footer>"
    linked = violations(page_of(f"<body><h1>Tin trường</h1><p>Bài.</p>{footer}</body>"), engine)[0]
    assert (linked.vector, linked.place) == ("linked", "region:footer>footer#chan")


def test_documents_are_judged_like_pages_and_belong_to_the_shape_of_their_address(engine: Engine) -> None:
    def file(text: str, *links: Link) -> Page:
        url = f"https://thcs.haiphong.edu.vn/uploads/2026/tep-{len(text)}.pdf"
        page = Page(url, "thcs.haiphong.edu.vn", 200, NOW, document="pdf", links=list(links))
        page.blocks = [Block("document", text, "document", "page 1")]
        return page

    planted = violations(file("Nhà cái ABC88 uy tín, khuyến mãi nạp đầu 100%"), engine)[0]
    assert (planted.vector, planted.confidence) == ("planted", "confirmed")
    assert planted.place == "shape:/uploads/{n}/tep-{n}.pdf"
    assert (planted.evidence[0].part, planted.evidence[0].where) == ("document", "page 1")
    link = Link("https://x.example/", "nhà cái uy tín", "a", "document")
    linked = violations(file("Thông báo của trường. nhà cái uy tín", link), engine)[0]
    assert (linked.vector, linked.place) == ("linked", "shape:/uploads/{n}/tep-{n}.pdf")
    assert violations(file("Công an bắt giữ đường dây nhà cái, tuyên truyền phòng chống tệ nạn"), engine) == []


def test_an_http_redirect_is_redirected(engine: Engine) -> None:
    page = Page("https://thcs.haiphong.edu.vn/km", "thcs.haiphong.edu.vn", 302, NOW)
    page.redirects.append(Redirect("http", "https://abc88.example/", "Location"))
    found = violations(page, engine)[0]
    assert (found.rule, found.vector, found.confidence) == ("gambling-redirect", "redirected", "confirmed")
    assert found.place.startswith("shape:/km")


def test_an_honest_article_does_not_spare_the_block_below_it(engine: Engine) -> None:
    article = "<h1>Công an bắt giữ đường dây đánh bạc</h1><p>Khởi tố bị can, tuyên truyền phòng chống tác hại.</p>"
    block = "<div style='position:absolute;left:-9999px'><a href='https://x.example/'>nhà cái uy tín</a></div>"
    assert violations(page_of(f"<body>{article}</body>"), engine) == []
    assert violations(page_of(f"<body>{article}{block}</body>"), engine)[0].vector == "planted"


def test_a_clean_page_has_none(engine: Engine) -> None:
    assert violations(page_of("<title>Trường</title><p>Khai giảng năm học mới</p><a href='/b'>b</a>"), engine) == []


def test_the_document_holds_what_a_page_holds() -> None:
    page = Page("https://a.vn/", "a.vn", 200, NOW, title="Tiêu đề")
    page.blocks.append(Block("text", "chữ", "main>div", "đoạn 1", ""))
    page.links += [Link("https://b.vn/", "neo", "a", "nav"), Link("https://b.vn/x.css", kind="link")]
    made = document(page)
    assert [(piece.part, piece.text, piece.target) for piece in made.pieces] == [
        ("text", "chữ", ""),
        ("title", "Tiêu đề", ""),
        ("anchor", "neo", "https://b.vn/"),
    ]


def test_addresses_in_bare_text_are_links() -> None:
    made = text_document("vào [đây](https://abc88.example/x?ref=1) hoặc xyz99.vip nhé, mail a@b.com")
    assert [piece.target for piece in made.pieces[1:]] == ["https://abc88.example/x?ref=1", "http://xyz99.vip/"]
    assert (made.url, made.kind) == (None, "text")


def test_a_text_of_nothing_but_addresses_is_bounded() -> None:
    assert len(text_document("a1.com " * 10_000).pieces) <= 501


def test_text_for_the_fonts_of_old_is_judged_as_it_was_meant(engine: Engine) -> None:
    text = "nhµ c¸i uy tÝn, khuyÕn m·i n¹p ®Çu 100%, link vµo míi nhÊt"
    assert engine.verdict(text_document(text)).word == "confirmed"
    body = f"<p>{text}</p>".encode("cp1252")
    verdict = engine.verdict(html_document(body))
    assert verdict.matches
    assert "nhà cái" in verdict.matches[0].evidence[0].quote
