"""Names a second against one NSD: our channel, a bare loop on one socket, dnspython's asyncquery; and paced."""

import asyncio
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import dns.asyncquery
import dns.message
import dns.name

from crawler.discovery.inquiry import read
from crawler.discovery.messages import say
from crawler.discovery.wildcards import Table
from crawler.dns.channel import Asked, Channel, question_of
from tests.benchmarks.report import Report
from tests.discover import nsd

NAMES = 20_000
WINDOW = 200
PACED = 2_000
LIMIT = 200
HEAD = "$ORIGIN haiphong.edu.vn.\n$TTL 60\n@ IN SOA ns a 1 1 1 1 1\n@ IN NS ns\nns IN A 127.77.0.61\n"
Server = tuple[str, int]


def run(options: Namespace, report: Report) -> None:
    """Print one table; the figures depend on the machine, their proportions do not."""
    number = max(1000, int(NAMES * options.scale))
    names = [f"th-{place}.haiphong.edu.vn." for place in range(number)]
    records = "".join(f"th-{place} IN A 127.77.1.1\n" for place in range(0, number, 3))
    rows: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder, _nsd(Path(folder) / "a", HEAD + records) as server:
        best = _best(options.rounds)
        rows.append(("a bare loop that sends and parses", best(lambda: asyncio.run(_bare(server, names)))))
        rows.append(("this project's channel", best(lambda: asyncio.run(_ours(server, names)))))
        rows.append(("dnspython's asyncquery, 200 workers", best(lambda: asyncio.run(_asyncquery(server, names)))))
    with tempfile.TemporaryDirectory() as folder, _nsd(Path(folder) / "b", HEAD + "* IN A 127.77.1.2\n") as server:
        rows.append(("… in a wildcard zone, judged", best(lambda: asyncio.run(_ours(server, names, judge=True)))))
    report.table("names a second", ("", "names/s"), rows)
    bare, ours, plain, wild = (figure for _, figure in rows)
    report.goal("channel / bare loop", ours / bare, 0.9)
    report.goal("channel / asyncquery", ours / plain, 5.0)
    report.goal("plain zone / wildcard zone", ours / wild, 1.5, most=True)
    with tempfile.TemporaryDirectory() as folder, _nsd(Path(folder) / "c", HEAD + records, LIMIT) as server:
        seconds, lost = asyncio.run(_paced(server, names[:PACED]))
    ideal = min(PACED, number) / LIMIT
    report.goal(f"seconds at {LIMIT}/s / ideal", seconds / ideal, 1.1, most=True)
    report.goal("names lost at the server's limit", lost, 0, most=True)
    report.result("names", bare=bare, ours=ours, asyncquery=plain, wildcard=wild, paced=seconds, ideal=ideal, lost=lost)


def _best(rounds: int) -> Callable[[Callable[[], float]], float]:
    return lambda measure: max(measure() for _ in range(rounds))


def _nsd(folder: Path, text: str, limit: int = 0) -> "_Nsd":
    return _Nsd(folder, text, limit)


class _Nsd:
    """One NSD with one zone."""

    def __init__(self, folder: Path, text: str, limit: int) -> None:
        served = {"127.77.0.61": [nsd.Served("haiphong.edu.vn", text)]}
        self._context = nsd.serving(folder, served, limit=limit)

    def __enter__(self) -> Server:
        return "127.77.0.61", self._context.__enter__()["127.77.0.61"]

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(None, None, None)


class _Bare(asyncio.DatagramProtocol):
    def __init__(self, server: Server, names: list[str], done: asyncio.Future[None]) -> None:
        self._server, self._names, self._done, self._sent, self._got = server, names, done, 0, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        for _ in range(WINDOW):
            self._send()

    def _send(self) -> None:
        if self._sent < len(self._names):
            query = dns.message.make_query(self._names[self._sent], "A", use_edns=0)
            self._transport.sendto(query.to_wire(), self._server)  # type: ignore[attr-defined]
            self._sent += 1

    def datagram_received(self, data: bytes, addr: Server) -> None:
        dns.message.from_wire(data)
        self._got += 1
        self._send()
        if self._got == len(self._names) - WINDOW // 4 and not self._done.done():  # it repeats nothing that is lost
            self._done.set_result(None)


async def _bare(server: Server, names: list[str]) -> float:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    start = time.perf_counter()
    made = await loop.create_datagram_endpoint(lambda: _Bare(server, names, done), local_addr=("127.0.0.1", 0))
    await done
    made[0].close()
    return len(names) / (time.perf_counter() - start)


async def _ours(server: Server, names: list[str], judge: bool = False, rate: float = 0) -> float:
    channel = Channel(rate)
    await channel.open()
    finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    table, left = Table(), len(names)
    if judge:
        table.pools["A"] = {"127.77.1.2"}
    start = time.perf_counter()

    def ask(text: str) -> None:
        name = dns.name.from_text(text)

        def done(wire: bytes | None, _: int) -> None:
            nonlocal left
            heard = read(wire)
            if judge and heard.message is not None:
                assert table.judge(name, "A", say(heard.message, name, dns.rdatatype.A)) == "same"
            left -= 1
            if not left:
                finished.set_result(None)

        channel.ask(Asked(server, question_of(name, dns.rdatatype.A), False, False, done))

    for text in names:
        ask(text)
    await finished
    channel.close()
    return len(names) / (time.perf_counter() - start)


async def _paced(server: Server, names: list[str]) -> tuple[float, int]:
    """(seconds, names without an answer) at the server's own limit."""
    channel = Channel(LIMIT)
    await channel.open()
    finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    answers: list[bool] = []

    def done(wire: bytes | None, _: int) -> None:
        answers.append(wire is not None)
        if len(answers) == len(names):
            finished.set_result(None)

    start = time.perf_counter()
    for text in names:
        channel.ask(Asked(server, question_of(dns.name.from_text(text), dns.rdatatype.A), False, False, done))
    await finished
    channel.close()
    return time.perf_counter() - start, answers.count(False)


async def _asyncquery(server: Server, names: list[str]) -> float:
    some = iter(names[: len(names) // 4])

    async def work() -> None:
        for name in some:
            await dns.asyncquery.udp(dns.message.make_query(name, "A"), server[0], port=server[1], timeout=5)

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(WINDOW)))
    return (len(names) // 4) / (time.perf_counter() - start)
