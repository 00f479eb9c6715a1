"""A word about each host and server: sizes that are known, likely or unknown, and why something is late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.schedule.outlook import HostOutlook, Outlook, outlook

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
BY = NOW + timedelta(hours=7)
RUN = {"_id": "r", "state": "running", "limits": {"delay": 0.5, "max_pages": 20_000, "max_seconds": 8 * 3600}}


def review(host: str = "a", group: str = "1", left: int = 100, pages: int = 50, **more: Any) -> dict[str, Any]:
    state = more.pop("state", "running")
    progress = {"settled": 50, "found": 0, "spent": 60, "crawl_delay": 0.0, "ready": None, "share": None, "at": NOW}
    return {
        "host": host,
        "group": group,
        "state": state,
        "pages": pages,
        "left": left,
        "units": ["HP-001"],
        "cause": more.pop("cause", ""),
        "policy": more.pop("policy", None),
        "before": more.pop("before", None),
        "progress": None if state == "queued" else {**progress, **more},
    }


def told(*reviews: dict[str, Any], usual: int | None = None, **run: Any) -> Outlook:
    return outlook({**RUN, **run}, reviews, usual, BY, NOW)


def one(**more: Any) -> HostOutlook:
    return told(review(**more)).hosts[0]


def test_what_is_known_at_the_full_pace_is_the_earliest() -> None:
    host = one(left=7200)
    assert (host.left, host.likely) == (7200, 7200)
    assert host.earliest == host.expected == NOW + timedelta(hours=1)
    assert (host.finishes, host.why) == ("yes", "")


def test_urls_still_to_be_found_and_the_measured_pace_make_the_expected() -> None:
    host = one(left=7200, settled=100, found=50, share=0.8)
    assert host.likely == 14_400  # half a new URL a fetch: left / (1 - 0.5)
    assert host.earliest == NOW + timedelta(hours=1)
    assert host.expected == NOW + timedelta(hours=2.5)


def test_no_end_in_sight_is_as_far_as_the_page_budget() -> None:
    host = one(left=100, pages=2000, settled=100, found=130)
    assert host.likely == 18_000
    assert host.finishes == "yes"
    late = one(left=100, pages=2000, settled=100, found=130, crawl_delay=2.0)
    assert (late.finishes, late.certain) == ("no", False)
    assert late.why == "budget of 8 hours; 1.3 new URLs a fetch; Crawl-delay 2 s"


def test_what_a_budget_ends_in_time_is_cut() -> None:
    host = one(left=30_000)
    assert (host.finishes, host.certain, host.likely) == ("cut", True, 19_950)
    assert host.why == "budget of 20,000 pages"
    host = one(spent=8 * 3600 - 10)
    assert (host.finishes, host.certain, host.why) == ("cut", True, "budget of 8 hours")
    host = one(left=600, settled=100, found=90, spent=8 * 3600 - 1200)
    assert (host.finishes, host.certain) == ("cut", False), "only if as many URLs are found as lately"


def test_the_last_review_tells_the_size_of_a_host_that_is_hardly_begun() -> None:
    before = {"pages": 3000, "left": 600, "progress": {"crawl_delay": 3.0}}
    host = one(state="queued", pages=0, left=3, before=before)
    assert host.likely == 3600
    assert host.expected == NOW + timedelta(hours=3), "robots.txt of the last time counts too"
    assert one(pages=100, left=3000, before=before).likely == 3500


def test_else_a_middling_host_of_the_run_does() -> None:
    assert told(review(state="queued", pages=0, left=3), usual=800).hosts[0].likely == 800
    assert told(review(left=3), usual=800).hosts[0].likely == 3, "it is known by its own measure"


def test_a_size_that_nothing_tells_is_unknown() -> None:
    found = told(review(state="queued", pages=0, left=3))
    (host,), (server,) = found.hosts, found.servers
    assert (host.likely, host.finishes, host.why) == (None, "unknown", "size not known yet")
    assert (server.likely, server.finishes, server.why) == (None, "unknown", "1 of unknown size")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"policy": {"paused": True, "by": "Lan", "reason": "bảo trì"}}, "paused by Lan: bảo trì"),
        ({"policy": {"hours": "22:00-05:00"}, "left": 20_000, "pages": 0}, "only 22:00-05:00"),
        ({"policy": {"delay": 9}, "left": 3000}, "delay 9 s"),
        ({"crawl_delay": 10.0, "left": 2700}, "Crawl-delay 10 s"),
        ({"ready": NOW + timedelta(hours=8)}, "asked us to come back later"),
    ],
)
def test_why_a_host_is_late(more: dict[str, Any], why: str) -> None:
    host = one(**more)
    assert (host.finishes, host.certain, host.why) == ("no", True, why)


def test_three_hosts_share_a_server() -> None:
    found = told(review("a", left=20_000, pages=0), review("b", left=20_000, pages=0), review("c", left=7200))
    ends = {host.host: host.expected for host in found.hosts}
    assert ends == {
        "c": NOW + timedelta(hours=3),
        "a": NOW + timedelta(seconds=47_200 / 2),
        "b": NOW + timedelta(seconds=47_200 / 2),
    }
    (server,) = found.servers
    assert (server.hosts, server.pending, server.left, server.pace) == (3, 3, 47_200, 0.5)
    assert (server.finishes, server.certain, server.expected) == ("yes", False, ends["a"])


def test_one_late_host_makes_a_late_server_and_comes_first() -> None:
    found = told(
        review("a", "1", left=10),
        review("b", "2", left=10_000, crawl_delay=10.0),
        review("c", "2", left=10),
        review("d", "3", policy={"paused": True}),
        review("e", "4", state="complete"),
        review("f", "5", state="unreachable", cause="DNS: NXDOMAIN"),
        review("g", "6", left=20_000, pages=0, share=0.3),
    )
    assert [server.server for server in found.servers] == ["3", "2", "6", "1", "5", "4"]
    assert [server.finishes for server in found.servers] == ["no", "no", "no", "yes", "ended", "done"]
    assert [server.certain for server in found.servers[:3]] == [True, True, False]
    words = {server.server: server.why for server in found.servers}
    assert words["2"] == "Crawl-delay 10 s of b"
    assert words["6"] == "takes 30% of its pace"
    hosts = {host.host: (host.finishes, host.why) for host in found.hosts}
    assert hosts["f"] == ("ended", "DNS: NXDOMAIN")
    assert hosts["c"][0] == "yes"
    assert hosts["b"][1].endswith("one of 2 on its server")


def test_a_finished_run_has_nothing_left_to_do_and_an_interrupted_one_has() -> None:
    paused = review(state="interrupted", cause="paused by An: đang thi")
    found = told(paused, state="finished")
    assert (found.hosts[0].finishes, found.servers[0].pending) == ("ended", 0)
    found = told(review(state="interrupted", cause="the run was stopped"), state="interrupted")
    assert (found.hosts[0].finishes, found.servers[0].pending) == ("yes", 1)


def test_a_run_of_an_older_program_has_no_limits_written_down() -> None:
    old = {name: value for name, value in review(left=10).items() if name != "progress"}
    found = outlook({"_id": "r", "state": "running"}, [old], None, BY, NOW)
    assert found.hosts[0].finishes == "unknown"
