"""How a host stands and whose it is, judged from values alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.discovery.host_rules import VERDICTS, Face, holds, signatures, weights
from crawler.discovery.scoring import Claimed, Facts, Scorer, claimed, digits
from crawler.discovery.standing import LIVENESS, Visit, stand
from crawler.discovery.units import Stand, unit_verdicts
from crawler.register.forms import Matcher, named
from crawler.register.lookalikes import skeleton, variants
from crawler.register.names import fold
from crawler.store.contract import LIVENESS as WORDS

NOW = datetime(2026, 11, 24, tzinfo=UTC)
GOOD = Face("truong thcs a", "tin tuc " * 30, 60, frozenset(), (), (), 200)


def face(text: str = "", title: str = "", words: int = 40, **more: object) -> Face:
    return replace(GOOD, title=fold(title), text=fold(text), words=words, **more)  # type: ignore[arg-type]


def test_every_verdict_has_a_word_of_the_contract() -> None:
    assert set(LIVENESS.values()) <= set(WORDS)
    assert set(VERDICTS) <= set(LIVENESS)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (face("Tên miền này đang được rao bán"), "parked"),
        (face("x", links=frozenset({"www.sedoparking.com"})), "parked"),
        (face("x", ns=("ns1.bodis.com",)), "parked"),
        (face("Tài khoản đã bị tạm ngưng"), "suspended"),
        (face("Welcome to nginx!", "Welcome to nginx!"), "default_page"),
        (face("", "Index of /"), "default_page"),
        (face("Website đang được xây dựng"), "under_construction"),
        (face("Just a moment...", status=503), "blocked"),
        (face("", status=403), "blocked"),
        (face("There isn't a GitHub Pages site here.", status=404, cname=("x.github.io",)), "dangling"),
        (face("There isn't a GitHub Pages site here.", status=404), "error_page"),
        (face("", words=2), "empty"),
        (GOOD, "live"),
        # words that say the same in a long article are no signature
        (face("Trường thông báo: website đang được nâng cấp " + "tin " * 200, words=208), "live"),
    ],
)
def test_pages_stand_as_they_look(shown: Face, verdict: str) -> None:
    assert stand(Visit("x.example", face=shown), signatures(), (), {}, NOW)[0] == verdict


def test_a_site_that_nobody_cares_for_needs_two_signs_and_no_fresh_date() -> None:
    old = Visit("x.example", face=GOOD, newest=NOW - timedelta(days=800), footer_year=2022)
    assert stand(old, signatures(), (), {}, NOW)[0] == "unused"
    assert stand(replace(old, footer_year=2026), signatures(), (), {}, NOW)[0] == "live"
    ended = replace(old, footer_year=0, certificate_ended=NOW - timedelta(days=100))
    assert stand(ended, signatures(), (), {}, NOW)[0] == "unused"
    assert stand(replace(ended, newest=NOW - timedelta(days=10)), signatures(), (), {}, NOW)[0] == "live"


def test_what_it_shows_elsewhere_counts() -> None:
    shown = Visit("x.example", face=GOOD, simhash=0b1111)
    assert stand(shown, signatures(), ("a.vn",), {"a.vn": 0b1110}, NOW)[0] == "duplicate"
    assert stand(replace(shown, redirect="a.vn"), signatures(), ("a.vn",), {}, NOW)[0] == "redirects_to_registered"
    assert stand(replace(shown, redirect="b.vn"), signatures(), ("a.vn",), {}, NOW)[0] == "redirects_elsewhere"
    assert stand(replace(shown, offences=("gambling",)), signatures(), (), {}, NOW)[0] == "hijacked"
    sibling = replace(shown, is_same=True, sibling=(200, 0b1111, ""))
    assert stand(sibling, signatures(), (), {}, NOW)[0] == "wildcard_only"
    assert stand(replace(sibling, sibling=(404, 0, "")), signatures(), (), {}, NOW)[0] == "live"


def test_signatures_hold_only_as_a_whole() -> None:
    rule = next(rule for rule in signatures() if rule.id == "dangling-provider")
    whole = face("no such app", status=404, cname=("a.herokuapp.com",))
    assert holds(rule, whole)
    for less in (
        replace(whole, status=200),
        replace(whole, cname=("herokuapp.com.evil.example",)),
        replace(whole, text="x"),
    ):
        assert not holds(rule, less)


UNITS = [
    {"_id": "U1", "name": "Trường Tiểu học Sen Hồng", "level": "tieu_hoc", "commune": "Xã An Lão",
     "phones": ["(0225) 3871 001"], "emails": ["c1senhong@example.vn"]},
    {"_id": "U2", "name": "Trường THCS Sao Biển", "level": "thcs", "commune": "Phường Đồ Sơn"},
    {"_id": "U3", "name": "Trường THCS Sao Biển", "level": "thcs", "commune": "Phường Hải An"},
]  # fmt: skip
SCORER = Scorer([claimed(unit) for unit in UNITS], Matcher([named(unit) for unit in UNITS]), weights())


def facts(text: str = "", **more: object) -> Facts:
    return Facts("x", text=fold(text), raw=text, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "outcome", "unit"),
    [
        (facts("Trường Tiểu học Sen Hồng, xã An Lão", inside=True, labels=("th-senhong",)), "confirmed", "U1"),
        (facts("Trường TH Sen Hồng xã An Lão", inside=True), "confirmed", "U1"),
        (facts("", inside=True, labels=("th-senhong",)), "probable", "U1"),
        (facts("Điện thoại 0225.3871.001", labels=("thsenhong",)), "imitation", "U1"),
        (facts("Điện thoại +84 225 3871 001", labels=("thsenhong",), linked_by={"U1"}), "confirmed", "U1"),
        (facts("Trường THCS Sao Biển", inside=True, labels=("thcs-saobien",)), "ambiguous", ""),
        (facts("", inside=True, labels=("thcs-saobien",)), "ambiguous", ""),
        (facts("Trường THCS Sao Biển, phường Hải An", inside=True, labels=("thcs-saobien",)), "confirmed", "U3"),
        (facts("casino", labels=("thsenhong",), linked_by={"U1"}, offended=True), "hijacked", "U1"),
        (facts("Trang bán hàng", labels=("banhang",)), "none", ""),
        (facts("", labels=("senhong",)), "none", ""),
    ],
)
def test_whose_a_host_is(known: Facts, outcome: str, unit: str) -> None:
    found = SCORER.attribute(known)
    assert (found.outcome, found.unit) == (outcome, unit)
    if outcome == "ambiguous":
        assert {one["unit"] for one in found.candidates} == {"U2", "U3"}


def test_a_family_of_signs_counts_once() -> None:
    once = SCORER.attribute(facts("Trường Tiểu học Sen Hồng xã An Lão", inside=True))
    often = SCORER.attribute(facts("Trường Tiểu học Sen Hồng xã An Lão " * 50, inside=True))
    assert (once.identity, once.control) == (often.identity, often.control)


def test_a_contact_of_many_units_tells_nothing() -> None:
    units = [Claimed(f"U{n}", (f"truong thcs so {n} x",), phones=("0225387100",)) for n in range(3)]
    scorer = Scorer(units, Matcher([]), weights())
    assert scorer.attribute(facts("0225 387 100")).outcome == "none"


@pytest.mark.parametrize(
    ("phone", "plain"), [("+84 225 3871 001", "02253871001"), ("(0225) 3871-001", "02253871001"), ("113", "")]
)
def test_phones(phone: str, plain: str) -> None:
    assert digits(phone) == plain


def site(unit: str, host: str, official: bool = True) -> dict[str, object]:
    return {"_id": f"{host}/", "host": host, "unit": unit, "official": official}


def test_units_are_told_of_every_kind_of_trouble() -> None:
    units = [{"_id": f"U{n}"} for n in range(1, 8)]
    sites = [site("U1", "a.z.vn"), site("U2", "b.z.vn"), site("U3", "c.other.vn"), site("U4", "d.z.vn")]
    stands = [
        Stand("a.z.vn", "", "live", simhash=15),
        Stand("a2.z.vn", "U1", "unused", "confirmed", simhash=14),
        Stand("www.a.z.vn", "U1", "live", "confirmed"),  # the twin of a registered site is no second one
        Stand("b.z.vn", "", "dead_delegation"),
        Stand("b-cu.z.vn", "U2", "live", "probable"),
        Stand("c.other.vn", "", "live"),
        Stand("d.z.vn", "", "live"),
        Stand("d.example", "U4", "parked", "hijacked"),
        Stand("e.z.vn", "", "live"),
    ]
    found = {(one.unit, one.rule): one for one in unit_verdicts(units, sites, stands, {"e.z.vn": "U6"}, ["z.vn"])}
    assert set(found) == {
        ("U1", "two_sites"), ("U1", "unused_site"), ("U2", "registered_site_dead"), ("U2", "redirect_half_way"),
        ("U3", "official_outside_zone"), ("U4", "domain_in_other_hands"), ("U5", "no_site"), ("U7", "no_site"),
    }  # fmt: skip
    two = found["U1", "two_sites"]
    assert two.sites == ("a.z.vn", "a2.z.vn")
    assert "a.z.vn and a2.z.vn: 63 of 64 bits alike" in two.evidence


def test_look_alikes() -> None:
    made = set(variants("haiphong.edu.vn"))
    assert {"haiphong.com", "haiphong-edu.com", "haiph0ng.edu.vn", "dangky-haiphong.edu.vn"} <= made
    assert "haiphong.edu.vn" not in made
    assert len(made) < 100
    assert skeleton("ha1ph0ng") == "halphong"
    matcher = Matcher([named(UNITS[0])])
    assert matcher.match(["ths3nh0ng"])[0].unit == "U1"
