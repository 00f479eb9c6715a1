"""DNS over TCP: single answers and zone transfers, bounded in time, bytes and records."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig

from crawler.dns.channel import Server

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
TRANSFER_SECONDS = 300.0
TRANSFER_BYTES = 256 * 1024 * 1024
TRANSFER_RECORDS = 2_000_000


@dataclass(slots=True)
class Transfer:
    """What a transfer gave: ``whole`` only when it ended with the SOA it began with; ``error`` says why not."""

    whole: bool = False
    error: str = ""
    records: list[dns.rrset.RRset] = field(default_factory=list)


async def over_tcp(server: Server, query: bytes) -> bytes | None:
    """Ask one question over TCP; None when there is no answer."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS), _connected(server) as (reader, writer):
            writer.write(len(query).to_bytes(2, "big") + query)
            return await _message(reader)
    except (OSError, EOFError, TimeoutError):
        return None


@contextlib.asynccontextmanager
async def _connected(server: Server) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(*server)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await reader.readexactly(2), "big")
    return await reader.readexactly(size)


async def transfer(server: Server, zone: dns.name.Name, key: dns.tsig.Key | None = None) -> Transfer:
    """Ask for the whole zone (AXFR, RFC 5936); never raises for what a server does.

    Errors: ``refused``, ``notauth`` … (response codes in lower case), ``unreachable``, ``timeout``, ``malformed``,
    ``truncated`` (the stream ended before the closing SOA), ``too_large``.
    """
    got = Transfer()
    try:
        async with asyncio.timeout(TRANSFER_SECONDS), _connected(server) as (reader, writer):
            await _receive(reader, writer, zone, key, got)
    except TimeoutError:
        got.error = "timeout"
    except (asyncio.IncompleteReadError, ConnectionResetError):
        got.error = "truncated" if got.records else "unreachable"
    except OSError:
        got.error = "unreachable"
    except (dns.exception.DNSException, ValueError):
        got.error = "malformed"
    return got


async def _receive(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    zone: dns.name.Name,
    key: dns.tsig.Key | None,
    got: Transfer,
) -> None:
    query = dns.message.make_query(zone, dns.rdatatype.AXFR)
    if key is not None:
        query.use_tsig(key)
    wire = query.to_wire()
    writer.write(len(wire).to_bytes(2, "big") + wire)
    size, context, serial = 0, None, None
    while not got.whole:
        wire = await _message(reader)
        size += len(wire)
        message = dns.message.from_wire(
            wire, keyring=key, request_mac=query.mac, xfr=True, one_rr_per_rrset=True,
            tsig_ctx=context, multi=True, ignore_trailing=True,
        )  # fmt: skip
        context = message.tsig_ctx
        if message.rcode() != dns.rcode.NOERROR or message.id != query.id:
            got.error = dns.rcode.to_text(message.rcode()).lower() if message.rcode() else "malformed"
            return
        for rrset in message.answer:
            if serial is None and (rrset.rdtype != dns.rdatatype.SOA or rrset.name != zone):
                got.error = "malformed"
                return
            if rrset.rdtype == dns.rdatatype.SOA and rrset.name == zone:
                got.whole = serial == rrset[0].serial
                serial = rrset[0].serial if serial is None else serial
                if got.whole:
                    break
            got.records.append(rrset)
        if serial is None:
            got.error = "refused"
            return
        if size > TRANSFER_BYTES or len(got.records) > TRANSFER_RECORDS:
            got.error = "too_large"
            return
    if key is not None and not message.had_tsig:
        got.whole, got.error = False, "unsigned"
