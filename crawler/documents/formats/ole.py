"""Office files before 2007: one container (OLE 2), told apart by the streams in it."""

from collections.abc import Callable
from io import BytesIO

from olefile import OleFileIO

from crawler.documents.formats import old_sheet, old_slides, old_word
from crawler.documents.scribe import Scribe, Unreadable


def read(data: bytes, scribe: Scribe, told: Callable[[str], object]) -> None:
    """Raises Unreadable for containers of something else, what olefile raises for broken ones."""
    with OleFileIO(BytesIO(data)) as ole:
        if ole.exists("EncryptedPackage"):
            raise Unreadable("encrypted")  # a new file in an old envelope
        if ole.exists("WordDocument"):
            told("doc")
            _summary(ole, scribe)
            old_word.read(ole, scribe)
        elif ole.exists("Workbook") or ole.exists("Book"):
            told("xls")
            _summary(ole, scribe)
            old_sheet.read(data, scribe)
        elif ole.exists("PowerPoint Document"):
            told("ppt")
            _summary(ole, scribe)
            old_slides.read(ole, scribe)
        else:
            raise Unreadable("unknown_format")


def _summary(ole: OleFileIO, scribe: Scribe) -> None:
    """The summary information; a broken one costs nothing but itself."""
    try:
        found = ole.get_metadata()
    except Exception:  # olefile lets everything through that broken property sets cause
        return
    page = f"cp{found.codepage & 0xFFFF}" if isinstance(found.codepage, int) else "cp1252"
    page = "utf-8" if page == "cp65001" else "cp1252" if page == "cp0" else page
    for name in ("title", "author", "subject", "keywords"):
        scribe.meta(**{name: _decoded(getattr(found, name), page)})
    for name, moment in (("created", found.create_time), ("modified", found.last_saved_time)):
        if moment is not None and hasattr(moment, "isoformat") and moment.year > 1990:
            scribe.meta(**{name: moment.isoformat() + "Z"})


def _decoded(value: object, page: str) -> str:
    if not isinstance(value, bytes):
        return str(value or "")
    try:
        return value.decode(page, "replace")
    except LookupError:
        return value.decode("cp1252", "replace")
