"""Reading answers line by line with the bounds that Twisted and Scrapy leave open."""

from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.python.failure import Failure
from twisted.web._newclient import STATUS
from twisted.web._newclient import Request as TxRequest
from twisted.web.iweb import IResponse

MAX_HEADERS = 500
MAX_HEADER_BYTES = 256 * 1024  # as in Chromium
MAX_STATUS_LINE = 8 * 1024
MAX_INTERIM = 10  # 1xx answers before the final one

# What decides how the body is read and what the page is stays known, however late it stands.
_ESSENTIAL = frozenset(
    (
        b"connection",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"location",
        b"refresh",
        b"retry-after",
        b"transfer-encoding",
    )
)


class HeaderFlood(Exception):
    """Raised while the head of an answer is read: too many bytes or interim answers, or a line too long."""


class BoundedParser(_LenientHTTPClientParser):
    """Drops headers past ``MAX_HEADERS``, ignores meaningless framing headers, stops at a flood.

    State lives in class attributes because Scrapy turns a ready parser into this class (see its own parser).
    """

    MAX_LENGTH = 64 * 1024  # of one line: long cookies and policies exist; the sum below is the bound
    _head_bytes = 0
    _heads = 0
    _kept = 0
    dropped = 0

    def lineReceived(self, line: bytes) -> None:
        self._head_bytes += len(line) + 1
        if self._head_bytes > MAX_HEADER_BYTES:
            raise HeaderFlood(f"more than {MAX_HEADER_BYTES} bytes of headers")
        if self.state == STATUS:
            self._heads += 1
            if self._heads > MAX_INTERIM:
                raise HeaderFlood(f"more than {MAX_INTERIM} interim answers")
            if len(line) > MAX_STATUS_LINE:
                raise HeaderFlood(f"a status line of {len(line)} bytes")
        elif self._partialHeader is None and line[:1] in (b" ", b"\t"):
            return  # a continuation of nothing
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        raise HeaderFlood(f"a header line of more than {self.MAX_LENGTH} bytes")

    def headerReceived(self, name: bytes, value: bytes) -> None:
        lowered = name.strip().lower()
        if lowered == b"content-length" and not _is_length(value):
            return  # then the body ends where the connection does, as in browsers
        if lowered == b"transfer-encoding":
            value = b"chunked" if b"chunked" in value.lower() else b""
            if not value:
                return
        if self._kept >= MAX_HEADERS and lowered not in _ESSENTIAL:
            self.dropped += 1
            return
        self._kept += 1
        super().headerReceived(name, value)  # type: ignore[no-untyped-call]


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Reads with ``BoundedParser`` and cuts a broken connection at once, also inside TLS."""

    def request(self, request: TxRequest) -> Any:
        answered = super().request(request)
        parser = self._parser
        assert parser is not None
        parser.__class__ = BoundedParser

        def note(response: IResponse) -> IResponse:
            response._rasoat_dropped = parser.dropped  # type: ignore[attr-defined]
            return response

        return answered.addCallback(note)

    def _giveUp(self, reason: Failure) -> None:
        # A polite close waits for the peer's close_notify, which a hostile peer never sends.
        abort(self.transport)
        super()._giveUp(reason)  # type: ignore[no-untyped-call]


def abort(transport: Any) -> None:
    """Cut a connection at once, whatever the peer does; one inside TLS that is lost already has nothing left to cut."""
    if getattr(transport, "_tlsConnection", transport) is not None:
        transport.abortConnection()


class BoundedFactory(_LenientHTTP11ClientFactory):
    """Builds ``BoundedProtocol`` for the connection pool."""

    def buildProtocol(self, addr: object) -> BoundedProtocol:
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


def _is_length(value: bytes) -> bool:
    return all(part.strip().isdigit() and len(part.strip()) < 19 for part in value.split(b","))
