"""How signals become findings: families, scopes, vectors, evidence."""

from collections.abc import Callable

import pytest

from pipelines.engine import Document, Engine, Match, Piece

Make = Callable[..., Engine]
Rule = Callable[..., str]
SIGNALS = """
word: {family: subject, parts: [title, heading, text, anchor, hidden, tail, path], terms: ["nhà cái", "nổ hũ"]}
offer: {family: offer, parts: [text, anchor, hidden], terms: ["nạp đầu"]}
brand: {family: brand, parts: [title, text, anchor], regex: ['\\b[a-z]+88\\b']}
hidden_link: {family: placement, parts: [link.host], count: 1, hidden: true}
away: {family: behaviour, parts: [redirect.host], count: 1}
honest: {family: context, parts: [text], terms: ["công an", "bắt giữ"], distinct: 2}
"""
ALL = "word or offer or brand or hidden_link or away"


def page(*pieces: Piece, url: str = "https://s.vn/a.html") -> Document:
    return Document(url, "s.vn", "html", list(pieces))


def text(words: str) -> Document:
    return Document(None, "", "text", [Piece("text", words)])


def only(matches: list[Match]) -> Match:
    assert len(matches) == 1, matches
    return matches[0]


@pytest.fixture
def engine(engine_of: Make, rule: Rule) -> Engine:
    return engine_of(SIGNALS, rule("r", ALL, "honest"))


@pytest.mark.parametrize(
    ("words", "confidence"),
    [
        ("nhà cái và nổ hũ, nổ hũ nhà cái", "suspected"),
        ("nhà cái, nạp đầu", "confirmed"),
        ("nha cai nap dau", "confirmed"),
        ("abc88", "suspected"),
        ("bàn ca", ""),
    ],
)
def test_two_families_confirm_and_two_words_of_one_do_not(engine: Engine, words: str, confidence: str) -> None:
    matches = engine.judge(text(words))
    assert [match.confidence for match in matches] == ([confidence] if confidence else [])


def test_one_word_is_no_two_witnesses(engine_of: Make, rule: Rule) -> None:
    signals = """
    a: {family: subject, parts: [text], terms: ["bet88"]}
    b: {family: brand, parts: [text], regex: ['bet[0-9]+']}
    """
    engine = engine_of(signals, rule("r", "a and b"))
    assert only(engine.judge(text("xem bet88 nhé"))).confidence == "suspected"
    assert only(engine.judge(text("xem bet88 và bet99 nhé"))).confidence == "confirmed"


def test_a_decisive_signal_stands_alone(engine_of: Make, rule: Rule) -> None:
    engine = engine_of('a: {family: links, parts: [text], terms: ["kit"], decisive: true}', rule("r", "a"))
    assert only(engine.judge(text("a kit b"))).confidence == "confirmed"


def test_honest_words_spare_their_own_layer_only(engine: Engine) -> None:
    news = Piece("text", "Công an bắt giữ nhóm lập nhà cái, khuyến mãi nạp đầu")
    assert engine.judge(page(news)) == []
    block = Piece("anchor", "nhà cái", "footer>div#x", "link", "off_screen", "https://x.example/")
    found = only(engine.judge(page(news, block)))
    assert (found.vector, found.confidence, found.region) == ("planted", "confirmed", "footer>div#x")


@pytest.mark.parametrize(
    ("pieces", "vector"),
    [
        ([Piece("text", "nhà cái", "main>div")], "planted"),
        ([Piece("title", "nhà cái", "head")], "planted"),
        ([Piece("tail", "nhà cái")], "planted"),
        ([Piece("text", "nhà cái", "comments>ul#binh-luan")], "posted"),
        ([Piece("anchor", "nhà cái", "main>div", target="https://x.example/")], "linked"),
        (
            [
                Piece("anchor", "nhà cái", "main>div", target="https://x.example/"),
                Piece("text", "Trường ta có liên kết nhà cái", "main>div"),
            ],
            "linked",
        ),
        ([Piece("redirect", "https://x.example/", target="https://x.example/")], "redirected"),
    ],
)
def test_the_vector_follows_from_the_place(engine: Engine, pieces: list[Piece], vector: str) -> None:
    assert only(engine.judge(page(*pieces))).vector == vector


def test_bare_text_is_posted(engine: Engine) -> None:
    assert only(engine.judge(text("nhà cái"))).vector == "posted"


def test_a_redirect_speaks_with_the_name_of_its_page(engine_of: Make, rule: Rule) -> None:
    engine = engine_of(SIGNALS, rule("r", "away and word"))
    hop = Piece("redirect", "https://x.example/", target="https://x.example/")
    found = only(engine.judge(page(hop, url="https://s.vn/nha-cai/")))
    assert (found.vector, found.confidence) == ("redirected", "confirmed")
    assert engine.judge(page(hop, url="https://s.vn/home/")) == []


@pytest.mark.parametrize(
    "target", ["/a", "https://s.vn/a", "https://www.s.vn:8080/a", "mailto:x@y.vn", "javascript:0", "https://"]
)
def test_the_own_host_is_not_external(engine: Engine, target: str) -> None:
    assert engine.judge(page(Piece("anchor", "x", hidden="display_none", target=target))) == []


def test_without_a_host_every_absolute_link_is_external(engine: Engine) -> None:
    document = Document(None, "", "html", [Piece("anchor", "x", hidden="display_none", target="https://s.vn/")])
    assert only(engine.judge(document)).vector == "planted"


def test_near_and_apart(engine_of: Make, rule: Rule) -> None:
    signals = """
    w: {family: subject, parts: [text], terms: ["nhà cái"]}
    close: {family: offer, parts: [text], terms: ["nạp"], near: {signal: w, words: 3}}
    far: {family: offer, parts: [text], terms: ["nạp"], apart: {signal: w, words: 3}}
    """
    engine = engine_of(signals, rule("close", "close"), rule("far", "far"))
    assert [match.rule for match in engine.judge(text("nhà cái cho nạp"))] == ["close"]
    assert [match.rule for match in engine.judge(text("nhà cái một hai ba bốn nạp"))] == ["far"]
    assert [match.rule for match in engine.judge(page(Piece("text", "nhà cái"), Piece("text", "nạp")))] == ["far"]


@pytest.mark.parametrize(
    ("signal", "yes", "no"),
    [
        ('{family: subject, parts: [text], terms: ["nhà cái"], form: exact}', "nhà cái", "nha cai"),
        ('{family: subject, parts: [text], terms: ["nhà cái"], form: folded}', "nhã cãi", "nhà cáis"),
        ('{family: subject, parts: [text], terms: ["slot"], form: disguised}', "s.l.o.t", "slot"),
        ('{family: subject, parts: [text], terms: ["bet"], word: false}', "abetc", "abc"),
        ('{family: subject, parts: [text], terms: ["a1", "b1", "c1"], distinct: 2}', "a1 b1", "a1 a1"),
        ('{family: subject, parts: [text], terms: ["a1"], times: 3}', "a1 a1 a1", "a1 a1"),
        ('{family: subject, parts: [text], terms: ["a1"], density: 400}', "a1 b", "a1 b c d"),
        ("{family: structure, parts: [text], script: [han], times: 3}", "博彩网 ok", "博彩 ok"),
        ('{family: subject, parts: [text], terms: ["博彩"]}', "đi 博彩 nhé", "彩博"),
        ("{family: structure, parts: [text], script: [styled], times: 2}", "𝐀𝐁", "AB"),
    ],
)
def test_modifiers(engine_of: Make, rule: Rule, signal: str, yes: str, no: str) -> None:
    engine = engine_of(f"w: {signal}", rule("r", "w"))
    assert engine.judge(text(yes))
    assert not engine.judge(text(no))


def test_places_and_reasons(engine_of: Make, rule: Rule) -> None:
    signals = """
    foot: {family: placement, parts: [text], count: 1, zones: [footer]}
    off: {family: placement, parts: [link.host], count: 2, hosts: 2, reasons: [off_screen]}
    """
    engine = engine_of(signals, rule("foot", "foot"), rule("off", "off"))
    assert only(engine.judge(page(Piece("text", "x", "footer>div")))).rule == "foot"
    assert engine.judge(page(Piece("text", "x", "main>div"))) == []
    links = [Piece("anchor", "", hidden="off_screen", target=f"https://h{n}.example/") for n in (1, 2)]
    assert only(engine.judge(page(*links))).rule == "off"
    assert engine.judge(page(links[0], links[0])) == []
    assert engine.judge(page(*(Piece("anchor", "", hidden="display_none", target=p.target) for p in links))) == []


def test_evidence_quotes_what_stands_there(engine: Engine) -> None:
    before, after = "Học sinh chăm ngoan " * 20, " rồi về trường" * 20
    found = only(engine.judge(page(Piece("text", before + "Nhà Cái ABC88" + after, "main>div", "đoạn 3"))))
    quote = found.evidence[0]
    assert "Nhà Cái ABC88" in quote.quote
    assert len(quote.quote) <= 200
    assert (quote.part, quote.where, quote.region) == ("text", "đoạn 3", "main>div")


def test_keys_recognise_a_recurrence(engine: Engine) -> None:
    def keys(words: str) -> set[str]:
        return set(only(engine.judge(page(Piece("text", words)))).keys)

    spam = "Mời các bạn cùng vào nhà cái ABC88 chơi cho vui mỗi ngày nhé"
    assert keys(f"Một hai ba bốn năm {spam} hết") & keys(f"Năm bốn. {spam} Bảy sáu năm")
    assert not keys(f"Một hai ba {spam}") & keys("Hôm qua có người nói nhà cái XYZ88 đã đóng cửa rồi đó")
    link = Piece("anchor", "nhà cái", target="https://x.example/?ref=team7&page=2")
    assert only(engine.judge(page(link))).keys[:2] == ("host:x.example", "affiliate:ref=team7")


def test_shadow_rules_are_counted_and_find_nothing(engine_of: Make, rule: Rule) -> None:
    engine = engine_of(SIGNALS, rule("s", ALL, status="shadow"), rule("old", ALL, status="retired"))
    verdict = engine.verdict(text("nhà cái"))
    assert (verdict.matches, verdict.shadow, verdict.word) == ((), ("s",), "clean")


def test_explain_says_what_is_missing(engine_of: Make, rule: Rule) -> None:
    engine = engine_of(SIGNALS, rule("r", "word", "honest"), rule("two", "word and offer"))
    said = {outcome.rule: outcome.missing for outcome in engine.explain(text("nhà cái"))}
    assert said == {
        "r": "a second independent family beside subject",
        "two": "its condition does not hold (not seen: offer)",
    }
    spared = next(o for o in engine.explain(text("công an bắt giữ nhà cái")) if o.rule == "r")
    assert (spared.spared, spared.match) == (("honest",), None)
    assert {name for name, _ in spared.fired} == {"word", "honest"}


def test_digest_follows_what_decides(ruleset_of: Callable[..., object], rule: Rule) -> None:
    def digest(*args: str) -> str:
        return ruleset_of(*args).digest  # type: ignore[attr-defined,no-any-return]

    base = digest(SIGNALS, rule("r", ALL, "honest"))
    assert base == digest(SIGNALS, rule("r", ALL, "honest").replace("Gỡ.", "Xóa."))
    assert base != digest(SIGNALS, rule("r", "(" + ALL + ") and not honest", "honest"))
    assert base != digest(SIGNALS.replace("nổ hũ", "xóc đĩa"), rule("r", ALL, "honest"))
    assert digest(SIGNALS, rule("a", ALL, "honest"), rule("b", ALL)) == digest(
        SIGNALS, rule("b", ALL), rule("a", ALL, "honest")
    )


def test_links_of_a_planted_page_belong_to_its_finding(engine: Engine) -> None:
    link = Piece("anchor", "nhà cái", "main>div", target="https://x.example/")
    assert only(engine.judge(page(link))).vector == "linked"
    assert only(engine.judge(page(link, Piece("title", "nhà cái abc88")))).vector == "planted"


def test_a_banner_is_a_link_and_a_picture_without_one_is_planted(engine_of: Make, rule: Rule) -> None:
    signals = """
    word: {family: subject, parts: [anchor, alt], terms: ["nhà cái"]}
    offer: {family: offer, parts: [anchor, alt], terms: ["nạp đầu"]}
    """
    engine = engine_of(signals, rule("r", "word and offer"))
    picture = Piece("alt", "nhà cái nạp đầu", "aside", "img alt")
    banner = Piece("anchor", "nhà cái nạp đầu", "aside>div", "link", target="https://x.example/")
    assert only(engine.judge(page(picture))).vector == "planted"
    assert only(engine.judge(page(banner, picture))).vector == "linked"


def test_counted_pieces_are_no_evidence_beside_words(engine: Engine) -> None:
    menu = Piece("anchor", "Bộ", "nav>ul", "", "display_none", "https://moet.example/")
    block = Piece("anchor", "nhà cái", "footer>div", "", "display_none", "https://x.example/")
    found = only(engine.judge(page(menu, block)))
    assert {quote.target for quote in found.evidence} == {"https://x.example/"}
    assert found.keys == ("host:x.example",)
    assert found.region == "footer>div"


def test_the_text_of_documents_is_text_too(engine_of: Make, rule: Rule) -> None:
    signals = """
    a: {family: subject, parts: [text], terms: ["nhà cái"]}
    b: {family: offer, parts: [document], terms: ["nạp đầu"]}
    """
    engine = engine_of(signals, rule("r", "a and b"))
    assert engine.judge(page(Piece("document", "nhà cái, nạp đầu", "document", "page 2")))
    assert not engine.judge(page(Piece("text", "nhà cái, nạp đầu", "main", "main")))


def test_a_document_that_only_links_is_linked(engine: Engine) -> None:
    link = Piece("anchor", "nhà cái", "document", "link", target="https://x.example/")
    document = page(Piece("document", "xem nhà cái", "document"), link)
    assert only(engine.judge(document)).vector == "linked"
    document.pieces.append(Piece("document", "nhà cái nạp đầu", "document"))
    assert only(engine.judge(document)).vector == "planted"
