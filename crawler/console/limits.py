"""Long lists: a table is cut and says so, JSON and CSV are whole unless a limit is given."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence

from crawler.console.command import tell
from crawler.console.output import Column, Format, Row, listing
from crawler.errors import BadArgument

TABLE_LIMIT = 200


def limit_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--limit``."""
    parser.add_argument("--limit", metavar="N", type=int, help=f"at most so many, 0 for all [{TABLE_LIMIT} in a table]")


def limit_of(given: int | None, fmt: Format) -> int:
    """Rows to write, 0 for all. Raises ``BadArgument``."""
    if given is None:
        return TABLE_LIMIT if fmt == "table" else 0
    if given < 0:
        raise BadArgument("--limit: must not be negative")
    return given


def limited(
    command: str, what: str, rows: Callable[[int], Iterable[Row]], columns: Sequence[Column], fmt: Format, limit: int
) -> None:
    """Write rows; standard error tells when there are none, or more than ``limit``. ``rows`` takes a limit."""
    part = _Part(rows(limit + 1 if limit else 0), limit)
    shown = listing(part, columns, fmt)
    if fmt == "table" and not shown:
        tell(command, f"no {what} fits")
    if part.more:
        tell(command, f"there are more than {shown} {what}s; --limit 0 shows all")


class _Part:
    """The first rows, and whether there was one more."""

    def __init__(self, rows: Iterable[Row], limit: int) -> None:
        self._rows = rows
        self._limit = limit
        self.more = False

    def __iter__(self) -> Iterator[Row]:
        for number, row in enumerate(self._rows):
            if self._limit and number >= self._limit:
                self.more = True
                return
            yield row
