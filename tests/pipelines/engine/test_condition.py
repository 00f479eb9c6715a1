"""The boolean language of ``when`` and ``unless``."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.condition import BadCondition, parse

KNOWN = frozenset({"a", "b", "c", "bet_x", "bet_y", "bet_z"})


@pytest.mark.parametrize(
    ("text", "fired", "holds"),
    [
        ("a and b", "a b", True),
        ("a and b", "a", False),
        ("a or b and c", "a", True),
        ("(a or b) and c", "a", False),
        ("a and not b", "a", True),
        ("a and not b", "a b", False),
        ("not (a or b)", "", True),
        ("2 of bet_*", "bet_x bet_z", True),
        ("2 of bet_*", "bet_x", False),
        ("any of (a, bet_*)", "bet_y", True),
        ("all of (a, b)", "a", False),
    ],
)
def test_it_holds_when_it_should(text: str, fired: str, holds: bool) -> None:
    assert parse(text, KNOWN).holds(set(fired.split())) is holds


@pytest.mark.parametrize(
    "text",
    ["", "a and", "a b", "(a", "a)", "d", "any of nothing_*", "4 of bet_*", "0 of bet_*", "and", "a & b", "any of ()"],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(BadCondition):
        parse(text, KNOWN)


def test_depth_is_bounded() -> None:
    with pytest.raises(BadCondition, match="too deeply"):
        parse("(" * 500 + "a" + ")" * 500, KNOWN)
    with pytest.raises(BadCondition, match="too deeply"):
        parse("not " * 500 + "a", KNOWN)


def test_only_what_speaks_for_it_is_positive() -> None:
    assert parse("a and not (b or not c)", KNOWN).positive() == {"a", "c"}


def test_possible_never_says_no_too_early() -> None:
    condition = parse("a and (b or not c)", KNOWN)
    assert condition.possible({"a"})
    assert not condition.possible({"b"})


@given(st.text(alphabet="abc()n otd*,of2_", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadCondition):
        parse(text, KNOWN).holds({"a"})
