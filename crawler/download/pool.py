"""Kept-open connections, counted per server address and not per host name."""

from typing import Any

from twisted.web.client import HTTPConnectionPool

from crawler.download.parser import abort

IDLE_SECONDS = 15  # most servers close sooner; file descriptors are worth more than a handshake


class ServerPool(HTTPConnectionPool):
    """A pool in which idle connections of one host make room for a new connection to the same server.

    Many schools share a server: without this, two connections for each of fifty host names would stay open on
    it although only two requests run at a time. Open connections to an address never exceed the requests that
    were in flight at its busiest moment.
    """

    def __init__(self, reactor: Any, per_host: int) -> None:
        super().__init__(reactor, persistent=True)  # type: ignore[no-untyped-call]
        self.maxPersistentPerHost = max(1, per_host)
        self.cachedConnectionTimeout = IDLE_SECONDS

    def make_room(self, address: str) -> int:
        """Close the idle connections to ``address``; returns how many."""
        idle = [
            (key, connection)
            for key, connections in self._connections.items()
            for connection in connections
            if getattr(connection.transport.getPeer(), "host", "") == address
        ]
        for key, connection in idle:
            self._timeouts[connection].cancel()
            del self._timeouts[connection]
            self._connections[key].remove(connection)
            abort(connection.transport)
        return len(idle)

    def _removeConnection(self, key: Any, connection: Any) -> None:
        """Cut a connection that idled too long; a polite close inside TLS would wait for the peer."""
        abort(connection.transport)
        self._connections[key].remove(connection)
        if not self._connections[key]:
            del self._connections[key]  # a crawl knows thousands of hosts
        del self._timeouts[connection]
