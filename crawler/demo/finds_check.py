"""Holds what discovery found against what nobody registered in the province."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

WILD = ("doson.haiphong.edu.vn", "kienan.haiphong.edu.vn", "ngoquyen.haiphong.edu.vn")


@dataclass(slots=True)
class Finds:
    """Counts, and each fault as a line."""

    expected: int = 0
    found: int = 0
    standing: int = 0
    judged: int = 0
    owned: int = 0
    claimed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not self.faults


def compare_finds(found: Mapping[str, tuple[str, str, str]], truth: Iterable[Mapping[str, Any]]) -> Finds:
    """``found``: host -> (verdict, outcome, unit); ``truth``: the wilderness's, as plain data."""
    result, known = Finds(), set()
    for one in truth:
        host = one["host"]
        known.add(host)
        result.expected += 1
        if host not in found:
            result.faults.append(f"not found: {host}")
            continue
        result.found += 1
        verdict, outcome, unit = found[host]
        if one["verdict"]:
            result.judged += 1
            result.standing += verdict == one["verdict"]
            if verdict != one["verdict"]:
                result.faults.append(f"{host}: {verdict} instead of {one['verdict']}")
        if one["outcome"]:
            result.claimed += 1
            result.owned += (outcome, unit) == (one["outcome"], one["unit"])
            if (outcome, unit) != (one["outcome"], one["unit"]):
                result.faults.append(f"{host}: {outcome} {unit} instead of {one['outcome']} {one['unit']}")
    strays = [host for host in found if host.endswith(WILD) and host not in (*known, *WILD)]
    result.faults += [f"in a wildcard zone: {host}" for host in strays if not host.startswith("ns.")]
    return result


def show_finds(finds: Finds) -> None:
    """A small table, and the faults."""
    table = Table(title="Hosts that nobody registered", title_justify="left")
    table.add_column("")
    table.add_column("right", justify="right")
    table.add_column("of", justify="right")
    table.add_row("found", str(finds.found), str(finds.expected))
    table.add_row("how they stand", str(finds.standing), str(finds.judged))
    table.add_row("whose they are", str(finds.owned), str(finds.claimed))
    console = Console()
    console.print(table)
    for fault in finds.faults:
        console.print(fault, markup=False, highlight=False)
