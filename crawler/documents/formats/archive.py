"""Zip files: an Office or OpenDocument package, or an archive whose files are read, but no archive inside it."""

from collections.abc import Callable
from zipfile import BadZipFile, ZipFile, ZipInfo

from crawler.documents.formats import markup, odf, ole, pdf, rtf, sheet, slides, straight, word
from crawler.documents.formats.package import MAX_MEMBER, opened
from crawler.documents.kinds import family
from crawler.documents.scribe import Scribe, Unreadable

MAX_READ = 200
"""Files of one archive that are read."""
_ENCRYPTED = 0x1
_PACKAGES = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_PAGES = (".html", ".htm", ".xhtml", ".php", ".aspx")
_TEXTS = (".txt", ".csv", ".md", ".url")


def read(data: bytes, scribe: Scribe, told: Callable[[str], object]) -> None:
    """Raises Unreadable; what stands in a file that cannot be read does not hide the others."""
    packed = opened(data)
    kind = _package(packed)
    told(kind or "zip")
    if kind:
        _office(kind, data, packed, scribe)
    else:
        _archive(packed, scribe)


def _package(packed: ZipFile) -> str:
    """The kind of an Office or OpenDocument package, or ""."""
    names = packed.namelist()
    if "[Content_Types].xml" in names:
        return next((kind for folder, kind in _PACKAGES.items() if any(n.startswith(folder) for n in names)), "")
    if "content.xml" in names and "mimetype" in names:
        return "odt"
    return ""


def _office(kind: str, data: bytes, packed: ZipFile, scribe: Scribe) -> None:
    before, refused = scribe.said, False
    try:
        _by_library(kind, data, packed, scribe)
    except (Unreadable, MemoryError, BrokenPipeError):
        raise
    except Exception:  # libraries are stricter than the programs that people open these files with
        refused = True
    if kind != "odt" and (refused or scribe.said == before):
        straight.read(packed, scribe)
    if refused and scribe.said == before:
        raise Unreadable("damaged")


def _by_library(kind: str, data: bytes, packed: ZipFile, scribe: Scribe) -> None:
    if kind == "docx":
        word.read(data, scribe)
    elif kind == "xlsx":
        sheet.read(data, packed, scribe)
    elif kind == "pptx":
        slides.read(data, scribe)
    else:
        odf.read(packed, scribe)


def _archive(packed: ZipFile, scribe: Scribe) -> None:
    left, cause = MAX_READ, ""
    for member in packed.infolist():
        if member.is_dir():
            continue
        scribe.check()
        if not left:
            raise Unreadable("too_long")
        try:
            with scribe.inside(_name(member)):
                left -= _member(packed, member, scribe)
        except Unreadable as unreadable:
            if unreadable.cause in ("too_slow", "too_long"):
                raise
            cause = cause or unreadable.cause
        except MemoryError:
            raise
        except Exception:  # a library's fault on one file
            cause = cause or "damaged"
    if cause:
        raise Unreadable(cause)


def _member(packed: ZipFile, member: ZipInfo, scribe: Scribe) -> bool:
    """Read one file; tells whether it was one to be read. Raises Unreadable, or what a library raises."""
    if member.flag_bits & _ENCRYPTED:
        raise Unreadable("encrypted")
    if member.file_size > MAX_MEMBER:
        raise Unreadable("too_large")
    name = member.filename.lower()
    try:
        with packed.open(member) as source:
            data = source.read(MAX_MEMBER)
    except (BadZipFile, NotImplementedError, EOFError) as error:
        raise Unreadable("damaged") from error
    match family("", data):
        case "pdf":
            pdf.read(data, scribe)
        case "ole":
            ole.read(data, scribe, lambda kind: None)
        case "rtf":
            rtf.read(data, scribe)
        case "zip":
            inner = opened(data)
            kind = _package(inner)
            if not kind:
                return False  # an archive in an archive stays closed
            _office(kind, data, inner, scribe)
        case _ if name.endswith(_PAGES):
            markup.page(data, scribe)
        case _ if name.endswith(_TEXTS):
            markup.plain(data, scribe)
        case _:
            return False
    return True


def _name(member: ZipInfo) -> str:
    """The name as it was meant: without the flag for UTF-8 Python reads cp437, and most programs mean UTF-8."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename
