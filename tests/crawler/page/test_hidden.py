"""Which declarations hide an element."""

import pytest

from crawler.page.hidden import by_attributes, reason_of, rules_of


@pytest.mark.parametrize(
    ("style", "reason"),
    [
        ("display:none", "display_none"),
        ("color:red; DISPLAY : none !important", "display_none"),
        ("visibility:hidden", "visibility"),
        ("opacity:0", "opacity"),
        ("opacity:0.0;", "opacity"),
        ("font-size:0", "font_size"),
        ("font-size: 1px", "font_size"),
        ("text-indent:-9999px", "text_indent"),
        ("position:absolute; left:-9999px", "off_screen"),
        ("position:fixed;top:-150em", "off_screen"),
        ("margin-left:-10000px", "off_screen"),
        ("width:0;height:0", "zero_size"),
        ("height:1px;overflow:hidden", "zero_size"),
        ("clip:rect(0,0,0,0)", "clipped"),
        ("color:#fff;background:#ffffff", "colour"),
        ("color:white;background-color:#FFF", "colour"),
        ("color:transparent", "colour"),
        ("", ""),
        ("display:block", ""),
        ("opacity:0.5", ""),
        ("opacity:.05", ""),
        ("font-size:10px", ""),
        ("font-size:1.2em", ""),
        ("text-indent:-10px", ""),
        ("position:absolute;left:-10px", ""),
        ("left:-9999px", ""),
        ("height:0", ""),
        ("width:100px;height:10px;overflow:hidden", ""),
        ("color:#fff;background:#000", ""),
        ("margin-left:-15px", ""),
        ("border-left:0;padding:0", ""),
    ],
)
def test_reason(style: str, reason: str) -> None:
    assert reason_of(style) == reason


def test_rules_of_a_style_sheet() -> None:
    sheet = """@import url(x.css); /* .ghi{display:none} */
    .an, div#lien-ket {position:absolute;left:-5000px}
    .menu li .con {display:none} .hien{display:block}
    @media print { .in {display:none} } @media (max-width:1px){.a{b:c}.nho{display:none}}
    .cuoi{visibility:hidden"""
    assert rules_of(sheet) == {".an": "off_screen", "#lien-ket": "off_screen"}
    assert rules_of(".x{display:none}") == {".x": "display_none"}
    assert rules_of("{" * 100_000 + "@" * 50_000 + "}" * 100_000) == {}


def test_attributes() -> None:
    rules = {".an": "off_screen", "#kin": "display_none"}
    assert by_attributes({"hidden": None}, {}) == "attribute"
    assert by_attributes({"class": "to an"}, rules) == "off_screen"
    assert by_attributes({"id": "kin"}, rules) == "display_none"
    assert by_attributes({"class": "to", "style": "color:red"}, rules) == ""
