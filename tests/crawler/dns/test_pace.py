"""A name server's pace: even, slowed by trouble, slowly regained."""

from crawler.dns.pace import SLOWEST, WINDOW, Pace


def asked_in(pace: Pace, start: float, seconds: float) -> int:
    return sum(pace.take(start + step / 1000) for step in range(int(seconds * 1000)))


def test_a_second_holds_as_many_questions_as_the_rate_says() -> None:
    assert 100 <= asked_in(Pace(100), 0.0, 1.0) <= 106


def test_idle_time_is_not_saved_up() -> None:
    pace = Pace(100)
    assert asked_in(pace, 0.0, 0.1)
    assert asked_in(pace, 60.0, 0.1) <= 15


def test_no_rate_is_no_limit() -> None:
    pace = Pace(0)
    assert all(pace.take(0.0) for _ in range(1000))
    pace.heard(lost=True)
    assert not pace.is_limited


def test_more_than_one_in_a_hundred_unanswered_halves() -> None:
    pace = Pace(100)
    for number in range(WINDOW):
        pace.heard(lost=number in (10, 20))
    assert pace.current == 100
    for number in range(WINDOW):
        pace.heard(lost=number in (10, 20, 30))
    assert pace.current == 50
    assert pace.is_limited


def test_more_than_one_in_twenty_refused_halves() -> None:
    pace = Pace(100)
    for number in range(WINDOW):
        pace.heard(troubled=number < 11)
    assert pace.current == 50


def test_trouble_that_stays_has_a_floor_and_quiet_regains_slowly() -> None:
    pace = Pace(100)
    for _ in range(100):
        pace.heard(lost=True)
    assert pace.current == 100 * SLOWEST
    for _ in range(WINDOW):
        pace.heard()
    assert 100 * SLOWEST < pace.current < 100 * SLOWEST * 1.2
    for _ in range(WINDOW * 30):
        pace.heard()
    assert pace.current == 100
