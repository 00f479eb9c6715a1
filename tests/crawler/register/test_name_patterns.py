"""From a unit's name to host names, and back."""

import pytest

from crawler.register.forms import Matcher, Named, named, place, stem
from crawler.register.patterns import PATTERNS, count_patterns, learn, order, render

UNIT = named(
    {
        "_id": "U1",
        "name": "Trường THCS Hoa Phượng Đỏ",
        "level": "thcs",
        "commune": "Phường Lê Chân",
        "district": "Quận Hải An",
    }
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Trường THCS Hoa Phượng Đỏ", "hoa phuong do"),
        ("Trường Trung học cơ sở Trường Sơn", "truong son"),
        ("Trường TH Đằng Hải", "dang hai"),
        ("Trường TH&THCS Tân Dân", "tan dan"),
        ("Trường mầm non tư thục Ánh Sao (cơ sở 2)", "anh sao"),
        ("Trung tâm GDNN – GDTX Cầu Vồng", "cau vong"),
        ("Phòng Giáo dục và Đào tạo Lê Chân", "le chan"),
        ("Trường THPT chuyên Trần Phú", "chuyen tran phu"),
    ],
)
def test_a_name_without_what_others_bear_too(name: str, words: str) -> None:
    assert " ".join(stem(name)) == words


@pytest.mark.parametrize(("text", "words"), [("Phường Lê Chân", "le chan"), ("Quận 7", "quan 7"), ("An Lão", "an lao")])
def test_places(text: str, words: str) -> None:
    assert " ".join(place(text)) == words


@pytest.mark.parametrize(
    ("pattern", "label"),
    [
        ("{lv}{core}", "thcshoaphuongdo"),
        ("{lv}-{words}", "thcs-hoa-phuong-do"),
        ("{lv1}-{core}", "c2-hoaphuongdo"),
        ("{lv}.{core}", "thcs.hoaphuongdo"),
        ("{lv}{core}-{place}", "thcshoaphuongdo-lechan"),
        ("{lv}{ini}-{place}", "thcshpd-lechan"),
        ("{lv}-{core}-moi", "thcs-hoaphuongdo-moi"),
        ("{lv}{core}-{pini}", "thcshoaphuongdo-ha"),
    ],
)
def test_a_pattern_renders_and_is_learned_back(pattern: str, label: str) -> None:
    assert label in set(render(pattern, UNIT))
    assert learn(label, UNIT) == pattern


def test_every_built_in_pattern_makes_labels() -> None:
    lacking = [pattern for pattern in PATTERNS if not list(render(pattern, UNIT))]
    assert lacking == ["{lv3}{core}", "{lv3}-{core}"]  # this level has no fourth form


def test_hostile_names_make_no_label() -> None:
    odd = named({"_id": "U2", "name": "Trường THCS " + "a" * 80, "level": "thcs"})
    assert list(render("{lv}{core}", odd)) == []
    assert list(render("{lv}-{words}", Named("x", ("",), ("a", "b")))) == []


def test_what_many_bear_is_tried_first() -> None:
    learned = count_patterns([("hoaphuongdo.web", UNIT)] * 3 + [("thcs-hoaphuongdo", UNIT)] * 2)
    assert order(learned)[:2] == ["{core}.web", "{lv}-{core}"]
    assert set(PATTERNS) <= set(order(learned))


@pytest.mark.parametrize(
    ("labels", "how"),
    [
        (["thcs-hoaphuongdo"], "exact"),
        (["thcs", "hoaphuongdo"], "exact"),
        (["hoaphuongdo", "thcs"], "exact"),
        (["tuyensinh-thcshoaphuongdo"], "exact"),
        (["thcshoaphuongdo2"], "exact"),
        (["thcshoaphuongdo-lechan"], "place"),
        (["hoaphuongdo"], "loose"),
        (["thcshpd"], "initials"),
        (["mnhoaphuongdo"], ""),
        (["facebook"], ""),
    ],
)
def test_a_label_means_a_unit(labels: list[str], how: str) -> None:
    found = Matcher([UNIT]).match(labels)
    assert [match.how for match in found] == ([how] if how else [])


def test_a_name_that_three_schools_bear_means_all_of_them() -> None:
    units = [
        named({"_id": f"U{n}", "name": "Trường Tiểu học Sao Biển", "level": "tieu_hoc", "commune": commune})
        for n, commune in enumerate(("Xã Đông", "Xã Đoài", "Xã Trung"))
    ]
    matcher = Matcher(units)
    assert [match.unit for match in matcher.match(["thsaobien"])] == ["U0", "U1", "U2"]
    assert [match.unit for match in matcher.match(["thsaobien-doai"])] == ["U1"]
