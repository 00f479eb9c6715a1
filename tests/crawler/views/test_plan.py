"""Where to look: homes, samples of templates, then the most suspicious, within budgets and always the same."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.views.plan import FETCHED, SAMPLE, Budget, Look, plan
from crawler.views.suspicion import ORDER, Neighbours, Row
from crawler.views.views import RENDERED, REPEAT

MENU = tuple(range(8))
BUDGET = Budget(40, 20)


def row(name: str, **more: Any) -> Row:
    return Row(name, f"http://a.test/{name}", **{"shape": "/{slug}", "menu": MENU, **more})


HOME = row("", via="home", shape="/")
PLAIN = [row(f"bai-{n:03}") for n in range(60)]


def looked(looks: list[Look], view: str) -> list[str]:
    return [look.row.digest for look in looks if view in look.views]


def reasons(special: Row, **more: Any) -> list[str]:
    return Neighbours([HOME, *PLAIN, special], more.get("known", ()), more.get("review_before", False)).reasons(special)


def test_the_home_page_and_two_pages_of_each_template_come_first_and_what_is_left_is_spent_too() -> None:
    shapes = [row(f"{letter}-{n}", shape=f"/{letter}") for letter in "xyz" for n in range(20)]
    looks = plan([*shapes, HOME, *PLAIN], BUDGET)
    assert looks[0] == Look(HOME, (*FETCHED, RENDERED), "home")
    for shape in ("/x", "/y", "/z", "/{slug}"):
        assert sum(look.row.shape == shape for look in looks[: 4 * SAMPLE + 1]) == SAMPLE
    assert len(looked(looks, REPEAT)) == BUDGET.views
    assert {look.reason for look in looks[1:]} == {"template"}
    assert all(set(look.views) == {*FETCHED, RENDERED} for look in looks[: 4 * SAMPLE + 1])


def test_the_home_page_comes_first_even_when_it_redirects_or_refuses() -> None:
    for status in (302, 403, 500):
        home = row("", via="home", shape="/", status=status, readable=False)
        assert plan([home, *PLAIN], Budget(1, 1)) == [Look(home, (*FETCHED, RENDERED), "home")]


@pytest.mark.parametrize(
    ("reason", "special"),
    [
        ("suspected", {"finding": "suspected"}),
        ("confirmed", {"finding": "confirmed"}),
        ("foreign", {"foreign": True}),
        ("orphan", {"unlinked": True, "via": "sitemap"}),
        ("off_template", {"menu": (99, 98)}),
        ("off_template", {"menu": ()}),
        ("new_script", {"runs": ("evil.example",)}),
        ("new_link", {"targets": ("evil.example",)}),
        ("shell", {"letters": 20, "scripts": 2}),
    ],
)
def test_what_is_suspicious_comes_before_what_is_not(reason: str, special: dict[str, Any]) -> None:
    odd = row("zzz", **special)
    assert reasons(odd) == [reason]
    looks = plan([*PLAIN, HOME, odd], Budget(2, 4))
    assert [(look.row.digest, look.reason) for look in looks if REPEAT in look.views] == [("", "home"), ("zzz", reason)]


def test_a_page_in_a_folder_for_uploads_is_suspicious() -> None:
    odd = Row("u", "http://a.test/uploads/2024/x.html", "/uploads/{n}/x.html", menu=MENU)
    assert reasons(odd) == ["upload"]


def test_what_is_known_of_the_host_or_usual_on_it_is_no_news() -> None:
    assert reasons(row("x", runs=("cdn.example",)), known={"cdn.example"}) == []
    usual = [row(f"y{n}", targets=("facebook.example",)) for n in range(20)]
    assert Neighbours([*PLAIN, *usual], (), False).reasons(usual[0]) == []


def test_changes_count_only_on_a_site_that_was_reviewed_before() -> None:
    assert reasons(row("x", changed="text")) == []
    assert reasons(row("x", changed="text"), review_before=True) == ["changed"]
    assert reasons(row("x", changed="new"), review_before=True) == ["new"]


def test_what_stands_outside_a_sitemap_that_lists_most_pages() -> None:
    listed = [row(f"s{n}", via="sitemap") for n in range(20)]
    odd = row("odd")
    assert Neighbours([*listed, odd], (), False).reasons(odd) == ["outside_sitemap"]
    assert Neighbours([*listed[:5], *PLAIN, odd], (), False).reasons(odd) == []


def test_few_pages_say_nothing_about_their_neighbours() -> None:
    pages = [row("a", menu=(1,), targets=("x.example",)), row("b", menu=(2,), targets=("y.example",))]
    assert [Neighbours(pages, (), False).reasons(page) for page in pages] == [[], []]


def test_a_kit_of_a_thousand_pages_does_not_eat_the_budget() -> None:
    kit = [row(f"kit-{n:04}", shape="/kit/{slug}", finding="confirmed") for n in range(1000)]
    others = [row(f"odd-{n}", shape=f"/odd{n}", foreign=True) for n in range(10)]
    chosen = looked(plan([HOME, *PLAIN, *kit, *others], BUDGET), REPEAT)
    assert len(chosen) == BUDGET.views
    assert {page.digest for page in others} <= set(chosen)


def test_many_templates_leave_room_for_the_suspicious() -> None:
    pages = [row(f"t{n}", shape=f"/t{n}") for n in range(500)]
    odd = [row(f"o{n}", shape="/{slug}", via="sitemap", unlinked=True) for n in range(15)]
    chosen = looked(plan([HOME, *pages, *odd], BUDGET), REPEAT)
    assert len(chosen) == BUDGET.views
    assert {page.digest for page in odd} <= set(chosen)


def test_shells_are_rendered_first() -> None:
    shells = [row(f"spa-{n}", shape=f"/spa{n}", letters=10, scripts=3) for n in range(5)]
    odd = [row(f"o{n}", shape=f"/o{n}", finding="suspected") for n in range(50)]
    looks = plan([HOME, *odd, *shells], Budget(40, 12))
    assert looked(looks, RENDERED)[:1] == [""]
    assert {page.digest for page in shells[:3]} <= set(looked(looks, RENDERED))
    assert all(look.views[0] == RENDERED for look in looks if look.row in shells and RENDERED in look.views)


def test_some_renders_are_kept_for_evidence() -> None:
    odd = [row(f"o{n}", finding="suspected") for n in range(50)]
    assert len(looked(plan([HOME, *odd], BUDGET), RENDERED)) == 15


def test_no_budget_no_look() -> None:
    assert plan([HOME, *PLAIN], Budget(0, 0)) == []
    assert {view for look in plan([HOME, *PLAIN], Budget(0, 9)) for view in look.views} == {RENDERED}
    assert {view for look in plan([HOME, *PLAIN], Budget(9, 0)) for view in look.views} == set(FETCHED)


def test_what_was_ordered_before_counts_and_is_not_ordered_again() -> None:
    odd = [row(f"o{n}", shape=f"/o{n}", finding="suspected") for n in range(60)]
    first = plan([HOME, *odd], BUDGET)
    taken = {look.row.digest: set(look.views) for look in first}
    later = [row("new", shape="/new", finding="suspected")]
    assert plan([HOME, *odd, *later], BUDGET, taken=taken) == []
    few = dict(list(taken.items())[:10])
    more = plan([HOME, *odd, *later], BUDGET, taken=few)
    assert not {look.row.digest for look in more if REPEAT in look.views} & set(few)
    assert len(looked(more, REPEAT)) == BUDGET.views - 10


ROWS = st.lists(
    st.builds(
        Row,
        digest=st.integers(0, 10_000).map(str),
        url=st.sampled_from(["http://a.test/", "http://a.test/files/a.php", "http://a.test/x", "http://a.test/y?id=1"]),
        shape=st.sampled_from(["/", "/a", "/b", "/{slug}"]),
        via=st.sampled_from(["home", "a", "sitemap", "redirect"]),
        status=st.sampled_from([200, 302, 404]),
        readable=st.booleans(),
        letters=st.integers(0, 1000),
        scripts=st.integers(0, 3),
        foreign=st.booleans(),
        runs=st.lists(st.sampled_from(["x.example", "y.example"]), max_size=2).map(tuple),
        menu=st.lists(st.integers(0, 5), max_size=4).map(tuple),
        finding=st.sampled_from(["", "suspected", "confirmed"]),
    ),
    unique_by=lambda row: row.digest,
    max_size=40,
)


@given(ROWS, st.integers(0, 12), st.integers(0, 12), st.randoms(use_true_random=False))
def test_any_host_is_planned_within_its_budget_and_always_the_same(
    rows: list[Row], views: int, renders: int, rng: random.Random
) -> None:
    looks = plan(rows, Budget(views, renders))
    assert len(looked(looks, REPEAT)) <= views
    assert len(looked(looks, RENDERED)) <= renders
    assert len({look.row.digest for look in looks}) == len(looks)
    assert {look.reason for look in looks} <= {"home", "template", *ORDER}
    homes = [look.row.is_home for look in looks]
    assert homes == sorted(homes, reverse=True), "home pages come first"
    shuffled = list(rows)
    rng.shuffle(shuffled)
    assert plan(shuffled, Budget(views, renders)) == looks
