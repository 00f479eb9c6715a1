"""Selectors and ratios: where pieces stand, and how large a part of a page they are."""

from collections.abc import Callable

import pytest

from pipelines.engine import Document, Engine, Piece, RuleFaults
from pipelines.engine.places import stands_in

Make = Callable[..., Engine]
Rule = Callable[..., str]


def found(engine: Engine, *pieces: Piece) -> list[str]:
    return [match.rule for match in engine.judge(Document("https://s.vn/a.html", "s.vn", "html", list(pieces)))]


@pytest.mark.parametrize(
    ("selector", "region", "where", "fits"),
    [
        ("#binh-luan", "comments>div#binh-luan", "", True),
        ("div#binh-luan", "comments>div#binh-luan", "", True),
        ("ul#binh-luan", "comments>div#binh-luan", "", False),
        (".links", "main>div#content", "div#content>ul.links>li", True),
        ("ul.links", "main>div#content", "div#content>ul.links>li", True),
        ("ul", "main>div#content", "div#content>ul.links>li", True),
        (".link", "main>div#content", "div#content>ul.links>li", False),
        ("div", "footer", "", False),
        ("footer", "footer>div", "", False),
    ],
)
def test_a_selector_means_a_step_of_the_way(selector: str, region: str, where: str, fits: bool) -> None:
    assert stands_in(selector, region, where) == fits


def test_words_count_where_a_selector_says(engine_of: Make, rule: Rule) -> None:
    signals = """
    word: {family: subject, parts: [anchor], terms: ["nổ hũ"]}
    box: {family: placement, parts: [anchor], selector: ["#chat-box", ".shoutbox"]}
    """
    engine = engine_of(signals, rule("r", "word and box"))
    assert found(engine, Piece("anchor", "nổ hũ", "main>div.shoutbox")) == ["r"]
    assert found(engine, Piece("anchor", "nổ hũ", "main>div.tin-tuc")) == []


def test_a_ratio_is_of_the_pieces_of_its_parts(engine_of: Make, rule: Rule) -> None:
    engine = engine_of("away: {family: links, parts: [anchor], ratio: 60, external: true}", rule("r", "away"))
    out = [Piece("anchor", "x", target=f"https://h{number}.example/") for number in range(6)]
    own = [Piece("anchor", "y", target=f"https://s.vn/{number}") for number in range(5)]
    assert found(engine, *out, *own[:4]) == ["r"]
    assert found(engine, *out, *own) == []
    assert found(engine, *own) == []
    assert found(engine) == []


@pytest.mark.parametrize(
    ("signal", "fault"),
    [
        ('{family: placement, parts: [anchor], selector: ["div > a"]}', "'div > a' is no selector: tag, #id"),
        ("{family: placement, parts: [anchor], ratio: 101}", "ratio"),
        ("{family: placement, parts: [anchor], ratio: 50, count: 2}", "needs exactly one of"),
    ],
)
def test_what_is_none_is_a_fault(engine_of: Make, rule: Rule, signal: str, fault: str) -> None:
    with pytest.raises(RuleFaults) as raised:
        engine_of(f"s: {signal}", rule("r", "s"))
    assert fault in str(raised.value)
