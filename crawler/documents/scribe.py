"""The child's side of the talk: what a reader finds, line by line, so that a death half-way loses only the rest.

A line is a JSON list: ["text", part, where, text] · ["link", url, text, where] · ["meta", name, value] ·
["end", kind, cause].
"""

import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_TEXT = 600_000
"""Characters of one document, as much as of a page. What is longer loses its middle: plants stand at the ends."""
_TAIL = 200_000
MAX_LINKS = 5_000
MAX_META = 500
MAX_PIECE = 50_000
_FLUSH = 32 * 1024
_FLUSH_SECONDS = 0.2
_WHITE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Addresses as people write them into a text.
_WRITTEN = re.compile(
    r"https?://[^\s<>\"')\]}]{3,500}|(?<![\w@.-])(?:[a-z0-9-]{2,40}\.){1,3}"
    r"(?:com|net|org|info|vip|win|bet|club|live|top|xyz|pro|fun|site|online|app|io|co|me|cc|link|asia|vn|dev)\b"
    r"(?:/[^\s<>\"')\]}]{0,300})?(?![\w@])",
    re.IGNORECASE,
)


class Unreadable(Exception):
    """Raised by readers where a document, or the rest of it, cannot be read; ``cause`` says why in one word."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Scribe:
    """Bounded notes of one document. ``write`` takes bytes; ``seconds`` of CPU time are what the reader has."""

    def __init__(self, write: Callable[[bytes], object], seconds: float) -> None:
        self._write = write
        self._until = time.process_time() + seconds
        self._lines: list[str] = []
        self._size = 0
        self._flushed = time.monotonic()
        self._room = MAX_TEXT - _TAIL
        self._tail: deque[tuple[str, str, str]] = deque()
        self._tail_room = _TAIL
        self._is_cut = False
        self._links = 0
        self._inside: list[str] = []
        self.said = 0

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Everything that is said meanwhile stands in a part of this name: a page, a sheet, a file in a zip.

        What was said is handed over at its end: the next part may be the one that kills.
        """
        self._inside.append(fold(name, 80))
        try:
            yield
        finally:
            self._inside.pop()
            self.flush()

    def text(self, text: str, part: str = "document") -> None:
        """A piece of text, best a paragraph, a row or a page; raises Unreadable when the time is over."""
        self.check()
        text = fold(text, 4 * MAX_PIECE)
        for start in range(0, len(text), MAX_PIECE):
            piece = text[start : start + MAX_PIECE]
            self.said += len(piece)
            if part == "document":
                for match in _WRITTEN.finditer(piece):
                    address = match.group().rstrip(".,;:!?")
                    self.link(address if "://" in address else f"http://{address}", address)
            if self._room >= len(piece):
                self._room -= len(piece)
                self._say("text", part, self._where(), piece)
            else:
                self._keep(part, piece)

    def _keep(self, part: str, piece: str) -> None:
        """Text beyond what the beginning may have: only the last of it will be said."""
        self._room = 0
        self._tail.append((part, self._where(), piece))
        self._tail_room -= len(piece)
        while self._tail_room < 0:
            self._tail_room += len(self._tail.popleft()[2])
            self._is_cut = True

    def link(self, url: str, text: str = "") -> None:
        """A reference, as it is written, with what is shown of it."""
        url = fold(url, 3000)
        if url and self._links < MAX_LINKS:
            self._links += 1
            self._say("link", url, fold(text, 200), self._where())

    def meta(self, **values: object) -> None:
        """What the file says of itself: title, author, subject, keywords, created, modified (ISO 8601)."""
        for name, value in values.items():
            if self._inside or not value:
                continue  # of files in a zip only their text is of interest
            if text := fold(str(value), MAX_META):
                self._say("meta", name, text)

    def check(self) -> None:
        """Raise Unreadable when the time is over; readers that say nothing for long ask now and then."""
        if time.process_time() > self._until:
            raise Unreadable("too_slow")

    def end(self, kind: str, cause: str) -> None:
        """The last lines."""
        for part, where, piece in self._tail:
            self._say("text", part, where, piece)
        self._say("end", kind, cause or ("too_long" if self._is_cut else ""))
        self.flush()

    def flush(self) -> None:
        """Hand over what was noted."""
        lines, self._lines, self._size = self._lines, [], 0
        self._flushed = time.monotonic()
        if lines:
            self._write("".join(lines).encode("utf-8", "replace"))

    def _where(self) -> str:
        return ", ".join(self._inside)

    def _say(self, *line: str) -> None:
        text = json.dumps(line, ensure_ascii=False) + "\n"
        self._lines.append(text)
        self._size += len(text)
        if self._size > _FLUSH or time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()


def fold(text: str, limit: int) -> str:
    """One line without control characters and lone surrogates, at most ``limit`` long."""
    return _SURROGATE.sub("\ufffd", _WHITE.sub(" ", text[: 4 * limit]).strip()[:limit])
