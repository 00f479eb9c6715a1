"""Compiled databases kept on disk: compiling takes seconds, reading them back none. A cache: nothing depends on it.

The folder belongs to the user who runs the program, because what lies there is trusted like the program itself.
"""

import contextlib
import os
import tempfile
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hyperscan

MOST = 60
"""Files; a ruleset has about a dozen, and those that were used least lately go first."""
_DIGEST = 32  # bytes of SHA-256 before the database, so that a torn file is not read
SOUND = "sound"
"""The file of expressions that compile, one name a line."""
_folder: Path | None = None
_sound: set[str] = set()


def keep_in(folder: Path | None) -> None:
    """Keep what is compiled from now on in ``folder``, which is made when it is needed; None keeps nothing."""
    global _folder
    if folder != _folder:
        _sound.clear()
    _folder = folder


def folder() -> Path | None:
    """Where databases are kept; None where they are not."""
    return _folder


def name_of(expressions: list[str], ids: list[int], flags: int) -> str:
    """The name under which a database is kept: a digest of all that decides what it holds."""
    return sha256(repr((version("hyperscan"), expressions, ids, flags)).encode()).hexdigest()


def is_sound(name: str) -> bool:
    """Whether an expression of this name was compiled before, here or by an earlier process."""
    if _folder is not None and not _sound:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            path = _folder / SOUND
            if path.stat().st_uid == os.getuid():
                _sound.update(path.read_text("ascii").split())
    return name in _sound


def note_sound(name: str) -> None:
    """Remember that an expression compiles, until ``keep_sound`` writes it down."""
    _sound.add(name)


def keep_sound() -> None:
    """Write down which expressions compile: each takes milliseconds, and all are checked at each start."""
    if _folder is None or not _sound:
        return
    with contextlib.suppress(OSError):
        _folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, text = _folder / SOUND, "\n".join(sorted(_sound))
        if path.exists() and path.stat().st_size == len(text):
            return
        _write(path, text.encode())


def _write(path: Path, content: bytes) -> None:
    descriptor, made = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(made).replace(path)


def recall(name: str) -> Any:
    """The database kept under a name, ready to scan; None where there is none that this machine can use."""
    if _folder is None:
        return None
    path = _folder / name
    try:
        if path.stat().st_uid != os.getuid():
            return None
        content = path.read_bytes()
        body = content[_DIGEST:]
        if sha256(body).digest() != content[:_DIGEST]:
            return None
        database = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        os.utime(path)
    except (OSError, hyperscan.error):
        return None
    return database


def keep(name: str, database: Any) -> None:
    """Keep a database; where that cannot be, nothing happens."""
    if _folder is None:
        return
    with contextlib.suppress(OSError, hyperscan.error):
        _folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        body = bytes(hyperscan.dumpb(database))
        _write(_folder / name, sha256(body).digest() + body)
        databases = (path for path in _folder.iterdir() if path.name != SOUND)
        files = sorted(databases, key=lambda path: path.stat().st_mtime)
        for path in files[:-MOST]:
            path.unlink(missing_ok=True)
