"""Vietnamese of before Unicode is read as it was meant; text of today is left alone."""

import pytest

from pipelines.engine.legacy import kind_of, modern

NOW = "nhà cái uy tín, khuyến mãi nạp đầu, cá cược bóng đá"


@pytest.mark.parametrize(
    ("kind", "then"),
    [
        ("tcvn3", "nhµ c¸i uy tÝn, khuyÕn m·i n¹p ®Çu, c¸ c\xadîc bãng ®¸"),
        ("vni", "nhaø caùi uy tín, khuyeán maõi naïp ñaàu, caù cöôïc boùng ñaù"),
    ],
)
def test_text_for_the_fonts_of_old(kind: str, then: str) -> None:
    assert kind_of(then) == kind
    assert modern(then, kind) == NOW


@pytest.mark.parametrize(
    "text", [NOW, "nha cai uy tin", "café crème brûlée, naïve façade, señor, Köln", "© 2024 · 5 µm", ""]
)
def test_other_text_is_left_alone(text: str) -> None:
    assert kind_of(text) == ""
    assert modern(text, "") == text


def test_pages_for_the_fonts_of_old_are_judged() -> None:
    from importlib.resources import files

    from pipelines.engine import Engine, load
    from pipelines.judge import text_document

    engine = Engine(load([files("rules")]))
    assert (
        engine.verdict(text_document("nhµ c¸i uy tÝn, khuyÕn m·i n¹p ®Çu 100%, link vµo míi nhÊt")).word == "confirmed"
    )
