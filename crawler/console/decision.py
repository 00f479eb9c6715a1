"""``scrapy hosts import|assign|dismiss|retire`` and ``scrapy register propose``: what a person brings and decides."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo.synchronous.database import Database

from crawler.console.command import tell
from crawler.discovery.imports import FORMATS, Fault, Seen, read_names
from crawler.discovery.linked import looks_like_a_unit
from crawler.discovery.naming import host_key, is_within
from crawler.errors import BadArgument
from crawler.items import Host, Source
from crawler.register.forms import Matcher, named
from crawler.store.discovered import all_units, import_hosts, known_names
from crawler.urls import clean

MAX_TOLD = 20
"""Bad lines that are told one by one."""


def import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--format", metavar="NAME", choices=sorted(FORMATS), default="", help=f"{', '.join(FORMATS)}")
    parser.add_argument("--all", action="store_true", help="names too that are outside the authority's zones")


def decision_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("host", metavar="HOST", help="host, host:port or a URL on it")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why")
    parser.add_argument("--by", metavar="NAME", required=True, help="who says so")


def assign_options(parser: argparse.ArgumentParser) -> None:
    decision_options(parser)
    parser.add_argument("--unit", metavar="CODE", required=True, help="the unit that it belongs to")


def words_of(opts: argparse.Namespace) -> dict[str, str]:
    """Reason and name of a decision, neither of them empty; raises ``BadArgument``."""
    words = {"reason": opts.reason.strip(), "by": opts.by.strip()}
    for name, text in words.items():
        if not text:
            raise BadArgument(f"--{name}: is empty")
    return words


class Import:
    """Names of a file on their way into the store; counts what becomes of them."""

    def __init__(
        self, db: Database[dict[str, Any]], zones: Sequence[str], ports: frozenset[int], everything: bool
    ) -> None:
        self._db = db
        self._zones = tuple(zones)
        self._ports = ports
        self._all = everything
        self._known = known_names(db)
        self._matcher = Matcher(named(unit) for unit in all_units(db))
        self.lines = self.left_out = self.names = self.new = 0
        self.faults: list[Fault] = []
        self.bad = 0

    def run(self, path: Path, format_: str) -> None:
        """Bring the file in. Raises ``BadInput`` for one that cannot be read."""
        self.new = import_hosts(self._db, self._hosts(path, format_))

    def _hosts(self, path: Path, format_: str) -> Iterator[Host]:
        now = datetime.now(UTC)
        taken: set[str] = set()
        for one in read_names(path, format_):
            if isinstance(one, Fault):
                self.bad += 1
                if len(self.faults) < MAX_TOLD:
                    self.faults.append(one)
            elif not self._is_wanted(one):
                self.left_out += 1
            else:
                taken.add(one.name)
                self.names = len(taken)
                yield self._host(one, path.name, now)

    def _is_wanted(self, one: Seen) -> bool:
        inside = is_within(one.name, self._zones)
        return self._all or inside or one.name in self._known or looks_like_a_unit(self._matcher, one.name, self._zones)

    def _host(self, one: Seen, file: str, now: datetime) -> Host:
        key = self._known.get(one.name) or host_key(one.name, self._ports)
        first, last = one.first or one.last or now, one.last or one.first or now
        source = Source("import", f"{clean(file, 100)}:{one.line}", min(first, last), max(first, last))
        return Host(key, now, [source], recognised="yes" if is_within(one.name, self._zones) else "no")

    def tell(self, command: str, path: Path) -> None:
        """Say what became of the file."""
        for fault in self.faults:
            tell(command, f"{path.name}:{fault.line}: {fault.reason}")
        if self.bad > len(self.faults):
            tell(command, f"{path.name}: {self.bad - len(self.faults)} further lines could not be taken")
        told = f"{path.name}: {self.names:,} names, {self.new:,} of them new"
        if self.left_out:
            told += f"; {self.left_out:,} lines outside the authority's zones were left out (--all takes them)"
        print(told)  # noqa: T201 - the command's answer
