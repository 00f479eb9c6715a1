"""The child: reads one document with little memory, little time and nothing else in reach, and ends."""

import ctypes
import os
import resource
import signal
from typing import Any, NoReturn

from crawler.documents.formats import read
from crawler.documents.mother import OUT_OF_MEMORY, PATIENCE, Limits
from crawler.documents.scribe import Scribe, Unreadable

SHARE = 0.8
"""Of its CPU seconds a reader stops by itself after so much, between two pages."""
MOST = 0.6
"""Of its memory: a failure after that is put down to it."""
_FILES = 16  # modules that libraries load late, from an egg too
_DIE_WITH_PARENT, _DUMPABLE, _NO_NEW_PRIVILEGES = 1, 4, 38
_libc: Any = ctypes.CDLL(None, use_errno=True)


def live(source: int, target: int, limits: Limits, parent: int) -> NoReturn:
    """Read the document in the file ``source``, write lines to the pipe ``target``, never come back."""
    status = 1
    try:
        _confine(source, target, limits, parent)
        status = _work(source, target, limits)
    except MemoryError:
        status = OUT_OF_MEMORY
    finally:
        os._exit(status)


def _confine(source: int, target: int, limits: Limits, parent: int) -> None:
    _libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the mother died before this was said
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    low, high = sorted((source, target))
    os.closerange(3, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, 4096)
    os.nice(5)
    signal.setitimer(signal.ITIMER_PROF, limits.seconds)
    seconds = max(1, round(limits.seconds + 0.5))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # nobody can turn this one back
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + limits.memory,) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(_FILES, high + 1),) * 2)
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(nothing, (0, 0))
    _libc.prctl(_DUMPABLE, 0)
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    signal.alarm(PATIENCE * seconds + 2)  # should the mother be stopped and never look


def _address_space(name: str = "VmSize") -> int:
    """Bytes of address space that are taken now (``VmSize``), or were at most (``VmPeak``)."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        return next((1024 * int(line.split()[1]) for line in status if line.startswith(f"{name}:")), 0)


def _is_exhausted(limits: Limits) -> bool:
    """Tell whether most of the memory was in use once: XML parsers run out of it without saying so."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return _address_space("VmPeak") > limit - limits.memory * (1 - MOST)


def _work(source: int, target: int, limits: Limits) -> int:
    with os.fdopen(source, "rb") as file:
        data = file.read()
    with os.fdopen(target, "wb", buffering=0) as pipe:
        scribe = Scribe(lambda lines: _write_all(pipe.fileno(), lines), SHARE * limits.seconds)
        kind, cause = _read(data, scribe)
        if cause == "damaged" and _is_exhausted(limits):
            cause = "too_much_memory"
        scribe.end(kind, cause or ("" if scribe.said else "no_text"))
    return 0


def _write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def _read(data: bytes, scribe: Scribe) -> tuple[str, str]:
    """Kind and cause. Whatever a library raises on a hostile file, the file is what is damaged."""
    kind: list[str] = []
    try:
        read(data, scribe, kind.append)
    except Unreadable as unreadable:
        return "".join(kind[:1]), unreadable.cause
    except BrokenPipeError:
        raise  # nobody listens any more
    except MemoryError:
        return "".join(kind[:1]), "too_much_memory"
    except Exception:
        return "".join(kind[:1]), "damaged"
    return "".join(kind[:1]), ""
