"""From an entry of the frontier to the request that sees it in its view."""

from typing import Any

from crawler.browser.order import RenderOrder
from crawler.store.frontier import Entry
from crawler.views.views import MOBILE, PLAIN, RENDERED, headers_of

RENDER_TIMEOUT = 45
"""Seconds for a render; the browser's own limits are shorter."""


def arguments_of(entry: Entry) -> dict[str, Any]:
    """What a view adds to a ``Request``: ``headers`` and ``meta``; nothing for the plain one."""
    if entry.view == PLAIN:
        return {"meta": {}}
    meta: dict[str, Any] = {"view": entry.view}
    if entry.view == RENDERED:
        visitor = entry.seen_as
        meta["render"] = RenderOrder(bool(entry.frames), entry.frames, mobile=visitor == MOBILE)
        meta["download_timeout"] = RENDER_TIMEOUT
        return {"meta": meta, "headers": headers_of(visitor, entry.host, entry.page)}
    return {"meta": meta, "headers": headers_of(entry.view, entry.host, entry.page)}
