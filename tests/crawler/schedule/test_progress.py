"""What a run notes of its own speed: owed and sent, settled and found, lately and not since the beginning."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.schedule.groups import Group
from crawler.schedule.hosts import HostState
from crawler.schedule.policy import Policy
from crawler.schedule.progress import Progress
from crawler.store.frontier import Entry

CLOCK = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
ENTRY = Entry("http://a/x", "a", "0" * 64, 1, 1, "a", "/x")


def server(*names: str) -> Group:
    hosts = [HostState(name, 0.5, loaded=True, begun=True, hot=[ENTRY]) for name in names]
    return Group("1", ["1"], hosts, 2, 0.5, leased=True, sent=1)


def after(progress: Progress, group: Group, seconds: int, start: float = 0.0) -> float:
    """Tick every two seconds."""
    for second in range(0, seconds + 1, 2):
        progress.tick([group], start + second)
    return start + seconds


def test_half_of_what_was_owed_went_out() -> None:
    progress, group = Progress(), server("a", "b")
    progress.tick([group], 0.0)
    group.sent += 60  # in a minute in which 120 could have gone out
    now = after(progress, group, 60)
    rows = progress.changes([group], now, CLOCK)
    assert {name: row["share"] for name, row in rows.items()} == {"a": 0.5, "b": 0.5}
    assert rows["a"] | {"at": None} == {
        "at": None,
        "group": "1",
        "share": 0.5,
        "seconds": 0,
        "settled": 0,
        "found": 0,
        "spent": 60,
        "crawl_delay": 0.0,
        "ready": None,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"policy": Policy(paused=True)},
        {"closed_until": 1e9},
        {"not_before": 1e9},
        {"hot": []},  # it waits for its own pages
    ],
)
def test_a_server_that_may_not_be_asked_is_owed_nothing(change: dict[str, object]) -> None:
    progress, group = Progress(), server("a")
    for name, value in change.items():
        setattr(group.hosts[0], name, value)
    now = after(progress, group, 60)
    assert group.owed == 0
    assert progress.changes([group], now, CLOCK)["a"]["share"] is None


@pytest.mark.parametrize(
    ("change", "spent"), [({}, 60), ({"policy": Policy(paused=True)}, 0), ({"closed_until": 1e9}, 0)]
)
def test_the_time_budget_runs_while_a_host_may_be_visited(change: dict[str, object], spent: int) -> None:
    progress, group = Progress(), server("a")
    for name, value in change.items():
        setattr(group.hosts[0], name, value)
    after(progress, group, 60)
    assert group.hosts[0].spent == spent
    group.leased = False  # another run has its turn
    after(progress, group, 20, 60)
    assert group.hosts[0].spent == spent


def test_only_the_last_quarter_of_an_hour_counts() -> None:
    progress, group = Progress(), server("a")
    host = group.hosts[0]
    for minute in range(60):
        host.settled += 120
        host.admitted += 600 if minute < 30 else 12
        after(progress, group, 58, minute * 60.0)
    row = progress.changes([group], 3600.0, CLOCK)["a"]
    assert row["seconds"] <= 15 * 60
    assert row["found"] / row["settled"] == pytest.approx(0.1)


def test_what_did_not_change_is_not_written_again() -> None:
    progress, group = Progress(), server("a", "b")
    now = after(progress, group, 2)
    assert set(progress.changes([group], now, CLOCK)) == {"a", "b"}
    assert progress.changes([group], now, CLOCK) == {}
    group.hosts[1].settled += 1
    assert set(progress.changes([group], now, CLOCK)) == {"b"}
    group.hosts[1].ended, group.hosts[1].settled = "complete", 9
    assert progress.changes([group], now, CLOCK) == {}, "its review has ended"


def test_what_a_server_asked_for_is_told_as_a_time() -> None:
    progress, group = Progress(), server("a")
    group.hosts[0].not_before, group.hosts[0].crawl_delay = 1800.0, 7.0
    row = progress.changes([group], 600.0, CLOCK)["a"]
    assert (row["ready"], row["crawl_delay"]) == (CLOCK + timedelta(seconds=1200), 7.0)


def test_an_earlier_process_of_the_run_is_remembered() -> None:
    host = HostState("a", 0.5)
    host.recall({"spent": 60, "crawl_delay": 7.0})
    assert (host.spent, host.delay) == (60.0, 7.0)
    HostState("a", 0.5).recall({})
