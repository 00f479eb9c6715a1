"""Vietnamese names: the folded form that serves search, and what they say about a unit's level."""

import re
import unicodedata
from functools import lru_cache

_NOT_WORD = re.compile(r"[^0-9a-z]+")

# Folded words for a level as registers and names write it; longer ones are looked for first.
_WORDS: dict[str, tuple[str, ...]] = {
    "mam_non": ("mam non", "mau giao", "nha tre", "mn", "kindergarten", "preschool"),
    "tieu_hoc": ("tieu hoc", "th", "cap 1", "primary"),
    "thcs": ("trung hoc co so", "thcs", "cap 2", "lower secondary", "secondary"),
    "thpt": ("trung hoc pho thong", "thpt", "cap 3", "upper secondary", "high school"),
    "gdtx": ("giao duc thuong xuyen", "giao duc nghe nghiep", "gdtx", "gdnn", "continuing education"),
    "phong": ("phong giao duc", "phong gd", "phong gddt", "phong van hoa", "phong"),
    "so": ("so giao duc", "so gd", "so gddt", "so", "department"),
    "lien_cap": ("lien cap", "nhieu cap", "pho thong nhieu cap hoc", "multi level"),
}
LABELS = {
    "mam_non": "Mầm non",
    "tieu_hoc": "Tiểu học",
    "thcs": "THCS",
    "thpt": "THPT",
    "lien_cap": "Liên cấp",
    "gdtx": "GDTX",
    "phong": "Phòng",
    "so": "Sở",
    "khac": "Khác",
}
_SCHOOLS = ("mam_non", "tieu_hoc", "thcs", "thpt")
_OFFICES = ("so", "phong", "gdtx", "lien_cap")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case, no accents, no punctuation, one space: "Trường TH Đằng Hải" → "truong th dang hai".

    đ has no decomposition in Unicode and is mapped by hand.
    """
    lowered = unicodedata.normalize("NFKD", text.casefold()).replace("đ", "d")
    plain = "".join(char for char in lowered if not unicodedata.combining(char))
    return _NOT_WORD.sub(" ", plain).strip()


def level_of(text: str) -> str:
    """The level that a register's cell names, by code, label or usual word; "" when it names none."""
    folded = fold(text)
    if not folded:
        return ""
    code = folded.replace(" ", "_")
    if code in LABELS:
        return code
    return next((level for level, words in _WORDS.items() if folded in words), "") or _from_words(folded)


def level_in_name(name: str) -> str:
    """The level that a unit's name tells: "Trường TH&THCS Tân Dân" → ``lien_cap``; else ``khac``."""
    return _from_words(fold(name)) or "khac"


def _from_words(folded: str) -> str:
    padded = f" {folded} "
    for level in _OFFICES:
        words = [word for word in _WORDS[level] if " " in word or level in ("gdtx", "lien_cap")]
        if any(f" {word} " in padded if level != "so" else padded.startswith(f" {word} ") for word in words):
            return level
    found = []
    for level in _SCHOOLS:
        for word in _WORDS[level]:
            if f" {word} " in padded:
                found.append(level)
                # "trung hoc co so" must not leave a word behind that another level would take
                padded = padded.replace(f" {word} ", "  ")
                break
    if len(found) > 1:
        return "lien_cap"
    return found[0] if found else ""
