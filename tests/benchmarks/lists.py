"""Domain lists: 200,000 domains are there within a second, and a page costs what it costs with ten."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from importlib.resources import files
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

from pipelines.engine import Document, Engine, Fault, load
from pipelines.engine.lists import Lists, read_list
from pipelines.judge import html_document
from tests.benchmarks.report import Report
from tests.benchmarks.rules import URL, honest

MANY, FEW = 200_000, 10
LOADED_SECONDS = 1.0
LOSS = 1.05
ROUNDS = 7
LINKS = 20  # off the site, on a page: each is looked up
MANIFEST = 'format: 1\nkind: lists\nlists:\n  - {file: "hosts.txt", category: gambling, format: hosts}\n'
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def run(options: Namespace, report: Report) -> None:
    """Loading is the best of three; judging compares two engines page by page, in turns."""
    seconds = min(_loading(_hosts(MANY)) for _ in range(3))
    report.say(f"lists: {MANY:,} domains of a hosts file")
    report.goal("reading, adding and digesting, s", seconds, LOADED_SECONDS, most=True)
    pages = [html_document(_page(number), URL.format(number)) for number in range(max(40, round(150 * options.scale)))]
    few, many = _judging(pages)
    report.say(f"lists: judging {few:.3f} ms a page with {FEW} domains, {many:.3f} ms with {MANY:,}")
    report.goal("200,000 domains over 10", many / few, LOSS, most=True)
    report.result("lists", domains=MANY, load_seconds=seconds, many_over_few=many / few)


def _hosts(count: int) -> bytes:
    """A hosts file of so many different names, some of them with a subdomain."""
    random = Random(count)
    names = ("".join(random.choices(LETTERS, k=10)) + f"{n}" for n in range(count))
    endings = [".com", ".net", ".bet", ".vip", ".com.vn"]
    return "".join(f"0.0.0.0 {random.choice(['', 'www.'])}a{name}{random.choice(endings)}\n" for name in names).encode()


def _loading(data: bytes) -> float:
    faults: list[Fault] = []
    start = process_time()
    domains = Lists()
    domains.add("gambling", read_list(data, "hosts", "hosts.txt", faults))
    domains.digest()
    seconds = process_time() - start
    assert not faults
    assert len(domains.categories["gambling"]) == MANY
    return seconds


def _page(number: int) -> bytes:
    """An honest page that leads to unlisted hosts."""
    links = "".join(f'<a href="https://bao-{n}.tin{number}.example/">tin</a>' for n in range(LINKS))
    return honest(number).replace(b"<div id=main>", b"<div id=main>" + links.encode(), 1)


def _judging(pages: list[Document]) -> tuple[float, float]:
    """Milliseconds a page with few and with many domains: the median over pages of each page's best."""
    engines = [_engine(FEW), _engine(MANY)]
    best = [[float("inf")] * len(pages) for _ in engines]
    for turn in range(ROUNDS):
        for number, page in enumerate(pages):
            for which in (0, 1) if (turn + number) % 2 else (1, 0):
                start = process_time()
                engines[which].verdict(page)
                best[which][number] = min(best[which][number], (process_time() - start) * 1000)
    return median(best[0]), median(best[1])


def _engine(domains: int) -> Engine:
    """The rules of the program with a list of the operator's beside them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "lists.yaml").write_text(MANIFEST, encoding="utf-8")
        Path(folder, "hosts.txt").write_bytes(_hosts(domains))
        return Engine(load([files("rules"), Path(folder)]))
