"""Patterns of host names: rendered out of a unit's name, and learned from hosts whose unit is known; pure.

A pattern is a label (or several, with dots) in which ``{lv}`` stands for the level as it is usually written,
``{lv1}``, ``{lv2}`` … for its other forms, ``{core}`` for the name in one word, ``{words}`` for it with hyphens,
``{ini}`` for its initials, ``{place}`` for a place in one word, ``{pini}`` for its initials.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from crawler.register.forms import Named

PATTERNS = (
    "{lv}{core}",
    "{lv}-{core}",
    "{lv1}{core}",
    "{lv1}-{core}",
    "{lv}{core}{place}",
    "{lv}-{core}-{place}",
    "{lv}{core}-{place}",
    "{lv}.{core}",
    "{core}.{lv}",
    "{lv2}{core}",
    "{lv2}-{core}",
    "{core}",
    "{lv}-{words}",
    "{words}",
    "truong{lv}{core}",
    "truong-{lv}-{core}",
    "{lv1}{core}{place}",
    "{lv1}-{core}-{place}",
    "{lv1}-{words}",
    "{lv}{core}{pini}",
    "{lv}-{core}-{pini}",
    "{lv}{core}-{pini}",
    "{core}{place}",
    "{core}-{place}",
    "{lv}{ini}",
    "{lv}-{ini}",
    "{lv}{ini}{place}",
    "{lv}-{ini}-{place}",
    "{core}-{lv}",
    "{core}{lv}",
    "{lv3}{core}",
    "{lv3}-{core}",
    "{lv}{core}2",
    "{lv}{core}1",
    "{lv}-{core}-moi",
    "{lv}{core}moi",
    "{lv}-{core}-cu",
    "{lv}{core}cu",
    "{lv}{core}hp",
    "{lv}_{core}",
    "{lv}.{core}.{place}",
    "{place}{lv}{core}",
    "{place}-{lv}-{core}",
    "{lv2}{core}{place}",
    "{lv2}-{core}-{place}",
    "{lv1}.{core}",
    "tuyensinh-{lv}-{core}",
)
"""Built in, the likely ones first; what is learned goes before them."""

PLACE_PATTERNS = ("{place}", "pgd{place}", "pgd-{place}", "pgddt{place}", "pgddt-{place}", "gd{place}", "edu-{place}")
"""Labels of districts and communes: offices, and zones of their own."""

SERVICES = (
    "www", "mail", "webmail", "smtp", "mx", "ftp", "cpanel", "vpn", "remote", "portal", "cong", "congthongtin",
    "dichvucong", "motcua", "hopthu", "elearning", "lms", "hoctructuyen", "thitructuyen", "tuyensinh", "diemthi",
    "tradiem", "tracuu", "thi", "csdl", "quanly", "qlvb", "vanban", "tailieu", "thuvien", "baocao", "sms", "api",
    "app", "dev", "test", "demo", "beta", "old", "new", "cu", "moi", "backup", "data", "files", "cdn", "static",
    "img", "video", "live", "hop", "meeting", "camera", "wifi", "ns1", "ns2", "dns", "proxy", "gateway", "db", "sql",
    "git", "forum", "diendan", "blog", "tintuc", "news", "sogd", "sogddt", "congdoan", "doanthanhnien", "thanhtra",
    "tochuc", "khaothi", "gdtx", "gdmn", "gdth", "gdtrh", "bigdata", "hocba", "chuyendoiso", "trangchu", "home",
)  # fmt: skip
"""What departments run beside schools."""

LEARNED_MIN = 2
"""Hosts that have to bear a pattern before it is tried on others."""
_LITERAL = re.compile(r"[a-z0-9]{0,10}")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def render(pattern: str, unit: Named) -> Iterator[str]:
    """The names that a pattern makes of a unit, below a zone; nothing where the unit lacks a part."""
    parts = {"core": "".join(unit.words), "words": "-".join(unit.words), "ini": "".join(word[0] for word in unit.words)}
    for number, level in enumerate(unit.levels):
        parts["lv" if number == 0 else f"lv{number}"] = level
    if ("{words}" in pattern or "{ini}" in pattern) and len(unit.words) < 2:
        return
    places = unit.places if "{place}" in pattern or "{pini}" in pattern else ((),)
    for place in places:
        parts["place"] = "".join(place)
        parts["pini"] = "".join(word[0] for word in place)
        try:
            made = pattern.format_map(parts)
        except KeyError:
            return
        if all(_LABEL.fullmatch(label) for label in made.split(".")):
            yield made


def learn(label: str, unit: Named) -> str:
    """The pattern that makes ``label`` (everything below the zone) of the unit; empty when none does."""
    core, words = "".join(unit.words), "-".join(unit.words)
    if words in label and len(unit.words) > 1:
        before, _, after = label.partition(words)
        inner = "{words}"
    elif len(core) >= 3 and core in label:
        before, _, after = label.partition(core)
        inner = "{core}"
    elif (
        (short := "".join(word[0] for word in unit.words)) and len(short) > 1 and (found := _short(label, short, unit))
    ):
        before, after = found
        inner = "{ini}"
    else:
        return ""
    left, right = _side(before, unit, last=True), _side(after, unit, last=False)
    return f"{left}{inner}{right}" if left is not None and right is not None else ""


def _short(label: str, short: str, unit: Named) -> tuple[str, str] | None:
    """What stands before and behind initials that follow a level."""
    if len(short) < 2:
        return None
    for level in sorted(unit.levels, key=len, reverse=True):
        for joint in ("", "-", ".", "_"):
            start = f"{level}{joint}{short}"
            if level and label.startswith(start):
                return f"{level}{joint}", label[len(start) :]
    return None


def _side(text: str, unit: Named, last: bool) -> str | None:
    """What stands before (``last``: its end touches the name) or behind the name, as a pattern."""
    if not text:
        return ""
    for place in unit.places:
        for key, form in (("{place}", "".join(place)), ("{pini}", "".join(word[0] for word in place))):
            if len(form) > 1 and form in text and (key == "{place}" or text.strip("-.") == form):
                before, _, after = text.partition(form)
                one, other = _level(before, unit), _level(after, unit)
                if one is not None and other is not None:
                    return f"{one}{key}{other}"
    return _level(text, unit)


def _level(text: str, unit: Named) -> str | None:
    """A level, or a short literal, between its hyphens and dots."""
    bare = text.strip("-._")
    start = text.find(bare) if bare else 0
    for number, level in sorted(enumerate(unit.levels), key=lambda item: -len(item[1])):
        if level and bare == level:
            token = "{lv}" if number == 0 else f"{{lv{number}}}"
            return f"{text[:start]}{token}{text[start + len(bare) :]}"
    return text if _LITERAL.fullmatch(bare) and not bare.isdigit() else None


@lru_cache(maxsize=1)
def _rank() -> dict[str, int]:
    return {pattern: number for number, pattern in enumerate(PATTERNS)}


def order(learned: Counter[str]) -> list[str]:
    """All patterns worth trying, the most borne first; what nobody bears keeps its built-in place."""
    known = [pattern for pattern, times in learned.items() if times >= LEARNED_MIN or pattern in _rank()]
    known.sort(key=lambda pattern: (-learned[pattern], _rank().get(pattern, len(PATTERNS)), pattern))
    return [*known, *(pattern for pattern in PATTERNS if pattern not in learned)]


def count_patterns(pairs: Iterable[tuple[str, Named]]) -> Counter[str]:
    """Patterns of (label, unit) pairs."""
    return Counter(pattern for label, unit in pairs if (pattern := learn(label, unit)))
