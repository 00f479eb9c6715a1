"""Names in records, servers in settings, rings in hashes."""

import dns.dnssec
import dns.name
import pytest

from crawler.discovery.mining import names_in, ranges_in
from crawler.discovery.naming import host_key, host_name, is_host
from crawler.discovery.plan import zone_keys
from crawler.discovery.ring import Ring
from crawler.discovery.servers import Servers, zone_servers
from crawler.dns.guard import Guard
from crawler.errors import BadArgument

RECORDS = {
    "MX": ["10 Mail.haiphong.edu.vn."],
    "SRV": ["0 0 5060 sip.haiphong.edu.vn."],
    "TXT": [
        '"v=spf1 a:web.haiphong.edu.vn include:_spf.vendor.example ip4:10.0.0.0/30 ip4:10.0.0.0/8 -all"',
        '"v=DMARC1; rua=mailto:a@bao.haiphong.edu.vn,mailto:b@x.example!10m"',
    ],
    "CAA": ['0 issue "ca.example; policy=x"'],
    "SOA": ["ns1.haiphong.edu.vn. admin.haiphong.edu.vn. 1 1 1 1 1"],
    "A": ["127.77.0.1"],
}


def test_names_in_records() -> None:
    assert {name for name, _ in names_in(RECORDS)} == {
        "mail.haiphong.edu.vn",
        "sip.haiphong.edu.vn",
        "web.haiphong.edu.vn",
        "_spf.vendor.example",
        "bao.haiphong.edu.vn",
        "x.example",
        "ca.example",
        "ns1.haiphong.edu.vn",
    }


def test_only_small_ranges_are_asked_back() -> None:
    assert [str(network) for network in ranges_in(RECORDS)] == ["10.0.0.0/30"]


@pytest.mark.parametrize(
    ("setting", "value", "word"),
    [
        (zone_servers, "haiphong.edu.vn", "is not zone=address"),
        (zone_servers, "haiphong.edu.vn=nowhere", "no address"),
        (zone_servers, "=127.0.0.1", "not a domain name"),
        (zone_keys, "haiphong.edu.vn=k:hmac-sha256:not base64!", "name:algorithm:secret"),
        (zone_keys, "haiphong.edu.vn=geheim", "name:algorithm:secret"),
    ],
)
def test_a_setting_without_meaning_is_told_without_its_secret(setting: object, value: str, word: str) -> None:
    with pytest.raises(BadArgument, match=word) as told:
        setting(value)  # type: ignore[operator]
    assert "geheim" not in str(told.value)


def test_a_server_that_the_operator_named_is_asked_at_its_port_and_others_are_guarded() -> None:
    zone = dns.name.from_text("haiphong.edu.vn")
    servers = Servers(Guard(), zone_servers("haiphong.edu.vn=127.77.0.1:5300,edu.vn=[::1]:54"), [("127.0.0.9", 5353)])
    assert servers.configured(dns.name.from_text("a.haiphong.edu.vn")) == [("127.77.0.1", 5300), ("::1", 54)]
    assert servers.configured(zone)[0] == ("127.77.0.1", 5300)
    assert servers.published("127.77.0.1") == ("127.77.0.1", 5300)
    assert servers.published("127.0.0.9") == ("127.0.0.9", 5353)
    assert servers.published("127.77.0.2") is None
    assert servers.published("8.8.8.8") == ("8.8.8.8", 53)
    assert servers.published("no address") is None


@pytest.mark.parametrize(
    ("name", "records", "host"),
    [
        ("th-a.haiphong.edu.vn", {"A": []}, True),
        ("th_a.haiphong.edu.vn", {"AAAA": []}, True),
        ("_dmarc.haiphong.edu.vn", {"TXT": []}, False),
        ("k._domainkey.haiphong.edu.vn", {"CNAME": []}, False),
        ("*.haiphong.edu.vn", {"A": []}, False),
        ("a\\032b.haiphong.edu.vn", {"A": []}, False),
        ("a.haiphong.edu.vn", {"NSEC": [], "RRSIG": []}, False),
        ("a.haiphong.edu.vn", {"MX": []}, True),
    ],
)
def test_which_names_are_hosts(name: str, records: dict[str, list[str]], host: bool) -> None:
    assert is_host(dns.name.from_text(name), records) is host


def test_keys_of_hosts() -> None:
    assert host_name(dns.name.from_text("TH-A.Haiphong.edu.vn.")) == "th-a.haiphong.edu.vn"
    assert host_key("a.b", {80, 443, 8080}) == "a.b"
    assert host_key("a.b", {8080}) == "a.b:8080"


def test_a_ring_is_hashed_as_the_standard_says() -> None:
    name = dns.name.from_text("a.example")
    ring = Ring(bytes.fromhex("aabbccdd"), 12)  # RFC 5155, appendix A: 35mthgpgcu1qg68fab165klnsnk3dpvl
    assert dns.dnssec.nsec3_hash(name, "aabbccdd", 12, 1).lower() == "35mthgpgcu1qg68fab165klnsnk3dpvl"
    from base64 import b32hexencode

    assert b32hexencode(ring.hash(name)).decode().lower() == "35mthgpgcu1qg68fab165klnsnk3dpvl"


def test_a_ring_covers_round_its_end() -> None:
    ring = Ring(b"", 0)
    low, high = b"\x10" * 20, b"\xf0" * 20
    ring.add(high, low)
    assert ring.covers(b"\xff" * 20)
    assert ring.covers(b"\x01" * 20)
    assert not ring.covers(b"\x20" * 20)
    assert not ring.is_closed
    ring.add(low, high)
    assert ring.is_closed
    assert ring.covers(b"\x20" * 20)
