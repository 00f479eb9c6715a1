"""PowerPoint since 2007: the paragraphs of every slide and of its notes, and the links on it."""

from io import BytesIO
from typing import Any

from pptx import Presentation

from crawler.documents.formats.office import core
from crawler.documents.formats.package import external, inner
from crawler.documents.scribe import Scribe

_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read(data: bytes, scribe: Scribe) -> None:
    """Raises what python-pptx raises on a package that is none."""
    deck = Presentation(BytesIO(data))
    core(deck, scribe)
    for number, slide in enumerate(deck.slides, 1):
        with scribe.inside(f"slide {number}"):
            _part(slide.part, scribe)
            if slide.has_notes_slide:
                _part(slide.notes_slide.part, scribe)


def _part(part: Any, scribe: Scribe) -> None:
    targets = dict(external(part.rels))
    seen: set[str] = set()
    for paragraph in part._element.iter("{*}p"):
        text = "".join(inner(piece) or " " for piece in paragraph.iter("{*}t", "{*}br"))
        if text.strip():
            scribe.text(text)
    for link in part._element.iter("{*}hlinkClick", "{*}hlinkHover"):
        name = link.get(_ID)
        if name in targets:
            seen.add(name)
            run = next((up for up in link.iterancestors() if up.tag.endswith("}r")), None)
            scribe.link(targets[name], "".join(map(inner, run.iter("{*}t"))) if run is not None else "")
    for name, url in targets.items():
        if name not in seen:
            scribe.link(url)
