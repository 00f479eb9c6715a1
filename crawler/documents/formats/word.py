"""Word since 2007: paragraphs of the body, of headers, footers, notes and comments; hyperlinks and fields."""

import re
from io import BytesIO
from typing import Any

from docx.package import Package

from crawler.documents.formats.office import core
from crawler.documents.formats.package import external, inner, local, parsed
from crawler.documents.scribe import Scribe

_BESIDE = ("header", "footer", "footnotes", "endnotes", "comments")
_FIELD = re.compile(r"HYPERLINK\s+(?:\\[a-z]\s+)*\"([^\"]{1,2000})\"")
_BREAKS = frozenset(("tab", "br", "cr", "noBreakHyphen"))
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_VALUE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}val"


def read(data: bytes, scribe: Scribe) -> None:
    """Raises what python-docx raises on a package that is none."""
    package = Package.open(BytesIO(data))
    core(package, scribe)
    main = package.main_document_part
    _part(main, scribe)
    for relation in list(main.rels.values()):
        kind = relation.reltype.rpartition("/")[2]
        if kind in _BESIDE and not relation.is_external:
            with scribe.inside(kind):
                _part(relation.target_part, scribe)


def _part(part: Any, scribe: Scribe) -> None:
    root = getattr(part, "element", None)
    root = parsed(part.blob) if root is None else root
    targets = dict(external(part.rels))
    seen: set[str] = set()
    for twice in list(root.iter("{*}Fallback")):
        twice.getparent().remove(twice)  # the same once more for old programs
    for paragraph in root.iter("{*}p"):
        if len(paragraph):
            _paragraph(paragraph, targets, seen, scribe)
    for name, url in targets.items():
        if name not in seen:
            scribe.link(url)


def _paragraph(paragraph: Any, targets: dict[str, str], seen: set[str], scribe: Scribe) -> None:
    text = _text(paragraph)
    if text.strip():
        scribe.text(text)
        if _is_heading(paragraph):
            scribe.text(text[:500], "heading")
    for element in paragraph.iter("{*}hyperlink", "{*}hlinkClick"):
        name = element.get(_ID)
        if name in targets:
            seen.add(name)
            scribe.link(targets[name], _text(element) or text)
    fields = "".join(map(inner, paragraph.iter("{*}instrText")))
    for match in _FIELD.finditer(fields[:20_000]):
        scribe.link(match.group(1), text)


def _text(element: Any) -> str:
    """The runs below an element, without those of paragraphs inside it (text boxes), which come by themselves."""
    parts: list[str] = []
    for child in element:
        name = local(child)
        if name == "t":
            parts.append(inner(child))
        elif name in _BREAKS:
            parts.append(" ")
        elif name not in ("p", "txbxContent", "AlternateContent", "pict", "drawing", "pPr", "rPr"):
            parts.append(_text(child))
    return "".join(parts)


def _is_heading(paragraph: Any) -> bool:
    style = paragraph.find("{*}pPr/{*}pStyle")
    name = (style.get(_VALUE) or "").lower() if style is not None else ""
    return name.startswith("heading") or name in ("title", "tiu", "tieude") or name[:5] == "tiêu "
