"""Connections that cannot reach a forbidden address: resolved, guarded and opened in one place."""

import asyncio
from collections.abc import Callable
from typing import Any

from scrapy.utils.defer import deferred_from_coro
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.dns.network import Network

_MAX_TRIES = 4  # addresses of one name
_CONNECT_SECONDS = 10.0  # for one of several addresses; the last one has what is left of the request's time


@implementer(IStreamClientEndpoint)
class GuardedEndpoint:
    """Resolves a host through the crawl's network and connects to an address the guard allows.

    The connection fails with ``ForbiddenAddress``, ``NameUnresolved`` or a Twisted ``ConnectError``. The
    addresses are literals when they reach the reactor, so nothing resolves them a second time.
    """

    def __init__(
        self,
        reactor: Any,
        network: Network,
        host: str,
        port: int,
        timeout: float,
        bind: tuple[str, int] | None = None,
        make_room: Callable[[str], object] = lambda _address: None,
        opened: Callable[[], object] = lambda: None,
    ) -> None:
        self._reactor = reactor
        self._network = network
        self._host = host
        self._port = port
        self._timeout = timeout
        self._bind = bind
        self._make_room = make_room
        self._opened = opened

    def __repr__(self) -> str:
        return f"<GuardedEndpoint {self._host}:{self._port}>"

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        """See ``IStreamClientEndpoint``."""
        return deferred_from_coro(self._connect(protocolFactory))

    async def _connect(self, factory: Any) -> Any:
        addresses = (await self._network.addresses(self._host, self._port))[:_MAX_TRIES]
        for address in addresses[:-1]:
            try:
                return await self._open(address, factory, min(_CONNECT_SECONDS, self._timeout))
            except ConnectError:
                continue
        return await self._open(addresses[-1], factory, self._timeout)

    async def _open(self, address: str, factory: Any, timeout: float) -> Any:  # noqa: ASYNC109 - Twisted's own
        self._make_room(address)
        kind = TCP6ClientEndpoint if ":" in address else TCP4ClientEndpoint
        opening = kind(self._reactor, address, self._port, timeout, self._bind).connect(factory)
        protocol = await opening.asFuture(asyncio.get_running_loop())
        try:
            self._network.check_peer(protocol.transport.getPeer().host)
        except BaseException:
            protocol.transport.abortConnection()
            raise
        self._opened()
        return protocol


@implementer(IAgentEndpointFactory)
class GuardedEndpoints:
    """Gives Twisted's ``Agent`` a guarded endpoint for a URI, inside TLS for https."""

    def __init__(
        self,
        reactor: Any,
        network: Network,
        tls: Any,
        timeout: float,
        bind: tuple[str, int] | None,
        make_room: Callable[[str], object],
        opened: Callable[[], object] = lambda: None,
    ) -> None:
        self._reactor = reactor
        self._network = network
        self._tls = tls
        self._timeout = timeout
        self._bind = bind
        self._make_room = make_room
        self._opened = opened

    def endpointForURI(self, uri: URI) -> Any:
        """See ``IAgentEndpointFactory``."""
        endpoint: Any = GuardedEndpoint(
            self._reactor,
            self._network,
            uri.host.decode("ascii"),
            uri.port,
            self._timeout,
            self._bind,
            self._make_room,
            self._opened,
        )
        if uri.scheme != b"https":
            return endpoint
        return wrapClientTLS(self._tls.creatorForNetloc(uri.host, uri.port), endpoint)
