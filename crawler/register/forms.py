"""How a unit's name turns into a label of a host name, and back; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from crawler.register.names import fold

# Short words for a level as host names write them, the usual one first.
LEVEL_LABELS: dict[str, tuple[str, ...]] = {
    "mam_non": ("mn", "mamnon", "mg", "maugiao", "truongmn"),
    "tieu_hoc": ("th", "tieuhoc", "c1", "truongth", "truongtieuhoc"),
    "thcs": ("thcs", "c2", "truongthcs"),
    "thpt": ("thpt", "c3", "truongthpt"),
    "lien_cap": ("thvathcs", "ththcs", "thcsthpt", "thcsvathpt", "th-thcs", "th", "thcs", "thpt", "lc"),
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
    "truong",
    "mn",
    "th",
)
_PLACE_WORDS = ("phuong", "xa", "quan", "huyen", "thi tran", "thi xa", "thanh pho", "dac khu")
_TYPE_WORDS = ("cong lap", "tu thuc", "dan lap", "chuyen")
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
    padded = f" {folded} "
    for word in _LEVEL_WORDS:
        if padded.startswith(f" {word} "):
            padded = padded[len(word) + 1 :]
    rest = padded.split()
    return tuple(rest) or tuple(folded.split())


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


@dataclass(frozen=True, slots=True)
class Named:
    """A unit as far as its name matters. ``places`` are words of commune and districts, today's first."""

    code: str
    level: str
    words: tuple[str, ...]
    places: tuple[tuple[str, ...], ...] = ()


def named(unit: Mapping[str, object]) -> Named:
    """Out of a unit of the store."""
    places = [place(str(unit.get(name) or "")) for name in ("commune", "district")]
    more = unit.get("places")
    places += [place(str(text)) for text in more] if isinstance(more, list) else []
    kept = tuple(dict.fromkeys(one for one in places if one))
    return Named(str(unit["_id"]), str(unit.get("level") or "khac"), stem(str(unit["name"])), kept)


@dataclass(frozen=True, slots=True)
class Match:
    """How a label fits a unit: ``exact`` with its level, ``place`` with a place too, ``loose`` without a level."""

    unit: str
    how: str


class Matcher:
    """Which units a label may mean."""

    def __init__(self, units: Iterable[Named]) -> None:
        self._exact: dict[str, set[str]] = {}
        self._placed: dict[str, set[str]] = {}
        self._loose: dict[str, set[str]] = {}
        for unit in units:
            core = "".join(unit.words)
            if len(core) < 3:
                continue
            for level in LEVEL_LABELS.get(unit.level, ("",)):
                self._add(self._exact, (f"{flat(level)}{core}", f"{core}{flat(level)}"), unit.code)
                for where in unit.places:
                    key = "".join(where)
                    self._add(self._placed, (f"{flat(level)}{core}{key}", f"{key}{flat(level)}{core}"), unit.code)
            if len(core) >= 6:
                self._add(self._loose, (core,), unit.code)

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
        for how, index in (("place", self._placed), ("exact", self._exact), ("loose", self._loose)):
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
    for one in dict.fromkeys(seen):
        yield one
        if (bare := _NUMBER_AT_END.sub("", one)) != one:
            yield bare
