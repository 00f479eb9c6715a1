"""Text from a sentence grammar: data files of alternatives, and a writer that chooses with a seeded generator."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random

_SLOT = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)-(\d+)")
_STEPS = 400  # more expansions than any text of ours needs: a symbol that holds itself stops here


@dataclass(slots=True, frozen=True)
class Topic:
    """One entry of a file of topics: the fields of its head line and its lines by their first letter."""

    name: str
    fields: tuple[str, ...]
    titles: tuple[str, ...]
    leads: tuple[str, ...]
    lines: tuple[str, ...]


@cache
def parts(name: str) -> tuple[str, ...]:
    """A data file of the demo, or all files of a folder in order, by the path below ``data``; works out of an egg."""
    place = files("crawler.demo").joinpath("data", *name.split("/"))
    found = sorted(place.iterdir(), key=lambda part: part.name) if place.is_dir() else [place]
    return tuple(part.read_text("utf-8") for part in found)


def read(name: str) -> str:
    """The same as one text."""
    return "\n".join(parts(name))


def _lines(name: str) -> list[str]:
    return [line for line in read(name).splitlines() if line and not line.startswith("# ")]


@cache
def symbols(name: str) -> Mapping[str, tuple[str, ...]]:
    """``[symbol]`` sections of a data file or folder with their alternatives, one a line."""
    found: dict[str, list[str]] = {}
    section: list[str] = []
    for line in _lines(name):
        if line.startswith("[") and line.endswith("]"):
            section = found.setdefault(line[1:-1], [])
        else:
            section.append(line)
    return {symbol: tuple(lines) for symbol, lines in found.items()}


@cache
def topics(name: str) -> tuple[Topic, ...]:
    """``== name | field | ...`` entries of a file or folder; lines begin with ``T ``, ``L ``, ``B `` or nothing."""
    found = []
    for chunk in ("\n" + "\n".join(_lines(name))).split("\n== ")[1:]:
        head, *lines = chunk.split("\n")
        key, *fields = (part.strip() for part in head.split("|"))
        sorted_lines: dict[str, list[str]] = {"T": [], "L": [], "B": []}
        for line in lines:
            letter, _, rest = line.partition(" ")
            if letter in sorted_lines and rest:
                sorted_lines[letter].append(rest)
            else:
                sorted_lines["B"].append(line)
        found.append(Topic(key, tuple(fields), *(tuple(kind) for kind in sorted_lines.values())))
    return tuple(found)


@dataclass(slots=True)
class Writer:
    """Expands lines of a grammar.

    ``known`` holds what is fixed (the school, the day); ``marks`` (level of the school, month) pick ``symbol@mark``.
    """

    random: Random
    known: Mapping[str, str]
    marks: tuple[str, ...] = ()
    memory: dict[str, str] = field(default_factory=dict)

    def write(self, line: str) -> str:
        """The line with every slot filled; raises KeyError for a symbol that no file knows."""
        for _ in range(_STEPS):
            found = _SLOT.search(line)
            if found is None:
                return line
            line = line[: found.start()] + self._fill(found[1]) + line[found.end() :]
        raise ValueError(f"the text never ends: {line[:80]}")

    def _fill(self, slot: str) -> str:
        if "|" in slot:
            return self.random.choice(slot.split("|"))
        numbers = _RANGE.fullmatch(slot)
        if numbers:
            return str(self.random.randint(int(numbers[1]), int(numbers[2])))
        if slot.startswith("^"):
            text = self.write("{" + slot[1:] + "}")
            return text[:1].upper() + text[1:]
        if slot in self.memory:
            return self.memory[slot]
        symbol, _, mark = slot.partition(".")
        text = self.known[symbol] if symbol in self.known else self.write(self.random.choice(self._all(symbol)))
        if mark:
            self.memory[slot] = text
        return text

    def _all(self, symbol: str) -> tuple[str, ...]:
        words = symbols("words")
        for mark in self.marks:
            found = words.get(f"{symbol}@{mark}")
            if found:
                return found
        return words[symbol]


def day(moment: date) -> str:
    return f"{moment:%d/%m/%Y}"


def school_year(moment: date) -> str:
    """The school year of a day: it begins in August."""
    first = moment.year if moment.month >= 8 else moment.year - 1
    return f"{first} – {first + 1}"


def days(moment: date, random: Random) -> dict[str, str]:
    """The slots that a day gives: the day itself, one to come, the school year."""
    return {
        "ngày": day(moment - timedelta(days=random.randint(0, 2))),
        "ngày sau": day(moment + timedelta(days=random.randint(3, 12))),
        "năm học": school_year(moment),
        "tháng": str(moment.month),
        "tuổi 20/11": str(moment.year - 1982),
    }


def slug(text: str, limit: int = 80) -> str:
    """Vietnamese text as the platforms write it in URLs: no accents, words joined by hyphens."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))[:limit].rstrip("-")
