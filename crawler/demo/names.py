"""The province's name server: real DNS messages over UDP and TCP on one loopback address."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Protocol

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset

TTL = 60
UDP_SIZE = 1232
Records = Mapping[str, list[tuple[str, str]]]


class Answering(Protocol):
    """What a name server stands on: ``limit`` bytes cut an answer, 0 does not; a stream may be a whole transfer."""

    def answer(self, wire: bytes, *, limit: int = 0) -> bytes | None: ...

    def stream(self, wire: bytes) -> list[bytes]: ...


class Names:
    """Answers queries out of ``records``: lower-case name without final dot -> [(type, value)].

    A name outside the records is NXDOMAIN; a name that only has names below it is an empty answer; ``*.name``
    stands for every name below. ``queries`` counts what was asked, by (name, type).
    """

    def __init__(self, records: Records) -> None:
        self.records = {name.lower(): list(values) for name, values in records.items()}
        self.parents = {name.split(".", depth)[-1] for name in self.records for depth in range(1, name.count(".") + 1)}
        self.queries: Counter[tuple[str, str]] = Counter()

    def answer(self, wire: bytes, *, limit: int = 0) -> bytes | None:
        """The wire answer to one wire query, cut with TC above ``limit`` bytes; None to what is no query."""
        try:
            query = dns.message.from_wire(wire)
            if query.flags & dns.flags.QR or query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
                return None
            reply = self._reply(query)
            encoded = reply.to_wire()
        except dns.exception.DNSException:
            return None
        if limit and len(encoded) > limit:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            encoded = reply.to_wire()
        return encoded

    def stream(self, wire: bytes) -> list[bytes]:
        """The replies to one query over TCP."""
        reply = self.answer(wire)
        return [] if reply is None else [reply]

    def _reply(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=True)
        reply.flags |= dns.flags.AA
        asked = query.question[0]
        name = asked.name
        kind = dns.rdatatype.to_text(asked.rdtype)
        self.queries[name.to_text(omit_final_dot=True).lower(), kind] += 1
        for _ in range(8):  # a chain of aliases, bounded
            key = name.to_text(omit_final_dot=True).lower()
            values = self.records.get(key) or self.records.get(f"*.{key.partition('.')[2]}")
            if values is None:
                if key not in self.parents and not reply.answer:
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                break
            found = [value for type_, value in values if type_ == kind]
            alias = [value for type_, value in values if type_ == "CNAME"]
            if found or not alias:
                if found:
                    reply.answer.append(dns.rrset.from_text(name, TTL, "IN", kind, *found))
                break
            reply.answer.append(dns.rrset.from_text(name, TTL, "IN", "CNAME", alias[0]))
            name = dns.name.from_text(alias[0])
        return reply


def records_of(addresses: Mapping[str, str], extra: Records) -> dict[str, list[tuple[str, str]]]:
    """Address records of each name beside its ``extra`` ones; a name without either does not exist."""
    records: dict[str, list[tuple[str, str]]] = {}
    for name, address in addresses.items():
        if address:
            kind = "AAAA" if ip_address(address).version == 6 else "A"
            records.setdefault(name.lower(), []).append((kind, address))
    for name, values in extra.items():
        if values:
            records.setdefault(name.lower(), []).extend(values)
    return records


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, names: Answering) -> None:
        self.names = names
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self.names.answer(data, limit=UDP_SIZE)
        if reply is not None and self.transport is not None:
            self.transport.sendto(reply, addr)


class NameServer:
    """``Names`` or an ``Authority`` on a free port of ``address``, the same for UDP and TCP."""

    def __init__(self, names: Answering, address: str) -> None:
        self.names = names
        self.address = address
        self.port = 0
        self._udp: asyncio.BaseTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(20):  # the port that UDP got may be taken in TCP
            tcp = socket.create_server((self.address, 0))
            self.port = tcp.getsockname()[1]
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.bind((self.address, self.port))
            except OSError:
                tcp.close()
                udp.close()
                continue
            self._udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self.names), sock=udp)
            self._tcp = await asyncio.start_server(self._connected, sock=tcp)
            return
        raise OSError(f"no free port for names on {self.address}")

    async def stop(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
            for talk in list(self._talks):
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            await self._tcp.wait_closed()
        await asyncio.sleep(0)  # lets the transports report their close

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    (size,) = struct.unpack("!H", await reader.readexactly(2))
                    replies = self.names.stream(await reader.readexactly(size))
                    if not replies:
                        return
                    for reply in replies:
                        writer.write(struct.pack("!H", len(reply)) + reply)
                    await writer.drain()
        finally:
            writer.transport.abort()
