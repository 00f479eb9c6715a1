"""A real DNS server on loopback for tests: UDP and TCP on one port, real messages, told how to misbehave."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = dict[str, list[str]]  # "name TYPE" -> texts "ttl rdata"
SOA = "ns.test. admin.test. 1 3600 600 86400 120"


@dataclass
class NameServer:
    """``records``: "truong.test A" -> ["300 127.77.0.1"]; ``faults``: name -> what to do instead."""

    records: Records = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    whole_chain: bool = True
    asked: Counter[str] = field(default_factory=Counter)
    over_tcp: int = 0
    address: str = "127.0.0.1"
    port: int = 0
    hold: asyncio.Event | None = None

    @property
    def text(self) -> str:
        return f"{self.address}:{self.port}"

    def answer(self, wire: bytes, tcp: bool = False) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked[f"{name} {kind}"] += 1
        self.over_tcp += tcp
        fault = self.faults.get(f"{name} {kind}", self.faults.get(name, ""))
        if fault == "drop":
            return None
        response = dns.message.make_response(query)
        if fault == "garbage":
            return wire[:2] + b"\x81\x80" + b"\xff" * 40
        if fault in ("SERVFAIL", "REFUSED", "NOTIMP"):
            response.set_rcode(dns.rcode.from_text(fault))
            return response.to_wire()
        if fault == "truncate" and not tcp:
            response.flags |= dns.flags.TC
            return response.to_wire()
        if fault == "formerr_on_edns" and query.edns >= 0:
            response = dns.message.make_response(query, our_payload=0)
            response.set_rcode(dns.rcode.FORMERR)
            return response.to_wire()
        self._fill(response, name, kind)
        return response.to_wire(max_size=65535)

    def _fill(self, response: dns.message.Message, name: str, kind: str) -> None:
        seen = set()
        while name not in seen:
            seen.add(name)
            if found := self._rrset(name, kind):
                response.answer.append(found)
                return
            alias = self._rrset(name, "CNAME")
            if alias is None:
                break
            response.answer.append(alias)
            name = alias[0].target.to_text(omit_final_dot=True).lower()
            if not self.whole_chain:
                return
        if response.answer and name in seen and self._rrset(name, "CNAME"):
            return
        response.authority.append(dns.rrset.from_text("test.", 60, "IN", "SOA", SOA))
        if not any(key.startswith(f"{name} ") for key in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)

    def _rrset(self, name: str, kind: str) -> dns.rrset.RRset | None:
        texts = self.records.get(f"{name} {kind}")
        if not texts:
            return None
        ttl = int(texts[0].split()[0])
        return dns.rrset.from_text(f"{name}.", ttl, "IN", kind, *(text.split(" ", 1)[1] for text in texts))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._reply(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        wire = self._server.answer(data)
        if self._server.hold is not None:
            await self._server.hold.wait()
        if wire is not None:
            self._transport.sendto(wire, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def serving(server: NameServer) -> AsyncIterator[NameServer]:
    """Serve on the server's address, the same free port for UDP and TCP."""

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        wire = server.answer(await reader.readexactly(size), tcp=True)
        if wire is not None:
            writer.write(len(wire).to_bytes(2, "big") + wire)
        writer.close()

    loop = asyncio.get_running_loop()
    listener = await asyncio.start_server(stream, server.address, 0)
    server.port = listener.sockets[0].getsockname()[1]
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Datagrams(server), local_addr=(server.address, server.port)
    )
    try:
        yield server
    finally:
        transport.close()
        listener.close()
        await listener.wait_closed()
