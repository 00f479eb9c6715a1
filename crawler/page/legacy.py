"""Vietnamese of before Unicode: TCVN3 (ABC) and VNI, as it stands on old pages that rely on a font.

Both put ordinary Western letters where a font shows Vietnamese ones ("nhµ c¸i", "nhaø caùi"), so a page says nothing
about it: it shows in pairs of letters that no language has. What is kept of a page is in Unicode, as a visitor read it.
"""

import re
import unicodedata

from crawler.items import Block

KINDS = ("tcvn3", "vni")
ENOUGH = 3
SAMPLE = 20_000
_TOLD_BY = frozenset(("text", "document", "hidden", "tail", "title"))
_CODE = frozenset(("script", "style"))
# TCVN3: one letter for one.
TCVN3 = dict(
    zip(
        "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ",
        "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ",
        strict=True,
    )
) | dict(zip("¡¢£¤¥¦§", "ĂÂÊÔƠƯĐ", strict=True))
_TCVN3_TABLE = str.maketrans(TCVN3)
# Letters that stand before or after another one only in TCVN3.
_TCVN3_SIGN = re.compile(r"[A-Za-z][µ¸¶·¹¨»¾¼½©ª«¬]|®[a-zµ¸-þ]|[µ¸¶·¹¨»¾¼½©ª«¬][a-z]")
# VNI: a vowel and a letter for its mark.
_MARKS = {
    "ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "ê": "\u0306", "à": "\u0302\u0300", "á": "\u0302\u0301", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323", "è": "\u0306\u0300", "é": "\u0306\u0301", "ú": "\u0306\u0309", "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_ALONE = {"ñ": "đ", "Ñ": "Đ", "ö": "ư", "Ö": "Ư", "ô": "ơ", "Ô": "Ơ", "æ": "ỉ", "ò": "ị", "ó": "ĩ", "î": "ỵ"}
_VNI_PAIR = re.compile("([aeouyAEOUYöÖôÔ])([" + "".join(_MARKS) + "".join(_MARKS).upper() + "])")
_VNI_SIGN = re.compile(r"[aeouy][øùûõïâåäë]|[öô][øùûõï]|ñ[aeiouöô]")
_BYTE_SIGNS = tuple(re.compile(sign.pattern.encode("latin-1")) for sign in (_TCVN3_SIGN, _VNI_SIGN))
_MODERN = re.compile("[\u0103\u0111\u01a1\u01b0\u1ea0-\u1ef9]")


def kind_of(text: str) -> str:
    """``tcvn3``, ``vni``, or nothing for a text of today; looks at its beginning only."""
    if text.isascii():
        return ""
    sample = text[:SAMPLE]
    if _MODERN.search(sample):
        return ""
    if len(_TCVN3_SIGN.findall(sample)) >= ENOUGH:
        return "tcvn3"
    return "vni" if len(_VNI_SIGN.findall(sample)) >= ENOUGH else ""


def modern(text: str, kind: str) -> str:
    """A text of ``kind`` in Unicode; one with letters of today stays as it is."""
    if not kind or text.isascii() or _MODERN.search(text):
        return text
    if kind == "tcvn3":
        return text.translate(_TCVN3_TABLE)
    paired = _VNI_PAIR.sub(lambda pair: _VNI_ALONE.get(pair[1], pair[1]) + _MARKS[pair[2].lower()], text)
    return unicodedata.normalize("NFC", "".join(_VNI_ALONE.get(letter, letter) for letter in paired))


def modernise(blocks: list[Block]) -> str:
    """Turn the blocks of a page to Unicode in place; gives what it was written in (see ``kind_of``), or nothing."""
    sizes = dict.fromkeys(KINDS, 0)
    for block in blocks:
        if block.part in _TOLD_BY and (kind := kind_of(block.text)):
            sizes[kind] += len(block.text)
    if not any(sizes.values()):
        return ""
    kind = max(KINDS, key=sizes.__getitem__)
    for block in blocks:
        if block.part not in _CODE:  # a few words alone tell nothing: they are as the rest of the page
            block.text = modern(block.text, kind_of(block.text) or kind)
    return kind


def signs(data: bytes) -> int:
    """How often bytes stand as they do for such a font, whichever says so more often."""
    return max(len(sign.findall(data)) for sign in _BYTE_SIGNS)
