"""Faults of rule files and lists: collected, never raised one by one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong, and where; ``rule`` is empty outside a rule, ``line`` counts from 1."""

    file: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        rule = f" {self.rule}:" if self.rule else ""
        return f"{self.file}:{self.line}:{rule} {self.text}"


class RuleFaults(Exception):
    """Raised by ``load`` after everything was read, with every fault; its text holds one a line."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
