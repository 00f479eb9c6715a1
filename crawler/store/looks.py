"""Looks at a page in other views, as its document keeps them, and what they leave to be looked at."""

from collections.abc import Iterable, Sequence
from typing import Any

from bson.int64 import Int64
from pymongo import UpdateOne

from crawler.items import Miss, Page, Rendered
from crawler.urls import host_of, twin
from crawler.views.views import PLAIN, REPEAT, is_blocked, parts_of

BLOCKED = "view_blocked"
MAX_EDGES = 60
"""Requests of a rendered page that are kept of it: what asked for what."""
_MAX_URL = 2000
_MAX_EDGE = 300


def look(page: Page, body: str | None) -> dict[str, Any]:
    """The element of ``pages.seen`` that a fetch leaves; ``body`` is its SHA-256 into ``bodies``.

    Beside the contract's fields: ``blocked`` when the view was refused, ``look`` (2: a second one), ``differs`` from
    plain beyond its noise, ``leads`` to this URL by HTTP, ``state`` of a render, ``shot`` when there is a screenshot,
    ``unsettled`` when it is worth another try, ``requests`` of a rendered page [{url, kind, by, refused}].
    """
    found: dict[str, Any] = {
        "view": page.view,
        "run": page.run,
        "fetched": page.fetched,
        "status": page.status,
        "title": page.title,
        "simhash": Int64(page.simhash),
        "body": body,
        "cut": page.cut,
        "wall": page.wall,
    }
    if page.view == PLAIN:
        return found
    leads = next((step.url for step in page.redirects if step.kind == "http"), "")
    more: dict[str, Any] = {
        "look": 2 if page.again else 1,
        "blocked": is_blocked(page),
        "differs": page.differs,
        "leads": leads[:_MAX_URL],
    }
    if page.rendered is not None:
        more |= {"state": page.rendered.state, "shot": bool(page.rendered.screenshot)}
        more["unsettled"] = _is_unsettled(page, page.rendered)
        more["requests"] = [
            {"url": edge.url[:_MAX_EDGE], "kind": edge.kind, "by": edge.initiator[:_MAX_EDGE], "refused": edge.refused}
            for edge in page.rendered.edges[:MAX_EDGES]
        ]
    return found | {name: value for name, value in more.items() if value}


def _is_unsettled(page: Page, rendered: Rendered) -> bool:
    """True for a render that came to no end in its time, or that was led off the site to where nobody answered."""
    ways = [each for each in rendered.landings if host_of(each.url) not in (page.host, twin(page.host))]
    return rendered.state in ("timeout", "crashed") or (bool(ways) and not any(each.status for each in ways))


def update(page: Page, body: str | None, edges: Sequence[dict[str, Any]] = ()) -> UpdateOne:
    """Add a look to its page: in place of the last one in this view. A view that was refused was not looked at.

    ``edges`` are what it contributes to the link graph: hosts that the page did not lead to so far are added.
    """
    blocked = is_blocked(page)
    unseen = [{"view": page.view, "cause": BLOCKED}] if blocked else []
    change: dict[str, Any] = {
        "seen": {"$concatArrays": [_others("$seen", page.view), [{"$literal": look(page, body)}]]},
        "unseen": {"$concatArrays": [_others("$unseen", page.view), unseen]},
    }
    if edges and page.view != REPEAT and not blocked:
        known = {"$ifNull": ["$edges", []]}
        fresh = {
            "input": {"$literal": list(edges)},
            "cond": {"$not": {"$in": ["$$this.to", {"$ifNull": ["$edges.to", []]}]}},
        }
        change["edges"] = {"$concatArrays": [known, {"$filter": fresh}]}
    if not blocked:
        change["views"] = {"$setUnion": [{"$ifNull": ["$views", []]}, [page.view]]}
    return UpdateOne({"_id": page.digest}, [{"$set": change}])


def _others(field: str, view: str) -> dict[str, Any]:
    """What a list says of the other views."""
    return {"$filter": {"input": {"$ifNull": [field, []]}, "cond": {"$ne": ["$$this.view", view]}}}


def unseen(misses: Iterable[Miss]) -> list[UpdateOne]:
    """Mark the pages of looks that failed: ``unseen`` [{view, cause}] says what was not looked at, and why."""
    writes = []
    for miss in misses:
        page, view, _ = parts_of(miss.digest)
        if view != PLAIN:
            note = {"view": view, "cause": miss.cause}
            writes.append(UpdateOne({"_id": page}, {"$addToSet": {"unseen": note}}))
    return writes


def bodies_named(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Queries for pages that name one of these bodies: by their own one, and by that of a look."""
    return [{"body": {"$in": list(ids)}}, {"seen.1": {"$exists": True}, "seen.body": {"$in": list(ids)}}]
