"""One reader a format; they run in the child only. Each takes the bytes and tells a scribe what it reads."""

from collections.abc import Callable

from crawler.documents.formats import archive, ole, pdf, rtf
from crawler.documents.kinds import family
from crawler.documents.scribe import Scribe, Unreadable


def read(data: bytes, scribe: Scribe, told: Callable[[str], object]) -> None:
    """Read a document; ``told`` learns its kind as soon as that is known.

    Raises Unreadable, MemoryError, or whatever a library raises on a file that was made to hurt it.
    """
    match family("", data):
        case "pdf":
            told("pdf")
            pdf.read(data, scribe)
        case "zip":
            archive.read(data, scribe, told)
        case "ole":
            ole.read(data, scribe, told)
        case "rtf":
            told("rtf")
            rtf.read(data, scribe)
        case _:
            raise Unreadable("unknown_format")
