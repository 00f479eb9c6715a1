"""How a unit's name turns into a label of a host name, and back; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from crawler.register.lookalikes import skeleton
from crawler.register.names import fold

# Short words for a level as host names write them, the usual one first.
LEVEL_LABELS: dict[str, tuple[str, ...]] = {
    "mam_non": ("mn", "mamnon", "mg", "maugiao", "truongmn"),
    "tieu_hoc": ("th", "tieuhoc", "c1", "truongth", "truongtieuhoc"),
    "thcs": ("thcs", "c2", "truongthcs"),
    "thpt": ("thpt", "c3", "truongthpt"),
    "lien_cap": ("lc", "liencap"),  # beside those of its two levels, see ``level_labels``
    "gdtx": ("gdtx", "gdnn-gdtx", "gdnngdtx", "ttgdtx", "ttgdnngdtx"),
    "phong": ("pgd", "pgddt", "phonggd", "phonggddt", "pgd-dt"),
    "so": ("sogd", "sogddt"),
    "khac": ("",),
}
# Words of a name that say what it is, not which one; longer ones first.
_LEVEL_WORDS = (
    "trung tam giao duc nghe nghiep giao duc thuong xuyen",
    "trung tam gdnn gdtx",
    "trung tam giao duc thuong xuyen",
    "phong giao duc va dao tao",
    "so giao duc va dao tao",
    "tieu hoc va trung hoc co so",
    "trung hoc co so va trung hoc pho thong",
    "th va thcs",
    "th thcs",
    "thcs va thpt",
    "thcs thpt",
    "trung hoc co so",
    "trung hoc pho thong",
    "giao duc thuong xuyen",
    "mam non",
    "mau giao",
    "tieu hoc",
    "trung tam",
    "phong gddt",
    "phong gd dt",
    "gdnn gdtx",
    "gdtx",
    "gdnn",
    "thcs",
    "thpt",
    "mn",
    "th",
)
_PLACE_WORDS = ("phuong", "xa", "quan", "huyen", "thi tran", "thi xa", "thanh pho", "dac khu")
_TYPE_WORDS = ("cong lap", "tu thuc", "dan lap")
_BAIT = (
    "tuyensinh",
    "dangky",
    "diemthi",
    "tracuu",
    "tuyendung",
    "cong",
    "web",
    "website",
    "www",
    "vnedu",
    "elearning",
    "lms",
)
_NOT_LETTER = re.compile(r"[^a-z0-9]+")
_NUMBER_AT_END = re.compile(r"\d{1,2}$")


@lru_cache(maxsize=8192)
def stem(name: str) -> tuple[str, ...]:
    """The words of a unit's name that tell it from others: "Trường THCS Hoa Phượng Đỏ" → (hoa, phuong, do)."""
    folded = fold(re.sub(r"\(.*?\)", " ", name))
    rest = f" {folded} "
    for words in (("truong",), _TYPE_WORDS, _LEVEL_WORDS, _TYPE_WORDS):  # each once: a school may be called Trường Sơn
        found = next((word for word in words if rest.startswith(f" {word} ")), "")
        rest = rest[len(found) + 1 :] if found else rest
    return tuple(rest.split()) or tuple(folded.split())


@lru_cache(maxsize=8192)
def place(text: str) -> tuple[str, ...]:
    """The words of a commune or district: "Phường Lê Chân" → (le, chan); a number stays ("Quận 7" → quan, 7)."""
    folded = fold(text)
    for word in _PLACE_WORDS:
        if folded.startswith(f"{word} ") and not folded[len(word) + 1 :].isdigit():
            return tuple(folded[len(word) + 1 :].split())
    return tuple(folded.split())


def flat(label: str) -> str:
    """A label without what tells nothing: hyphens, dots, underscores."""
    return _NOT_LETTER.sub("", label.lower())


_PAIRS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("tieu_hoc", "thcs"): ("ththcs", "thvathcs", "th-thcs", "thcs", "th"),
    ("thcs", "thpt"): ("thcsthpt", "thcsvathpt", "thcs-thpt", "thpt", "thcs"),
}
_LEVELS_IN_NAMES = {
    "tieu_hoc": ("tieu hoc", "th"),
    "thcs": ("trung hoc co so", "thcs"),
    "thpt": ("trung hoc pho thong", "thpt"),
}


def level_labels(name: str, level: str) -> tuple[str, ...]:
    """How host names write a unit's level, the usual way first; a school of two levels is written with both."""
    if level != "lien_cap":
        return LEVEL_LABELS.get(level, ("",))
    padded = f" {fold(name)} "
    both = tuple(one for one, words in _LEVELS_IN_NAMES.items() if any(f" {word} " in padded for word in words))
    return (*_PAIRS.get(both[:2], both), *LEVEL_LABELS["lien_cap"])


@dataclass(frozen=True, slots=True)
class Named:
    """A unit as far as its name matters.

    ``levels`` are labels for its level, ``places`` the words of its commune and districts, today's first.
    """

    code: str
    levels: tuple[str, ...]
    words: tuple[str, ...]
    places: tuple[tuple[str, ...], ...] = ()


def named(unit: Mapping[str, object]) -> Named:
    """Out of a unit of the store."""
    places = [place(str(unit.get(name) or "")) for name in ("commune", "district")]
    more = unit.get("places")
    places += [place(str(text)) for text in more] if isinstance(more, list) else []
    kept = tuple(dict.fromkeys(one for one in places if one))
    name = str(unit["name"])
    return Named(str(unit["_id"]), level_labels(name, str(unit.get("level") or "khac")), stem(name), kept)


@dataclass(frozen=True, slots=True)
class Match:
    """How a label fits a unit.

    ``exact`` with its level, ``place`` with a place too, ``loose`` without a level, ``initials`` only by initials.
    """

    unit: str
    how: str


class Matcher:
    """Which units a label may mean."""

    def __init__(self, units: Iterable[Named]) -> None:
        self._exact: dict[str, set[str]] = {}
        self._placed: dict[str, set[str]] = {}
        self._loose: dict[str, set[str]] = {}
        self._initials: dict[str, set[str]] = {}
        for unit in units:
            core = "".join(unit.words)
            if len(core) < 3:
                continue
            for level in unit.levels:
                self._add(self._exact, (f"{flat(level)}{core}", f"{core}{flat(level)}"), unit.code)
                for where in unit.places:
                    key = "".join(where)
                    self._add(self._placed, (f"{flat(level)}{core}{key}", f"{key}{flat(level)}{core}"), unit.code)
            if len(core) >= 6:
                self._add(self._loose, (core, *(f"{core}{''.join(where)}" for where in unit.places)), unit.code)
            if len(unit.words) > 1:
                short = "".join(word[0] for word in unit.words)
                ends = ("", *("".join(where) for where in unit.places))
                keys = (f"{flat(level)}{short}{end}" for level in unit.levels if level for end in ends)
                self._add(self._initials, keys, unit.code)
            ends = tuple("".join(word[0] for word in where) for where in unit.places if len(where) > 1)
            self._add(self._initials, (f"{flat(level)}{core}{end}" for level in unit.levels for end in ends), unit.code)

    @staticmethod
    def _add(index: dict[str, set[str]], keys: Iterable[str], code: str) -> None:
        for key in keys:
            index.setdefault(key, set()).add(code)

    def match(self, labels: Iterable[str]) -> list[Match]:
        """Units that one of the labels, or all of them together, may mean; the surest kind only, in order."""
        spelt = [flat(label) for label in labels]
        keys = list(
            dict.fromkeys(
                variant for key in (*spelt, "".join(spelt), "".join(reversed(spelt))) for variant in _variants(key)
            )
        )
        for how, index in (
            ("place", self._placed),
            ("exact", self._exact),
            ("loose", self._loose),
            ("initials", self._initials),
        ):
            found = {code for key in keys for code in index.get(key, ())}
            if found:
                return [Match(code, how) for code in sorted(found)]
        return []


def _variants(key: str) -> Iterator[str]:
    """The key itself, without bait before or behind it, without "truong", without a number at its end."""
    seen = [key]
    for word in (*_BAIT, "truong", "haiphong", "hp"):
        seen += [one.removeprefix(word) for one in list(seen) if one.startswith(word) and len(one) > len(word) + 4]
        seen += [one.removesuffix(word) for one in list(seen) if one.endswith(word) and len(one) > len(word) + 4]
        if len(seen) > 24:
            break
    for one in dict.fromkeys([*seen, *map(skeleton, seen)]):
        yield one
        if (bare := _NUMBER_AT_END.sub("", one)) != one:
            yield bare
