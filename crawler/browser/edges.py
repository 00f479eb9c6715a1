"""Everything a page asked for, and who in it asked."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error, Page, Request, Response, WebSocket

from crawler.browser.lane import Lane
from crawler.items import Edge

MAX_EDGES = 500
FLOOD = 800  # requests, after which a page gets nothing more
NOT_NEEDED = "not_needed"  # pictures, fonts and media, where nobody looks at them
_PATIENCE = 3.0  # seconds after which a request no longer holds the page up
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_MAX_URL = 2_000


class Edges:
    """The sub-requests of one page, in order; ``busy`` says whether it waits for one that began lately."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._edges: dict[Any, Edge] = {}
        self._pictures: list[Edge] = []
        self._initiators: dict[str, str] = {}
        self._flying: dict[Any, float] = {}
        self.last = monotonic()
        self.asked = 0
        self.flooded: Callable[[], Awaitable[Any]] | None = None  # stops what a page asks for

    def watch(self, page: Page) -> None:
        """Note what ``page`` asks for from here on."""
        page.on("request", self._began)
        page.on("response", self._answered)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.on("websocket", self._socket)

    def told(self, event: dict[str, Any]) -> None:
        """``Network.requestWillBeSent`` or ``webSocketCreated`` of the browser's protocol: who asked for what."""
        url = str(event.get("request", {}).get("url") or event.get("url") or "")[:_MAX_URL]
        if url and len(self._initiators) < 4 * MAX_EDGES:
            self._initiators.setdefault(url, _initiator(event))

    def left_out(self, request: Request) -> None:
        """A picture, font or film that was not fetched."""
        if len(self._pictures) < MAX_EDGES:
            self._pictures.append(Edge(request.url[:_MAX_URL], request.resource_type, "", 0, NOT_NEEDED))

    @property
    def busy(self) -> bool:
        """Whether a request of the last seconds is still without an end."""
        since = monotonic() - _PATIENCE
        return any(began > since for began in self._flying.values())

    def found(self) -> list[Edge]:
        """All edges, at most ``MAX_EDGES``: what was asked for first, then what was left out."""
        edges = [*self._edges.values(), *self._pictures][:MAX_EDGES]
        for edge in edges:
            edge.initiator = edge.initiator or self._initiators.get(edge.url, "")
            edge.refused = edge.refused or self.refusal(edge.url)
        return edges

    def refusal(self, url: str) -> str:
        """Why the proxy did not let a URL through, or ""."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            return "malformed_url"
        return self._lane.refused.get(f"{parts.hostname}:{port}", "")

    def _began(self, request: Request) -> None:
        self.asked += 1
        self.last = monotonic()
        if self.asked == FLOOD and self.flooded:
            self._stopping = asyncio.ensure_future(self.flooded())
            self._stopping.add_done_callback(lambda done: done.cancelled() or done.exception())
        if request.resource_type in ("image", "font", "media") or request.url.startswith(("data:", "blob:")):
            return
        self._flying[request] = self.last
        if len(self._edges) < MAX_EDGES:
            self._edges[request] = Edge(request.url[:_MAX_URL], request.resource_type, _frame_of(request))

    def _answered(self, response: Response) -> None:
        if edge := self._edges.get(response.request):
            edge.status = response.status

    def _ended(self, request: Request) -> None:
        self.last = monotonic()
        self._flying.pop(request, None)

    def _socket(self, socket: WebSocket) -> None:
        if len(self._edges) < MAX_EDGES:
            self._edges[socket] = Edge(socket.url[:_MAX_URL], "websocket")


def _frame_of(request: Request) -> str:
    """The frame that asked for a document is its parent; for everything else the protocol knows better."""
    with suppress(Error):
        if request.is_navigation_request() and (parent := request.frame.parent_frame):
            return parent.url[:_MAX_URL]
    return ""


def _initiator(event: dict[str, Any]) -> str:
    told = event.get("initiator") or {}
    stack: dict[str, Any] | None = told.get("stack")
    for _ in range(5):
        if not stack:
            break
        for call in stack.get("callFrames", ()):
            if call.get("url", "").startswith("http"):
                return str(call["url"])[:_MAX_URL]
        stack = stack.get("parent")
    return str(told.get("url") or event.get("documentURL") or "")[:_MAX_URL]
