import asyncio
import http.client
import socket

import dns.asyncquery
import dns.message
import dns.query
import dns.rcode
import pytest

from crawler.demo import Host, Province, Reply, Request, serve, serving, simple
from crawler.demo.model import CANARY
from crawler.demo.running import NAMESERVER

HOSTS = [
    Host(
        "a.test",
        "127.77.1.1",
        {
            "/": simple("Trang chủ", "Xin chào", ["/tin.html"]),
            "/tin.html": "<p>http://a.test:__PORT__/x</p>",
            "/raw": b"\x80\xff",
            "/gone": (410, {"X-A": "1"}, "gone"),
            "/busy": lambda request: Reply("", 503, [("Retry-After", "2")]) if request.visit < 2 else Reply("ok"),
        },
    ),
    Host("b.test", "127.77.1.1", fallback=lambda request: f"<p>{request.target}</p>", delay=0.05),
    Host("dead.test", ""),
    Host("deaf.test", "127.77.1.9", listening=False),
    Host("evil.test", CANARY),
    Host("alias.test", "", records=[("CNAME", "a.test.")]),
]


def fetch(
    address: str, port: int, host: str, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict, bytes]:
    link = http.client.HTTPConnection(address, port, timeout=5)
    link.request(method, path, headers={"Host": f"{host}:{port}", **headers})
    reply = link.getresponse()
    body = reply.read()
    link.close()
    return reply.status, dict(reply.headers), body


def ask(running, name: str, kind: str = "A", tcp: bool = False) -> dns.message.Message:
    query = dns.message.make_query(name, kind)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, running.names.address, port=running.names.port, timeout=5)


@pytest.fixture(scope="module")
def running():
    with serving(Province.of(HOSTS)) as province:
        yield province


def test_pages_are_served_by_name_with_the_port_filled_in(running):
    status, headers, body = fetch("127.77.1.1", running.port, "a.test", "/tin.html?sid=1")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert body.decode() == f"<p>http://a.test:{running.port}/x</p>"
    assert fetch("127.77.1.1", running.port, "a.test", "/raw")[2] == b"\x80\xff"
    assert fetch("127.77.1.1", running.port, "b.test", "/q?x=1")[2] == b"<p>/q?x=1</p>"
    status, headers, body = fetch("127.77.1.1", running.port, "a.test", "/gone")
    assert (status, headers["X-A"], body) == (410, "1", b"gone")


def test_unknown_host_unknown_path_and_other_methods_get_an_error(running):
    assert fetch("127.77.1.1", running.port, "other.test", "/")[0] == 404
    assert fetch("127.77.1.1", running.port, "a.test", "/none")[0] == 404
    assert fetch("127.77.1.1", running.port, "a.test", "/", method="POST")[0] == 405
    assert fetch("127.77.1.1", running.port, "a.test", "/", method="HEAD")[2] == b""


def test_a_name_is_only_served_on_its_own_address(running):
    assert fetch(CANARY, running.port, "a.test", "/")[0] == 404


def test_names_resolve_over_udp_and_tcp(running):
    for tcp in (False, True):
        (answer,) = ask(running, "a.test", tcp=tcp).answer
        assert [item.to_text() for item in answer] == ["127.77.1.1"]
    assert ask(running, "dead.test").rcode() == dns.rcode.NXDOMAIN
    assert ask(running, "nowhere.example").rcode() == dns.rcode.NXDOMAIN
    assert ask(running, "a.test", "AAAA").rcode() == dns.rcode.NOERROR
    assert ask(running, "test").rcode() == dns.rcode.NOERROR
    alias = ask(running, "alias.test").answer
    assert [rrset[0].to_text() for rrset in alias] == ["a.test.", "127.77.1.1"]


def test_deaf_address_refuses(running):
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.77.1.9", running.port), timeout=5),
    ):
        pass


async def test_visits_connections_and_canary_are_logged():
    async with serve(Province.of(HOSTS)) as running:
        assert running.hits == []
        one = await asyncio.to_thread(fetch, "127.77.1.1", running.port, "a.test", "/busy", **{"User-Agent": "x"})
        two = await asyncio.to_thread(fetch, "127.77.1.1", running.port, "a.test", "/busy")
        assert (one[0], one[1]["Retry-After"], two[0]) == (503, "2", 200)
        await asyncio.to_thread(fetch, "127.77.1.1", running.port, "b.test", "/slow")
        log = running.log["127.77.1.1"]
        assert [(visit.host, visit.target, visit.status) for visit in log] == [
            ("a.test", "/busy", 503),
            ("a.test", "/busy", 200),
            ("b.test", "/slow", 200),
        ]
        assert log[0].agent == "x"
        assert log[2].end - log[2].start >= 0.05
        assert len(running.connections["127.77.1.1"]) == 3
        assert running.seen("b.test") == ["/slow"]
        await asyncio.to_thread(fetch, CANARY, running.port, "evil.test", "/")
        assert len(running.hits) == 1


async def test_two_provinces_do_not_meet():
    async with serve(Province.of(HOSTS)) as one, serve(Province.of(HOSTS)) as two:
        assert one.port != two.port
        assert one.nameserver != two.nameserver
        assert one.nameserver.startswith(NAMESERVER)


async def test_environment_names_exactly_this_province():
    async with serve(Province.of(HOSTS)) as running:
        assert running.environment() == {
            "RASOAT_NAMESERVERS": running.nameserver,
            "RASOAT_ALLOWED_NETWORKS": "127.77.0.0/16",
            "RASOAT_WEB_PORTS": str(running.port),
            "RASOAT_AUTHORITY_ZONES": "haiphong.edu.vn",
        }


async def test_a_stream_writes_what_it_likes_and_closes():
    async def lie(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        await writer.drain()

    async with serve(Province.of([Host("l.test", pages={"/": Reply(stream=lie)})])) as running:
        reader, writer = await asyncio.open_connection("127.77.1.1", running.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: l.test\r\n\r\n")
        assert (await reader.read()).endswith(b"\r\n\r\nshort")
        writer.close()
        await writer.wait_closed()


async def test_gzip_and_garbage():
    page = "<p>" + "xin chào " * 200
    async with serve(Province.of([Host("g.test", pages={"/": page}, gzip=True)])) as running:
        _, headers, body = await asyncio.to_thread(
            fetch, "127.77.1.1", running.port, "g.test", "/", **{"Accept-Encoding": "gzip"}
        )
        assert headers["Content-Encoding"] == "gzip"
        assert len(body) < 500
        reader, writer = await asyncio.open_connection("127.77.1.1", running.port)
        writer.write(b"\x00\xff\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
        await writer.wait_closed()


def test_names_answer_nothing_to_garbage():
    from crawler.demo.names import Names

    names = Names({"a.test": [("A", "127.77.1.1")]})
    reply = dns.message.make_response(dns.message.make_query("a.test", "A")).to_wire()
    for wire in (b"", b"\x00" * 12, b"\xff" * 40, reply):
        assert names.answer(wire) is None


def test_a_handmade_province_has_a_register(tmp_path):
    province = Province.of(HOSTS[:2])
    text = province.register_csv(tmp_path / "r.csv", 8080).read_text(encoding="utf-8")
    assert text.splitlines()[0] == "Mã,Tên đơn vị,Cấp,Xã/Phường,Quận/Huyện,Website,Điện thoại,Email"
    assert "http://a.test:8080/" in text


def test_visit_counts_by_host():
    seen = []

    def page(request: Request) -> Reply:
        seen.append(request.visit)
        return Reply("x")

    with serving(Province.of([Host("v.test", pages={"/": page})])) as running:
        for _ in range(3):
            fetch("127.77.1.1", running.port, "v.test", "/")
    assert seen == [1, 2, 3]
