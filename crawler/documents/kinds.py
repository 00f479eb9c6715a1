"""What is a document: by what the server says of it, and by the first bytes, which win; pure.

Families are what the first bytes can tell: ``pdf``, ``zip`` (Office files too), ``ole`` (Office files before 2007)
and ``rtf``. Which member of the family it is, only its inside says.
"""

import re

SNIFF = 1024
"""First bytes that are enough to tell a family."""
_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "zip": "application/zip",
}
KINDS = frozenset(_TYPES)
_DECLARED = frozenset(
    (
        "application/pdf",
        "application/x-pdf",
        "application/acrobat",
        "text/pdf",
        "application/msword",
        "application/vnd.ms-word",
        "application/vnd.ms-excel",
        "application/msexcel",
        "application/x-msexcel",
        "application/excel",
        "application/vnd.ms-powerpoint",
        "application/mspowerpoint",
        "application/powerpoint",
        "application/rtf",
        "application/x-rtf",
        "text/rtf",
        "text/richtext",
        "application/zip",
        "application/x-zip",
        "application/x-zip-compressed",
        "multipart/x-zip",
        "application/epub+zip",
    )
)
_DECLARED_PREFIXES = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
    "application/vnd.ms-word.",
    "application/vnd.ms-excel.",
    "application/vnd.ms-powerpoint.",
)
_MAGIC = ((b"%PDF-", "pdf"), (b"PK\x03\x04", "zip"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"), (b"{\\rtf", "rtf"))
_ENDINGS = re.compile(
    r"\.(?:pdf|do[ct][xm]?|xl[st][xm]?|xlsb|pp[ts][xm]?|pot[xm]?|od[tsp]|rtf|zip|epub)$", re.IGNORECASE
)
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|title|meta|script|div|table|style|p|a|br)[\s>]", re.IGNORECASE)
_HTML = frozenset(("text/html", "application/xhtml+xml"))


def is_declared(media: str) -> bool:
    """Tell whether a media type (``application/pdf``, in small letters) is that of a document."""
    return media in _DECLARED or media.startswith(_DECLARED_PREFIXES)


def is_named(path: str) -> bool:
    """Tell whether the path of a URL ends like a document's name; servers may still send something else."""
    return bool(_ENDINGS.search(path))


def family(media: str, start: bytes) -> str:
    """The family of a document that begins with ``start`` (``SNIFF`` bytes are enough), or "" for anything else.

    A page that only begins like a document stays a page: browsers show what is declared HTML as HTML.
    """
    head = start[:SNIFF].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\0")
    found = next((name for mark, name in _MAGIC if head.startswith(mark)), "")
    if not found and b"%PDF-" in head and not _MARKUP.search(head):
        found = "pdf"  # readers allow for rubbish before it
    return "" if found and media in _HTML and _MARKUP.search(start[: 64 * SNIFF]) else found


def is_markup(body: bytes) -> bool:
    """Tell whether a body that should be a document is a page: a login form, a table with the ending ``.xls``."""
    return bool(_MARKUP.search(body[: 2 * SNIFF])) and not family("", body)


def type_of(kind: str) -> str:
    """The media type of a kind, or "" for an unknown one."""
    return _TYPES.get(kind, "")
