"""Asking name servers for a whole run: politely, many at once, nothing twice."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from crawler.discovery.journal import Journal
from crawler.discovery.stream import over_tcp
from crawler.dns.channel import Asked, Channel, Server, is_truncated, query_of, question_in, question_of

_ASK_AGAIN = (dns.rcode.SERVFAIL, dns.rcode.REFUSED)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom. ``recurse``: the server is a resolver; ``dnssec``: with signatures and NSEC."""

    server: Server
    name: dns.name.Name
    kind: dns.rdatatype.RdataType
    recurse: bool = False
    dnssec: bool = False

    @property
    def key(self) -> str:
        """The question as a text, the same in every process."""
        host, port = self.server
        kind = dns.rdatatype.to_text(self.kind)
        return f"{host}#{port} {self.name.to_text().lower()} {kind}{' dnssec' if self.dnssec else ''}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back; ``error`` is ``timeout`` or ``malformed`` where there is no message: unknown, never absent."""

    message: dns.message.Message | None
    error: str = ""

    @property
    def rcode(self) -> str:
        """The response code in words; empty without a message."""
        return dns.rcode.to_text(self.message.rcode()) if self.message is not None else ""

    @property
    def is_final(self) -> bool:
        """Whether the server answered for the name."""
        return self.rcode in ("NOERROR", "NXDOMAIN")


TIMEOUT = Heard(None, "timeout")


def read(wire: bytes | None) -> Heard:
    """Parse a reply; whatever a hostile message makes the parser raise is a fault of that message."""
    if wire is None:
        return TIMEOUT
    try:
        return Heard(dns.message.from_wire(wire, ignore_trailing=True))
    except Exception:
        return Heard(None, "malformed")


class Inquiry:
    """Asks through one channel and keeps what is answered in the journal."""

    def __init__(self, channel: Channel, journal: Journal, count: Callable[[str], None]) -> None:
        self._channel = channel
        self.journal = journal
        self._count = count

    async def ask(self, question: Question) -> Heard:
        """Ask one question; never raises for what a server does."""
        wire = self.journal.known.get(question.key)
        if wire is None:
            wire = await self._fetch(question)
        else:
            self._count("discover/recalled")
        return read(wire)

    async def _fetch(self, question: Question) -> bytes | None:
        while self.journal.is_full:
            await self.journal.flush()
        self._count("discover/asked")
        section = question_of(question.name, question.kind)
        wire = await self._datagram(question, section)
        if wire is not None and is_truncated(wire):
            wire = await self._whole(question, section, wire)
        if wire is None:
            self._count("discover/unanswered")
        elif wire[3] & 0x0F in _ASK_AGAIN:
            self._count("discover/troubled")
            self.journal.known[question.key] = wire  # not written: a resumed run asks again
        else:
            self.journal.note(question.key, wire)
        return wire

    async def _datagram(self, question: Question, section: bytes) -> bytes | None:
        answered: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()

        def done(wire: bytes | None, tries: int) -> None:
            if tries > 1:
                self._count("discover/tried_again")
            if not answered.done():
                answered.set_result(wire)

        self._channel.ask(Asked(question.server, section, question.recurse, question.dnssec, done))
        return await answered

    async def _whole(self, question: Question, section: bytes, cut: bytes) -> bytes | None:
        """A long answer over TCP.

        A cut answer without any record may be a polite no of a server that limits its rate: it is asked once more
        by datagram, and TCP is not used to walk round the limit.
        """
        pace = self._channel.pace(question.server)
        if not any(cut[6:8]):
            pace.heard(lost=True)
            self._count("discover/limited")
            again = await self._datagram(question, section)
            if again is None or not is_truncated(again):
                return again
            if pace.is_limited:
                return None
        self._count("discover/over_tcp")
        query = query_of(section, 0, recurse=question.recurse, dnssec=question.dnssec)
        wire = await over_tcp(question.server, query)
        return wire if wire is not None and question_in(wire) == section.lower() else None
