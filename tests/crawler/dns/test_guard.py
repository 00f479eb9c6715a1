"""The network guard, clause by clause. Nothing here opens a connection."""

import pytest

from crawler.dns import addresses
from crawler.dns.guard import Guard, Refused, order
from crawler.errors import BadArgument, ForbiddenAddress

REFUSED = [
    ("0.0.0.0", "this_network"),
    ("0.1.2.3", "this_network"),
    ("10.0.0.1", "private"),
    ("100.64.0.1", "shared"),
    ("100.127.255.255", "shared"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("168.63.129.16", "cloud_metadata"),
    ("169.254.169.254", "link_local"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.192", "protocol"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "relay_anycast"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "benchmarking"),
    ("198.19.255.255", "benchmarking"),
    ("198.51.100.7", "documentation"),
    ("203.0.113.7", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::7f00:1", "loopback_in_compatible"),
    ("::808:808", "not_global"),
    ("::ffff:127.0.0.1", "loopback_in_mapped"),
    ("::ffff:0:127.0.0.1", "loopback_in_translated"),
    ("64:ff9b::7f00:1", "loopback_in_nat64"),
    ("64:ff9b::10.0.0.1", "private_in_nat64"),
    ("64:ff9b::169.254.169.254", "link_local_in_nat64"),
    ("64:ff9b:1::8.8.8.8", "local_nat64"),
    ("64:ff9b:1:7f00:0:100::", "local_nat64"),
    ("2002:7f00:1::", "loopback_in_6to4"),
    ("2002:c0a8:101::1", "private_in_6to4"),
    ("2001:0:7f00:1::f7f7:f7f7", "loopback_in_teredo"),
    ("2001:0:808:808:0:0:80ff:fffe", "loopback_in_teredo"),
    ("2600::5efe:127.0.0.1", "loopback_in_isatap"),
    ("2600::200:5efe:10.0.0.1", "private_in_isatap"),
    ("100::1", "discard"),
    ("2001:1::1", "protocol"),
    ("2001:2::1", "benchmarking"),
    ("2001:10::1", "protocol"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("5f00::1", "not_global"),
    ("4000::1", "not_global"),
    ("fc00::1", "private"),
    ("fd00:ec2::254", "private"),
    ("fe80::1", "link_local"),
    ("fe80::1%eth0", "scope_id"),
    ("2606:4700::1%1", "scope_id"),
    ("fec0::1", "site_local"),
    ("ff02::1", "multicast"),
    ("", "not_an_address"),
    ("example.org", "not_an_address"),
    ("127.1", "not_an_address"),
    ("1.2.3.4/32", "not_an_address"),
]
PUBLIC = [
    "1.1.1.1",
    "14.225.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.32.0.1",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2405:4800::1",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
    "2001:0:808:808::f7f7:f7f7",
    "2600::5efe:8.8.8.8",
]


@pytest.mark.parametrize(("address", "reason"), REFUSED)
def test_address_that_is_not_public_unicast_is_refused_with_its_reason(address: str, reason: str) -> None:
    assert addresses.refusal(address) == reason
    assert Guard().refusal(address) == reason


@pytest.mark.parametrize("address", PUBLIC)
def test_public_unicast_address_passes(address: str) -> None:
    assert addresses.refusal(address) == ""
    Guard().check_address(address)


def test_allowed_network_names_the_address_itself_and_nothing_else() -> None:
    guard = Guard(["127.77.0.0/16", "fd00:77::/32"])
    assert guard.refusal("127.77.3.4") == ""
    assert guard.refusal("fd00:77::1") == ""
    assert guard.refusal("127.78.0.1") == "loopback"
    assert guard.refusal("::ffff:127.77.0.1") == "loopback_in_mapped"
    assert guard.refusal("64:ff9b::127.77.0.1") == "loopback_in_nat64"
    assert guard.refusal("fd00:77::1%lo") == "scope_id"


LITERALS = [
    ("http://127.1/", "loopback"),
    ("http://2130706433/", "loopback"),
    ("http://0x7f.1/", "loopback"),
    ("http://0x7f000001/", "loopback"),
    ("http://0177.0.0.1/", "loopback"),
    ("http://0/", "this_network"),
    ("http://127.0.0.1./", "loopback"),
    ("http://127.0.0.256/", "not_an_address"),
    ("http://1.2.3.4.5/", "not_an_address"),
    ("http://0x/", "this_network"),
    ("http://4294967296/", "not_an_address"),
    ("http://09.1.1.1/", "not_an_address"),
    ("http://foo.0x7f/", "not_an_address"),
    ("http://１２７.0.0.1/", "loopback"),
    ("http://127。0。0。1/", "loopback"),
    ("http://%31%32%37.0.0.1/", "loopback"),
    ("http://[::1]/", "loopback"),
    ("http://[::ffff:127.0.0.1]/", "loopback_in_mapped"),
    ("http://[::ffff:7f00:1]/", "loopback_in_mapped"),
    ("http://[64:ff9b::7f00:1]/", "loopback_in_nat64"),
    ("http://[fe80::1%25eth0]/", "scope_id"),
    ("http://169.254.169.254/latest/meta-data/", "link_local"),
    ("http:///nothing", "no_host"),
    ("http://./", "no_host"),
    ("file:///etc/hostname", "scheme"),
    ("ftp://example.org/", "scheme"),
    ("data:text/html,x", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("//example.org/", "scheme"),
    ("http://example.org:22/", "port"),
    ("https://example.org:0/", "port"),
    ("http://example.org:99999/", "malformed_url"),
    ("http://example.org:x/", "malformed_url"),
    ("http://[::1/", "malformed_url"),
    ("http://user:geheim@example.org/", "credentials"),
]


@pytest.mark.parametrize(("url", "reason"), LITERALS)
def test_url_is_refused_with_its_reason(url: str, reason: str) -> None:
    with pytest.raises(ForbiddenAddress) as caught:
        Guard().check_url(url)
    assert isinstance(caught.value, Refused)
    assert caught.value.reason == reason
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://thcs-abc.haiphong.edu.vn/",
        "https://xn--trng-hc-ocb.vn/?x=1",
        "http://example.org:443/",
        "HTTP://EXAMPLE.ORG",
        "http://1.1.1.1/",
        "http://[2606:4700::1111]:80/",
        "http://1.2.3.4.example/",
    ],
)
def test_url_of_the_web_passes(url: str) -> None:
    Guard().check_url(url)


def test_ports_are_those_of_the_web_and_of_the_register() -> None:
    guard = Guard(web_ports=[80, 443], register_ports=[8080])
    guard.check_url("http://example.org:8080/")
    with pytest.raises(ForbiddenAddress):
        guard.check_url("http://example.org:8081/")
    guard.allow_ports([8081])
    guard.check_url("http://example.org:8081/")


def test_literal_host_gives_its_canonical_address() -> None:
    guard = Guard(["127.77.0.0/16"])
    assert guard.check_host("127.77.1") == "127.77.0.1"
    assert guard.check_host("0x7f4d0001") == "127.77.0.1"
    assert guard.check_host("truong.edu.vn") == ""


@pytest.mark.parametrize(
    ("networks", "ports"),
    [
        ("300.0.0.0/8", "80"),
        ("127.0.0.1/8", "80"),
        ("abc", "80"),
        ("", "0"),
        ("", "65536"),
        ("", "-1"),
        ("", "http"),
    ],
)
def test_bad_setting_is_refused_at_the_start(networks: str, ports: str) -> None:
    with pytest.raises(BadArgument) as caught:
        Guard.from_text(networks, ports)
    assert "\n" not in str(caught.value)


def test_settings_are_read_as_lists() -> None:
    guard = Guard.from_text(" 127.77.0.0/16, fd00:77::/32 ,", "80, 8443")
    assert guard.refusal("fd00:77::9") == ""
    guard.check_port(8443)
    with pytest.raises(ForbiddenAddress):
        guard.check_port(443)


def test_addresses_have_one_order() -> None:
    assert order(["2606:4700::1", "9.9.9.9", "1.1.1.1", "1.1.1.1"]) == ["1.1.1.1", "9.9.9.9", "2606:4700::1"]
