"""What being shown in one view only makes of a violation."""

from importlib.resources import files

import pytest

from crawler.items import Evidence, Violation
from pipelines.cloaking import WORDS, Known, recast, vector_in
from pipelines.engine import load


def violation(
    vector: str = "linked", category: str = "gambling", quote: str = "Nhà cái 88", place: str = "p"
) -> Violation:
    return Violation("r", category, vector, "high", "suspected", place, [Evidence("text", quote, "main")])


@pytest.mark.parametrize(
    ("view", "is_shell", "vectors"),
    [
        ("bot", False, ("planted", "posted", "redirected", "planted")),
        ("search", False, ("planted", "posted", "redirected", "planted")),
        ("mobile", False, ("planted", "posted", "redirected", "linked")),
        ("rendered", False, ("planted", "posted", "redirected", "linked")),
        ("rendered", True, ("planted", "posted", "redirected", "linked")),
        ("bot", True, ("planted", "posted", "redirected", "linked")),
    ],
)
def test_vectors_of_what_one_view_alone_shows(view: str, is_shell: bool, vectors: tuple[str, ...]) -> None:
    given = ("planted", "posted", "redirected", "linked")
    assert tuple(vector_in(view, vector, is_shell=is_shell) for vector in given) == vectors


@pytest.mark.parametrize(
    ("view", "vector", "category", "is_shell", "is_sure", "confidence"),
    [
        ("bot", "linked", "gambling", False, True, "confirmed"),
        ("bot", "linked", "gambling", False, False, "suspected"),
        ("bot", "planted", "compromise", False, True, "suspected"),
        ("bot", "posted", "gambling", False, True, "suspected"),
        ("bot", "planted", "gambling", True, True, "suspected"),
        ("bot", "redirected", "gambling", True, True, "confirmed"),
        ("mobile", "linked", "gambling", False, True, "suspected"),
        ("mobile", "redirected", "gambling", False, True, "confirmed"),
        ("rendered", "linked", "gambling", False, True, "suspected"),
    ],
)
def test_what_is_hidden_from_plain_visits_is_confirmed(
    view: str, vector: str, category: str, is_shell: bool, is_sure: bool, confidence: str
) -> None:
    found = violation(vector, category)
    recast(found, view, is_shell=is_shell, is_sure=is_sure)
    assert found.confidence == confidence
    assert found.evidence[0].where == f"main, only in view {view}"


def test_the_same_place_or_the_same_words_are_known() -> None:
    known = Known([violation()])
    assert known.has(violation(quote="khác"))
    assert known.has(violation("planted", quote="NHÀ CÁI  99", place="q"))
    assert not known.has(violation("planted", quote="khác", place="q"))
    assert not known.has(violation(category="loans"))


def test_findings_that_no_rule_makes_have_words_and_ids_of_their_own() -> None:
    assert not {rule.id for rule in load([files("rules")]).rules} & set(WORDS)
    assert all(WORDS[rule][name] for rule in WORDS for name in ("title", "basis", "remedy"))
