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
_folder: Path | None = None


def keep_in(folder: Path | None) -> None:
    """Keep what is compiled from now on in ``folder``, which is made when it is needed; None keeps nothing."""
    global _folder
    _folder = folder


def folder() -> Path | None:
    """Where databases are kept; None where they are not."""
    return _folder


def name_of(expressions: list[str], ids: list[int], flags: int) -> str:
    """The name under which a database is kept: a digest of all that decides what it holds."""
    return sha256(repr((version("hyperscan"), expressions, ids, flags)).encode()).hexdigest()


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
        descriptor, made = tempfile.mkstemp(dir=_folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sha256(body).digest() + body)
        Path(made).replace(_folder / name)
        files = sorted(_folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in files[:-MOST]:
            path.unlink(missing_ok=True)
