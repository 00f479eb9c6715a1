"""The network guard: which URL, port and address may be contacted at all."""

from collections.abc import Collection, Iterable, Sequence
from ipaddress import IPv4Address, ip_network
from typing import NoReturn, Self
from urllib.parse import urlsplit

from crawler.dns import addresses
from crawler.dns.addresses import Address, Network
from crawler.errors import BadArgument, ForbiddenAddress

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Refused(ForbiddenAddress):
    """Raised by the guard: ``reason`` is a slug for counters, the text one line without credentials."""

    def __init__(self, reason: str, subject: str) -> None:
        super().__init__(f"refused by the network guard ({reason}): {subject}")
        self.reason = reason
        self.subject = subject


class Guard:
    """Decides by values alone; never opens a socket, never asks a name server."""

    def __init__(
        self,
        allowed_networks: Sequence[str] = (),
        web_ports: Collection[int] = (80, 443),
        register_ports: Collection[int] = (),
    ) -> None:
        """Take CIDR networks that are allowed although not public, and the ports that may be used.

        Raises ``BadArgument`` for a network or a port that is none.
        """
        self._networks: tuple[Network, ...] = tuple(_network(text) for text in allowed_networks)
        self._ports: set[int] = set()
        self.allow_ports(web_ports)
        self.allow_ports(register_ports)

    @classmethod
    def from_text(cls, allowed_networks: str = "", web_ports: str = "80,443") -> Self:
        """Build from the comma-separated text of ``RASOAT_ALLOWED_NETWORKS`` and ``RASOAT_WEB_PORTS``."""
        return cls(_split(allowed_networks), [_port(text) for text in _split(web_ports)])

    def allow_ports(self, ports: Iterable[int]) -> None:
        """Add the ports of registered sites; raises ``BadArgument`` for a number that is not a port."""
        self._ports.update(_port(port) for port in ports)

    def refusal(self, address: str | Address) -> str:
        """Say why an address may not be contacted; empty when it may.

        An allowed network must hold the address itself: 127.77.0.0/16 does not allow ::ffff:127.77.0.1.
        """
        reason = addresses.refusal(address)
        if not reason or reason in ("scope_id", "not_an_address"):
            return reason
        found = addresses.parse(address) if isinstance(address, str) else address
        return "" if any(found in network for network in self._networks) else reason

    def check_address(self, address: str | Address) -> None:
        """Raise ``ForbiddenAddress`` unless the address may be contacted."""
        if reason := self.refusal(address):
            _refuse(reason, str(address))

    def check_port(self, port: int) -> None:
        """Raise ``ForbiddenAddress`` unless the port is one of the web or of the register."""
        if port not in self._ports:
            _refuse("port", str(port))

    def check_host(self, host: str) -> str:
        """Return the canonical address when ``host`` is one in any spelling, else an empty string for a name.

        Raises ``ForbiddenAddress`` when it is an address that may not be contacted, or only looks like one.
        """
        if not host.strip("."):
            _refuse("no_host", host)
        found = addresses.literal(host)
        if found is None:
            return ""
        if isinstance(found, str):
            _refuse("not_an_address", found)
        self.check_address(found)
        return str(found)

    def check_url(self, url: str) -> None:
        """Raise ``ForbiddenAddress`` for a scheme, port or literal host that may not be contacted.

        A host name passes: its addresses are checked when they are known.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            _refuse("malformed_url", "a URL that cannot be read")
        if parts.scheme not in _DEFAULT_PORTS:
            _refuse("scheme", parts.scheme or "none")
        if "@" in parts.netloc:
            _refuse("credentials", parts.hostname or "")
        host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.removesuffix(":")
        self.check_host(host)
        self.check_port(_DEFAULT_PORTS[parts.scheme] if port is None else port)


def order(found: Iterable[str]) -> list[str]:
    """Sort addresses: IPv4 before IPv6, then by number, so that every process tries them alike."""
    known = [address for text in found if (address := addresses.parse(text)) is not None]
    return [str(each) for each in sorted(set(known), key=lambda a: (not isinstance(a, IPv4Address), int(a)))]


def _refuse(reason: str, subject: str) -> NoReturn:
    shown = "".join(letter if letter.isprintable() else "?" for letter in subject[:100])
    raise Refused(reason, shown)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as fault:
        raise BadArgument(f"RASOAT_ALLOWED_NETWORKS: {text!r} is not a network: {fault}") from None


def _port(value: int | str) -> int:
    port = int(value) if str(value).isascii() and str(value).isdecimal() else 0
    if not 0 < port < 65536:
        raise BadArgument(f"RASOAT_WEB_PORTS: {value!r} is not a port")
    return port
