"""Office packages that their library refuses, over a style or a lost picture, read straight from their XML."""

from typing import Any
from zipfile import BadZipFile, ZipFile

from lxml import etree

from crawler.documents.formats.package import inner, local
from crawler.documents.scribe import Scribe

_PARTS = ("word/", "xl/sharedStrings", "xl/worksheets/", "ppt/slides/", "ppt/notesSlides/")
_HOLDERS = frozenset(("p", "si", "is"))  # paragraphs and cells


def read(packed: ZipFile, scribe: Scribe) -> None:
    """Tell the text of all parts that hold any; broken ones as far as they can be repaired."""
    for name in packed.namelist():
        if name.startswith(_PARTS) and name.endswith(".xml"):
            with scribe.inside(name.rpartition("/")[2]):
                _texts(_root(packed, name), scribe)
        elif name.endswith(".rels"):
            for relation in _root(packed, name):
                if str(relation.get("Type", "")).endswith("/hyperlink"):
                    scribe.link(str(relation.get("Target", "")))


def _root(packed: ZipFile, name: str) -> Any:
    """The root of a part, repaired where it is broken; nothing where it cannot be unpacked."""
    try:
        root = etree.fromstring(
            packed.read(name), etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        )
    except (etree.XMLSyntaxError, BadZipFile, KeyError, NotImplementedError, EOFError):
        return ()
    return () if root is None else root


def _texts(root: Any, scribe: Scribe) -> None:
    parts: list[str] = []
    for element in root.iter() if len(root) else ():
        name = local(element)
        if name in _HOLDERS and parts:
            scribe.text("".join(parts))
            parts = []
        elif name == "t":
            parts.append(inner(element))
    if parts:
        scribe.text("".join(parts))
