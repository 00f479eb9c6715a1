"""The README is true: its snippets run, and every command, option, setting and target it names is there."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pymongo.synchronous.database import Database
from scrapy.commands import ScrapyCommand

from crawler import settings as ours
from crawler.console.command import RasoatCommand
from crawler.spiders.arguments import DeepArgs, DiscoverArgs
from tests.commands.stored import DOORWAY, PHONG, SEN, TRAI, Stored, fill
from tests.conftest import ROOT, Done, Mongo

README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = dict(re.findall(r"^([^\n]+):\n\n```python\n(.*?)```", README, re.DOTALL | re.MULTILINE))
EXPECTED = {
    "Open findings of each unit": [
        "HP-001 Trường THCS Nguyễn Trãi 1 ['gambling']",
        "HP-002 Trường THPT Lê Hồng Phong 1 ['loans']",
    ],
    "Hosts that the last finished run did not review in full, and why": [
        f"{SEN} unreachable DNS: NXDOMAIN",
        f"{PHONG} budget page budget reached: 1 pages",
    ],
    "Pages that mention a text (this reads every page)": [f"HP-001 {DOORWAY} Nhà cái uy tín"],
    "Links from registered sites to a destination": [
        f"{TRAI} 2 hidden: 1 ['tải app', 'đăng ký kubet77'] ['{DOORWAY}']"
    ],
    "The history of a finding": [f"{TRAI} gambling planted open", "None → open found crawl"],
}


@pytest.fixture
def stored(mongo: Mongo, database: Database[dict[str, Any]], tmp_path: Path) -> Stored:
    """The small province in this test's database."""
    return fill(mongo.uri, database.name, mongo.data_dir, tmp_path / "units.csv")


def test_each_snippet_runs_and_answers(
    scrapy: Callable[..., Done], database: Database[dict[str, Any]], stored: Stored
) -> None:
    assert list(SNIPPETS) == list(EXPECTED)
    assert README.count("```python") == len(EXPECTED)
    uri = scrapy("db", "uri").stdout.strip()
    for title, code in SNIPPETS.items():
        assert code.count('["rasoat"]') == 1
        here = code.replace('["rasoat"]', f'["{database.name}"]')
        command = [sys.executable, "-c", here]
        done = subprocess.run(
            command, env={**os.environ, "MONGO": uri}, capture_output=True, encoding="utf-8", timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == len(EXPECTED[title]), done.stdout
        for line, wanted in zip(lines, EXPECTED[title], strict=True):
            assert line.endswith(wanted), line


def shell_lines() -> Iterator[list[str]]:
    """Every command of the shell blocks, and every ``scrapy …`` in the text, as words."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
    inline = re.findall(r"`(scrapy [^`]+|make \w+)`", README)
    for line in [*blocks.splitlines(), *inline]:
        words = shlex.split(line.partition(">")[0], comments=True)
        if words:
            yield words


def command(name: str) -> ScrapyCommand:
    """A command of ours by name."""
    module = import_module(f"crawler.commands.{name}")
    classes = [
        value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__
    ]
    (found,) = [value for value in classes if issubclass(value, ScrapyCommand)]
    made: ScrapyCommand = found()
    return made


def test_every_command_of_the_readme_exists() -> None:
    seen = 0
    for words in shell_lines():
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), words
        elif words[0] == "scrapy":
            seen += 1
            check(words[1:])
        else:
            assert words[0] in (".", "export"), words
    assert seen > 20


def check(words: list[str]) -> None:
    """A command line means something, up to what the database would say."""
    found = command(words[0])
    if words[0] == "crawl":
        models = {"deep": DeepArgs, "discover": DiscoverArgs}
        assert len(words) == 1 or words[1] in models
        given = dict(value.split("=") for value in words[3::2])
        assert set(words[2::2]) <= {"-a"}
        if len(words) > 1:
            models[words[1]](**given)  # type: ignore[arg-type]
        return
    assert isinstance(found, RasoatCommand)
    actions = found.actions()
    chosen = words[1] if len(words) > 1 and words[1] in actions else ""
    if chosen not in actions:
        raise AssertionError(f"no such action: {words}")
    found._action_parser(chosen).parse_args(words[2:] if chosen else words[1:])


def test_settings_of_the_readme_and_of_the_program_are_the_same() -> None:
    there = {name for name in vars(ours) if name.startswith("RASOAT_")}
    table = set(re.findall(r"^\| `(RASOAT_\w+)` \|", README, re.MULTILINE))
    assert table == there
    assert set(re.findall(r"RASOAT_\w+", README)) <= there


def test_columns_of_the_readme_are_known_to_the_register() -> None:
    from crawler.register.columns import HEADERS
    from crawler.register.names import fold

    known = {fold(header) for headers in HEADERS.values() for header in headers}
    section = README.partition("## The register")[2].partition("```")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("|")][2:]
    names = [name for row in rows for cell in row[1:3] for name in cell.split(",") if name.strip()]
    assert len(names) > 20
    assert {fold(name) for name in names} <= known
