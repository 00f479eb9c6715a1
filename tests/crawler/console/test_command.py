"""The base command: strict arguments, ``-s`` anywhere, exit statuses, no traceback."""

import argparse
import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.console.command import Action, Options, RasoatCommand, guarded, tell
from crawler.errors import BadInput, StoreUnavailable

MODULE = """
from crawler.console.command import Action, RasoatCommand
from crawler.errors import BadInput, StoreUnavailable


class Try(RasoatCommand):
    summary = "try things"

    def actions(self):
        return {
            "": Action(self.plain, "the default", lambda parser: parser.add_argument("--many", type=int, default=1)),
            "bad": Action(self.bad, "bad input"),
            "away": Action(self.away, "no store"),
            "three": Action(lambda opts: 3, "a status"),
            "file": Action(lambda opts: print(opts.file), "a file", lambda parser: parser.add_argument("file")),
        }

    def plain(self, opts):
        for number in range(opts.many):
            print(number, self.given["X"], self.given["Y"])

    def bad(self, opts):
        raise BadInput("a.csv: line 3: name: missing\\na.csv: line 4: \\x1b[31mname: missing")

    def away(self, opts):
        raise StoreUnavailable("cannot reach MongoDB")
"""


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of a project of its own through the real ``scrapy``."""
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "try_.py").write_text(MODULE)
    (tmp_path / "trial" / "__init__.py").write_text("")
    (tmp_path / "trial_settings.py").write_text('COMMANDS_MODULE = "trial"\nX = "x"\nY = "y"\n')
    root = Path(__file__).parents[3]
    env = {**os.environ, "SCRAPY_SETTINGS_MODULE": "trial_settings", "PYTHONPATH": f"{tmp_path}:{root}"}

    def call(*args: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*prefix, sys.executable, "-m", "scrapy", *args]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)

    return call


Run = Callable[..., subprocess.CompletedProcess[str]]


def test_without_an_action_the_default_runs(run: Run) -> None:
    done = run("try_", "--many", "2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 x y\n1 x y\n", "")


@pytest.mark.parametrize(
    "args",
    [
        ("try_", "-s", "X=1", "--many", "1", "-sY=2"),
        ("try_", "--many", "1", "-s", "Y=2", "--set", "X=1"),
        ("try_", "--set=X=1", "--many=1", "-s", "Y=2"),
    ],
)
def test_settings_work_in_any_position(args: tuple[str, ...], run: Run) -> None:
    assert run(*args).stdout == "0 1 2\n"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("try_", "what"), "unrecognised argument what"),
        (("try_", "bad", "a", "-b"), "unrecognised arguments a -b"),
        (("try_", "--man", "1"), "unrecognised arguments --man 1"),
        (("try_", "--many", "x"), "argument --many: invalid int value: 'x'"),
        (("try_", "file"), "the following arguments are required: file"),
        (("try_", "-s", "X"), "invalid -s value, use -s NAME=VALUE"),
        (("try_", "bad", "-L"), "argument -L/--loglevel: expected one argument"),
        (("try_", "--pidfile", "/nonexistent/x"), "/nonexistent/x: No such file or directory"),
    ],
)
def test_wrong_usage_is_one_line_and_2(args: tuple[str, ...], line: str, run: Run) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"scrapy try_: {line}\n")


def test_bad_input_is_its_lines_and_2(run: Run) -> None:
    done = run("try_", "bad")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "scrapy try_: a.csv: line 3: name: missing",
        "scrapy try_: a.csv: line 4: \\x1b[31mname: missing",
    ]


def test_other_failures_are_one_line_and_1(run: Run) -> None:
    done = run("try_", "away")
    assert (done.returncode, done.stderr) == (1, "scrapy try_: cannot reach MongoDB\n")


def test_an_action_may_give_its_own_status(run: Run) -> None:
    assert run("try_", "three").returncode == 3


def test_a_reader_that_closes_early_is_no_failure(run: Run, tmp_path: Path) -> None:
    script = 'set -o pipefail; "$@" | head -1'
    done = run("try_", "--many", "300000", prefix=("bash", "-c", script, "-"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 x y\n", "")


def test_help_is_that_of_the_action(run: Run) -> None:
    assert "usage: scrapy try_ file file" in run("try_", "file", "-h").stdout
    whole = run("try_", "--help")
    assert whole.returncode == 0
    assert "scrapy try_ away\n      no store" in whole.stdout
    assert "--many" in whole.stdout


class Nothing(RasoatCommand):
    summary = "nothing"

    def actions(self) -> Mapping[str, Action]:
        return {"x": Action(self._raise, "raise")}

    def _raise(self, opts: Options) -> int:
        raise self.error

    error: BaseException = ValueError("a fault of the program")


def test_faults_of_the_program_keep_their_traceback() -> None:
    command = Nothing()
    command.settings = Settings()
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    opts, rest = parser.parse_known_args(["x"])
    command.process_options(rest, opts)
    with pytest.raises(ValueError, match="a fault of the program"):
        command.run(rest, opts)
    command.error = KeyboardInterrupt()
    command.run(rest, opts)
    assert command.exitcode == 1


def test_without_a_default_an_action_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    command = Nothing()
    command.settings = Settings()
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    with pytest.raises(SystemExit) as caught:
        command.process_options(*reversed(parser.parse_known_args([])))
    assert caught.value.code == 2
    assert "say what to do: one of x" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status"),
    [(BadInput("x"), 2), (StoreUnavailable("x"), 1), (KeyboardInterrupt(), 1), (OSError(28, "No space left"), 1)],
)
def test_exit_statuses(error: BaseException, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with guarded("x") as outcome:
        raise error
    assert outcome.status == status  # type: ignore[unreachable]
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_lines_are_safe_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    tell("x", "a\x1b]0;title\x07b\n\u202ec")
    assert sys.stderr.getvalue() == "scrapy x: a\\x1b]0;title\\x07b\nscrapy x: \\u202ec\n"  # type: ignore[attr-defined]
