"""The base of our commands: nested actions, strict arguments, the exit status of the contract.

Exit status: 0 success, 1 failure, 2 wrong usage or bad input, with one clear line on standard error.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NoReturn

from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings
from scrapy.utils.conf import arglist_to_dict

from crawler.errors import BadArgument, BadInput, RasoatError
from crawler.urls import clean

Options = argparse.Namespace

OK, FAILED, BAD = 0, 1, 2


def _no_options(parser: argparse.ArgumentParser) -> None:
    """An action without arguments."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a command does. ``run`` returns the exit status (None is success)."""

    run: Callable[[Options], int | None]
    help: str
    options: Callable[[argparse.ArgumentParser], None] = _no_options


class RasoatCommand(ScrapyCommand):
    """A command with actions, ``scrapy register import FILE``; the action "" is what it does without one.

    A subclass sets ``summary`` and returns its ``actions``. Heavy imports belong inside an action's function:
    Scrapy creates every command on every call. ``-s NAME=VALUE`` works at any place after the command's name.
    """

    requires_project = True
    requires_crawler_process = False
    summary: ClassVar[str] = ""

    def actions(self) -> Mapping[str, Action]:
        """The actions by name, in the order of the help."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The command's name: its module's."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def given(self) -> Settings:
        """The settings, with what ``-s`` said."""
        assert self.settings is not None
        return self.settings

    def short_desc(self) -> str:
        return self.summary

    def syntax(self) -> str:
        names = [name for name in self.actions() if name]
        return "|".join(names) + " [options]" if names else "[options]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Only Scrapy's global options; an action's own are read strictly by ``process_options``."""
        super().add_options(parser)
        parser.allow_abbrev = False
        # The stock -h would print this parser's help whatever action stands before it.
        parser.add_argument("-h", "--help", action="store_true", dest="help", help="show this help and exit")
        setattr(parser, "error", self._refuse)  # noqa: B010 - its own error prints more than one line
        self._parser = parser

    def process_options(self, args: list[str], opts: Options) -> None:
        """Read what Scrapy left over; exits with 2 for anything that has no meaning."""
        if opts.help:
            self._help(args)
        try:
            arglist_to_dict(opts.set)
        except ValueError:
            self._refuse("invalid -s value, use -s NAME=VALUE")
        try:
            super().process_options(args, opts)
        except OSError as error:
            self._refuse(f"{error.filename}: {error.strerror}")
        actions = self.actions()
        chosen = args[0] if args and args[0] in actions else ""
        if chosen not in actions:
            self._refuse(self._what_is_wanted(args))
        rest = args[1:] if chosen else args
        parser = self._action_parser(chosen)
        given, unknown = parser.parse_known_args(rest)
        if unknown:
            self._refuse(_unrecognised(unknown))
        self._action = actions[chosen]
        vars(opts).update(vars(given))

    def run(self, args: list[str], opts: Options) -> None:
        """Do the action; errors become one line and an exit status."""
        with guarded(self.name) as outcome:
            outcome.status = self._action.run(opts) or OK
        self.exitcode = outcome.status

    def _action_parser(self, chosen: str) -> argparse.ArgumentParser:
        prog = f"scrapy {self.name} {chosen}".rstrip()
        action = self.actions()[chosen]
        parser = _Strict(prog, self._refuse, action.help)
        action.options(parser)
        return parser

    def _what_is_wanted(self, args: Sequence[str]) -> str:
        names = ", ".join(name for name in self.actions() if name)
        if not args:
            return f"say what to do: one of {names}"
        return f"{_unrecognised(args[:1])}; one of {names} is wanted"

    def _help(self, args: Sequence[str]) -> NoReturn:
        actions = self.actions()
        if args and args[0] in actions:
            self._action_parser(args[0]).print_help()
        else:
            self._parser.print_help()
            for name, action in actions.items():
                print(f"\n  scrapy {self.name} {name}".rstrip() + f"\n      {action.help}")  # noqa: T201
            if "" in actions:
                print()  # noqa: T201
                self._action_parser("").print_help()
        raise SystemExit(OK)

    def _refuse(self, message: str) -> NoReturn:
        tell(self.name, message)
        raise SystemExit(BAD)


class _Strict(argparse.ArgumentParser):
    """A parser whose complaint is one line of ours."""

    def __init__(self, prog: str, refuse: Callable[[str], NoReturn], description: str) -> None:
        super().__init__(prog=prog, description=description, add_help=False, allow_abbrev=False)
        self._refuse = refuse

    def error(self, message: str) -> NoReturn:
        self._refuse(message)


@dataclass(slots=True)
class Outcome:
    """What ``guarded`` leaves behind."""

    status: int = OK


@contextmanager
def guarded(name: str) -> Iterator[Outcome]:
    """Turn what a command raises into lines on standard error and an exit status, never a traceback.

    ``BadInput`` gives 2; every other ``RasoatError``, Ctrl-C and a full disk give 1. A reader that
    closed our output has seen enough: that is no failure.
    """
    outcome = Outcome()
    try:
        yield outcome
        sys.stdout.flush()
    except BadInput as error:
        tell(name, str(error))
        outcome.status = BAD
    except RasoatError as error:
        tell(name, str(error))
        outcome.status = FAILED
    except KeyboardInterrupt:
        tell(name, "interrupted")
        outcome.status = FAILED
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        tell(name, f"{error.filename}: {error.strerror}" if error.filename else str(error))
        outcome.status = FAILED


def tell(name: str, message: str) -> None:
    """Write lines to standard error, each with the command's name and safe for a terminal."""
    for line in message.splitlines() or [""]:
        sys.stderr.write(f"scrapy {name}: {clean(line, 2000)}\n")


def existing_file(text: str) -> Path:
    """The path of a file that has to be there; raises ``BadArgument``."""
    path = Path(text)
    if not path.is_file():
        raise BadArgument(f"{text}: no such file")
    return path


def _unrecognised(unknown: Sequence[str]) -> str:
    plural = "s" if len(unknown) > 1 else ""
    return f"unrecognised argument{plural} {' '.join(unknown)}"
