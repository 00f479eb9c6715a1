"""Host names as a browser reads them, and who owns one; pure. ``crawler.urls`` is the door to this file."""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import idna
import tldextract

_PLAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_LOOSE_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_MAX_NAME = 253
_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=8192)
def normalise(authority: str, scheme: str) -> str:
    """``host`` or ``host:port`` for the authority of a URL (no credentials), or "" when it is none.

    Follows the host parser of the WHATWG URL standard, so that ``127.1``, ``2130706433`` and ``0x7f.1`` become
    the address that a browser would connect to, and the network guard sees it.
    """
    name, port = _split_port(authority)
    if port is None:
        return ""
    name = _ipv6(name) if name.startswith("[") else _name(name)
    if not name:
        return ""
    return name if port in (0, _DEFAULT_PORTS[scheme]) else f"{name}:{port}"


def _split_port(authority: str) -> tuple[str, int | None]:
    """The name and its port (0 when none is written, None when it is not a port)."""
    close = authority.rfind("]")
    colon = authority.rfind(":")
    if colon <= close:
        return authority, 0
    name, digits = authority[:colon], authority[colon + 1 :]
    if not digits:
        return name, 0
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12:
        return name, None
    port = int(digits)
    return name, port if 0 < port < 65536 else None


def _ipv6(text: str) -> str:
    if not text.endswith("]") or "%" in text:
        return ""
    try:
        return f"[{ipaddress.IPv6Address(text[1:-1]).compressed}]"
    except ValueError:
        return ""


def _name(text: str) -> str:
    if len(text) > 4 * _MAX_NAME:
        return ""
    if "%" in text:
        text = unquote_to_bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    text = text.lower() if text.isascii() else _idn(text)
    # the root dot names the same server; without it one site would be two
    text = text.removesuffix(".")
    if not text or len(text) > _MAX_NAME:
        return ""
    if _NUMERIC_END.search(text):
        return _ipv4(text)
    if _PLAIN.fullmatch(text) and max(map(len, text.split("."))) < 64:
        return text
    # labels that begin or end with a hyphen do exist in the wild and resolve
    return text if all(_LOOSE_LABEL.fullmatch(label) for label in text.split(".")) else ""


def _idn(text: str) -> str:
    """The ASCII form of an internationalised name (UTS 46, then IDNA 2008), or ""."""
    try:
        mapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
        return ".".join(
            label if label.isascii() else idna.alabel(label).decode("ascii") for label in mapped.split(".")
        ).lower()
    except (idna.IDNAError, UnicodeError, ValueError, IndexError):
        return ""


def _ipv4(text: str) -> str:
    """The dotted form of an address in any of the forms that browsers take, or "" (WHATWG IPv4 parser)."""
    parts = text.split(".")
    if len(parts) > 4:
        return ""
    numbers = [_number(part) for part in parts]
    if any(number is None for number in numbers):
        return ""
    *heads, last = [number for number in numbers if number is not None]
    if any(head > 255 for head in heads) or last >= 256 ** (5 - len(parts)):
        return ""
    value = last + sum(head << (8 * (3 - place)) for place, head in enumerate(heads))
    return str(ipaddress.IPv4Address(value))


def _number(part: str) -> int | None:
    if not _NUMBER.fullmatch(part) or len(part) > 40:
        return None
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    if len(part) > 1 and part.startswith("0"):
        return int(part, 8) if not set(part) & {"8", "9"} else None
    return int(part)


def hostname(host: str) -> str:
    """The name or address without its port; brackets of an IPv6 address are dropped."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def twin(host: str) -> str:
    """The www twin: "www.x" for "x" and the other way round, the port kept; an address has none ("")."""
    if is_address(hostname(host)):
        return ""
    return host[4:] if host.startswith("www.") else f"www.{host}"


def is_address(name: str) -> bool:
    """Whether a host name without port is a literal address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def owner(host: str, zones: Sequence[str]) -> str:
    """Who is responsible: one label below a zone of the authority, else the registrable domain.

    haiphong.edu.vn is no public suffix: taken plainly, all schools would be one owner. Addresses and names
    without a known suffix own themselves.
    """
    return _owner(hostname(host), tuple(zones))


@lru_cache(maxsize=16384)
def _owner(name: str, zones: tuple[str, ...]) -> str:
    for zone in sorted(zones, key=len, reverse=True):
        if name == zone:
            return name
        if name.endswith(f".{zone}"):
            return f"{name[: -len(zone) - 1].rpartition('.')[2]}.{zone}"
    if is_address(name):
        return name
    return _suffixes()(name).top_domain_under_public_suffix or name


@lru_cache(maxsize=1)
def _suffixes() -> tldextract.TLDExtract:
    # no list URLs and no cache folder: the packaged list only, never a download
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
