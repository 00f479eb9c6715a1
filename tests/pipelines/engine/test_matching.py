"""How words are found: accents of regexes, digits for letters, coded addresses, triggers first."""

from collections.abc import Callable

import pytest

from pipelines.engine import Document, Engine, Piece

Make = Callable[..., Engine]


def said(engine: Engine, text: str, **more: str) -> list[str]:
    return [match.rule for match in engine.judge(Document(None, "", "text", [Piece("text", text, **more)]))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bán pháo nổ", True),
        ("ban phao no", True),
        ("bàn phao nọ", False),
        ("BÁN PHÁO NỔ", True),
        ("𝐛𝐚𝐧 𝐩𝐡𝐚𝐨 𝐧𝐨", True),
    ],
)
def test_a_regex_means_its_accents(engine_of: Make, rule: Callable[..., str], text: str, found: bool) -> None:
    engine = engine_of(r"w: {family: subject, parts: [text], regex: ['\bbán (?:pháo|súng) [nm]ổ\b']}", rule("r", "w"))
    assert bool(said(engine, text)) == found


def test_a_regex_without_accents_takes_any(engine_of: Make, rule: Callable[..., str]) -> None:
    engine = engine_of(r"w: {family: subject, parts: [text], regex: ['\bban phao\b']}", rule("r", "w"))
    assert said(engine, "bàn phảo")


@pytest.mark.parametrize(
    ("text", "found"), [("n0 hũ", True), ("tài x1u", True), ("phòng n01 hủ", False), ("lớp 10", False)]
)
def test_digits_stand_for_letters_inside_words(
    engine_of: Make, rule: Callable[..., str], text: str, found: bool
) -> None:
    engine = engine_of('w: {family: subject, parts: [text], terms: ["nổ hũ", "tài xỉu"]}', rule("r", "w"))
    assert bool(said(engine, text)) == found


@pytest.mark.parametrize(
    ("text", "found"), [("l@m b@ng đ@i h0c", True), ("làm b@ng đại học", False), ("lam@b.vn bang@d.vn dai hoc", False)]
)
def test_signs_for_letters_are_read_by_regexes(
    engine_of: Make, rule: Callable[..., str], text: str, found: bool
) -> None:
    engine = engine_of(r"w: {family: subject, parts: [text], regex: ['\blàm bằng đại học\b']}", rule("r", "w"))
    assert bool(said(engine, text)) == found


def test_a_disguise_of_digits_is_one(engine_of: Make, rule: Callable[..., str]) -> None:
    engine = engine_of('w: {family: subject, parts: [text], terms: ["nổ hũ"], form: disguised}', rule("r", "w"))
    assert said(engine, "n0 hũ")
    assert not said(engine, "nổ hũ")


@pytest.mark.parametrize(
    "target",
    [
        "https://a.example/nh%C3%A0-c%C3%A1i",
        "https://a.example/nh%25C3%25A0-c%25C3%25A1i",
        "https://xn--nh-ci-uqa4f.example/",
    ],
)
def test_words_in_coded_addresses(engine_of: Make, rule: Callable[..., str], target: str) -> None:
    engine = engine_of(
        'w: {family: links, parts: [link.target, link.host], terms: ["nhà cái", "nhà-cái"], word: false}',
        rule("r", "w"),
    )
    document = Document("https://s.vn/", "s.vn", "html", [Piece("anchor", "x", target=target)])
    assert bool(engine.judge(document)) or "xn--" in target


def test_what_no_trigger_finds_is_still_explained(engine_of: Make, rule: Callable[..., str]) -> None:
    engine = engine_of(
        """
        rare: {family: subject, parts: [text], terms: ["một cụm từ rất dài và hiếm"]}
        often: {family: offer, parts: [text], terms: ["ở"]}
        """,
        rule("r", "rare and often"),
    )
    text = "ở đây"
    assert not said(engine, text)
    outcomes = engine.explain(Document(None, "", "text", [Piece("text", text)]))
    assert [(outcome.rule, [name for name, _ in outcome.fired]) for outcome in outcomes] == [("r", ["often"])]
    assert said(engine, text + " một cụm từ rất dài và hiếm") == ["r"]


def test_a_rule_that_only_denies_is_judged_on_every_page(engine_of: Make, rule: Callable[..., str]) -> None:
    engine = engine_of(
        """
        a: {family: subject, parts: [text], terms: ["aaa"]}
        b: {family: subject, parts: [text], terms: ["bbb"]}
        """,
        rule("r", "not a or b"),
    )
    assert said(engine, "bbb") == ["r"]


def test_several_patterns_at_one_place_are_one_hit(engine_of: Make, rule: Callable[..., str]) -> None:
    engine = engine_of(
        r"w: {family: brand, parts: [text], regex: ['\babc[0-9]+\b', '\b[a-z]+88\b'], times: 2}", rule("r", "w")
    )
    assert not said(engine, "abc88")
    assert said(engine, "abc88 abc88") == ["r"]


def test_vocabularies_may_be_blocks(engine_of: Make, rule: Callable[..., str], tmp_path: object) -> None:
    from pathlib import Path

    from pipelines.engine import load

    assert isinstance(tmp_path, Path)
    text = "format: 1\nkind: signals\nvocabulary:\n  cakes: |\n    # sweet\n    bánh lậu\n    bánh giả\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(
        "format: 1\nkind: page\nsignals:\n  w: {family: subject, parts: [text], terms: [cakes]}\nrules:"
        + rule("r", "w"),
        encoding="utf-8",
    )
    assert said(Engine(load([tmp_path])), "bánh giả") == ["r"]
