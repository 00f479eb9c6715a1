"""PDF: text page by page, link annotations with the line they stand on, the information dictionary."""

import logging
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import LimitReachedError, PyPdfError

from crawler.documents.scribe import Scribe, Unreadable

MAX_NOTES = 1_000
"""Annotations of one page."""
MAX_PAGES = 5_000
_CATALOG = re.compile(rb"(\d{1,8}) (\d{1,5}) obj\s{0,9}<<[^>]{0,500}/Type\s{0,9}/Catalog")
logging.getLogger("pypdf").setLevel(logging.CRITICAL)
Box = tuple[float, float, float, float]


def read(data: bytes, scribe: Scribe) -> None:
    """A page that cannot be read does not hide the others; the cause is told in the end."""
    reader = _opened(data)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("encrypted")
    _information(reader, scribe)
    cause = ""
    for number in range(min(len(reader.pages), MAX_PAGES)):
        try:
            with scribe.inside(f"page {number + 1}"):
                scribe.check()
                _page(reader.pages[number], scribe)
        except (Unreadable, MemoryError):
            raise
        except LimitReachedError:
            cause = "bomb"
        except Exception:  # a library's fault on one page
            cause = cause or "damaged"
    if len(reader.pages) > MAX_PAGES:
        cause = cause or "too_long"
    _opening(reader, scribe)
    if cause:
        raise Unreadable(cause)


def _opened(data: bytes) -> PdfReader:
    """A file that was torn off is searched for its objects, as programs for people do."""
    try:
        return PdfReader(BytesIO(data), strict=False)
    except LimitReachedError:
        raise
    except PyPdfError:
        catalog = _CATALOG.search(data)
        root = b"trailer\n<< /Root %s %s R /Size 100000 >>\n" % catalog.groups() if catalog else b""
        return PdfReader(BytesIO(data + b"\nendstream endobj\n" + root + b"startxref\n0\n%%EOF\n"), strict=False)


def _information(reader: PdfReader, scribe: Scribe) -> None:
    """What the information dictionary says; a broken one costs nothing but itself."""
    try:
        found = reader.metadata
        if found is None:
            return
        scribe.meta(title=found.title, author=found.author, subject=found.subject, keywords=found.get("/Keywords"))
        for name, raw in (("created", found.creation_date_raw), ("modified", found.modification_date_raw)):
            scribe.meta(**{name: _date(str(raw or ""))})
    except (PyPdfError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return


def _date(text: str) -> str:
    """ISO 8601 out of ``D:20260901083000+07'00'``."""
    digits = text.removeprefix("D:")
    if not digits[:8].isdecimal():
        return ""
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    if not digits[8:12].isdecimal() or len(digits) < 12:
        return day
    zone = digits[14:].replace("'", "")
    shift = (
        "Z" if zone.startswith("Z") else f"{zone[:3]}:{zone[3:5]}" if zone[:1] in ("+", "-") and len(zone) > 4 else ""
    )
    return f"{day}T{digits[8:10]}:{digits[10:12]}:{digits[12:14] or '00'}{shift}"


def _page(page: PageObject, scribe: Scribe) -> None:
    links = list(_links(page))
    lines: list[tuple[float, str]] = []

    def visit(text: str, cm: Any, tm: Any, font: Any, size: Any) -> None:
        if text.strip():
            lines.append((tm[4] * cm[1] + tm[5] * cm[3] + cm[5], text))

    text = page.extract_text(visitor_text=visit) if links else page.extract_text()
    scribe.text(text)
    for url, (_, low, _, high) in links:
        shown = [line for y, line in lines if low - 2 <= y <= high + 2]
        scribe.link(url, " ".join(shown[:5]))


def _links(page: PageObject) -> Iterator[tuple[str, Box]]:
    """Addresses of a page's link annotations and where they stand."""
    notes = _real(page.get("/Annots"))
    for note in list(notes or ())[:MAX_NOTES]:
        found = _real(note)
        action = _real(found.get("/A")) if isinstance(found, dict) else None
        url = _real(action.get("/URI")) if isinstance(action, dict) else None
        if url is None:
            continue
        try:
            x, y, right, top = (float(_real(edge)) for edge in _real(found.get("/Rect")))
        except (TypeError, ValueError):
            x = y = right = top = -1000.0
        yield _text(url), (x, min(y, top), right, max(y, top))


def _opening(reader: PdfReader, scribe: Scribe) -> None:
    """An address that the file opens by itself."""
    try:
        action = _real(reader.root_object.get("/OpenAction"))
        url = _real(action.get("/URI")) if isinstance(action, dict) else None
        if url is not None:
            with scribe.inside("opens by itself"):
                scribe.link(_text(url))
    except (PyPdfError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _real(value: Any) -> Any:
    """What an indirect reference means."""
    return value.get_object() if value is not None and hasattr(value, "get_object") else value
