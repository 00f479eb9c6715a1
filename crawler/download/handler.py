"""The download handler: Scrapy's for HTTP/1.1, with guarded connections and bounded answers."""

import logging
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _ResponseReader, _ScrapyAgent
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadFailedError,
    DownloadTimeoutError,
    StopDownload,
)
from scrapy.http import Response
from scrapy.utils._download_handlers import normalize_bind_address, wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.misc import build_from_crawler
from twisted.internet.defer import Deferred
from twisted.web.client import Agent, ResponseFailed

from crawler.dns.guard import Refused
from crawler.dns.network import network_of
from crawler.download.context import LenientContextFactory
from crawler.download.endpoint import GuardedEndpoints
from crawler.download.parser import BoundedFactory, HeaderFlood, abort
from crawler.download.pool import ServerPool
from crawler.errors import ForbiddenAddress

logger = logging.getLogger(__name__)

IDLE_SECONDS = 10.0  # a body that stands still for so long has ended, whatever its length says
_LAST_MOMENT = 0.5  # seconds before the deadline at which a dripping body is taken as it is


class GuardedDownloadHandler(HTTP11DownloadHandler):
    """Fetches http and https only through ``crawler.dns``; counts what goes wrong under ``download/``.

    A body over ``DOWNLOAD_MAXSIZE`` is cut there and kept (flag ``too_large``), so is one that stalls or
    drips until the deadline (flag ``stalled``); Scrapy would throw both pages away. Answers with dropped
    headers carry the flag ``headers_cut``. Whoever sees the headers may give a body more time than an answer
    usually has: ``request.meta["body_seconds"]``.
    A function in ``meta["leaves"]`` is called when the request goes out,
    and again when it had to wait for a connection.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        from twisted.internet import reactor

        self._network = network_of(crawler)
        self._contextFactory: Any = build_from_crawler(LenientContextFactory, crawler)
        self._pool = ServerPool(reactor, crawler.settings.getint("RASOAT_SERVER_CONNECTIONS", 2))
        self._pool._factory = BoundedFactory
        self._limit = self._default_maxsize
        self._default_maxsize = 0  # cut by _on_bytes instead of thrown away
        self._received: WeakKeyDictionary[Request, int] = WeakKeyDictionary()
        self._too_large: WeakKeyDictionary[Request, bool] = WeakKeyDictionary()
        crawler.signals.connect(self._on_bytes, signals.bytes_received)

    async def download_request(self, request: Request) -> Response:
        """Fetch one request; raises ``ForbiddenAddress``, ``NameUnresolved`` or Scrapy's download errors."""
        agent = _GuardedAgent(self, request, fail_on_dataloss=self._fail_on_dataloss)
        try:
            with wrap_twisted_exceptions():
                response: Response = await maybe_deferred_to_future(agent.download_request(request))
        except Exception as fault:
            self._count(_what(fault))
            raise
        if request in self._too_large:
            response.flags.append("too_large")
        for flag in response.flags:
            if flag in ("dataloss", "partial", "stalled", "too_large", "headers_cut"):
                self._count(flag)
        return response

    def _on_bytes(self, data: bytes, request: Request) -> None:
        limit = request.meta.get("download_maxsize", self._limit)
        received = self._received.get(request, 0) + len(data)
        self._received[request] = received
        if limit and received >= limit:
            self._too_large[request] = True
            raise StopDownload(fail=False)

    def _count(self, what: str) -> None:
        assert self.crawler.stats is not None
        self.crawler.stats.inc_value(f"download/{what}")


class _GuardedAgent(_ScrapyAgent):
    """One download: guarded agent, watched body."""

    def __init__(self, handler: GuardedDownloadHandler, request: Request, *, fail_on_dataloss: bool) -> None:
        super().__init__(
            contextFactory=handler._contextFactory,
            pool=handler._pool,
            maxsize=0,
            fail_on_dataloss=fail_on_dataloss,
            crawler=handler.crawler,
        )
        self._network = handler._network
        self._bind = normalize_bind_address(request.meta.get("bindaddress") or handler._bind_address)
        self._started = monotonic()

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        from twisted.internet import reactor

        if request.meta.get("proxy"):
            raise Refused("proxy", "behind a proxy the guard would see only the proxy")
        self._timeout = timeout
        pool = self._pool
        assert isinstance(pool, ServerPool)
        leaves = request.meta.get("leaves", lambda: None)
        leaves()
        endpoints = GuardedEndpoints(
            reactor, self._network, self._contextFactory, timeout, self._bind, pool.make_room, leaves
        )
        return Agent.usingEndpointFactory(reactor, endpoints, pool)  # type: ignore[no-any-return, no-untyped-call]

    def _cb_bodyready(self, txresponse: Any, request: Request) -> Any:
        result = super()._cb_bodyready(txresponse, request)
        reader = getattr(txresponse, "_bodyProtocol", None)
        if isinstance(result, Deferred) and isinstance(reader, _ResponseReader):
            timeout = max(self._timeout, request.meta.get("body_seconds", 0.0))
            timer: Any = self._timeout_cl
            if timeout > self._timeout and timer.active():
                timer.delay(timeout - self._timeout)
            _Watch(reader, self._started + timeout - _LAST_MOMENT).start(result)
        return result

    def _cb_bodydone(self, result: Any, url: str) -> Response:
        if result.get("stop_download") is not None:
            # Scrapy forgets the address of a stopped answer, and waits for the peer to close TLS.
            if not result.get("ip_address"):
                result["ip_address"] = getattr(result["txresponse"], "_scrapy_ip_address", None)
            _abort(result["txresponse"])
        response = super()._cb_bodydone(result, url)
        if getattr(result["txresponse"], "_rasoat_dropped", 0):
            response.flags.append("headers_cut")
        return response


class _Watch:
    """Ends a body that stands still for ``IDLE_SECONDS``, or that is still dripping at the deadline."""

    def __init__(self, reader: _ResponseReader, deadline: float) -> None:
        self._reader = reader
        self._deadline = deadline
        self._seen = -1

    def start(self, finished: Deferred[Any]) -> None:
        self._arm()
        finished.addBoth(self._stop)

    def _arm(self) -> None:
        from twisted.internet import reactor

        clock: Any = reactor
        self._seen = self._reader._bytes_received
        wait = max(0.0, min(IDLE_SECONDS, self._deadline - monotonic()))
        self._timer: Any = clock.callLater(wait, self._look)

    def _look(self) -> None:
        reader = self._reader
        late = monotonic() >= self._deadline
        if not reader._bytes_received or not (late or reader._bytes_received == self._seen):
            if not late:
                self._arm()
            return  # nothing at all came: that is Scrapy's timeout
        reader._finish_response(flags=["stalled"])
        _abort(reader._txresponse)

    def _stop(self, result: Any) -> Any:
        if self._timer.active():
            self._timer.cancel()
        return result


def _abort(txresponse: Any) -> None:
    producer = txresponse._transport._producer
    if producer is not None:
        abort(producer)


def _what(fault: Exception) -> str:
    """Name a failed download for the counters."""
    cause = fault.__cause__
    if isinstance(cause, ResponseFailed) and any(reason.check(HeaderFlood) for reason in cause.reasons):
        return "header_flood"
    for kind, what in (
        (ForbiddenAddress, "forbidden"),
        (CannotResolveHostError, "unresolved"),
        (DownloadTimeoutError, "timeout"),
        (DownloadFailedError, "broken_answer"),
        (OSError, "no_connection"),
    ):
        if isinstance(fault, kind):
            return what
    return "no_connection" if "Connect" in type(fault).__name__ else "failed"
