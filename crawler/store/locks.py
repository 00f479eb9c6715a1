"""What processes share around the embedded server: locks on files, and the folder of its socket."""

import fcntl
import hashlib
import os
import stat
import tempfile
import time
from pathlib import Path

from crawler.errors import StoreUnavailable

LOCK_PATIENCE = 180.0  # seconds: longer than a server may take to start and another to stop
SOCKET_LIMIT = 106  # bytes of a Unix socket's path, the terminating zero left out
SOCKET_NAME = "mongodb.sock"


def lock(path: Path, kind: int) -> int:
    """A locked descriptor of ``path``; raises ``StoreUnavailable`` when another holds it for too long."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    limit = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() > limit:
                os.close(descriptor)
                raise StoreUnavailable(f"another process holds {path} for too long") from None
            time.sleep(0.02)


def alone(share: int) -> bool:
    """Whether nobody else holds a share; the caller holds the exclusive lock, so nobody comes in between."""
    try:
        fcntl.flock(share, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # A refused change of a lock may have dropped it (flock(2)): take the share again.
        fcntl.flock(share, fcntl.LOCK_SH)
        return False
    fcntl.flock(share, fcntl.LOCK_SH)
    return True


def socket_path(folder: Path) -> Path:
    """Where a server listens: beside its data, or in a private folder when that path is too long for a socket.

    Raises ``StoreUnavailable`` when none is short enough, or when somebody else made the folder.
    """
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    places = [folder / "socket", Path(tempfile.gettempdir()) / f"rasoat-{os.getuid()}-{name}"]
    if runtime and Path(runtime).is_dir():
        places.insert(1, Path(runtime) / f"rasoat-{name}")
    place = next((place for place in places if len(os.fsencode(place / SOCKET_NAME)) <= SOCKET_LIMIT), None)
    if place is None:
        raise StoreUnavailable(f"the path {folder} is too long for a socket: choose a shorter RASOAT_DATA_DIR")
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise StoreUnavailable(f"the socket folder {place} belongs to someone else")
    place.chmod(0o700)
    return place / SOCKET_NAME
