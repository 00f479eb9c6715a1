"""The province's zones, described by data/zones.yaml: as zone files for any server, and served by our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from crawler.demo.authority import Authority, ZoneText
from crawler.demo.names import NameServer

HEAD = "$ORIGIN {name}.\n$TTL 60\n@ IN SOA ns quantri 2026092001 3600 600 86400 60\n@ IN NS ns\nns IN A {server}\n"


@dataclass(frozen=True, slots=True)
class Served:
    """One zone, the address of its server, and the truth: ``hosts`` is name -> liveness by DNS alone."""

    source: ZoneText
    server: str
    hosts: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.source.name


def read_zones() -> list[Served]:
    """All zones of the province."""
    text = files("crawler.demo").joinpath("data/zones.yaml").read_text("utf-8")
    return [_zone(entry) for entry in YAML(typ="safe").load(text)["zones"]]


def _zone(entry: dict[str, Any]) -> Served:
    name, server = entry["name"], entry["server"]
    source = ZoneText(
        name,
        HEAD.format(name=name, server=server) + entry["records"],
        bool(entry.get("transfer")),
        entry.get("denial", ""),
        bool(entry.get("rotates")),
        float(entry.get("loses", 0)),
    )
    hosts = {f"{label}.{name}": says for label, says in entry["hosts"].items()}
    return Served(source, server, hosts)


@dataclass(slots=True)
class Authorities:
    """Running name servers by address."""

    zones: list[Served]
    servers: dict[str, NameServer]

    @property
    def text(self) -> str:
        """The value of ``RASOAT_ZONE_SERVERS`` that leads to them."""
        return ",".join(f"{zone.name}={zone.server}:{self.servers[zone.server].port}" for zone in self.zones)


@asynccontextmanager
async def serve_zones(zones: list[Served]) -> AsyncIterator[Authorities]:
    """Serve zones on their servers' addresses, in the running loop, until the block ends."""
    by_address: dict[str, list[ZoneText]] = {}
    for zone in zones:
        by_address.setdefault(zone.server, []).append(zone.source)
    async with AsyncExitStack() as stack:
        servers = {}
        for address, sources in by_address.items():
            server = NameServer(Authority.of(sources), address)
            await server.start()
            stack.push_async_callback(server.stop)
            servers[address] = server
        yield Authorities(zones, servers)
