"""What only the browser saw, put where rules and crawl look for it."""

from crawler.items import Edge, Link, Page, Redirect, Rendered
from crawler.urls import Base, Url, base_of, join

_WHERE = {"load": "load", "delay": "after a delay", "click": "on click", "popup": "popup"}
_KINDS = {"document": "iframe", "script": "script", "xhr": "script", "fetch": "script", "websocket": "script"}
_MAX_LINKS = 300
FRAMES = ("frame", "hidden_frame")
"""Causes of landings that the page does not leave for: they stand in frames of it."""


def enrich(page: Page, rendered: Rendered) -> None:
    """Give the page of a rendered body its redirects (``script``) and the foreign hosts it asked; sets ``rendered``.

    Redirects of the server itself are there already where the page was one; a landing's whole chain is its own.
    """
    page.rendered, page.landings = rendered, rendered.landings
    base = base_of(page.url)
    known = {redirect.url for redirect in page.redirects}
    for landing in rendered.landings:
        if landing.cause in FRAMES:
            continue
        target = landing.chain[0] if landing.chain else landing.url
        if target == page.url:  # the server's own redirect: the page's address is its first
            target = landing.chain[1] if len(landing.chain) > 1 else landing.url
        url = _canonical(target, base)
        if url and url not in known:
            known.add(url)
            page.redirects.append(Redirect("script", url, _WHERE.get(landing.cause, landing.cause)))
    links = {(link.url, link.kind) for link in page.links}
    for edge in rendered.edges:
        link = _link(edge, base, page)
        if link is not None and (link.url, link.kind) not in links and len(links) < _MAX_LINKS + page.link_count:
            links.add((link.url, link.kind))
            page.links.append(link)
            page.link_count += 1


def _link(edge: Edge, base: Base, page: Page) -> Link | None:
    """The link that a sub-request to another host stands for."""
    kind = _KINDS.get(edge.kind)
    if kind is None or (edge.kind == "document" and not edge.initiator):
        return None  # pictures and styles; the page itself
    raw = edge.url.replace("ws", "http", 1) if edge.kind == "websocket" else edge.url
    found = join(raw, base)
    if not isinstance(found, Url) or found.host == page.host:
        return None
    return Link(found.url, "", kind)


def _canonical(raw: str, base: Base) -> str:
    found = join(raw, base)
    return found.url if isinstance(found, Url) else ""
