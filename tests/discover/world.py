"""The province's name servers and a resolver in front of them, for whole runs."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from crawler.demo.authority import Authority
from crawler.demo.names import Names, NameServer
from crawler.demo.recursor import Recursor
from crawler.demo.zones import Authorities, Served, read_zones, serve_zones


@dataclass
class World:
    """Running servers; ``environment`` leads a run to them."""

    authorities: Authorities
    resolver: NameServer

    def asked(self) -> Counter[tuple[str, str]]:
        """Questions that reached the zones' own servers, by (name, type)."""
        total: Counter[tuple[str, str]] = Counter()
        for server in self.authorities.servers.values():
            assert isinstance(server.names, Authority)
            total += server.names.queries
        return total

    @property
    def environment(self) -> dict[str, str]:
        return {
            "RASOAT_ZONE_SERVERS": self.authorities.text,
            "RASOAT_NAMESERVERS": f"{self.resolver.address}:{self.resolver.port}",
        }


@asynccontextmanager
async def world(
    zones: Sequence[Served] = (), outside: dict[str, list[tuple[str, str]]] | None = None
) -> AsyncIterator[World]:
    """Serve zones (the demo's when none are given); ``outside`` is what the resolver knows beside them."""
    async with serve_zones(list(zones) or read_zones()) as authorities:
        own = [server.names for server in authorities.servers.values() if isinstance(server.names, Authority)]
        resolver = NameServer(Recursor.of(Names(outside or {}), own), "127.77.0.53")
        await resolver.start()
        yield World(authorities, resolver)
        await resolver.stop()
