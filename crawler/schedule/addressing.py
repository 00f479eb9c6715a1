"""Where the hosts of a run are: what their names resolve to, after the guard."""

from dataclasses import dataclass
from typing import Protocol

from scrapy.exceptions import CannotResolveHostError

from crawler.dns.network import Network
from crawler.errors import ForbiddenAddress
from crawler.urls import clean, hostname


@dataclass(frozen=True, slots=True)
class Address:
    """What a host name resolves to, after the guard: ``refused`` or ``error`` say why there is nothing."""

    addresses: tuple[str, ...]
    refused: str = ""
    error: str = ""


class Addressing(Protocol):
    """Resolves a host of the run and applies the guard."""

    async def look_up(self, host: str) -> Address: ...


class GuardedAddressing:
    """Addressing by the crawl's own network: its resolver, filtered by its guard."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def look_up(self, host: str) -> Address:
        """Resolve a host and keep the addresses that the guard lets through; never raises."""
        try:
            return Address(await self._network.addresses(hostname(host)))
        except ForbiddenAddress as refused:
            return Address((), refused=clean(str(refused)))
        except CannotResolveHostError as unknown:
            return Address((), error=clean(f"DNS: {unknown}"))
