"""How far each host of a run is: what an estimate of the time left stands on."""

from statistics import median
from typing import Any

from pymongo.synchronous.database import Database

from crawler.store.frontier import VIEWS
from crawler.store.queries.runs import reviews_of
from crawler.store.runs import REVIEWERS

Document = dict[str, Any]

_LEFT = ("queued", "taken")
_LOOK = {"$gte": ["$priority", VIEWS]}
_REVIEWED = ("complete", "budget")
_FEW = 3
"""Reviewed hosts of a run whose size says nothing yet about the others."""


def progress_of(db: Database[Document], run: Document) -> list[Document]:
    """The reviews of a run as ``reviews_of`` gives them, with what is known beside them.

    ``left`` known URLs that are not fetched, ``pages`` stored so far, ``policy`` and ``group`` of the host, and
    ``before``: pages and progress of its last review in an earlier run. ``run`` is as ``as_it_is`` gives it.
    """
    counts = _counts(db, run["_id"])
    reviews = list(reviews_of(db, run))
    names = [review["host"] for review in reviews]
    hosts = {row["_id"]: row for row in db["hosts"].find({"_id": {"$in": names}}, {"policy": 1, "group": 1})}
    before = _before(db, run, names)
    for review in reviews:
        name, found = review["host"], counts.get(review["host"], {})
        host = hosts.get(name, {})
        review["left"] = sum(found.get(state, 0) for state in _LEFT)
        review["pages"] = review.get("pages") or found.get("done", 0)
        review["policy"] = host.get("policy")
        review["group"] = (review.get("progress") or {}).get("group") or host.get("group") or ""
        review["before"] = before.get(name)
    return reviews


def usual_size(reviews: list[Document]) -> int | None:
    """Pages of a middling host of these; None while too few are reviewed."""
    sizes = [review["pages"] for review in reviews if review["state"] in _REVIEWED and review["pages"]]
    return round(median(sizes)) if len(sizes) >= _FEW else None


def _counts(db: Database[Document], run: str) -> dict[str, dict[str, int]]:
    """host → state → entries of the frontier, looks that are done aside; read from its index alone."""
    stages: list[Document] = [
        {"$match": {"run": run, "state": {"$in": [*_LEFT, "done"]}}},
        {"$group": {"_id": {"host": "$host", "state": "$state", "look": _LOOK}, "n": {"$sum": 1}}},
    ]
    found: dict[str, dict[str, int]] = {}
    for row in db["frontier"].aggregate(stages, allowDiskUse=True):
        key = row["_id"]
        if not (key["look"] and key["state"] == "done"):
            states = found.setdefault(key["host"], {})
            states[key["state"]] = states.get(key["state"], 0) + row["n"]
    return found


def _before(db: Database[Document], run: Document, hosts: list[str]) -> dict[str, Document]:
    """host → ``{pages, left, progress}`` of its newest review in a run of the same kind before this one."""
    kinds = [None, *REVIEWERS] if run["spider"] in REVIEWERS else [run["spider"]]
    earlier = {"host": {"$in": hosts}, "run": {"$lt": run["_id"]}, "spider": {"$in": kinds}}
    stages: list[Document] = [
        {"$match": {**earlier, "state": {"$in": list(_REVIEWED)}}},
        {"$sort": {"run": -1}},
        {"$group": {"_id": "$host", **{name: {"$first": f"${name}"} for name in ("pages", "left", "progress")}}},
    ]
    return {row["_id"]: row for row in db["reviews"].aggregate(stages, allowDiskUse=True)}
