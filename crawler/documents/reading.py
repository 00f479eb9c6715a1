"""What a child said, checked: it read a hostile file and may be its puppet, so this is data like any page."""

import json
from dataclasses import dataclass, field
from typing import Any

from crawler.documents.kinds import KINDS
from crawler.documents.scribe import MAX_LINKS, MAX_META, MAX_PIECE, MAX_TEXT, fold

MAX_ANSWER = 8 * 1024 * 1024
"""Bytes a child may say."""
_MAX_LINES = 200_000
PARTS = frozenset(("document", "heading"))
NAMES = frozenset(("title", "author", "subject", "keywords", "created", "modified"))
CAUSES = frozenset(
    (
        "no_text",
        "encrypted",
        "damaged",
        "bomb",
        "unknown_format",
        "too_large",
        "too_long",
        "too_slow",
        "too_much_memory",
        "crashed",
        "no_reader",
    )
)


@dataclass(slots=True)
class Reading:
    """A document as it was read.

    ``kind`` is pdf, docx, … or "" when that was not seen; ``cause`` why it was not read, or not to its end, else "".
    ``texts`` are (part, where, text), ``links`` (URL as written, text, where), ``meta`` (name, value).
    ``seconds`` of CPU time and ``peak`` (bytes) are what it cost.
    """

    kind: str = ""
    cause: str = ""
    texts: list[tuple[str, str, str]] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    ended: bool = False
    seconds: float = 0.0
    peak: int = 0


def check(answer: bytes) -> Reading:
    """A reading out of a child's lines; a line that is none of the known ones is left out. Never raises."""
    reading = Reading()
    room = MAX_TEXT
    for raw in answer[:MAX_ANSWER].split(b"\n", _MAX_LINES)[:_MAX_LINES]:
        match _line(raw):
            case ["text", str(part), str(where), str(text)] if part in PARTS and room > 0:
                text = fold(text, min(MAX_PIECE, room))
                room -= len(text)
                reading.texts.append((part, fold(where, 200), text))
            case ["link", str(url), str(text), str(where)] if len(reading.links) < MAX_LINKS:
                reading.links.append((fold(url, 3000), fold(text, 200), fold(where, 200)))
            case ["meta", str(name), str(value)] if name in NAMES:
                reading.meta[name] = fold(value, MAX_META)
            case ["end", str(kind), str(cause)]:
                reading.kind = kind if kind in KINDS else ""
                reading.cause = cause if cause in CAUSES else "damaged" if cause else ""
                reading.ended = True
                break
    return reading


def _line(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
