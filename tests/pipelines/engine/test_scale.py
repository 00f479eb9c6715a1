"""Many rules and phrases: fast to compile, and no slower to match."""

import time
from collections.abc import Callable

from pipelines.engine import Document, Engine, Piece


def _engine(engine_of: Callable[..., Engine], rule: Callable[..., str], rules: int, phrases: int) -> Engine:
    signals = "\n".join(
        f"w{n}: {{family: subject, parts: [text, title], terms: ["
        + ", ".join(f'"cụm từ {n} số {m}"' for m in range(phrases))
        + "]}"
        for n in range(rules)
    )
    return engine_of(signals, *(rule(f"r-{n}", f"w{n}") for n in range(rules)))


def test_two_thousand_phrases_compile_in_a_second(engine_of: Callable[..., Engine], rule: Callable[..., str]) -> None:
    ruleset = _engine(engine_of, rule, 20, 100).ruleset
    start = time.process_time()
    engine = Engine(ruleset)
    assert time.process_time() - start < 1
    found = engine.judge(Document(None, "", "text", [Piece("text", "đây là cụm từ 7 số 31 ạ")]))
    assert [match.rule for match in found] == ["r-7"]


def test_ten_times_the_rules_cost_the_same(engine_of: Callable[..., Engine], rule: Callable[..., str]) -> None:
    pieces = [
        Piece("text", "Nhà trường tổ chức lễ khai giảng năm học mới cho các em học sinh. " * 2) for _ in range(60)
    ]
    document = Document(None, "", "html", pieces)

    def cost(engine: Engine) -> float:
        times = []
        for _ in range(60):
            start = time.process_time_ns()
            engine.judge(document)
            times.append(time.process_time_ns() - start)
        return min(times)

    few, many = (cost(_engine(engine_of, rule, rules, 4)) for rules in (20, 200))
    assert many < 1.6 * few
