"""Whole zones over TCP: what is whole, what is cut, what is signed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import dns.message
import dns.name
import dns.rrset
import dns.tsig
import pytest

from crawler.discovery.stream import over_tcp, transfer
from tests.discover import nsd

ZONE = dns.name.from_text("haiphong.edu.vn")
SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
HEAD = "$ORIGIN haiphong.edu.vn.\n$TTL 60\n@ IN SOA ns a 7 1 1 1 1\n@ IN NS ns\nns IN A 127.77.0.61\n"
SOA = dns.rrset.from_text(ZONE, 60, "IN", "SOA", "ns.x. a.x. 7 1 1 1 1")
HOST = dns.rrset.from_text("a.haiphong.edu.vn.", 60, "IN", "A", "127.77.1.1")


@asynccontextmanager
async def answering(make: Callable[[dns.message.Message], list[bytes]]) -> AsyncIterator[tuple[str, int]]:
    """A TCP server that answers one query with what ``make`` makes of it, and hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        for reply in make(dns.message.from_wire(await reader.readexactly(size))):
            writer.write(len(reply).to_bytes(2, "big") + reply)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[:2]


def parts(*answers: list[dns.rrset.RRset]) -> Callable[[dns.message.Message], list[bytes]]:
    def make(query: dns.message.Message) -> list[bytes]:
        replies = []
        for answer in answers:
            reply = dns.message.make_response(query)
            reply.answer = answer
            replies.append(reply.to_wire())
        return replies

    return make


@pytest.mark.parametrize(
    ("answers", "whole", "error", "names"),
    [
        ([[SOA, HOST, SOA]], True, "", 1),
        ([[SOA], [HOST], [SOA]], True, "", 1),
        ([[SOA, HOST]], False, "truncated", 1),
        ([[SOA], [HOST]], False, "truncated", 1),
        ([[HOST, SOA]], False, "malformed", 0),
        ([[]], False, "refused", 0),
        ([], False, "unreachable", 0),
    ],
)
async def test_only_what_ends_with_its_soa_is_whole(
    answers: list[list[dns.rrset.RRset]], whole: bool, error: str, names: int
) -> None:
    async with answering(parts(*answers)) as server:
        got = await transfer(server, ZONE)
    assert (got.whole, got.error) == (whole, error)
    assert len({rrset.name for rrset in got.records} - {ZONE}) == names


async def test_garbage_is_malformed() -> None:
    async with answering(lambda _: [b"\xff" * 40]) as server:
        assert (await transfer(server, ZONE)).error == "malformed"
        assert await over_tcp(server, dns.message.make_query("a.vn", "A").to_wire()) == b"\xff" * 40
    assert (await transfer(("127.0.0.1", 1), ZONE)).error == "unreachable"


async def test_real_nsd_gives_a_signed_transfer_to_the_key_alone(tmp_path: Path) -> None:
    served = nsd.Served("haiphong.edu.vn", HEAD, key=SECRET)
    right, wrong = dns.tsig.Key("transfer", SECRET), dns.tsig.Key("transfer", "d3Jvbmc=")
    with nsd.serving(tmp_path, {"127.77.0.61": [served]}) as ports:
        server = ("127.77.0.61", ports["127.77.0.61"])
        assert (await transfer(server, ZONE, right)).whole
        for key in (None, wrong):
            got = await transfer(server, ZONE, key)
            assert not got.whole
            assert got.error in ("refused", "notauth", "malformed")
