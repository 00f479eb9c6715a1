"""A review is held against truths that not everybody is shown, and against pages that only look like cloaking."""

from typing import Any

import pytest

from crawler.demo.__main__ import kept
from crawler.demo.check import Verdict, compare
from crawler.demo.summary import show
from crawler.demo.web import Visit
from crawler.store.outcome import Outcome, Sighted

URL = "http://a/doorway"


def truth(*views: str, may: tuple[str, ...] = ()) -> dict[str, Any]:
    planted = {"host": "a", "url": URL, "urls": [URL], "category": "gambling", "vector": "planted", "form": "door"}
    honest = {"host": "a", "url": "http://a/banners", "form": "banners", "cloaking": True}
    return {
        "violations": [{**planted, "views": list(views), "may": list(may)}],
        "lookalikes": [honest, {"host": "a", "url": "http://a/lesson", "form": "lesson", "cloaking": False}],
        "hosts": [],
        "pages": {},
    }


def sighted(*views: str, category: str = "gambling", confidence: str = "confirmed", url: str = URL) -> Outcome:
    return Outcome([Sighted("a", url, category, "planted", confidence, "rule", view) for view in views])


@pytest.mark.parametrize(
    ("views", "may", "seen"),
    [
        (("bot",), (), ("bot",)),
        (("search", "rendered"), (), ("rendered",)),
        (("plain",), (), ("plain", "repeat")),
        (("rendered",), ("plain",), ("plain", "rendered")),
        ((), (), ("plain",)),
    ],
)
def test_a_truth_is_right_where_it_is_shown(
    views: tuple[str, ...], may: tuple[str, ...], seen: tuple[str, ...]
) -> None:
    verdict = compare(sighted(*seen), truth(*views, may=may))
    assert verdict.is_right
    assert verdict.viewed == [bool(views), bool(views)]


def test_a_truth_that_is_seen_where_nobody_is_shown_it_is_wrong() -> None:
    verdict = compare(sighted("bot", "plain"), truth("bot"))
    assert (verdict.found, verdict.missed) == (1, [])
    assert verdict.misviewed == [f"{URL} (door): seen in plain, which do not show it"]
    assert (verdict.viewed, verdict.is_right) == ([0, 1], False)
    assert compare(sighted("bot", "repeat"), truth("bot")).viewed == [0, 1]


def test_a_truth_that_only_its_bytes_tell_is_found_and_yet_not_seen() -> None:
    verdict = compare(sighted("plain"), truth("rendered", may=("plain",)))
    assert verdict.misviewed == [f"{URL} (door): not seen in rendered"]
    assert (verdict.found, verdict.is_right) == (1, False)


@pytest.mark.parametrize("other", [{"confidence": "suspected"}, {"category": "loans"}])
def test_only_confirmed_sightings_of_the_truth_count(other: dict[str, str]) -> None:
    verdict = compare(sighted("plain", **other), truth("bot"))
    assert verdict.misviewed == [f"{URL} (door): not seen in bot"]


def test_an_honest_dynamic_page_may_not_even_be_suspected() -> None:
    both = sighted("bot", confidence="suspected", url="http://a/banners")
    both.sighted += sighted("bot", confidence="suspected", url="http://a/lesson").sighted
    verdict = compare(both, {**truth(), "violations": []})
    assert verdict.restless == ["http://a/banners (banners)"]
    assert (verdict.suspected, verdict.flagged, verdict.is_right) == (1, [], False)


def test_the_summary_tells_of_views(capsys: pytest.CaptureFixture[str]) -> None:
    show(Verdict(viewed=[3, 4], misviewed=["http://a/x (door): not seen in bot"]), 0, 0, "scrapy findings")
    told = capsys.readouterr().out
    assert "views right" in told
    assert "view: http://a/x (door): not seen in bot" in told


def test_a_cookie_counts_that_outlives_the_page_that_got_it() -> None:
    def visit(target: str, cookie: str = "", referer: str = "") -> Visit:
        return Visit("a", target, 0.0, 0.0, 200, "GET", "", cookie, referer)

    page, data, reload = visit("/"), visit("/api.json", "x=1", "http://a:80/"), visit("/", "x=1")
    assert kept([page, data]) == 0
    assert kept([page, reload]) == 0
    assert kept([page, visit("/other", "x=1")]) == 1
    assert kept([page, visit("/other", "x=1", "https://www.google.com.vn/")]) == 1
