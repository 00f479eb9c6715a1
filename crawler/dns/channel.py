"""One datagram socket with many outstanding questions: matched by id, server and question, paced per server."""

import asyncio
import secrets
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import dns.message
import dns.name
import dns.rdatatype

from crawler.dns.pace import Pace

Server = tuple[str, int]
"""Address and port of a name server."""
Wire = bytes | None
"""A reply as it came, or None when none came."""

OUTSTANDING = 200
"""Questions to one server that may be under way at once: more would overflow what its socket holds."""
TIMEOUT = 2.0
TRIES = 3
_EDNS_PAYLOAD = 1232
_TICK = 0.05
_RECEIVE = 4 * 1024 * 1024
_TROUBLE = (2, 5)  # SERVFAIL, REFUSED
_HEADER = struct.Struct("!HHHHHH")
_TAIL = struct.Struct("!HH")
_RD, _TC, _QR = 0x0100, 0x0200, 0x8000
_OPT = struct.Struct("!BHHIH")


@dataclass(slots=True, eq=False)
class Asked:
    """A question under way; ``done`` is called once with the reply's bytes or None, and the tries it took."""

    server: Server
    question: bytes
    recurse: bool
    dnssec: bool
    done: Callable[[Wire, int], None]
    number: int = 0
    tries: int = 0
    deadline: float = 0.0


def question_of(name: dns.name.Name, kind: int) -> bytes:
    """The question section of one question, as it stands in a message."""
    return name.to_wire() + _TAIL.pack(kind, 1)  # type: ignore[operator]  # without a file it returns bytes


def query_of(question: bytes, number: int, *, recurse: bool, dnssec: bool) -> bytes:
    """A whole query message with EDNS."""
    flags = _RD if recurse else 0
    opt = _OPT.pack(0, dns.rdatatype.OPT, _EDNS_PAYLOAD, 0x8000 if dnssec else 0, 0)
    return _HEADER.pack(number, flags, 1, 0, 0, 1) + question + opt


def question_in(wire: bytes) -> bytes:
    """The question section of a reply, in lower case; empty when it has none or is broken."""
    if len(wire) < 17 or wire[4:6] != b"\0\1":
        return b""
    place = 12
    while place < len(wire) and (size := wire[place]):
        if size > 63:
            return b""
        place += size + 1
    return wire[12 : place + 5].lower()


@dataclass(slots=True, eq=False)
class _Line:
    """What goes to one server."""

    pace: Pace
    waiting: deque[Asked] = field(default_factory=deque)
    under_way: int = 0
    timer: asyncio.TimerHandle | None = None


class Channel(asyncio.DatagramProtocol):
    """Asks; every question ends in exactly one call of its ``done``. Belongs to the loop it was opened on."""

    def __init__(self, rate: float, timeout: float = TIMEOUT, tries: int = TRIES) -> None:
        """``rate``: questions a second and server, 0 for no limit; ``timeout``: seconds for one try."""
        self._rate = rate
        self._timeout = timeout
        self._tries = tries
        self._lines: dict[Server, _Line] = {}
        self._pending: dict[tuple[int, str, int], Asked] = {}
        self._deadlines: deque[Asked] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._transports: dict[int, asyncio.DatagramTransport] = {}
        self.asked = 0
        self.unanswered = 0
        self.strays = 0

    async def open(self) -> None:
        """Bind a socket of each address family that this machine has."""
        self._loop = asyncio.get_running_loop()
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                bound = socket.socket(family, socket.SOCK_DGRAM)
                bound.setblocking(False)
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE)
                bound.bind(("", 0))
                transport, _ = await self._loop.create_datagram_endpoint(lambda: self, sock=bound)
            except OSError:
                continue  # no IPv6 here: those servers stay unanswered
            self._transports[family] = transport

    def close(self) -> None:
        """Close the sockets; what is under way is never answered."""
        for timer in (self._sweeper, *(line.timer for line in self._lines.values())):
            if timer is not None:
                timer.cancel()
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()

    def pace(self, server: Server) -> Pace:
        """How fast a server is asked."""
        return self._line(server).pace

    def ask(self, asked: Asked) -> None:
        """Put a question in its server's line."""
        line = self._line(asked.server)
        line.waiting.append(asked)
        if line.timer is None:
            self._pump(line)

    def _line(self, server: Server) -> _Line:
        line = self._lines.get(server)
        if line is None:
            line = self._lines[server] = _Line(Pace(self._rate, self._loop.time()))
        return line

    def _pump(self, line: _Line) -> None:
        """Send what may be sent now; come back when the pace allows more."""
        line.timer = None
        while line.waiting and line.under_way < OUTSTANDING:
            if not line.pace.take(self._loop.time()):
                line.timer = self._loop.call_later(line.pace.wait(), self._pump, line)
                return
            self._send(line, line.waiting.popleft())

    def _send(self, line: _Line, asked: Asked) -> None:
        host, port = asked.server
        number = secrets.randbits(16)
        while (number, host, port) in self._pending:
            number = (number + 1) & 0xFFFF
        asked.number = number
        asked.tries += 1
        asked.deadline = self._loop.time() + self._timeout
        self._pending[number, host, port] = asked
        self._deadlines.append(asked)
        line.under_way += 1
        self.asked += 1
        transport = self._transports.get(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if transport is not None and not transport.is_closing():
            wire = query_of(asked.question, number, recurse=asked.recurse, dnssec=asked.dnssec)
            transport.sendto(wire, asked.server)
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(_TICK, self._sweep)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A reply counts only when server, id and question are those of a question under way."""
        if len(data) < 12:
            return
        key = (data[0] << 8 | data[1], addr[0], addr[1])
        asked = self._pending.get(key)
        if asked is None or not data[2] & 0x80 or question_in(data) != asked.question.lower():
            self.strays += 1
            return
        del self._pending[key]
        line = self._lines[asked.server]
        line.under_way -= 1
        line.pace.heard(troubled=data[3] & 0x0F in _TROUBLE)
        asked.deadline = 0.0
        asked.done(data, asked.tries)
        if line.waiting and line.timer is None:
            self._pump(line)

    def error_received(self, exc: Exception) -> None:
        """A closed port: its question runs into its timeout, like one that is dropped."""

    def _sweep(self) -> None:
        """End what has waited too long: tried again, or given up as unanswered."""
        self._sweeper = None
        now = self._loop.time()
        while self._deadlines and self._deadlines[0].deadline <= now:
            asked = self._deadlines.popleft()
            if asked.deadline:
                self._expire(asked)
        if self._deadlines:
            self._sweeper = self._loop.call_later(_TICK, self._sweep)

    def _expire(self, asked: Asked) -> None:
        del self._pending[asked.number, *asked.server]
        line = self._lines[asked.server]
        line.under_way -= 1
        line.pace.heard(lost=True)
        if asked.tries < self._tries:
            line.waiting.append(asked)
        else:
            self.unanswered += 1
            asked.done(None, asked.tries)
        if line.waiting and line.timer is None:
            self._pump(line)


def is_truncated(wire: bytes) -> bool:
    """Whether the reply says that it was cut."""
    return bool(wire[2] & 0x02)
