"""Stops the embedded server when its last user was killed: ``python -m crawler.store.watcher DATA_DIR``."""

import contextlib
import os
import sys
import time
from pathlib import Path

from crawler.errors import StoreUnavailable
from crawler.store.embedded import Embedded

INTERVAL = 2.0  # seconds; a killed process cannot tell anyone, so somebody has to look


def watch(data_dir: Path) -> None:
    """Look after one server process until it is gone; end it when it is unused and not told to stay."""
    server = Embedded(data_dir)
    pid = server.pid()
    with contextlib.suppress(OSError, StoreUnavailable):
        while pid:
            time.sleep(INTERVAL)
            if server.pid() != pid:
                return
            server.end_if_unused()


def main() -> None:
    """Fork first, so that whoever started the server has no child to reap."""
    if os.fork() == 0:
        watch(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
