"""The rules alone: a page of 12 kB beside lexbor, ten times the rules, and pages that are built to hurt."""

from __future__ import annotations

import resource
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from crawler.items import Page
from crawler.page import extract
from pipelines.engine import Engine, load
from pipelines.judge import document, html_document
from tests.benchmarks.report import Report

URL = "https://truong.haiphong.edu.vn/tin-tuc/bai-{}.html"
PHRASES = (
    "nhà trường tổ chức lễ khai giảng năm học mới", "học sinh các khối lớp tham gia hoạt động trải nghiệm",
    "thi đua dạy tốt, học tốt chào mừng ngày Nhà giáo Việt Nam", "kế hoạch công tác tuần và lịch trực của giáo viên",
    "lịch thi học kì môn Toán, Ngữ văn, Tiếng Anh", "câu lạc bộ bóng đá và đội văn nghệ biểu diễn tại sân trường",
    "Ủy ban nhân dân phường trao học bổng cho các em", "hướng dẫn hồ sơ tuyển sinh trực tuyến vào lớp đầu cấp",
    "liên đội phát động phong trào kế hoạch nhỏ", "phụ huynh theo dõi kết quả học tập qua sổ liên lạc điện tử",
)  # fmt: skip
ALLOWED_MS = 1.0
LOSS = 1.05
HOSTILE_SECONDS, HOSTILE_MB = 2.0, 200.0


def run(options: Namespace, report: Report) -> None:
    """Medians over honest pages; every hostile page in a process of its own."""
    count = max(40, round(300 * options.scale))
    pages = [honest(number) for number in range(count)]
    items = [_extracted(number, body) for number, body in enumerate(pages)]
    engine = Engine(load([files("rules")]))
    parse = _median(lambda body: LexborHTMLParser(body).root, pages)
    judge = _median(lambda item: engine.verdict(document(item)), items)
    report.say(f"rules: {len(engine.ruleset.rules)} rules; parsing {parse:.3f} ms, classifying {judge:.3f} ms a page")
    report.goal("classifying over parsing, ms", judge - parse, ALLOWED_MS, most=True)
    few, many = _scaled(50, items), _scaled(500, items)
    report.goal("500 rules over 50", many / few, LOSS, most=True)
    report.result("rules", parse_ms=parse, judge_ms=judge, many_over_few=many / few)
    rows = [[name, *_apart(name)] for name in HOSTILE]
    report.table("rules: hostile pages, whole way from bytes to verdict", ["", "s", "MB more"], rows)
    report.goal("slowest hostile page, s", max(row[1] for row in rows), HOSTILE_SECONDS, most=True)
    report.goal("largest hostile page, MB", max(row[2] for row in rows), HOSTILE_MB, most=True)
    report.result("rules", hostile=[dict(zip(("name", "seconds", "mb"), row, strict=True)) for row in rows])


def honest(number: int) -> bytes:
    """A school's page of 12 kB with some 60 links."""
    random = Random(number)

    def text(words: int) -> str:
        return ". ".join(random.choices(PHRASES, k=1 + words // 9))

    menu = "".join(f'<li><a href="/muc-{n}">{text(3)}</a></li>' for n in range(30))
    body = "".join(f'<p>{text(40)}</p><a href="/tin/{number}-{n}.html">{text(6)}</a>' for n in range(31))
    head = f"<html><head><title>{text(8)}</title></head>"
    page = f"{head}<body><ul class=menu>{menu}</ul><div id=main>{body}</div></body></html>"
    return page.encode()[:12_000]


def _extracted(number: int, body: bytes) -> Page:
    headers = [("Content-Type", "text/html; charset=utf-8")]
    url = URL.format(number)
    return extract(
        url=url, status=200, headers=headers, body=body, fetched=datetime.now(UTC), host="truong.haiphong.edu.vn"
    )


def _median(call: Callable[[Any], Any], values: Iterable[Any]) -> float:
    """Milliseconds of processor time, the best of three for each."""
    taken = []
    for value in values:
        times = []
        for _ in range(3):
            start = process_time()
            call(value)
            times.append(process_time() - start)
        taken.append(min(times) * 1000)
    return median(taken)


def _scaled(rules: int, items: list[Page]) -> float:
    """Classifying with so many rules of eight phrases each, beside the words that all may name."""
    rule = """
  - id: r-{n}
    title: {{vi: "Thử", en: "Try"}}
    category: gambling
    vector: derive
    severity: low
    status: active
    basis: "O1"
    remedy: "Gỡ."
    falsepositives: []
    when: "w{n} and o{n}"
    unless: "honest_any"
    examples:
      positive: [{{text: "a1"}}, {{text: "a2"}}, {{text: "a3"}}]
      negative: [{{text: "b1"}}, {{text: "b2"}}, {{text: "b3"}}]"""
    parts = "parts: [title, heading, text, anchor, hidden, tail]"
    signals = "".join(
        f"  w{n}: {{family: subject, {parts}, terms: [" + ", ".join(f'"cụm từ {n} số {m}"' for m in range(8)) + "]}\n"
        f'  o{n}: {{family: offer, {parts}, terms: ["mời gọi {n} xa", "giá chào {n} lạ"]}}\n'
        for n in range(rules)
    )
    with tempfile.TemporaryDirectory() as folder:
        text = (
            "format: 1\nkind: page\nsignals:\n" + signals + "rules:" + "".join(rule.format(n=n) for n in range(rules))
        )
        Path(folder, "many.yaml").write_text(text, encoding="utf-8")
        engine = Engine(load([files("rules") / "common.yaml", Path(folder)]))
    return _median(lambda item: engine.verdict(document(item)), items)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "1 MB of one letter": lambda: b"<p>" + b"a" * 1_000_000,
    "50,000 links": lambda: b"".join(b'<a href="https://a%d.example/">nha cai %d</a>' % (n, n) for n in range(50_000)),
    "200,000 unclosed elements": lambda: b"<div>" * 200_000,
    "a bomb for regexes": lambda: b"<p>" + b"lam bang dai hoc khong can " * 40_000,
    "5 MB of script": lambda: b"<script>" + b"location=atob('" * 330_000 + b"</script>",
    "spelled letters": lambda: b"<p>" + b"n.h.a c.a.i " * 80_000,
}


def _apart(name: str) -> tuple[float, float]:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(hostile, (name,))


def hostile(name: str) -> tuple[float, float]:
    """Seconds of processor time, and MB of memory beyond what the engine itself needs."""
    engine = Engine(load([files("rules")]))
    engine.verdict(html_document(honest(1), URL.format(1)))
    body = HOSTILE[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = process_time()
    engine.verdict(html_document(body, URL.format(2), "text/html; charset=utf-8"))
    seconds = process_time() - start
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
