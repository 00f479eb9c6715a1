"""Pure parts of the timetable: groups, budgets, order, hours, end states."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.schedule.budgets import (
    CALENDAR_URLS,
    FACET_SETS,
    FACET_URLS,
    NEAR_DUPLICATES,
    NearDuplicates,
    ShapeBudgets,
)
from crawler.schedule.chains import Chains
from crawler.schedule.groups import Clock, Group, join
from crawler.schedule.hosts import HostState, over_budget, verdict
from crawler.schedule.policy import Policy, read_hours, read_policy
from crawler.schedule.priority import priority
from crawler.store.frontier import Entry
from crawler.store.sites import Sites
from crawler.urls import shape

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)


def test_hosts_that_share_an_address_are_one_server_transitively() -> None:
    groups = join({"c": ["3"], "a": ["1"], "b": ["1", "2"], "d": ["2"], "e": []})
    assert groups == [(["a", "b", "d"], ["1", "2"]), (["c"], ["3"])]


def test_groups_do_not_depend_on_the_order_of_hosts() -> None:
    one = {"a": ["1", "9"], "b": ["9", "5"], "c": ["5"], "d": ["7"]}
    assert join(one) == join(dict(reversed(one.items())))


def test_the_clock_looks_at_a_group_at_the_earliest_time_asked_for() -> None:
    clock, one, two = Clock(), Group("1", ["1"], [], 2, 0.5), Group("2", ["2"], [], 2, 0.5)
    clock.schedule(one, 3600.0)  # its only host asked to be left alone for an hour
    clock.schedule(two, 20.0)
    clock.schedule(one, 10.0)  # another host of it got something to fetch
    clock.schedule(one, 15.0)
    assert [clock.next_at(), clock.due(9.0)] == [10.0, None]
    assert clock.due(11.0) is one
    assert clock.due(11.0) is None
    clock.schedule(one, 3600.0)
    assert clock.due(30.0) is two
    assert clock.due(4000.0) is one
    assert [clock.next_at(), clock.due(9999.0)] == [None, None]


def test_a_late_request_delays_none_but_is_kept_clear_of() -> None:
    group = Group("1", ["1"], [], 2, 0.5)
    group.hand_out(100.0)
    assert group.next_at == 100.5
    group.hand_out(100.53)  # a little late: the next one is due as if it had been in time
    assert group.next_at == pytest.approx(101.0)
    group.hand_out(103.0)  # two seconds without work are no credit
    assert group.next_at == pytest.approx(103.5)
    group.left_at = 103.3  # the process was busy: that is when the server saw it
    assert group.next_at == pytest.approx(103.75)


def rank(url: str, **over: Any) -> int:
    known = {"via": "a", "anchor": "", "hidden": "", "depth": 2, "shape_count": 10, "lastmod": None, "now": NOW}
    return priority(url, **{**known, **over})


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (rank("http://a.example/slot-gacor/x"), rank("http://a.example/tin-tuc/x")),
        (rank("http://a.example/uploads/files/a.html"), rank("http://a.example/tin-tuc/a.html")),
        (rank("http://a.example/x", shape_count=1), rank("http://a.example/x", shape_count=1000)),
        (rank("http://a.example/x", lastmod=NOW), rank("http://a.example/x")),
        (rank("http://a.example/2026/11/x"), rank("http://a.example/2019/11/x")),
        (rank("http://a.example/x", hidden="display_none"), rank("http://a.example/x")),
        (rank("http://a.example/x", via="robots"), rank("http://a.example/x")),
        (rank("http://a.example/x", depth=1), rank("http://a.example/x", depth=9)),
        (rank("http://a.example/x", depth=9), rank("http://a.example/uploads/x.pdf")),
        (rank("http://a.example/uploads/nha-cai.pdf"), rank("http://a.example/x")),
    ],
)
def test_the_newest_and_most_suspicious_come_first(first: int, then: int) -> None:
    assert first > then


def admitted(urls: list[str]) -> dict[str, int]:
    budgets, causes = ShapeBudgets(), dict[str, int]()
    for url in urls:
        cause = budgets.admit(url, shape(url)) or "admitted"
        causes[cause] = causes.get(cause, 0) + 1
    return causes


def test_a_calendar_ends() -> None:
    urls = [f"http://a.example/lich?month={m}&year={y}" for y in range(2000, 2050) for m in range(1, 13)]
    assert admitted(urls) == {"admitted": CALENDAR_URLS, "calendar": len(urls) - CALENDAR_URLS}


def test_facets_end() -> None:
    urls = [f"http://a.example/tim?a={n % 10}&b={n // 10 % 10}&c={n // 100}" for n in range(FACET_URLS + 50)]
    assert admitted(urls) == {"admitted": FACET_URLS, "parameter_combinations": 50}


def test_ever_new_sets_of_parameters_end() -> None:
    urls = [f"http://a.example/tim?f{n}=1" for n in range(FACET_SETS + 5)]
    assert admitted(urls) == {"admitted": FACET_SETS, "parameter_combinations": 5}


def test_articles_by_number_do_not_end() -> None:
    urls = [f"http://a.example/Default.aspx?tabid={n % 9}&id={n}" for n in range(3000)]
    urls += [f"http://a.example/tin-tuc/bai-viet-{n}.html" for n in range(3000)]
    assert admitted(urls) == {"admitted": len(urls)}


def test_a_template_that_yields_the_same_page_is_spent_and_articles_are_not() -> None:
    near = NearDuplicates()
    assert [near.observe("/x/{n}", 0b1011) for _ in range(NEAR_DUPLICATES + 1)].count(True) == 1
    assert near.spent == {"/x/{n}"}
    for n in range(200):
        assert not near.observe("/tin/{slug}", (n * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
        assert not near.observe("/empty/{slug}", 0)


@pytest.mark.parametrize(
    ("hours", "at", "closed"),
    [
        ("22:00-05:00", datetime(2026, 11, 19, 16, 0, tzinfo=UTC), 0),  # 23:00 in Hải Phòng
        ("22:00-05:00", datetime(2026, 11, 19, 21, 0, tzinfo=UTC), 0),  # 04:00
        ("22:00-05:00", datetime(2026, 11, 19, 14, 0, tzinfo=UTC), 3600),  # 21:00
        ("08:00-11:00", datetime(2026, 11, 19, 4, 0, tzinfo=UTC), 21 * 3600),  # 11:00: tomorrow again
    ],
)
def test_hours_are_local(hours: str, at: datetime, closed: float) -> None:
    assert Policy(hours=read_hours(hours)).closed_for(at) == closed


def test_a_policy_as_stored() -> None:
    policy = read_policy({"delay": 3, "hours": "22:00-05:00", "paused": True, "reason": "thi", "by": "An"})
    assert (policy.delay, policy.paused, policy.by) == (3.0, True, "An")
    assert read_policy(None) == Policy()
    host = HostState("a", 0.5, policy=policy, crawl_delay=10)
    assert host.delay == 3.0, "the operator's word wins over robots.txt's"


def test_the_longest_prefix_decides_whose_a_page_is() -> None:
    sites = Sites([{"_id": "p.example/", "unit": "so"}, {"_id": "p.example/thcs-a", "unit": "A"}])
    for path, unit in (("/thcs-a", "A"), ("/thcs-a/", "A"), ("/thcs-a/x", "A"), ("/thcs-ab/x", "so"), ("/", "so")):
        place = sites.find("p.example", path)
        assert place is not None
        assert place.unit == unit, path
    assert Sites([{"_id": "p.example/thcs-a", "unit": "A"}]).find("p.example", "/thcs-b/") is None
    assert sites.find("q.example", "/") is None


def led(target: str) -> Chains:
    chains = Chains()
    chains.follow(Entry("http://a.example/", "a.example", "d", 0, 0, "home", "/"), target, False)
    return chains


def state(**known: Any) -> HostState:
    host = HostState("a.example", 0.5)
    answers = known.pop("answers", {})
    host.answers.update(answers)
    for name, value in known.items():
        setattr(host, name, value)
    return host


@pytest.mark.parametrize(
    ("host", "end", "cause"),
    [
        (state(answers={200: 5, 404: 9}, readable=5), "complete", ""),
        (state(error="timeout"), "unreachable", "timeout"),
        (state(refused="forbidden"), "refused", "forbidden"),
        (state(answers={302: 1}, chains=led("https://b.example/")), "redirected", "redirects to https://b.example/"),
        (state(answers={403: 3, 404: 1}), "blocked", "answered 403 (3 times), no page to read"),
        (state(answers={500: 2}), "unreachable", "answered 500 (2 times), no page to read"),
    ],
)
def test_every_host_ends_in_an_end_state_with_a_cause(host: HostState, end: str, cause: str) -> None:
    assert verdict(host) == (end, cause)


def test_budgets_are_named() -> None:
    limits = {"pages": 10, "size": 1024**2, "seconds": 3600.0}
    assert over_budget(state(pages=9, spent=3599.0), **limits) == ""
    assert over_budget(state(pages=10), **limits) == "page budget reached: 10 pages"
    assert over_budget(state(volume=1024**2), **limits) == "byte budget reached: 1 MB"
    assert over_budget(state(spent=3600.0), **limits) == "time budget reached: 1 hours"


def test_what_a_render_asked_at_once_is_paid_for_by_waiting() -> None:
    group = Group("1", ["1"], [], 2, 0.5)
    group.hand_out(100.0)
    group.charge(4, 101.0)
    assert group.next_at == pytest.approx(103.0)
    group.charge(-1, 101.0)
    assert group.next_at == pytest.approx(103.0)
    group.charge(500, 101.0)
    assert group.next_at == pytest.approx(101.0 + 0.5 * 10)
