"""The misbehaving hosts of the demo province: what they send, and that their truth can be told."""

import asyncio
import re
import subprocess
import sys
from contextlib import suppress
from html import unescape

import brotli
import pytest
import zstandard

from crawler.demo import PORT, Host, Province, Reply, Request, serving
from crawler.demo.text import read
from crawler.demo.traps import TRAPS, WAYS
from crawler.demo.web import answer
from crawler.demo.wild import HABITS, WHOLE
from crawler.demo.wild.floods import HUGE, MB, PACKERS, packed
from crawler.demo.wild.letters import cp1258, tcvn3, vni
from tests.crawler.demo.test_demo_province import STATES
from tests.crawler.demo.test_demo_servers import ask, fetch

TEXT = "Trường Trung học phổ thông Ngô Quyền, đường Lạch Tray: thư ngỏ gửi cha mẹ học sinh khối mười hai"


@pytest.fixture(scope="module")
def province() -> Province:
    return Province.build(seen=False)


@pytest.fixture(scope="module")
def wild(province: Province) -> dict[str, Host]:
    return {host.name.split(".")[0]: host for host in province.hosts if host.address.startswith("127.77.3.")}


def get(host: Host, target: str, *, visit: int = 1, secure: bool = False, **headers: str) -> Reply:
    return answer(host, Request("GET", host.name, target, headers, 8080, visit, secure))


def links(reply: Reply) -> list[str]:
    return [unescape(link) for link in re.findall('href="([^"]+)', str(reply.body))]


def test_every_misbehaviour_has_its_hosts_and_every_host_its_end(province: Province, wild: dict[str, Host]) -> None:
    named = re.findall(r"behaves: \[([^\]]+)\]", read("province") + read("wild.yaml"))
    used = {name.strip() for names in named for name in names.split(",")}
    assert used == set(TRAPS) | set(WAYS) | set(HABITS) | set(WHOLE)
    ends = {end.host.split(".")[0]: end for end in province.truth.hosts}
    assert set(wild) - {"*"} <= set(ends)
    assert len(wild) >= 16
    assert {end.state for end in ends.values()} <= STATES
    assert {end.state for name, end in ends.items() if name in wild} == {
        *("complete", "unreachable", "blocked", "redirected")
    }
    causes = {name for end in ends.values() for name, _ in end.skipped}
    assert causes >= {"calendar", "path_repeat", "parameter_combinations", "soft_404", "case_twin", "redirect_loop"}
    codes = [unit.code for unit in province.units if int(unit.code[-3:]) > 200]
    assert len(codes) == len(set(codes)) == len(wild) - 1, "the wildcard has no unit of its own"


def test_the_same_seed_gives_the_same_wild_hosts_in_every_process(province: Province) -> None:
    code = "from crawler.demo import Province; print(Province.build(seen=False).digest())"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "1", "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == province.digest()


def test_calendars_have_no_end_in_either_direction(wild: dict[str, Host]) -> None:
    host = wild["thcs-donghocat"]
    for target in ("/lich-thang/9999-12/", "/lich-thang/-40-1/", "/lich.php?nam=3000&thang=1"):
        found = {link for link in links(get(host, target)) if link.startswith("/lich")}
        assert len({link for link in found if get(host, link).status == 200} - {target}) >= 4
    assert get(host, "/su-kien/xem?date=2026-10-15").status == 200
    assert get(host, "/su-kien/xem?date=2026-13-15").status == 404


def test_a_soft_404_says_the_same_to_every_address(wild: dict[str, Host]) -> None:
    host = wild["th-loinho"]
    one, other = get(host, "/khong/co.html"), get(host, "/gi?x=1")
    assert (one.status, other.status) == (200, 200)
    assert str(one.body).replace("/khong/co.html", "") == str(other.body).replace("/gi", "")
    assert all(not link.startswith(("/", "http")) for link in links(one))


def test_an_address_without_a_session_gives_one_and_with_it_the_page(wild: dict[str, Host]) -> None:
    host = wild["thcs-chiakhoa"]
    reply = get(host, "/")
    location = dict(reply.headers)["Location"]
    assert (reply.status, bool(re.fullmatch(r"/\(S\(\w{24}\)\)/", location))) == (302, True)
    assert "Trang chủ" in str(get(host, location).body)
    assert dict(get(host, "/", visit=2).headers)["Location"] != location


def test_capital_letters_make_no_difference(wild: dict[str, Host]) -> None:
    host = wild["th-chuhoa"]
    odd = next(link for link in links(get(host, "/")) if link.startswith("/") and link != link.lower())
    assert get(host, odd).body == get(host, odd.lower()).body


def test_some_pages_live_under_one_scheme_only(wild: dict[str, Host]) -> None:
    host = wild["thpt-hailopcua"]
    moves = {
        (secure, dict(reply.headers)["Location"].partition(":")[0])
        for path in host.pages
        for secure in (True, False)
        if (reply := get(host, path, secure=secure)).status == 301
    }
    assert moves == {(True, "http"), (False, "https")}


def test_both_schemes_are_spoken_on_one_port_and_every_name_is_known(province: Province) -> None:
    chosen = [host for host in province.hosts if host.tls or "tramten" in host.name]
    with serving(Province.of(chosen)) as running:
        secure = next(host for host in chosen if host.tls)
        assert fetch(secure.address, running.port, secure.name, "/")[0] == 200
        status = asyncio.run(_over_tls(secure, running.port))
        assert status.startswith(b"HTTP/1.1 200")
        every = next(host for host in chosen if host.name.startswith("thcs-tramten"))
        name = f"lop-3c.{every.name}"
        assert every.address in ask(running, name).to_text()
        assert fetch(every.address, running.port, name, "/")[0] == 200


async def _over_tls(host: Host, port: int) -> bytes:
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(host.address, port, ssl=context, server_hostname=host.name)
    writer.write(f"GET / HTTP/1.1\r\nHost: {host.name}\r\nConnection: close\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    with suppress(OSError):  # the server may have closed first
        await writer.wait_closed()
    return line


def test_a_host_that_dies_refuses_from_then_on() -> None:
    host = Host("a.test", "127.77.1.1", {"/": "<p>x</p>"}, lives=2)
    with serving(Province.of([host])) as running:
        assert [fetch("127.77.1.1", running.port, "a.test", "/")[0] for _ in range(2)] == [200, 200]
        with pytest.raises(ConnectionError):
            fetch("127.77.1.1", running.port, "a.test", "/")


def test_cookies_that_come_back_are_seen(wild: dict[str, Host]) -> None:
    host = wild["gdtx-songngu"]
    assert "Set-Cookie" in dict(get(host, "/").headers)
    assert get(host, "/", cookie="nv4_sess=1").status == 400
    with serving(Province.of([host])) as running:
        fetch(host.address, running.port, host.name, "/", Cookie="a=b")
        assert [visit.cookie for visit in running.log[host.address]] == ["a=b"]


@pytest.mark.parametrize("name", PACKERS)
def test_bombs_are_small_and_unpack_to_what_they_promise(name: str) -> None:
    import zlib

    body = packed(b"<p>trang</p>", name)
    assert len(body) < MB
    if name == "br":
        body = brotli.decompress(body)
    elif name == "zstd":
        body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
    else:
        for _ in name.split("-"):
            body = zlib.decompress(body, zlib.MAX_WBITS | 32)
    assert body.startswith(b"<p>trang</p>  ")
    assert len(body) > HUGE * MB


def test_old_encodings_are_what_old_pages_have() -> None:
    assert cp1258(TEXT).decode("cp1258").startswith("Trường".replace("ờ", "ơ\u0300"))
    assert vni("Trường học đẹp") == "Tröôøng hoïc ñeïp".encode("latin-1")
    assert tcvn3("Trường học đẹp") == "Tr­êng häc ®Ñp".encode("latin-1")


def test_the_truth_counts_no_page_of_a_trap(province: Province) -> None:
    for key, pages in province.truth.pages.items():
        assert key.endswith(PORT)
        for pattern, cause in pages.optional:
            assert cause
            assert not [path for path in pages.stored if re.fullmatch(pattern, path)], (key, pattern)
