"""A folder of files as a web server shows it, and which of its pages links lead to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from lxml import etree, html

from tests.benchmarks.server import NOT_FOUND, Reply, answer


@dataclass(frozen=True, slots=True)
class Folder:
    """A static site: ``index.html`` for folders, content types by extension, percent-decoded paths."""

    root: Path

    def open(self) -> Reply:
        """Read the folder's names once; bodies are read when they are asked for, the system caches them."""
        files = self.files()

        def reply(_host: bytes, target: bytes) -> bytes:
            found = files.get(_path(target.decode("latin-1")))
            if found is None:
                return NOT_FOUND
            kind, _ = guess_type(found.name)
            text = "; charset=utf-8" if (kind or "").startswith("text/") else ""
            return answer(found.read_bytes(), f"{kind or 'application/octet-stream'}{text}".encode())

        return reply

    def files(self) -> dict[str, Path]:
        """Path on the site → file; a folder with an index stands there with and without its slash."""
        found: dict[str, Path] = {}
        for file in sorted(self.root.rglob("*")):
            if file.is_file() and self.root in file.resolve().parents:
                path = "/" + file.relative_to(self.root).as_posix()
                found[path] = file
                if file.name == "index.html":
                    found.setdefault(path.removesuffix("index.html"), file)
                    found.setdefault(path.removesuffix("/index.html") or "/", file)
        return found


def reachable(folder: Folder, host: str) -> set[str]:
    """Paths with a page that links lead to from ``/``: a plain walk over ``a``, ``area``, ``frame`` and ``iframe``.

    Knows nothing of the crawler. Paths are percent-decoded; of one file only the first path found is given.
    """
    files = folder.files()
    seen: set[Path] = set()
    found: set[str] = set()
    waiting = deque(["/"])
    while waiting:
        path = waiting.popleft()
        file = files.get(path)
        if file is None or file in seen:
            continue
        seen.add(file)
        if file.suffix.lower() not in (".html", ".htm"):
            continue
        found.add(path)
        waiting.extend(_links(file.read_bytes(), f"http://{host}{path}", host))
    return found


def _links(body: bytes, base: str, host: str) -> Iterator[str]:
    try:
        tree = html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, ValueError):
        return
    for element in tree.iter("a", "area", "frame", "iframe", "base"):
        target = element.get("href") or element.get("src")
        if not target:
            continue
        try:
            parts = urlsplit(urldefrag(urljoin(base, target.strip())).url)
        except ValueError:
            continue
        if element.tag == "base":
            base = urljoin(base, target.strip())
        elif parts.scheme in ("http", "https") and parts.netloc == host:
            yield _path(parts.path)


def _path(target: str) -> str:
    """The path of a target: without its query, percent-decoded; latin-1 in, text out."""
    path = target.partition("?")[0].partition("#")[0]
    return unquote(path) or "/"
