"""Prints how a review of the demo province came out."""

from rich.console import Console
from rich.table import Table

from crawler.demo.check import Verdict


def show(verdict: Verdict, canary: int, cookies: int, look: str) -> None:
    """One table of figures, every difference from the truth as a line, the command ``look`` that shows the results.

    ``canary`` connections to a forbidden address and ``cookies`` sent back are what the servers saw.
    """
    table = Table(title="The demo province: what was planted, what was found")
    table.add_column("")
    table.add_column("found", justify="right")
    table.add_column("expected", justify="right")
    table.add_row("planted truths confirmed, vector right", str(verdict.found), str(verdict.truths))
    for vector, (found, truths) in sorted(verdict.vectors.items()):
        table.add_row(f"  {vector}", str(found), str(truths))
    if verdict.viewed[1]:
        table.add_row("truths not shown to everybody, views right", *map(str, verdict.viewed))
        table.add_row("honest dynamic pages suspected", str(len(verdict.restless)), "0")
    table.add_row("innocent look-alikes confirmed", str(len(verdict.flagged)), "0")
    table.add_row("innocent look-alikes only suspected", str(verdict.suspected), f"of {verdict.lookalikes}")
    table.add_row("other pages confirmed", str(len(verdict.strays)), "0")
    table.add_row("hosts in the right end state", str(verdict.hosts - len(verdict.differing)), str(verdict.hosts))
    table.add_row("reachable pages not stored", str(len(verdict.unreached)), "0")
    table.add_row("connections to the forbidden canary", str(canary), "0")
    table.add_row("cookies sent back", str(cookies), "0")
    table.add_row("pages stored", str(verdict.pages), "")
    console = Console()
    console.print()
    console.print(table)
    groups = (
        ("missed", verdict.missed),
        ("view", verdict.misviewed),
        ("honest dynamic page suspected", verdict.restless),
        ("look-alike confirmed", verdict.flagged),
        ("confirmed without reason", verdict.strays),
        ("end state", verdict.differing),
        ("not stored", verdict.unreached),
    )
    for name, lines in groups:
        for line in lines[:20]:
            console.print(f"  {name}: {line}", markup=False, highlight=False, soft_wrap=True)
        if len(lines) > 20:
            console.print(f"  {name}: and {len(lines) - 20} more")
    console.print(f"\nThe results stay there; to look again:\n  {look}", markup=False, highlight=False, soft_wrap=True)
