"""Cloaking is told from what honest pages do by themselves."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Page
from crawler.page.difference import Difference, difference
from crawler.page.features import features
from tests.crawler.page.dynamic import APP, CLOAKED, FOREIGN, HONEST, STEADY, Part, school, seen, sentence

RUNS = 10


def compared(view: Page, *plain: Page) -> Difference:
    return difference(features(view), [features(page) for page in plain])


def suspected(pages: list[Page]) -> bool:
    """Whether a page is suspected: plain, repeat, and one view twice, both other than these."""
    plain, repeat, first, second = pages
    return compared(first, plain, repeat).suspicious and compared(second, plain, repeat).suspicious


@pytest.mark.parametrize("part", HONEST.values(), ids=HONEST)
@pytest.mark.parametrize("run", range(RUNS))
def test_no_honest_page_is_suspected(part: Part, run: int) -> None:
    random = Random(run)
    assert not suspected([seen(school(part(random))) for _ in range(4)])


@given(st.integers(0))
def test_nor_one_that_does_all_of_it_at_once(run: int) -> None:
    random = Random(run)
    assert not suspected([seen(school("".join(part(random) for part in HONEST.values()))) for _ in range(4)])


@given(st.lists(st.booleans(), min_size=4, max_size=4))
def test_nor_one_whose_whole_front_is_on_trial(shown: list[bool]) -> None:
    fronts = [STEADY, "".join(f"<p>{sentence(n)}</p>" for n in range(100, 130))]
    assert not suspected([seen(school("", front=fronts[which])) for which in shown])


def test_a_region_that_changes_between_plain_visits_is_noise() -> None:
    pages = [seen(school(f"<div class=qc><a href='https://{name}.com/'>{name}</a></div>")) for name in ("a", "b")]
    assert compared(pages[0], *pages).noisy == {"main>div.qc"}


def test_content_only_for_the_search_engine_is_suspicious() -> None:
    found = compared(seen(CLOAKED), seen(school("")), seen(school("")))
    assert found.suspicious
    assert {"text", "title", "language", "links"} <= found.signs
    assert found.new > 0.9
    assert found.gone > 0.9
    assert "shop-sofas.com" in found.domains


def test_so_is_a_block_of_strange_links_beside_the_honest_text() -> None:
    found = compared(seen(school(f"<div class=x>{FOREIGN}</div>")), seen(school("")), seen(school("")))
    assert found.signs >= {"text", "links"}
    hidden = compared(seen(school(f"<div style='display:none'>{FOREIGN}</div>")), seen(school("")), seen(school("")))
    assert hidden.signs >= {"text", "links"}


def test_a_page_that_is_there_for_robots_only_is_suspicious() -> None:
    missing = seen(school("", title="Không tìm thấy trang", front="<p>Trang bạn tìm không có.</p>"), status=404)
    assert compared(seen(CLOAKED), missing, missing).suspicious


@pytest.mark.parametrize(
    "page",
    [
        seen(b"", status=302, headers={"Location": "https://go.com/x"}),
        seen(b"<meta http-equiv=refresh content='0;url=https://go.com/x'>"),
        seen(school("<script>location.href='https://go.com/x'</script>")),
    ],
    ids=["http", "meta", "script"],
)
def test_a_way_off_the_site_that_plain_visits_do_not_have_is_suspicious(page: Page) -> None:
    found = compared(page, seen(school("")), seen(school("")))
    assert found.suspicious
    assert found.redirects == {"go.com": "https://go.com/x"}
    assert not compared(page, seen(school("")), page).suspicious
    partner = seen(school("<a href='https://m.go.com/'>Bản di động</a>"))
    assert not compared(page, partner, partner).suspicious


@pytest.mark.parametrize(
    "page",
    [
        seen(b"<h1>Forbidden</h1>", status=403),
        seen(b"<h1>Too many</h1>", status=429),
        seen(b"<title>Just a moment...</title><p>Checking your browser</p>", status=503),
        seen("<title>Xác minh</title><p>Vui lòng nhập captcha để tiếp tục</p>".encode()),
        seen(b"<title>Access denied</title><p>Robots are not welcome here.</p>"),
        seen(b""),
    ],
    ids=["403", "429", "check", "captcha", "words", "empty"],
)
def test_a_site_that_refuses_robots_is_blocked_and_not_cloaking(page: Page) -> None:
    found = compared(page, seen(school("")), seen(school("")))
    assert found.blocked
    assert not found.suspicious


def test_a_shell_says_nothing_of_what_a_script_would_show() -> None:
    found = compared(seen(CLOAKED), seen(APP), seen(APP))
    assert not found.comparable
    assert not found.suspicious
    assert not compared(seen(APP), seen(school("")), seen(school(""))).blocked


def test_what_was_refused_to_all_tells_nothing() -> None:
    refused = seen(b"<h1>Forbidden</h1>", status=403)
    assert compared(seen(CLOAKED), refused, refused) == Difference()
    assert compared(refused, refused) == Difference()


@given(st.lists(st.binary(max_size=200), min_size=2, max_size=4), st.sampled_from([200, 302, 404, 500]))
def test_any_pages_can_be_compared(bodies: list[bytes], status: int) -> None:
    view, *plain = [seen(body, status=status) for body in bodies]
    found = compared(view, *plain)
    assert 0 <= found.noise <= 1
    assert 0 <= found.new <= 1
    assert not compared(plain[0], *plain).signs
