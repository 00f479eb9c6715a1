"""Which name servers may be asked for which zone: published ones that the guard lets through, and configured ones."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

import dns.exception
import dns.name

from crawler.dns.channel import Server
from crawler.dns.guard import Guard
from crawler.dns.question import nameservers
from crawler.errors import BadArgument

DNS_PORT = 53


def zone_name(text: str, setting: str) -> dns.name.Name:
    """A zone's name as an operator writes it. Raises ``BadArgument`` naming the setting or argument."""
    try:
        name = dns.name.from_text(text.strip().lower())
    except (dns.exception.DNSException, UnicodeError, ValueError):
        name = dns.name.root
    if name == dns.name.root:
        raise BadArgument(f"{setting}: {text[:80]!r} is not a domain name")
    return name


def zone_servers(text: str) -> dict[dns.name.Name, list[Server]]:
    """Read ``RASOAT_ZONE_SERVERS`` ("zone=ip[:port]", comma-separated). Raises ``BadArgument``."""
    found: dict[dns.name.Name, list[Server]] = {}
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        zone, equals, server = part.partition("=")
        if not equals:
            raise BadArgument(f"RASOAT_ZONE_SERVERS: {part[:80]!r} is not zone=address or zone=address:port")
        try:
            address = nameservers(server)[0]
        except (BadArgument, IndexError):
            raise BadArgument(f"RASOAT_ZONE_SERVERS: {part[:80]!r}: no address or address:port") from None
        found.setdefault(zone_name(zone, "RASOAT_ZONE_SERVERS"), []).append(address)
    return found


class Servers:
    """The operator's servers, and the guard for all others."""

    def __init__(
        self, guard: Guard, configured: Mapping[dns.name.Name, list[Server]], resolvers: Iterable[Server]
    ) -> None:
        self._guard = guard
        self._configured = dict(configured)
        self.resolvers = list(resolvers)
        told = [server for servers in configured.values() for server in servers]
        # A server that the operator names under a port of its own is asked there, whoever else names it.
        self._ports = dict([*self.resolvers, *told])

    def configured(self, zone: dns.name.Name) -> list[Server]:
        """Servers that the operator named for a zone or for one above it, nearest first."""
        found: list[Server] = []
        for name in sorted(self._configured, key=len, reverse=True):
            if zone.is_subdomain(name):
                found += [server for server in self._configured[name] if server not in found]
        return found

    def published(self, address: str) -> Server | None:
        """A server that DNS names; None when the guard forbids its address."""
        try:
            address = str(ip_address(address))
        except ValueError:
            return None
        if address not in self._ports and self._guard.refusal(address):
            return None
        return address, self._ports.get(address, DNS_PORT)
