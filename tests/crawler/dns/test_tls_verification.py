"""Certificates are judged by a handshake of their own, against real TLS servers on loopback."""

import asyncio
import ssl
from datetime import UTC, datetime

import pytest

from crawler.dns.tls import MAX_NAMES, TlsReport, verify
from tests.crawler.dns.certificates import NAME, Authority
from tests.crawler.download.raw_server import serving_raw


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("ca"))


async def _silent(path: str, writer: asyncio.StreamWriter) -> None:
    """Nobody asks for a page here."""


async def judged(context: ssl.SSLContext, authority: Authority | None, name: str = NAME) -> TlsReport:
    async with serving_raw(_silent, tls=context) as server:
        ca_file = authority.ca_file if authority else ""
        return await verify(name, server.address, server.port, timeout=10, ca_file=ca_file)


async def test_good_certificate_is_valid_and_its_facts_are_known(authority: Authority) -> None:
    report = await judged(authority.server(NAME, "*.truong.test", "127.77.0.1"), authority)
    assert report.valid
    assert (report.error, report.faults) == ("", ())
    assert report.names == (NAME, "*.truong.test", "127.77.0.1")
    assert report.protocol == "TLSv1.3"
    assert report.key_bits >= 256
    assert "trustme" in report.issuer
    assert report.not_before is not None
    assert report.not_after is not None
    assert report.not_before < datetime.now(UTC) < report.not_after


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        ("expired", ("expired",)),
        ("early", ("not_yet_valid",)),
        ("old_protocol", ("old_protocol",)),
        ("self_signed", ("self_signed",)),
        ("weak_key", ("self_signed", "weak_key")),
    ],
)
async def test_each_fault_is_named(authority: Authority, kind: str, faults: tuple[str, ...]) -> None:
    report = await judged(getattr(authority, kind)(), authority)
    assert not report.valid
    assert report.faults == faults
    assert report.error == faults[0]
    assert report.names == (NAME,)


async def test_wrong_name_is_named(authority: Authority) -> None:
    report = await judged(authority.server("khac.test"), authority)
    assert report.faults == ("wrong_name",)
    assert report.names == ("khac.test",)


async def test_unknown_issuer_is_named(authority: Authority) -> None:
    assert (await judged(authority.server(), None)).faults == ("unknown_issuer",)


async def test_faults_add_up(authority: Authority) -> None:
    context = authority.server(
        "khac.test", starts=datetime(2020, 1, 1, tzinfo=UTC), expires=datetime(2021, 1, 1, tzinfo=UTC)
    )
    report = await judged(context, None)
    assert report.faults == ("expired", "wrong_name", "unknown_issuer") or report.faults == ("expired", "wrong_name")
    assert report.error == "expired"


async def test_star_covers_one_label(authority: Authority) -> None:
    context = authority.server("*.truong.test")
    assert (await judged(context, authority, "lop1.truong.test")).valid
    assert (await judged(context, authority, "a.lop1.truong.test")).error == "wrong_name"


async def test_address_is_a_name_too(authority: Authority) -> None:
    assert (await judged(authority.server("127.77.0.1"), authority, "127.77.0.1")).valid


async def test_names_are_bounded(authority: Authority) -> None:
    report = await judged(authority.server(*(f"n{at}.test" for at in range(300))), authority, "n0.test")
    assert report.valid
    assert len(report.names) == MAX_NAMES


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("ten_gach.test", "wrong_name"),
        ("trường.test", "wrong_name"),
        ("TRUONG.test.", ""),
        ("x" * 64 + ".test", "invalid_name"),
        ("a..b", "invalid_name"),
        (".", "invalid_name"),
        ("", "invalid_name"),
    ],
)
async def test_odd_names_give_a_report(authority: Authority, name: str, error: str) -> None:
    report = await judged(authority.server(), authority, name)
    assert report.error == error
    assert report.valid == (not error)


async def test_server_that_speaks_no_tls_or_nothing_gives_a_report() -> None:
    async def plain(path: str, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    for talk, error in ((garbage, "no_tls"), (silent, "timeout")):
        async with await asyncio.start_server(talk, "127.77.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            assert (await verify(NAME, "127.77.0.1", port, timeout=0.5)).error == error
    assert (await verify(NAME, "127.77.0.1", port, timeout=0.5)).error == "no_connection"
