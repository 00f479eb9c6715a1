"""A finding as a folder: a page to read, the files behind it, and their digests."""

import json
import os
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from crawler.console.finding_page import Shot, page_html
from crawler.console.output import plain
from crawler.errors import BadArgument, StoreError

INDEX, FINDING, SUMS = "index.html", "finding.json", "SHA256SUMS"
_OURS = re.compile(r"(?:[0-9]{2}-[a-z]{1,20}/)?[a-z0-9-]{1,40}(?:\.[a-z0-9]{1,8}){1,3}")
_SUM = re.compile(r"[0-9a-f]{64}  (\S+)")
_PNG = b"\x89PNG\r\n\x1a\n"
MAX_SOURCE = 5_000_000
"""Bytes of a page's source that are written as text; the whole stands in the WARC file."""

Read = Callable[[str], bytes]
SourceOf = Callable[[Mapping[str, Any]], str]
"""A record → what was judged, as text; raises ``StoreError``."""


class Folder:
    """Writes a finding into a folder that is empty, new, or holds an earlier save of the same finding."""

    def __init__(self, path: Path, identity: str) -> None:
        """Raises ``BadArgument`` for a folder with anything else in it."""
        self._path = path
        self._files: dict[str, tuple[str, int]] = {}
        self.faults: list[str] = []
        self._take(identity)

    def write(
        self, known: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]], read: Read, source_of: SourceOf
    ) -> None:
        """Everything; what cannot be read is told in ``faults``."""
        self._put(FINDING, f"{json.dumps(plain(known), ensure_ascii=False, indent=2)}\n".encode("utf-8", "replace"))
        shots = [self._shot(number, name, records[name], read, source_of) for number, name in enumerate(records, 1)]
        for row in known["snapshots"]:
            if row["kind"] in ("", "warc") and not row["record"]:  # kept without a record, by an earlier version
                self._copy(f"{row['sha256'][:16]}.warc.gz", row["sha256"], read)
        sums = [(digest, path, size) for path, (digest, size) in sorted(self._files.items())]
        self._put(INDEX, page_html(known, shots, sums).encode("utf-8", "replace"))
        lines = [f"{digest}  {path}\n" for path, (digest, _) in sorted(self._files.items())]
        _write(self._path / SUMS, "".join(lines).encode())

    def _take(self, identity: str) -> None:
        if self._path.exists() and not self._path.is_dir():
            raise BadArgument(f"--save: {self._path} is not a folder")
        self._path.mkdir(parents=True, exist_ok=True)
        if not any(self._path.iterdir()):
            return
        try:
            earlier = json.loads((self._path / FINDING).read_text(encoding="utf-8"))["_id"]
        except (OSError, ValueError, KeyError, TypeError):
            earlier = ""
        if earlier != identity:
            raise BadArgument(f"--save: {self._path} is not empty, and holds no earlier save of this finding")
        self._clear()

    def _clear(self) -> None:
        """Take away what an earlier save wrote, by its own list, and nothing else."""
        try:
            lines = (self._path / SUMS).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return
        for line in lines:
            found = _SUM.fullmatch(line)
            if found and _OURS.fullmatch(found[1]) and not (self._path / found[1]).parent.is_symlink():
                (self._path / found[1]).unlink(missing_ok=True)

    def _shot(self, number: int, name: str, record: Mapping[str, Any], read: Read, source_of: SourceOf) -> Shot:
        view = str(record["view"])
        folder = f"{number:02d}-{view if re.fullmatch('[a-z]{1,20}', view) else 'view'}"
        shot = Shot(record, name)
        self._copy(f"{folder}/record.json", name, read)
        if record.get("warc"):
            self._copy(f"{folder}/page.warc.gz", record["warc"], read)
        if record.get("dom"):
            self._copy(f"{folder}/dom.html.gz", record["dom"], read)
        try:
            shot.source = source_of(record)
            text = "dom.html.txt" if record.get("dom") else "source.html.txt"
            if not record.get("document"):
                self._put(f"{folder}/{text}", shot.source.encode("utf-8", "replace")[:MAX_SOURCE])
        except StoreError as error:
            self._fault(str(error))
        if record.get("screenshot"):
            shot.screenshot = self._picture(f"{folder}/screenshot.png", record["screenshot"], read)
        for place, landing in enumerate(record.get("landings") or (), 1):
            if landing.get("screenshot"):
                path = self._picture(f"{folder}/landing-{place}.png", landing["screenshot"], read)
                if path:
                    shot.landings[landing["url"]] = path
        return shot

    def _picture(self, path: str, name: str, read: Read) -> str:
        """The path that was written, "" for what is no picture."""
        content = self._content(name, read)
        if content is None or not content.startswith(_PNG):
            return ""
        self._put(path, content)
        return path

    def _copy(self, path: str, name: str, read: Read) -> None:
        content = self._content(name, read)
        if content is not None:
            self._put(path, content)

    def _content(self, name: str, read: Read) -> bytes | None:
        try:
            return read(name)
        except StoreError as error:
            self._fault(str(error))
            return None

    def _fault(self, text: str) -> None:
        if text not in self.faults:
            self.faults.append(text)

    def _put(self, path: str, content: bytes) -> None:
        target = self._path / path
        if target.parent.is_symlink():
            raise BadArgument(f"--save: {target.parent} is a link")
        target.parent.mkdir(exist_ok=True)
        _write(target, content)
        self._files[path] = (sha256(content).hexdigest(), len(content))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)
