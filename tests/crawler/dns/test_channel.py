"""One socket, many questions: only what was asked counts as an answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from crawler.dns.channel import Asked, Channel, question_in, question_of

Behave = Callable[[bytes], list[bytes]]


class Server(asyncio.DatagramProtocol):
    """Answers every datagram with what ``behave`` makes of it."""

    def __init__(self, behave: Behave) -> None:
        self.behave = behave
        self.seen: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.seen.append(data)
        for reply in self.behave(data):
            self.transport.sendto(reply, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def serving(
    behave: Behave, rate: float = 0, patience: float = 0.2
) -> AsyncIterator[tuple[Server, tuple[str, int], Channel]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: Server(behave), local_addr=("127.0.0.1", 0))
    channel = Channel(rate, timeout=patience, tries=2)
    await channel.open()
    try:
        yield server, transport.get_extra_info("sockname")[:2], channel
    finally:
        channel.close()
        transport.close()


def answer(wire: bytes) -> bytes:
    return dns.message.make_response(dns.message.from_wire(wire)).to_wire()


async def ask(channel: Channel, server: tuple[str, int], name: str) -> bytes | None:
    future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
    question = question_of(dns.name.from_text(name), dns.rdatatype.A)
    channel.ask(Asked(server, question, False, False, lambda wire, tries: future.set_result(wire)))
    return await future


async def test_a_thousand_questions_each_get_their_own_answer() -> None:
    async with serving(lambda wire: [answer(wire)], patience=30) as (_, address, channel):
        names = [f"n{number}.test." for number in range(1000)]
        wires = await asyncio.gather(*(ask(channel, address, name) for name in names))
        for name, wire in zip(names, wires, strict=True):
            assert wire is not None
            assert dns.message.from_wire(wire).question[0].name.to_text() == name
        assert channel.asked >= 1000  # a busy machine may ask some twice


async def test_what_was_not_asked_is_no_answer() -> None:
    def behave(wire: bytes) -> list[bytes]:
        other = dns.message.make_query("other.test.", "A")
        other.id = int.from_bytes(wire[:2], "big")
        wrong_id = (int.from_bytes(wire[:2], "big") ^ 1).to_bytes(2, "big") + answer(wire)[2:]
        return [b"", b"\0" * 12, wire, wrong_id, answer(other.to_wire()), b"\xff" * 40]

    async with serving(behave) as (server, address, channel):
        assert await ask(channel, address, "a.test.") is None
        assert len(server.seen) == 2  # tried twice
        assert (channel.unanswered, channel.strays >= 8) == (1, True)


async def test_another_server_s_answer_is_none() -> None:
    async with serving(lambda wire: []) as (server, address, channel), serving(lambda wire: []) as (liar, _, _):

        def forward(wire: bytes) -> list[bytes]:
            liar.transport.sendto(answer(wire), channel._transports[2].get_extra_info("sockname"))  # type: ignore[attr-defined]
            return []

        server.behave = forward
        assert await ask(channel, address, "a.test.") is None


async def test_a_lost_question_is_asked_again() -> None:
    lost = iter([True])
    behave: Behave = lambda wire: [] if next(lost, False) else [answer(wire)]  # noqa: E731
    async with serving(behave) as (server, address, channel):
        assert await ask(channel, address, "a.test.") is not None
        assert len(server.seen) == 2


async def test_an_answer_in_other_letters_counts() -> None:
    def behave(wire: bytes) -> list[bytes]:
        query = dns.message.from_wire(wire)
        shouted = dns.message.make_query(query.question[0].name.to_text().upper(), "A")
        shouted.id = query.id
        return [answer(shouted.to_wire())]

    async with serving(behave) as (_, address, channel):
        assert await ask(channel, address, "a.test.") is not None


async def test_a_server_in_trouble_is_spared() -> None:
    def behave(wire: bytes) -> list[bytes]:
        reply = dns.message.make_response(dns.message.from_wire(wire))
        reply.set_rcode(dns.rcode.SERVFAIL)
        return [reply.to_wire()]

    async with serving(behave, rate=100_000) as (_, address, channel):
        await asyncio.gather(*(ask(channel, address, f"n{number}.test.") for number in range(50)))
        assert channel.pace(address).current < 100_000


def test_a_broken_question_section_is_empty() -> None:
    for wire in (b"", b"\0" * 17, b"\0\0\x80\0\0\1\0\0\0\0\0\0" + b"\x40" * 20):
        assert question_in(wire) == b""
