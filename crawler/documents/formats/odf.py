"""OpenDocument (odt, ods, odp): headings, paragraphs, links, what meta.xml says."""

from typing import Any
from zipfile import ZipFile

from crawler.documents.formats.package import local, parsed
from crawler.documents.scribe import Scribe, Unreadable

_HREF = "{http://www.w3.org/1999/xlink}href"
_META = {"title": "title", "creator": "author", "subject": "subject", "keyword": "keywords"} | {
    "creation-date": "created",
    "date": "modified",
}


def read(packed: ZipFile, scribe: Scribe) -> None:
    """Raises KeyError where there is no content, Unreadable where it is encrypted."""
    names = set(packed.namelist())
    if "META-INF/manifest.xml" in names and b"encryption-data" in packed.read("META-INF/manifest.xml"):
        raise Unreadable("encrypted")
    if "meta.xml" in names:
        for element in parsed(packed.read("meta.xml")).iter():
            if (name := _META.get(local(element))) and element.text:
                scribe.meta(**{name: element.text})
    for element in parsed(packed.read("content.xml")).iter("{*}p", "{*}h", "{*}a"):
        name, text = local(element), "".join(element.itertext())
        if name == "a":
            scribe.link(element.get(_HREF, ""), text)
        elif text.strip() and not _is_nested(element):
            scribe.text(text)
            if name == "h":
                scribe.text(text[:500], "heading")


def _is_nested(element: Any) -> bool:
    return any(local(up) == "p" for up in element.iterancestors())
