"""What a benchmark says: one table for people, one JSON line a result for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(slots=True)
class Report:
    """Prints as results come; ``json_lines`` leaves the tables out."""

    json_lines: bool = False
    console: Console = field(default_factory=lambda: Console(width=120, highlight=False))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """A compact table; numbers to the right."""
        if self.json_lines:
            return
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        for number, column in enumerate(columns):
            table.add_column(column, justify="right" if number else "left")
        for row in rows:
            table.add_row(*(_shown(value) for value in row))
        self.console.print(table)

    def say(self, text: str) -> None:
        """A plain line below a table."""
        if not self.json_lines:
            self.console.print(text, markup=False)

    def result(self, benchmark: str, **values: Any) -> None:
        """One JSON line."""
        if self.json_lines:
            machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
            print(json.dumps({"benchmark": benchmark, **values, "machine": machine}, default=str), flush=True)

    def goal(self, what: str, value: float, goal: float, *, most: bool = False) -> None:
        """How a figure stands to its goal."""
        met = value <= goal if most else value >= goal
        sign = "at most" if most else "at least"
        self.say(f"{what}: {value:.2f} (goal: {sign} {goal:g}) {'met' if met else 'NOT met'}")


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
