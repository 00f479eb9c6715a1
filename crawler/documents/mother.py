"""The mother: has the libraries ready and forks a child for each document that the crawler hands over.

Each message on the control socket is JSON; ``{"id", "seconds"}`` with two files (document, pipe for the answer) asks
for a child, ``{"id", "status", "late", …}`` tells how it ended, ``{"ready"}`` that there is a mother at all. When the
socket closes, because the crawler ended in whatever way, children and mother end.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

PATIENCE = 5
"""By the clock a child may take so many times its CPU seconds: it is the least important process of a busy machine."""
OUT_OF_MEMORY = 3
"""Exit status of a child that had not even the memory to say so."""
MAX_MESSAGE = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost: CPU seconds (``PATIENCE`` times as many by the clock) and bytes of memory."""

    seconds: float
    memory: int


@dataclass(slots=True)
class _Child:
    pid: int
    number: int
    deadline: float
    late: bool = False


def main(control: int, memory: int) -> None:
    """Serve until the control socket closes."""
    sys.modules["numpy"] = None  # type: ignore[assignment]  # a library would load it for nothing, threads and all
    sys.dont_write_bytecode = True
    from crawler.documents.child import live

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()  # children then share these pages as they are
    with socket.socket(fileno=control) as sock:
        Mother(sock, memory, live).serve()


class Mother:
    """Forks, watches, kills and reaps."""

    def __init__(self, sock: socket.socket, memory: int, live: Callable[[int, int, Limits, int], NoReturn]) -> None:
        self._socket = sock
        self._memory = memory
        self._live = live
        self._children: dict[int, _Child] = {}

    def serve(self) -> None:
        """Until the other side closes; then no child is left."""
        self._tell({"ready": os.getpid()})
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while True:
            for file, _ in poll.poll(self._wait()):
                if file != self._socket.fileno():
                    poll.unregister(file)
                    self._reap(file)
                elif (watched := self._take()) is None:
                    self._end()
                    return
                else:
                    poll.register(watched, select.POLLIN)
            self._kill_late()

    def _wait(self) -> int | None:
        """Milliseconds until the next child is late."""
        due = [child.deadline for child in self._children.values() if not child.late]
        return max(0, round(1000 * (min(due) - time.monotonic()))) + 1 if due else None

    def _take(self) -> int | None:
        """Fork for the next message: the file that tells of the child's end. None when the crawler is gone."""
        try:
            message, files, _, _ = socket.recv_fds(self._socket, MAX_MESSAGE, 2)
        except ConnectionError:
            return None
        if not message:
            return None
        (source, target), wanted = files, json.loads(message)
        limits = Limits(wanted["seconds"], self._memory)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._live(source, target, limits, parent)
        os.close(source)
        os.close(target)
        watched = os.pidfd_open(pid)
        self._children[watched] = _Child(pid, wanted["id"], time.monotonic() + PATIENCE * limits.seconds)
        return watched

    def _reap(self, watched: int) -> None:
        child = self._children.pop(watched)
        os.close(watched)
        _, status, used = os.wait4(child.pid, 0)
        told = {"id": child.number, "status": os.waitstatus_to_exitcode(status), "late": child.late}
        self._tell(told | {"seconds": used.ru_utime + used.ru_stime, "peak": 1024 * used.ru_maxrss})

    def _kill_late(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if now >= child.deadline and not child.late:
                child.late = True
                os.kill(child.pid, signal.SIGKILL)

    def _end(self) -> None:
        for watched, child in self._children.items():
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            os.close(watched)

    def _tell(self, message: dict[str, Any]) -> None:
        try:
            self._socket.send(json.dumps(message).encode())
        except OSError:
            return  # the crawler is gone; the next look at the socket says so too
