"""The README's schedules are what cron, systemd and Scrapyd take, and they do what the text says."""

import re
import shlex
import shutil
import subprocess
from calendar import monthrange
from collections.abc import Iterator
from configparser import ConfigParser
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import ROOT, SCRAPY
from tests.test_readme import check

README = (ROOT / "README.md").read_text(encoding="utf-8")
UNITS = dict(re.findall(r"```ini\n# (\S+)\n(.*?)```", README, re.DOTALL))
CRON = [line for block in re.findall(r"```crontab\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line]
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
ANALYZE = shutil.which("systemd-analyze")
WANTED = {"deep": ("once=month", set(range(1, 15))), "recheck": ("once=day", set(range(1, 32)))}


def days(field: str, low: int, high: int) -> set[int]:
    """The numbers of one field of a crontab: ``*``, numbers, ranges, steps and lists of them."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin, end = (low, high) if span == "*" else (int(first), int(last or first))
        assert low <= begin <= end <= high, field
        found |= set(range(begin, end + 1, int(step or 1)))
    return found


def spider_of(command: str) -> str:
    (found,) = {name for name in WANTED if re.search(rf"\b{name}\b", command)}
    assert WANTED[found][0] in command
    return found


@pytest.mark.parametrize("line", CRON)
def test_the_crontabs(line: str) -> None:
    *fields, command = line.split(None, 5)
    assert len(fields) == 5
    values = [days(field, *bounds) for field, bounds in zip(fields, FIELDS, strict=True)]
    assert "%" not in command, "cron would make it a line break"
    assert values[2] == WANTED[spider_of(command)][1]
    done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    words = shlex.split(command)
    if "curl" not in words:
        assert words[:3] == ["cd", "/opt/rasoat", "&&"]
        check(words[words.index(".venv/bin/scrapy") + 1 :])


def test_there_is_a_schedule_of_each_kind_for_both_jobs() -> None:
    assert [spider_of(line.split(None, 5)[5]) for line in CRON] == ["deep", "recheck"] * 2
    assert ["curl" in line for line in CRON] == [False, False, True, True]
    kinds = ("service", "timer", "service.d/override.conf")
    assert set(UNITS) == {f"rasoat-{spider}.{kind}" for spider in WANTED for kind in kinds}


@pytest.mark.parametrize("name", UNITS)
def test_the_units(name: str, tmp_path: Path) -> None:
    for unit, text in UNITS.items():
        (tmp_path / unit).parent.mkdir(exist_ok=True)
        (tmp_path / unit).write_text(text.replace("/opt/rasoat/.venv/bin/", f"{SCRAPY.parent}/"), encoding="utf-8")
    for section, key, value in settings(UNITS[name]):
        if key == "ExecStart" and value:
            spider_of(value)
            words = shlex.split(value)
            assert words[0].startswith("/opt/rasoat/.venv/bin/scrapy")
            if words[0].endswith("/scrapy"):
                check(words[1:])
        if key == "OnCalendar":
            assert section == "Timer"
            begins(value, WANTED[spider_of(f"{name} {WANTED[name.split('-')[1].split('.')[0]][0]}")][1])
    if ANALYZE and not name.endswith(".conf"):  # not every system has systemd
        done = subprocess.run(
            [ANALYZE, "verify", f"./{name}"],
            cwd=tmp_path,
            env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr


def settings(text: str) -> Iterator[tuple[str, str, str]]:
    """(section, key, value) of a unit file, where a key may stand twice."""
    parser = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    for section in parser.sections():
        yield from ((section, key, value) for key, value in parser[section].items())


def begins(calendar: str, wanted: set[int]) -> None:
    """An OnCalendar starts on the wanted days, at a time and in a zone that there are."""
    date, clock, zone = calendar.split(" ")
    datetime.strptime(clock, "%H:%M:%S")
    assert zone == "Asia/Ho_Chi_Minh"
    assert date.startswith("*-*-")
    first, _, last = date.removeprefix("*-*-").partition("..")
    found = set(range(1, monthrange(2026, 12)[1] + 1)) if first == "*" else set(range(int(first), int(last) + 1))
    assert found == wanted
