"""The crawler's side: documents in, readings out. The mother is started with the first one, and again when she dies."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from crawler.documents.mother import MAX_MESSAGE, OUT_OF_MEMORY, PATIENCE
from crawler.documents.reading import MAX_ANSWER, Reading, check

logger = logging.getLogger(__name__)

AT_ONCE = 2
"""Documents that are read at the same time."""
MAX_STARTS = 3
"""Starts in a row that came to nothing; after them no document is read any more."""
_GRACE = 10.0  # seconds after which a mother that does not say how a child ended is taken for dead
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONHOME", "TZ", "TMPDIR")
_TIME_SIGNALS = (-signal.SIGPROF, -signal.SIGXCPU, -signal.SIGALRM)
# The crawler may run from an egg: the mother gets its search path, and no path next to a file.
_PROGRAM = (
    "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path'];"
    "from crawler.documents.mother import main; main(given['control'], given['memory'])"
)


@dataclass(slots=True)
class _Verdict:
    """How a child ended: its exit status (negative: the signal), whether its time was over, what it used."""

    status: int = 0
    late: bool = False
    seconds: float = 0.0
    peak: int = 0
    lost: bool = False


class DocumentReader:
    """Reads documents, at most ``AT_ONCE`` of them at once, each for ``seconds`` and ``memory`` (bytes) at most."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds = seconds
        self._memory = memory
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._mother: _Mother | None = None
        self._failed_starts = 0
        self._closed = False

    @classmethod
    def from_settings(cls, settings: Any) -> Self:
        """A reader with the limits of the settings."""
        return cls(settings.getfloat("RASOAT_DOCUMENT_SECONDS"), settings.getint("RASOAT_DOCUMENT_MEMORY"))

    async def read(self, body: bytes, seconds: float | None = None) -> Reading:
        """What a document says; ``seconds`` may give it less time than others have.

        Never raises on any document; a mother's death costs it a second try, not more.
        """
        seconds = self._seconds if seconds is None else min(seconds, self._seconds)
        async with self._gate:
            for _ in range(2):
                mother = self._ready_mother()
                if mother is None:
                    break
                answer, verdict = await mother.ask(body, seconds)
                self._failed_starts = self._failed_starts + 1 if not mother.ready else 0
                if not verdict.lost:
                    return _judged(answer, verdict)
            return Reading(cause="no_reader")

    @property
    def pid(self) -> int:
        """The process id of the mother, 0 when there is none."""
        return self._mother.process.pid if self._mother else 0

    def _ready_mother(self) -> "_Mother | None":
        if self._mother is not None and self._mother.lost:
            self._mother = None
        if self._mother is None:
            if self._closed or self._failed_starts >= MAX_STARTS:
                return None
            try:
                self._mother = _Mother(self._memory)
            except OSError as error:
                self._failed_starts += 1
                logger.error("No process for reading documents can be started: %s", error)
        return self._mother

    async def close(self) -> None:
        """End the mother and whatever she looks after; what is being read meanwhile ends as ``no_reader``."""
        self._closed = True
        if self._mother is not None:
            self._mother.end()
            self._mother = None


def _judged(answer: bytes, verdict: _Verdict) -> Reading:
    """What was said before an early end counts; the cause is the manner of the end."""
    reading = check(answer)
    reading.seconds, reading.peak = verdict.seconds, verdict.peak
    if verdict.late or verdict.status in _TIME_SIGNALS:
        reading.cause = "too_slow"
    elif verdict.status in (OUT_OF_MEMORY, -signal.SIGKILL):
        reading.cause = "too_much_memory"
    elif verdict.status or not reading.ended:
        reading.cause = reading.cause or "crashed"
    return reading


class _Mother:
    """One process and the socket that leads to it. ``lost`` once that closed, from whichever side."""

    def __init__(self, memory: int) -> None:
        self._loop = asyncio.get_running_loop()
        ours, hers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = [os.path.abspath(entry) for entry in sys.path]
        given = {"path": path, "control": hers.fileno(), "memory": memory}
        with hers:
            self.process = subprocess.Popen(  # noqa: S603 - a fork of milliseconds, our own program
                [sys.executable, "-I", "-c", _PROGRAM, json.dumps(given)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(hers.fileno(),),
                cwd="/",
                env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
                start_new_session=True,  # the operator's Ctrl-C is not meant for her
            )
        ours.setblocking(False)
        self._socket = ours
        self._verdicts: dict[int, asyncio.Future[_Verdict]] = {}
        self._number = 0
        self.ready = False
        self.lost = False
        self._loop.add_reader(ours.fileno(), self._heard)

    async def ask(self, body: bytes, seconds: float) -> tuple[bytes, _Verdict]:
        """The bytes that a child said about a document, and how it ended."""
        self._number += 1
        number = self._number
        verdict = self._verdicts[number] = self._loop.create_future()
        answer = bytearray()
        try:
            listening = self._hand_over({"id": number, "seconds": seconds}, body)
        except OSError:
            self.end()
            return b"", _Verdict(lost=True)
        try:
            async with asyncio.timeout(PATIENCE * seconds + _GRACE):
                await _listen(listening, answer)
                return bytes(answer), await verdict
        except TimeoutError:
            self.end()
            return bytes(answer), _Verdict(late=True)
        finally:
            self._verdicts.pop(number, None)

    def _hand_over(self, wanted: Mapping[str, float], body: bytes) -> int:
        """Give the document and the writing end of a pipe away; the reading end stays. Raises OSError."""
        source = os.memfd_create("document")
        try:
            view = memoryview(body)
            while view:
                view = view[os.write(source, view) :]
            os.lseek(source, 0, os.SEEK_SET)
            listening, target = os.pipe()
            try:
                socket.send_fds(self._socket, [json.dumps(wanted).encode()], [source, target])
            except OSError:
                os.close(listening)
                raise
            finally:
                os.close(target)
        finally:
            os.close(source)
        os.set_blocking(listening, False)
        return listening

    def _heard(self) -> None:
        try:
            message = self._socket.recv(MAX_MESSAGE)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self.end()
            return
        told: Mapping[str, Any] = json.loads(message)
        if "ready" in told:
            self.ready = True
            return
        waiting = self._verdicts.get(told["id"])
        if waiting is not None and not waiting.done():
            waiting.set_result(_Verdict(told["status"], told["late"], told["seconds"], told["peak"]))

    def end(self) -> None:
        """Close, kill, reap; whoever waits is told that she is lost."""
        if self.lost:
            return
        self.lost = True
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self.process.kill()
        self.process.wait()
        for waiting in self._verdicts.values():
            if not waiting.done():
                waiting.set_result(_Verdict(lost=True))


async def _listen(file: int, answer: bytearray) -> None:
    """Collect what comes through a pipe until it closes, or is more than any document has to say."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def take() -> None:
        try:
            data = os.read(file, 64 * 1024)
        except BlockingIOError:
            return
        answer.extend(data)
        if (not data or len(answer) > MAX_ANSWER) and not done.done():
            done.set_result(None)

    loop.add_reader(file, take)
    try:
        await done
    finally:
        loop.remove_reader(file)
        os.close(file)  # who still wants to say something learns that nobody listens
