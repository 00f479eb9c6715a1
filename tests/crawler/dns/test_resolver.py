"""The resolver against real DNS messages from a server on loopback."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from crawler.dns.question import nameservers
from crawler.dns.resolver import Answer, Resolver, parse_name
from crawler.errors import BadArgument
from tests.crawler.dns.name_server import NameServer, serving


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    async with serving(NameServer()) as running:
        yield running


@pytest.fixture
def counted() -> Counter[str]:
    return Counter()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def resolver(server: NameServer, counted: Counter[str], clock: Clock) -> Resolver:
    return Resolver(
        nameservers(server.text),
        timeout=0.3,
        rounds=2,
        cache=3,
        count=lambda what: counted.update([what]),
        clock=clock,
    )


async def test_both_families_are_asked_and_ipv4_comes_first(server: NameServer, resolver: Resolver) -> None:
    server.records = {
        "truong.test A": ["300 127.77.0.9", "300 127.77.0.2"],
        "truong.test AAAA": ["300 fd00:77::1"],
    }
    assert await resolver.resolve("Truong.TEST.") == Answer(
        "truong.test", ("127.77.0.2", "127.77.0.9", "fd00:77::1"), (), "NOERROR", ""
    )


async def test_unicode_name_is_asked_in_punycode(server: NameServer, resolver: Resolver) -> None:
    server.records = {"xn--trng-hc-ubb.test A": ["300 127.77.0.1"]}
    await resolver.resolve("trường.test")
    assert any(asked.startswith("xn--") for asked in server.asked)


async def test_alias_chain_is_kept_in_order(server: NameServer, resolver: Resolver) -> None:
    server.records = {
        "a.test CNAME": ["300 b.test."],
        "b.test CNAME": ["300 c.test."],
        "c.test A": ["300 127.77.0.1"],
    }
    answer = await resolver.resolve("a.test")
    assert answer.addresses == ("127.77.0.1",)
    assert answer.cname == ("b.test", "c.test")


async def test_chain_left_open_by_the_server_is_followed(server: NameServer, resolver: Resolver) -> None:
    server.whole_chain = False
    server.records = {
        "a.test CNAME": ["300 b.test."],
        "b.test CNAME": ["300 c.test."],
        "c.test A": ["300 127.77.0.1"],
    }
    answer = await resolver.resolve("a.test")
    assert answer == Answer("a.test", ("127.77.0.1",), ("b.test", "c.test"), "NOERROR", "")


@pytest.mark.parametrize("whole", [True, False])
async def test_alias_loop_is_an_error_value(server: NameServer, resolver: Resolver, whole: bool) -> None:
    server.whole_chain = whole
    server.records = {"a.test CNAME": ["300 b.test."], "b.test CNAME": ["300 a.test."]}
    answer = await resolver.resolve("a.test")
    assert answer.addresses == ()
    assert answer.error == "alias_loop"


async def test_endless_alias_chain_is_cut(server: NameServer, resolver: Resolver) -> None:
    server.whole_chain = False
    server.records = {f"n{at}.test CNAME": [f"300 n{at + 1}.test."] for at in range(200)}
    answer = await resolver.resolve("n0.test")
    assert answer.error == "alias_chain"
    assert sum(server.asked.values()) < 50
    assert len(answer.cname) <= 16


async def test_absent_name_is_known_to_be_absent(server: NameServer, resolver: Resolver) -> None:
    assert await resolver.resolve("khong-co.test") == Answer("khong-co.test", (), (), "NXDOMAIN", "")


async def test_name_without_addresses_is_known_to_have_none(server: NameServer, resolver: Resolver) -> None:
    server.records = {"mail.test MX": ["300 10 mx.test."]}
    assert await resolver.resolve("mail.test") == Answer("mail.test", (), (), "NOERROR", "")


@pytest.mark.parametrize(
    ("fault", "error", "rcode"),
    [
        ("drop", "timeout", ""),
        ("SERVFAIL", "servfail", "SERVFAIL"),
        ("REFUSED", "refused", "REFUSED"),
        ("garbage", "timeout", ""),
    ],
)
async def test_unanswered_is_unknown_and_never_absent(
    server: NameServer, resolver: Resolver, counted: Counter[str], fault: str, error: str, rcode: str
) -> None:
    server.faults = {"truong.test": fault}
    answer = await resolver.resolve("truong.test")
    assert answer == Answer("truong.test", (), (), rcode, error)
    assert server.asked["truong.test A"] == 2, "asked again once"
    assert counted[f"dns/error/{error}"] == 1


async def test_nobody_listening_is_a_value(resolver: Resolver) -> None:
    # bound and closed again: nothing answers there
    async with serving(NameServer(address="127.0.0.9")) as gone:
        text = gone.text
    answer = await Resolver(nameservers(text), timeout=0.3, rounds=1).resolve("truong.test")
    assert answer.addresses == ()
    assert answer.error in ("unreachable", "timeout")


async def test_second_server_answers_when_the_first_does_not(server: NameServer) -> None:
    server.faults = {"truong.test": "SERVFAIL"}
    async with serving(NameServer({"truong.test A": ["300 127.77.0.1"]}, address="127.0.0.2")) as second:
        resolver = Resolver(nameservers(f"{server.text},{second.text}"), timeout=0.3)
        assert (await resolver.resolve("truong.test")).addresses == ("127.77.0.1",)


async def test_dropped_aaaa_does_not_hide_a_known_address(server: NameServer, resolver: Resolver) -> None:
    server.records = {"truong.test A": ["300 127.77.0.1"]}
    server.faults = {"truong.test AAAA": "drop"}
    assert await resolver.resolve("truong.test") == Answer("truong.test", ("127.77.0.1",), (), "NOERROR", "")


async def test_one_family_unanswered_and_the_other_empty_is_unknown(server: NameServer, resolver: Resolver) -> None:
    server.records = {"truong.test MX": ["300 10 mx.test."]}
    server.faults = {"truong.test A": "drop"}
    assert (await resolver.resolve("truong.test")).error == "timeout"


async def test_truncated_answer_is_asked_again_over_tcp(server: NameServer, resolver: Resolver) -> None:
    server.records = {"truong.test A": ["300 127.77.0.1"]}
    server.faults = {"truong.test": "truncate"}
    assert (await resolver.resolve("truong.test")).addresses == ("127.77.0.1",)
    assert server.over_tcp == 2


async def test_old_server_that_knows_no_edns_is_asked_plainly(server: NameServer, resolver: Resolver) -> None:
    server.records = {"truong.test A": ["300 127.77.0.1"]}
    server.faults = {"truong.test": "formerr_on_edns"}
    assert (await resolver.resolve("truong.test")).addresses == ("127.77.0.1",)


async def test_flood_of_addresses_is_cut(server: NameServer, resolver: Resolver) -> None:
    server.records = {"truong.test A": [f"300 127.77.{at // 200}.{at % 200}" for at in range(600)]}
    server.faults = {"truong.test": "truncate"}
    assert len((await resolver.resolve("truong.test")).addresses) == 32


async def test_answer_is_kept_for_its_ttl(
    server: NameServer, resolver: Resolver, clock: Clock, counted: Counter[str]
) -> None:
    server.records = {"truong.test A": ["30 127.77.0.1"], "truong.test AAAA": ["600 fd00:77::1"]}
    for _ in range(5):
        await resolver.resolve("truong.test")
    assert server.asked["truong.test A"] == 1
    assert counted["dns/cached"] == 4
    clock.now += 31
    server.records["truong.test A"] = ["30 127.77.0.2"]
    assert "127.77.0.2" in (await resolver.resolve("truong.test")).addresses


async def test_absence_is_kept_for_the_zone_s_negative_ttl(
    server: NameServer, resolver: Resolver, clock: Clock
) -> None:
    await resolver.resolve("khong-co.test")
    await resolver.resolve("khong-co.test")
    assert server.asked["khong-co.test A"] == 1
    clock.now += 61  # the SOA's TTL is 60, its minimum 120
    await resolver.resolve("khong-co.test")
    assert server.asked["khong-co.test A"] == 2


async def test_ttl_zero_is_not_kept(server: NameServer, resolver: Resolver) -> None:
    server.records = {"truong.test A": ["0 127.77.0.1"]}
    await resolver.resolve("truong.test")
    await resolver.resolve("truong.test")
    assert server.asked["truong.test A"] == 2


async def test_an_error_is_forgotten_soon(server: NameServer, resolver: Resolver, clock: Clock) -> None:
    server.records = {"truong.test A": ["300 127.77.0.1"]}
    server.faults = {"truong.test": "SERVFAIL"}
    await resolver.resolve("truong.test")
    server.faults = {}
    assert (await resolver.resolve("truong.test")).error == "servfail"
    clock.now += 16
    assert (await resolver.resolve("truong.test")).addresses == ("127.77.0.1",)


async def test_cache_is_bounded(server: NameServer, resolver: Resolver) -> None:
    server.records = {f"n{at}.test A": ["300 127.77.0.1"] for at in range(5)}
    for at in range(5):
        await resolver.resolve(f"n{at}.test")
    await resolver.resolve("n0.test")
    assert server.asked["n0.test A"] == 2, "the oldest of more than three was dropped"
    await resolver.resolve("n4.test")
    assert server.asked["n4.test A"] == 1


async def test_concurrent_questions_for_one_name_are_one(server: NameServer) -> None:
    counted: Counter[str] = Counter()
    all_wait = asyncio.Event()

    def count(what: str) -> None:
        counted[what] += 1
        if counted["dns/shared"] == 9:
            all_wait.set()

    resolver = Resolver(nameservers(server.text), count=count)
    server.records = {"truong.test A": ["0 127.77.0.1"]}
    server.hold = asyncio.Event()
    running = [asyncio.ensure_future(resolver.resolve("truong.test")) for _ in range(10)]
    await all_wait.wait()
    running[0].cancel()  # one that gives up does not fail the others
    server.hold.set()
    answers = await asyncio.gather(*running[1:])
    assert {answer.addresses for answer in answers} == {("127.77.0.1",)}
    assert server.asked["truong.test A"] == 1


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64 + ".vn", "a b.vn", "a\x00.vn", "\ud800.vn", "a/b", "*"])
def test_what_cannot_be_a_host_name_is_not_asked(name: str) -> None:
    assert parse_name(name) is None


async def test_invalid_name_is_a_value(server: NameServer, resolver: Resolver) -> None:
    assert (await resolver.resolve("a..b")).error == "invalid_name"
    assert not server.asked


def test_nameservers_are_read_with_and_without_port() -> None:
    assert nameservers("127.77.0.53:5353, 1.1.1.1,[::1]:54,::1") == (
        ("127.77.0.53", 5353),
        ("1.1.1.1", 53),
        ("::1", 54),
        ("::1", 53),
    )


@pytest.mark.parametrize("text", ["dns.example", "1.1.1.1:x", "1.1.1.1:0", "1.1.1", "[::1", "1.1.1.1:70000"])
def test_bad_nameserver_is_refused(text: str) -> None:
    with pytest.raises(BadArgument):
        nameservers(text)
