"""Which addresses are public: one table, because ``is_global`` changes with Python's version.

Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates), RFC 4291
(mapped and compatible forms), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP).
Pure; no socket is opened.
"""

import re
import unicodedata
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import unquote

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The first network that holds an address names its reason, so a narrower network stands before a wider one.
_NOT_PUBLIC: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "this_network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud_metadata"),  # global on paper, the host machine on Azure
        ("169.254.0.0/16", "link_local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "relay_anycast"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("64:ff9b:1::/48", "local_nat64"),
        ("100::/64", "discard"),
        ("2001:2::/48", "benchmarking"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link_local"),
        ("fec0::/10", "site_local"),
        ("ff00::/8", "multicast"),
    )
)
_PROTOCOL = IPv6Network("2001::/23")
_TEREDO = IPv6Network("2001::/32")
_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_LOW_32 = 0xFFFFFFFF
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})


def parse(text: str) -> Address | None:
    """Read a canonical address (brackets allowed); ``None`` when it is not one."""
    try:
        return ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def embedded(address: IPv6Address) -> Iterator[tuple[str, IPv4Address]]:
    """Yield (form, IPv4 address) for every IPv4 address that a packet to ``address`` may end at."""
    number = int(address)
    low = IPv4Address(number & _LOW_32)
    if number >> 32 == 0xFFFF:
        yield "mapped", low
    elif number >> 32 == 0xFFFF0000:
        yield "translated", low
    elif number >> 32 == 0 and number > 1:
        yield "compatible", low
    elif address in _NAT64:
        yield "nat64", low
    elif number >> 112 == 0x2002:
        yield "6to4", IPv4Address((number >> 80) & _LOW_32)
    elif address in _TEREDO:
        yield "teredo", IPv4Address((number >> 64) & _LOW_32)
        yield "teredo", IPv4Address(~number & _LOW_32)
    if (number >> 32) & 0xFDFFFFFF == 0x00005EFE:
        yield "isatap", low


def refusal(address: str | Address) -> str:
    """Say why ``address`` is not a public unicast address; empty when it is one.

    The reason is a slug: ``loopback``, ``private``, ``multicast`` …, ``loopback_in_nat64`` for an embedded
    address, ``scope_id`` for any address with a zone, ``not_an_address`` for anything else.
    """
    found = parse(address) if isinstance(address, str) else address
    if found is None:
        return "not_an_address"
    if isinstance(found, IPv4Address):
        return _listed(found)
    if found.scope_id is not None:
        return "scope_id"
    forms = list(embedded(found))
    for form, inner in forms:
        if reason := _listed(inner):
            return f"{reason}_in_{form}"
    if reason := _listed(found):
        return reason
    if found in _NAT64 or found in _TEREDO or (forms and forms[0][0] == "mapped"):
        return ""  # judged by what it stands for
    if found in _PROTOCOL:
        return "protocol"
    return "" if found in _GLOBAL_UNICAST else "not_global"


def _listed(address: Address) -> str:
    return next((reason for network, reason in _NOT_PUBLIC if address in network), "")


def literal(host: str) -> Address | str | None:
    """Read a URL's host as an address the way browsers and C libraries do (WHATWG URL, "IPv4 parser").

    Returns the address for ``127.1``, ``2130706433``, ``0x7f.1``, ``0177.0.0.1``, ``[::ffff:127.0.0.1]``,
    full-width digits and percent signs; the raw text when it can only be an address but is none
    (``127.0.0.256``); ``None`` for a name.
    """
    if "%" in host and not host.startswith("[") and ":" not in host:
        host = unquote(host)
    host = unicodedata.normalize("NFKC", host.translate(_DOTS)).strip()
    if host.startswith("[") or ":" in host:
        return parse(host) or host
    host = host.removesuffix(".")
    parts = host.split(".")
    if not _NUMBER.fullmatch(parts[-1]):
        return None
    return _ipv4(parts) or host


def _ipv4(parts: list[str]) -> IPv4Address | None:
    if len(parts) > 4 or any(not _NUMBER.fullmatch(part) or len(part) > 40 for part in parts):
        return None
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    head, last = numbers[:-1], numbers[-1]
    if any(number > 255 for number in head) or last >= 256 ** (5 - len(parts)):
        return None
    return IPv4Address(sum(number << (24 - 8 * at) for at, number in enumerate(head)) + last)


def _number(part: str) -> int:
    if part[:2] in ("0x", "0X"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") and len(part) > 1 else int(part)
