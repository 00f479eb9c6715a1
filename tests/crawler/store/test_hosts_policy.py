"""The operator's policy for a host, and lists of hosts."""

from typing import Any

import pytest
from pymongo.synchronous.database import Database

from crawler.errors import BadArgument
from crawler.schedule.policy import read_policy
from crawler.store.hosts import clear_policy, delay_of, hours_of, set_policy

Documents = Database[dict[str, Any]]


@pytest.fixture
def hosts(database: Documents) -> Documents:
    database["hosts"].insert_many(
        [
            {"_id": "a.vn", "state": "registered", "review": {"state": "complete"}},
            {"_id": "b.vn", "state": "registered", "review": {"state": "unreachable"}},
            {"_id": "c.vn", "state": "discovered"},
        ]
    )
    for key, unit in (("a.vn/", "U1"), ("b.vn/x", "U1"), ("b.vn/y", "U2")):
        site = {"_id": key, "host": key.split("/")[0], "unit": unit, "official": False, "state": "registered"}
        database["sites"].insert_one(site)
    return database


def test_values_add_up_and_the_crawl_reads_them(hosts: Documents) -> None:
    set_policy(hosts, "a.vn", delay=2, reason="slow", by="Lan")
    policy = set_policy(hosts, "a.vn", hours="22:00 - 5:30", paused=True, reason="exams", by="Minh")
    read = read_policy(policy)
    assert (read.delay, read.paused, read.reason, read.by) == (2.0, True, "exams", "Minh")
    assert read.hours is not None
    assert [str(moment) for moment in read.hours] == ["22:00:00", "05:30:00"]
    assert policy["at"].tzinfo is not None


def test_a_policy_can_be_taken_back(hosts: Documents) -> None:
    set_policy(hosts, "a.vn", paused=True)
    clear_policy(hosts, "a.vn")
    assert "policy" not in (hosts["hosts"].find_one({"_id": "a.vn"}) or {})


def test_unknown_hosts_are_told(hosts: Documents) -> None:
    for call in (lambda: set_policy(hosts, "x.vn", paused=True), lambda: clear_policy(hosts, "x.vn")):
        with pytest.raises(BadArgument, match=r"x\.vn: no such host"):
            call()
    assert hosts["hosts"].find_one({"_id": "x.vn"}) is None


def test_nothing_to_set_is_told(hosts: Documents) -> None:
    with pytest.raises(BadArgument, match="nothing to set"):
        set_policy(hosts, "a.vn", reason="x")


@pytest.mark.parametrize("hours", ["22-5", "24:00-05:00", "22:60-05:00", "a", "22:00-22:00", "22:00-05:00-06:00"])
def test_hours_without_meaning_are_refused(hours: str) -> None:
    with pytest.raises(BadArgument, match="hours"):
        hours_of(hours)


@pytest.mark.parametrize("delay", [-1, 3601, float("nan"), float("inf")])
def test_delays_without_meaning_are_refused(delay: float) -> None:
    with pytest.raises(BadArgument, match="delay"):
        delay_of(delay)
