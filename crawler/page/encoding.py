"""Bytes of a page -> UTF-8 bytes: byte order mark, content, header, meta, then a guess for Vietnamese.

The order differs from the HTML standard's in one point: valid UTF-8 with letters beyond ASCII wins over a
contradicting header or meta, because servers with a wrong default charset are common and text that is valid
UTF-8 by chance is not.
"""

import re
import unicodedata

from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    to_unicode,
)

from crawler.page import legacy

_PRESCAN = 4096
_LATIN = ("cp1252", "iso8859-1", "ascii", "latin-1")
# Letters that only Vietnamese has, in UTF-8; in a one-byte encoding these bytes next to each other make no sense.
_VIETNAMESE = re.compile(rb"\xe1[\xba\xbb][\x80-\xbf]|\xc4\x91|\xc6[\xa0\xa1\xaf\xb0]")
# A vowel followed by the byte of a combining tone mark of windows-1258: frequent there, rare in windows-1252.
_TONES = re.compile(rb"[aeiouyAEIOUY\xe2\xe3\xea\xf4\xf5\xfd\xc2\xc3\xca\xd4\xd5\xdd][\xcc\xd2\xde\xec\xf2]")


def to_utf8(body: bytes, content_type: str = "") -> tuple[bytes, str]:
    """The body as UTF-8 bytes without byte order mark, and the name of the encoding it was in. Never raises.

    UTF-8 bodies come back as they are, broken sequences included (the parser replaces them).
    """
    bom, mark = read_bom(body)
    if bom is not None and mark is not None:
        rest = body[len(mark) :]
        return (rest, "utf-8") if bom == "utf-8" else (_transcode(rest, bom), bom)
    if body.isascii() or _is_utf8(body):
        declared = _declared(body, content_type) if b"\0" in body[:_PRESCAN] else ""
        return (_transcode(body, declared), declared) if declared.startswith("utf-16") else (body, "utf-8")
    declared = _declared(body, content_type)
    # As in a browser: bytes that are scattered over a page do not make its declared UTF-8 unreadable.
    if _mostly_utf8(body) or (declared == "utf-8" and len(_VIETNAMESE.findall(body[:200_000])) >= 3):
        return body, "utf-8"
    if not declared or declared == "utf-8" or declared in _LATIN:
        sample = body[:200_000]
        tones = len(_TONES.findall(sample))
        # The fonts of old have some of these bytes too, and were drawn for Western letters.
        declared = "cp1258" if tones >= 2 and tones > legacy.signs(sample) else "cp1252"
    return _transcode(body, declared), declared


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(body: bytes) -> bool:
    """A cut character at the end, or a few broken ones in between: still UTF-8."""
    sample = body[:200_000]
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond = len(sample) - len(text)  # each valid character beyond ASCII takes at least one byte more
    return beyond > 4 * broken


def _declared(body: bytes, content_type: str) -> str:
    """What header and meta say; a meta that differs beats a header that only says Latin."""
    header = http_content_type_encoding(content_type[:500]) or ""
    meta = html_body_declared_encoding(body[:_PRESCAN]) or ""
    return meta if meta and (not header or header in _LATIN) else header


def _transcode(body: bytes, encoding: str) -> bytes:
    try:
        text = to_unicode(body, encoding)
    except (LookupError, UnicodeError, ValueError):
        text = body.decode("cp1252", "replace")
    if encoding == "cp1258":
        # its tone marks are separate characters; everything else in this project is precomposed
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "replace")
