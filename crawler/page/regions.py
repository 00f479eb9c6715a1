"""Containers that visitors of a website fill themselves, by the names that platforms give them: data/regions.txt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from crawler.errors import BadRules
from crawler.page import tags

KINDS = ("comment", "guestbook", "forum", "question", "profile")
FILE = "crawler/page/data/regions.txt"
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"([a-z]*)([.#])([a-z][a-z0-9_-]+)(\*?)")


@dataclass(frozen=True, slots=True)
class Regions:
    """Kinds by word without separators, and by whole and beginning names with their mark (``.name``, ``div#name``)."""

    words: dict[str, str]
    whole: dict[str, str]
    begins: dict[str, str]
    word: re.Pattern[str]
    beginnings: tuple[str, ...]

    def kind_of(self, tag: str, ident: str, classes: str) -> str:
        """What visitors write into such a container (one of ``KINDS``), or "" when they do not.

        Any number counts as 0, here and in the selectors.
        """
        ident, classes = _NUMBER.sub("0", ident.lower()), _NUMBER.sub("0", classes.lower())
        if found := self.word.search(f"{ident} {classes}"):
            return self.words[found[1].replace("-", "").replace("_", "")]
        names = [f"#{ident}"] if ident else []
        names += [f".{name}" for name in classes.split()]
        for name in names:
            if kind := self.whole.get(name) or self.whole.get(tag + name):
                return kind
            if name.startswith(self.beginnings):
                return next(kind for start, kind in self.begins.items() if name.startswith(start))
        return ""


@lru_cache(maxsize=1)
def regions() -> Regions:
    """The regions of all known platforms. Raises ``BadRules`` with all faults, one a line."""
    return read(files("crawler.page").joinpath("data/regions.txt").read_text("utf-8"))


def read(text: str, file: str = FILE) -> Regions:
    """Regions out of a file as ``data/regions.txt`` explains it. Raises ``BadRules`` with all faults, one a line."""
    faults: list[str] = []
    kinds: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, kind, selector in _selectors(text, file, faults):
        if fault := _fault(selector):
            faults.append(f"{file}:{number}: {selector}: {fault}")
        elif kinds.get(selector, kind) != kind:
            faults.append(f"{file}:{number}: {selector}: is {kinds[selector]} in line {lines[selector]} already")
        kinds[selector], lines[selector] = kind, number
    if not kinds and not faults:
        faults.append(f"{file}:1: names no region")
    if faults:
        raise BadRules("\n".join(faults))
    return _compiled(kinds)


def _selectors(text: str, file: str, faults: list[str]) -> Iterator[tuple[int, str, str]]:
    """Line, kind and selector in small letters."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("# ") or line.strip() == "#":
            continue
        platform, *rest = line.lower().split()
        if len(rest) < 2:
            faults.append(f"{file}:{number}: {platform}: a line has a platform, a kind and at least one selector")
        elif rest[0] not in KINDS:
            faults.append(f"{file}:{number}: {platform}: unknown kind {rest[0]!r}: one of {', '.join(KINDS)}")
        else:
            yield from ((number, rest[0], _NUMBER.sub("0", selector)) for selector in rest[1:])


def _fault(selector: str) -> str:
    if _WORD.fullmatch(selector):
        return ""
    if not (name := _NAME.fullmatch(selector)):
        return "no selector; write a word, .class, #id, tag.class or tag#id, with * only at the end"
    if name[1] and name[4]:
        return "a beginning (*) goes without a tag"
    if name[1] and tags.number(name[1]) not in tags.CONTAINERS:
        return f"<{name[1]}> is not one of the containers that are looked at"
    return ""


def _compiled(kinds: dict[str, str]) -> Regions:
    words = [selector for selector in kinds if _WORD.fullmatch(selector)]
    begins = {selector[:-1]: kind for selector, kind in kinds.items() if selector.endswith("*")}
    # One flat alternation of plain words: the matcher then looks at their first letters only.
    any_word = "|".join(word.replace("-", "[-_]?") for word in sorted(words)) or "(?!)"
    return Regions(
        words={word.replace("-", ""): kinds[word] for word in words},
        whole={selector: kind for selector, kind in kinds.items() if selector not in words},
        begins=begins,
        word=re.compile(rf"(?:^|[\s_-])({any_word})(?=$|[\s\d_-])"),
        beginnings=tuple(begins),
    )
