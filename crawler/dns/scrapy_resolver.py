"""The reactor's name resolver: whatever asks the reactor for a name gets the crawl's answer, guarded.

The crawl's own download handler resolves by itself (and can say why it refuses); this one is the wall behind
everything else that runs on the reactor, such as somebody's own handler.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.resolver import HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.dns.network import Network, network_of
from crawler.errors import ForbiddenAddress

logger = logging.getLogger(__name__)


@implementer(IHostnameResolver)
class GuardedNameResolver:
    """``TWISTED_DNS_RESOLVER``: addresses from the crawl's resolver, forbidden ones left out."""

    def __init__(self, process: Any, reactor: Any) -> None:
        """Take Scrapy's crawler process (its crawlers come later) and the reactor to serve."""
        self._process = process
        self._reactor = reactor
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        """Scrapy hands over the crawler *process* here, see ``CrawlerProcess._setup_reactor``."""
        return cls(crawler, reactor)

    def install_on_reactor(self) -> None:
        """Take the place of the reactor's threaded ``getaddrinfo``, which would read ``/etc/hosts``."""
        self._reactor.installNameResolver(self)

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: Any = "TCP",
    ) -> HostResolution:
        """See ``IHostnameResolver``; a refused or unknown name has no addresses."""
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        task = asyncio.get_running_loop().create_task(
            self._resolve(resolutionReceiver, hostName, portNumber, addressTypes, transportSemantics)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return resolution

    async def _resolve(
        self,
        receiver: Any,
        host: str,
        port: int,
        types: Sequence[type[IAddress]] | None,
        transport: Any,
    ) -> None:
        try:
            for address in await self._network().addresses(host):
                kind = IPv6Address if ":" in address else IPv4Address
                if types is None or kind in types:
                    receiver.addressResolved(kind(transport, address, port))
        except (ForbiddenAddress, CannotResolveHostError) as fault:
            logger.debug("%s", fault)
        finally:
            receiver.resolutionComplete()

    def _network(self) -> Network:
        crawlers = getattr(self._process, "crawlers", ())
        return network_of(next(iter(crawlers), self._process))
