"""Who holds a lease or a run: a process on a machine, and whether it is known to be gone."""

import os
import socket
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import psutil


@cache
def _node() -> str:
    """The machine since its last start: a process id of before a reboot must not look alive."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{socket.gethostname()}/{boot.read_text().strip() if boot.exists() else 'boot'}"


def this_worker() -> dict[str, Any]:
    """``{id, node, pid, started}`` of this process; ``started`` in seconds since the epoch."""
    started = round(psutil.Process().create_time(), 2)
    return {
        "id": f"{_node()}/{os.getpid()}/{started}",
        "node": _node(),
        "pid": os.getpid(),
        "started": started,
    }


def is_gone(worker: Mapping[str, Any] | None) -> bool:
    """True only when the worker ran on this machine and is no more; of other machines nothing is known."""
    if not worker or worker.get("node") != _node():
        return False
    try:
        return abs(psutil.Process(int(worker["pid"])).create_time() - float(worker["started"])) > 0.1
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
