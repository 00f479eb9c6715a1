"""The time left is arithmetic: turns, the slowest wish, hours, pauses, budgets."""

from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.schedule.forecast import Load, endings
from crawler.schedule.policy import Policy, read_hours

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)  # 17:00 in Hải Phòng
NIGHT = Policy(hours=read_hours("22:00-05:00"))
PAUSED = Policy(paused=True)


def seconds(loads: list[Load], pace: float = 1.0, share: float = 1.0, now: datetime = NOW) -> dict[str, float | None]:
    ends = endings(loads, pace, share, now)
    return {name: round((end.at - now).total_seconds(), 3) if end.at else None for name, end in ends.items()}


CASES: list[tuple[str, list[Load], dict[str, float], dict[str, float | None]]] = [
    ("alone", [Load("a", 100)], {"pace": 0.5}, {"a": 50}),
    ("nothing left", [Load("a", 0)], {}, {"a": 0}),
    ("half the pace", [Load("a", 100)], {"pace": 0.5, "share": 0.5}, {"a": 100}),
    ("its own delay", [Load("a", 10, delay=3)], {}, {"a": 30}),
    ("three take turns", [Load("a", 10), Load("b", 20), Load("c", 60)], {}, {"a": 30, "b": 50, "c": 90}),
    ("slow until it is done", [Load("a", 5, delay=10), Load("b", 100)], {"pace": 0.5}, {"a": 100, "b": 147.5}),
    ("paused", [Load("a", 10, policy=PAUSED), Load("b", 20)], {}, {"a": None, "b": 20}),
    ("paused and slow", [Load("a", 10, delay=4, policy=PAUSED), Load("b", 20)], {}, {"a": None, "b": 80}),
    ("later", [Load("a", 10, ready=NOW + timedelta(hours=1)), Load("b", 20)], {}, {"a": 3610, "b": 20}),
    ("later, in turns", [Load("a", 10, ready=NOW + timedelta(seconds=5)), Load("b", 20)], {}, {"a": 25, "b": 30}),
    ("tonight", [Load("a", 3600, policy=NIGHT)], {}, {"a": 6 * 3600}),
    ("two nights", [Load("a", 8 * 3600, policy=NIGHT)], {}, {"a": (5 + 24 + 1) * 3600}),
    ("by day", [Load("a", 60, policy=NIGHT), Load("b", 60)], {}, {"a": 5 * 3600 + 60, "b": 60}),
    ("its time", [Load("a", 300, seconds=100), Load("b", 300)], {}, {"a": 100, "b": 350}),
]


@pytest.mark.parametrize(("loads", "known", "ends"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_arithmetic(loads: list[Load], known: dict[str, Any], ends: dict[str, float | None]) -> None:
    assert seconds(loads, **known) == ends


def test_hours_that_are_open_close_again() -> None:
    now = datetime(2026, 11, 19, 21, 0, tzinfo=UTC)  # 04:00
    assert seconds([Load("a", 3599, policy=NIGHT)], now=now) == {"a": 3599}
    assert seconds([Load("a", 3601, policy=NIGHT)], now=now) == {"a": 18 * 3600 + 1}


def test_what_a_time_budget_leaves_is_told() -> None:
    assert endings([Load("a", 300, seconds=100)], 1.0, 1.0, NOW)["a"].left == pytest.approx(200)
    assert endings([Load("a", 300)], 1.0, 1.0, NOW)["a"].left == 0


def test_time_outside_the_hours_is_not_spent() -> None:
    end = endings([Load("a", 9 * 3600, policy=NIGHT, seconds=8 * 3600)], 1.0, 1.0, NOW)["a"]
    assert end.at == NOW + timedelta(hours=5 + 24 + 1)
    assert end.left == pytest.approx(3600, abs=1)


@pytest.mark.parametrize(
    ("at", "left"), [(NOW, 0.0), (NOW + timedelta(hours=5), 7 * 3600), (NOW.replace(hour=21), 3600)]
)
def test_hours_tell_when_they_close(at: datetime, left: float) -> None:
    assert NIGHT.open_for(at) == left
    assert Policy().open_for(at) == inf


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=14), st.sampled_from([0.0, 0.5, 2.0, 10.0]))
def test_the_server_is_never_idle_and_never_hurried(todo: list[int], delay: float) -> None:
    loads = [Load(f"h{number}", count, delay) for number, count in enumerate(todo)]
    ends = seconds(loads, pace=0.5)
    pace = max(0.5, delay)
    assert max(end or 0.0 for end in ends.values()) == pytest.approx(sum(todo) * pace, abs=0.1)
    for load in loads:
        assert (ends[load.host] or 0.0) >= load.todo * pace - 0.1
