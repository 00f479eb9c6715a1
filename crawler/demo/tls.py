"""TLS beside plain HTTP on one port, with a certificate that nobody signed but itself."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HANDSHAKE = 0x16  # the first byte of every TLS connection, and of no HTTP request
Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


def self_signed(names: Iterable[str]) -> ssl.SSLContext:
    """A server's context whose certificate names ``names`` and is its own issuer."""
    listed = sorted(names)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, listed[0][:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in listed]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # the ssl module reads keys from files only
        path = Path(folder, "pem")
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context


class BothListener:
    """Accepts on one socket and looks at the first byte of each connection before anything is read."""

    def __init__(self, listening: socket.socket, context: ssl.SSLContext, connected: Connected, limit: int) -> None:
        self._socket = listening
        self._context = context
        self._connected = connected
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._socket.setblocking(False)
        self._spawn(self._accept())

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._socket.close()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            opened, _ = await loop.sock_accept(self._socket)
            opened.setblocking(False)
            self._spawn(self._open(opened))

    async def _open(self, opened: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            first = await _peek(opened)
            reader = asyncio.StreamReader(limit=self._limit)
            protocol = asyncio.StreamReaderProtocol(reader, self._connected)
            secure = first[:1] == bytes((HANDSHAKE,))
            with suppress(OSError):  # a client that does not like the certificate
                await loop.connect_accepted_socket(lambda: protocol, opened, ssl=self._context if secure else None)
        except BaseException:
            opened.close()
            raise


async def _peek(opened: socket.socket) -> bytes:
    """The first byte that a client sends, left where it is; empty when it went away."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(opened, ready.set)
    try:
        await ready.wait()
        return opened.recv(1, socket.MSG_PEEK)
    except OSError:
        return b""
    finally:
        loop.remove_reader(opened)
