"""HTTP as a proxy has to read it: heads of requests and answers, bounded; pure but for the reader it reads from."""

import asyncio
import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_HEAD = 64 * 1024
_HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"te", b"trailer"))
_PORTS = {"http": 80, "https": 443}

Headers = list[tuple[bytes, bytes]]


class BadHead(Exception):
    """Raised for a head that is no HTTP, or too large."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line in three parts, and the header fields in order, names in lower case."""

    first: tuple[bytes, bytes, bytes]
    headers: Headers

    def get(self, name: bytes) -> bytes:
        """The first field of this name, or nothing."""
        return next((value for key, value in self.headers if key == name), b"")

    @property
    def length(self) -> int:
        """Content-Length, 0 where there is none that can be read."""
        value = self.get(b"content-length")
        return int(value) if value.isdigit() and len(value) < 12 else 0


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next head, None when the peer has nothing more to say; raises ``BadHead``."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as fault:
        if not fault.partial:
            return None
        raise BadHead("a head that breaks off") from None
    except (asyncio.LimitOverrunError, ValueError):
        raise BadHead("a head that is too large") from None
    lines = raw[:-4].split(b"\r\n")
    first = lines[0].split(b" ", 2)
    if len(first) < 2:
        raise BadHead("a first line that is none")
    pairs = (line.partition(b":") for line in lines[1:])
    headers = [(name.strip().lower(), value.strip()) for name, colon, value in pairs if colon]
    return Head((first[0], first[1], first[2] if len(first) > 2 else b""), headers)


def credentials(head: Head) -> tuple[str, str]:
    """User and password of the proxy's Basic authorization; empty where there are none."""
    scheme, _, coded = head.get(b"proxy-authorization").partition(b" ")
    if scheme.lower() != b"basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode("latin-1").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password


def authority(target: bytes) -> tuple[str, int]:
    """Host and port of a CONNECT; raises ``BadHead``."""
    return _place("https://" + target.decode("latin-1"), target.decode("latin-1"))


def absolute(target: bytes) -> tuple[str, str, int, bytes]:
    """URL, host, port and origin form of an absolute-form target; raises ``BadHead``."""
    url = target.decode("latin-1")
    host, port = _place(url, url.partition("//")[2])
    after = url.partition("//")[2]
    place = min((at for mark in "/?#" if (at := after.find(mark)) >= 0), default=len(after))
    path = after[place:].partition("#")[0]
    return url, host, port, (path if path.startswith("/") else f"/{path}").encode("latin-1")


def _place(url: str, rest: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadHead("a target that cannot be read") from None
    if not parts.hostname or "@" in rest.partition("/")[0]:
        raise BadHead("a target without a host, or with credentials")
    return parts.hostname, port if port is not None else _PORTS.get(parts.scheme, 0)


def request_bytes(head: Head, path: bytes) -> bytes:
    """The request as it goes to the server: origin form, one request a connection."""
    upgrade = bool(head.get(b"upgrade"))
    lines = [b"%s %s HTTP/1.1" % (head.first[0], path)]
    lines += [b"%s: %s" % pair for pair in head.headers if pair[0] not in _HOP]
    lines.append(b"connection: upgrade" if upgrade else b"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def answer_bytes(head: Head) -> bytes:
    """The answer's head as it goes to the browser, which is not to use the connection again."""
    lines = [b" ".join(head.first).strip()]
    lines += [b"%s: %s" % pair for pair in head.headers if pair[0] not in _HOP]
    lines.append(b"connection: upgrade" if head.first[1] == b"101" else b"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def own_answer(status: str, *fields: str) -> bytes:
    """An answer of the proxy itself, without a body."""
    return "\r\n".join((f"HTTP/1.1 {status}", "Content-Length: 0", *fields, "", "")).encode()
