"""What an import did, for a person: counts first, then every refused row, then what changed."""

import sys
from collections.abc import Iterable
from typing import Any

from crawler.console.output import console
from crawler.register.apply import Summary
from crawler.register.units import TITLES
from crawler.urls import clean

LIMIT = 200  # changes shown; refused rows are shown all


def show(summary: Summary, name: str, *, dry_run: bool) -> None:
    """Write the summary to standard output, and the number of refused rows to standard error too."""
    counts = (
        f"{summary.rows} rows: {summary.new} new, {summary.changed} changed, "
        f"{summary.unchanged} unchanged, {summary.refused_rows} refused"
    )
    _say(f"{name}: {counts}" + (" (nothing was written: --dry-run)" if dry_run else ""))
    if summary.ignored:
        _say(f"columns that mean nothing to the register: {', '.join(summary.ignored)}")
    _block("refused", (str(fault) for fault in summary.refused))
    _block("taken, though", (str(fault) for fault in summary.notes))
    shown = summary.changes[:LIMIT]
    changes = [
        f"line {item.line}: {item.unit}: {TITLES.get(item.field, item.field)}: {_value(item.old)} → {_value(item.new)}"
        for item in shown
    ]
    if len(summary.changes) > LIMIT:
        changes.append(f"and {len(summary.changes) - LIMIT} changes more")
    _block("changed", changes)
    if summary.missing:
        some = ", ".join(summary.missing[:20]) + (" …" if len(summary.missing) > 20 else "")
        _say(f"in the register but not in this file (kept as they are): {len(summary.missing)}: {some}")
    if summary.refused:
        sys.stdout.flush()
        sys.stderr.write(f"scrapy register: {clean(name)}: {summary.refused_rows} rows were refused\n")


def _block(title: str, lines: Iterable[str]) -> None:
    lines = list(lines)
    if lines:
        _say(f"{title}:")
        for line in lines:
            _say(f"  {line}")


def _say(line: str) -> None:
    console().print(clean(line, 1000), soft_wrap=True)


def _value(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return f'"{value}"' if value else "nothing"
