"""RTF: its text, its HYPERLINK fields, what its info group says."""

import re

from striprtf.striprtf import rtf_to_text as untyped

from crawler.documents.scribe import Scribe

_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[\r\n ]*){200,}")  # pictures
_FIELD = re.compile(r"HYPERLINK\s+\"([^\"]{1,2000})\"")
_INFO = re.compile(r"\{\\(title|author|subject|keywords) ?([^{}]{1,2000})\}")


def read(data: bytes, scribe: Scribe) -> None:
    """Raises what striprtf raises; it reads on through most damage."""
    source = _HEX.sub("", data.decode("latin-1"))
    for name, text in _INFO.findall(source[:50_000]):
        scribe.meta(**{name: _plain("{\\rtf1 " + text + "}")})
    for match in _FIELD.finditer(source):
        scribe.link(match.group(1).replace("\\\\", "\\"))
    for paragraph in _paragraphs(_plain(source)):
        scribe.text(paragraph)


def _paragraphs(text: str) -> list[str]:
    """Some 2,000 characters each, broken at line ends."""
    pieces, piece = [], ""
    for line in text.splitlines():
        piece += line + "\n"
        if len(piece) > 2000:
            pieces.append(piece)
            piece = ""
    return [part for part in [*pieces, piece] if part.strip()]


def _plain(source: str) -> str:
    return str(untyped(source, errors="ignore"))  # type: ignore[no-untyped-call]
