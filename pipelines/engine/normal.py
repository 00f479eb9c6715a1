"""Text as it is met, folded to ASCII bytes, with a map back to the original.

One letter becomes one byte: case, diacritics (đ too), full-width, mathematical, enclosed and small-capital
letters and the look-alikes of other alphabets. Combining marks, zero-width letters and soft hyphens vanish, and so
do the gaps of words written letter by letter (``n.h.à c.á.i``, ``A L E X I S``). Everything else is a space. Numpy
does the lookup for a whole document at once: 12 kB of Vietnamese cost some 30 microseconds.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import hyperscan
import numpy as np
import numpy.typing as npt

SEPARATOR = "\x1e"  # between two pieces; becomes a line break, which no phrase crosses
DROP = 0
SPACE = ord(" ")
DOT, AT = b".@"
LIMIT = 0xE1000  # behind it stand only private letters

# Look-alikes that Unicode's own decomposition does not know.
LOOKALIKES = dict(
    zip(
        "авекмнорстухіјѕԁԛԝһӏьбгд" + "αβεζηικμνορτυχγδ" + "ᎪᏔᎳᎢᎬᏀᎷᎻᏢᏞᏚᏒᏙᏃᏦᏩᎠᎡᏴ𐊗" + "đðøłıħŧᴀʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "abekmhopctyxijsdqwhlb6rd" + "abezhikmnoptuxyd" + "awwtegmhplsrvzkgdrbt" + "ddolihtabcdefghijklmnoprstuvwyz",
        strict=True,
    )
)
# Letters in costume: nobody writes honest words with them.
COSTUMES = ((0x1D400, 0x1D7FF), (0xFF10, 0xFF5A), (0x2460, 0x24FF), (0x1F130, 0x1F189), (0x1F1E6, 0x1F1FF))
# The alphabets that rules may count, by their ranges.
SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    "styled": (*COSTUMES, (0x1D00, 0x1D22), (0x13A0, 0x13F4), (0x10280, 0x102DF)),
    "han": ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
    "kana": ((0x3041, 0x30FF),),
    "hangul": ((0x1100, 0x11FF), (0xAC00, 0xD7A3)),
    "thai": ((0x0E01, 0x0E7F),),
    "cyrillic": ((0x0400, 0x052F),),
    "arabic": ((0x0600, 0x06FF),),
    "bengali": ((0x0980, 0x09FF),),
    "devanagari": ((0x0900, 0x097F),),
    "khmer": ((0x1780, 0x17FF),),
}
SCRIPT_NUMBER = {name: number for number, name in enumerate(SCRIPTS, 1)}
FOREIGN = frozenset(name for name in SCRIPTS if name != "styled")

# At least four letters (three where the gap is no space) standing alone with one and the same gap.
SPELLED = re.compile(
    rb"(?<![a-z0-9])[a-z](?:(?:( )[a-z0-9](?:\1[a-z0-9]){2,})|(?:([.*|~-])[a-z0-9](?:\2[a-z0-9])+))(?![a-z0-9])"
)
BESIDE_SPACE = re.compile(r"\s+[^\w\s]+\s*|[^\w\s]+\s+")
VOWELS = "àáâãèéêìíòóôõùúýăĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
CUT = re.compile(rf"(?:.*[^\w.])?[^\W\d_]{{1,3}}\.[{VOWELS}](?:[^\W_]|\s|$)", re.DOTALL)
GAP = re.compile(rb"[ .*|~-]")
# Digits and signs that stand for letters inside words ("n0 hu", "b@ng"); elsewhere a digit is a digit.
LEET = hyperscan.Database()
LEET.compile(
    expressions=[rb"[a-z][013457@$!][a-z]", rb"\bn0\b"], ids=[2, 1], flags=[0, 0]
)  # the id leads back to the digit
LEET_LETTERS = dict(zip(b"013457@$!", b"oieastasi", strict=True))
DOMAIN = re.compile(rb"[a-z0-9-]{1,63}\.[a-z0-9]")  # behind the sign of an e-mail address
# Whether there may be such a word at all: Python's own search costs more than everything else here.
HINT = hyperscan.Database()
HINT.compile(
    expressions=[rb"\b[a-z](( [a-z0-9]){3}|[.*|~\-][a-z0-9][.*|~\-][a-z0-9])\b"],
    ids=[0],
    flags=[hyperscan.HS_FLAG_SINGLEMATCH],
)
LOCK = Lock()  # a scratch serves one thread at a time
MAX_LEET = 20_000


def _letter(code: int) -> int:
    """The byte of one character."""
    letter = chr(code)
    category = unicodedata.category(letter)
    if category in ("Mn", "Me", "Cf") or letter == "\u115f":
        return DROP
    lower = letter.lower()
    if letter in LOOKALIKES or lower in LOOKALIKES:
        return ord(LOOKALIKES.get(letter) or LOOKALIKES[lower])
    for part in unicodedata.normalize("NFKD", lower):
        part = LOOKALIKES.get(part.lower(), part.lower())[:1]
        if part.isascii():
            return ord(part) if part.isprintable() and part != "_" else (ord("-") if part == "_" else SPACE)
    return SPACE


def _tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    fold = np.full(LIMIT + 1, SPACE, dtype=np.uint8)
    ranges = (
        (0, 0x2500),
        (0x2C60, 0x2C80),
        (0xA640, 0xA800),
        (0xFB00, 0xFB07),
        (0xFE00, 0xFF70),
        (0x10280, 0x102E0),
    )
    for low, high in (*ranges, (0x1D400, 0x1D800), (0x1F100, 0x1F200), (0xE0000, 0xE0200)):
        for code in range(low, high):
            fold[code] = _letter(code)
    # Enclosed letters have no decomposition, only names in the order of the alphabet.
    for low in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6):
        fold[low : low + 26] = np.arange(ord("a"), ord("a") + 26)
    fold[ord(SEPARATOR)] = ord("\n")
    script = np.zeros(LIMIT + 1, dtype=np.uint8)
    for name, spans in SCRIPTS.items():
        for low, high in spans:
            script[low : high + 1] = SCRIPT_NUMBER[name]
    return fold, script


FOLD, SCRIPT = _tables()


@dataclass(slots=True)
class Normal:
    """A folded text. ``data`` are its ASCII bytes; ``origin`` leads from offsets in them to the text."""

    text: str
    data: bytes
    scripts: npt.NDArray[np.uint8] | None  # script number of each letter of the text; None when all are Latin
    kept: npt.NDArray[np.int64] | None  # place in the text of each byte; None when it is the same

    def leet(self, low: int, high: int) -> bytes:
        """The bytes between two offsets, digits and signs read as letters where they stand for them, or nothing."""
        data = self.data[low:high]
        places: list[int] = []

        with LOCK:
            LEET.scan(data, match_event_handler=lambda behind, _start, end, *_: places.append(end - behind))
        if b"@" in data:
            places = [place for place in places if data[place] != AT or not DOMAIN.match(data, place + 1)]
        if not places:
            return b""
        changed = bytearray(data)
        for place in places[:MAX_LEET]:
            changed[place] = LEET_LETTERS[data[place]]
        return bytes(changed)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Offsets into ``text`` of the bytes from start to end; marks that belong to the last letter are in."""
        if self.kept is None:
            return start, end
        if start >= end:
            return 0, 0
        return int(self.kept[start]), int(self.kept[end]) if end < len(self.kept) else len(self.text)

    def plain(self, start: int, end: int) -> str:
        """The text between two offsets of ``data``."""
        low, high = self.origin(start, end)
        return self.text[low:high]

    def disguised(self, start: int, end: int) -> bool:
        """Whether the letters between two offsets of ``data`` were written so that a search does not find them."""
        low, high = self.origin(start, end)
        if self.scripts is not None and bool(self.scripts[low:high].any()):
            return True
        if high - low <= end - start:
            return False
        # More was written than read: gaps or invisible letters. Marks that Vietnamese itself needs do not count, nor
        # do signs that stand beside a space.
        written = BESIDE_SPACE.sub(" ", unicodedata.normalize("NFC", self.text[low:high]))
        return len(" ".join(written.split())) > end - start


def normalise(text: str) -> Normal:
    """Fold a text; total, and linear in its length."""
    if text.isascii():
        raw = text.lower().encode("ascii").translate(ASCII)
        return _joined(text, raw, None, None)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    codes = np.minimum(codes, LIMIT)
    folded = FOLD[codes]
    scripts = SCRIPT[codes]
    some = scripts if scripts.any() else None
    folded[_cuts(text, codes)] = DROP
    keep = folded != DROP
    if keep.all():
        return _joined(text, folded.tobytes(), some, None)
    return _joined(text, folded[keep].tobytes(), some, np.flatnonzero(keep))


def _cuts(text: str, codes: npt.NDArray[np.uint32]) -> list[int]:
    """Where a lone dot cuts a word before an accented letter ("c.ấp"): neither host names nor sentences do so."""
    dots = np.flatnonzero(codes[:-1] == DOT)
    return [int(dot) for dot in dots[codes[dots + 1] > 127] if CUT.match(text, max(0, int(dot) - 4), int(dot) + 3)]


# The same table for bytes; a NUL in the text is a space, since nothing may vanish here.
ASCII = bytes(int(FOLD[code]) or SPACE for code in range(128)) + bytes([SPACE]) * 128


def _joined(
    text: str, data: bytes, scripts: npt.NDArray[np.uint8] | None, kept: npt.NDArray[np.int64] | None
) -> Normal:
    """One space for many, and no gaps in words that are spelled letter by letter."""
    if b"  " in data:
        raw = np.frombuffer(data, dtype=np.uint8)
        space = raw == SPACE
        mask = ~(space & np.concatenate(([False], space[:-1])))
        kept = np.flatnonzero(mask) if kept is None else kept[mask]
        data = raw[mask].tobytes()
    if not _hint(data):
        return Normal(text, data, scripts, kept)
    gaps = [word.start() + gap.start() for word in SPELLED.finditer(data) for gap in GAP.finditer(word[0])]
    if not gaps:
        return Normal(text, data, scripts, kept)
    mask = np.ones(len(data), dtype=bool)
    mask[gaps] = False
    kept = np.flatnonzero(mask) if kept is None else kept[mask]
    return Normal(text, np.frombuffer(data, dtype=np.uint8)[mask].tobytes(), scripts, kept)


def signs(data: bytes) -> int:
    """How many signs there are that may stand for letters."""
    return sum(map(data.count, (b"@", b"$", b"!")))


def _hint(data: bytes) -> bool:
    found: list[int] = []
    with LOCK:
        HINT.scan(data, match_event_handler=lambda *_: found.append(1))
    return bool(found)


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The folded form of a term, with single spaces."""
    return " ".join(normalise(text).data.decode("ascii").split())


def agrees(written: str, term: str) -> bool:
    """Whether what is written is the term with the right accents, each letter right or bare.

    So "nhà cái" and "nha cai" both agree with "nhà cái", and "bàn ca" does not agree with "bắn cá". Letters in
    costume carry no accents and agree.
    """
    left, right = unicodedata.normalize("NFC", written).lower(), unicodedata.normalize("NFC", term).lower()
    left, right = "".join(left.split()), "".join(right.split())
    if len(left) != len(right):
        return True  # gaps or signs inside: only the folded form can be compared
    return all(a == b or not _accented(a) for a, b in zip(left, right, strict=True))


def same(written: str, term: str) -> bool:
    """Whether what is written is the term, accents and all."""
    form = unicodedata.normalize("NFKC", written).lower()
    return " ".join(form.split()) == " ".join(unicodedata.normalize("NFC", term).lower().split())


def _accented(letter: str) -> bool:
    return letter == "đ" or (letter.isalpha() and len(unicodedata.normalize("NFD", letter)) > 1)
