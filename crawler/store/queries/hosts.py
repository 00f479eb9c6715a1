"""Hosts as people ask for them; what they may change stands in ``crawler.store.hosts``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo.synchronous.database import Database

from crawler.errors import BadArgument, InvalidUrl
from crawler.store.runs import REVIEWERS
from crawler.urls import clean, parse

Document = dict[str, Any]

NEVER = "none"  # stands for hosts that no run has reviewed
_REVIEWS = 10  # of the last reviews in the details


@dataclass(frozen=True, slots=True)
class HostFilter:
    """What to list; an empty field lets all pass. ``reviews`` may hold ``none``."""

    units: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    liveness: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()

    def query(self) -> Document:
        """What can be asked of the host alone."""
        named: Mapping[str, tuple[str, ...]] = {
            "state": self.states,
            "liveness": self.liveness,
            "group": self.groups,
            "sources.technique": self.sources,
            "recognised": self.recognised,
        }
        query: Document = {name: {"$in": list(values)} for name, values in named.items() if values}
        if self.reviews:  # null stands for a missing field too
            query["review.state"] = {"$in": [None if state == NEVER else state for state in self.reviews]}
        if self.outcomes:
            query["attribution.outcome"] = {"$in": [None if one == NEVER else one for one in self.outcomes]}
        return query


def list_hosts(db: Database[Document], wanted: HostFilter, limit: int = 0) -> Iterator[Document]:
    """Hosts in the order of their names, with ``units``: those of registered sites, else the attributed one."""
    registered = [{"$match": {"state": "registered"}}, {"$project": {"unit": 1}}]
    lookup = {"from": "sites", "localField": "_id", "foreignField": "host", "pipeline": registered, "as": "_sites"}
    attributed = {"$filter": {"input": ["$attribution.unit"], "cond": {"$gt": ["$$this", ""]}}}
    named = {"$sortArray": {"input": {"$setUnion": ["$_sites.unit", []]}, "sortBy": 1}}
    stages: list[Document] = [
        {"$match": wanted.query()},
        {"$sort": {"_id": 1}},
        {"$lookup": lookup},
        {"$set": {"units": {"$cond": [{"$gt": [{"$size": "$_sites"}, 0]}, named, attributed]}}},
        {"$unset": "_sites"},
        *([{"$match": {"units": {"$in": list(wanted.units)}}}] if wanted.units else []),
        *([{"$limit": limit}] if limit else []),
    ]
    yield from db["hosts"].aggregate(stages, allowDiskUse=True)


def find_host(db: Database[Document], text: str) -> Document:
    """The host that a person names, as a host name or URL, in any case or script. Raises ``BadArgument``."""
    names = host_names(text)
    found = next((row for name in names if (row := db["hosts"].find_one({"_id": name}))), None)
    if found is None:
        raise BadArgument(f"{clean(text, 100)}: no such host in the database")
    return found


def host_names(text: str) -> list[str]:
    """What a host may be called in the store: the port that is left out depends on the scheme.

    Raises ``BadArgument`` for what is no host.
    """
    text = text.strip()
    whole = [text] if "://" in text else [f"http://{text}", f"https://{text}"]
    try:
        return list(dict.fromkeys(parse(url).host for url in whole))
    except InvalidUrl as error:
        raise BadArgument(f"{clean(text.rpartition('@')[2], 100)!r} is not a host: {error}") from error


def host_details(db: Database[Document], host: str) -> Document:
    """What other collections know: ``sites`` with ``unit_name``, ``reviews`` (newest first), ``findings`` by state."""
    unit = {"from": "units", "localField": "unit", "foreignField": "_id", "as": "_unit"}
    sites: list[Document] = [
        {"$match": {"host": host}},
        {"$sort": {"_id": 1}},
        {"$lookup": unit},
        {"$set": {"unit_name": {"$ifNull": [{"$first": "$_unit.name"}, ""]}}},
        {"$unset": ["_unit", "history"]},
    ]
    states: list[Document] = [
        {"$match": {"host": host}},
        {"$group": {"_id": "$state", "n": {"$sum": 1}}},
        {"$sort": {"_id": 1}},
    ]
    whole = {"host": host, "spider": {"$in": [None, *REVIEWERS]}}  # a recheck looks at some pages only
    return {
        "sites": list(db["sites"].aggregate(sites)),
        "reviews": list(db["reviews"].find(whole).sort([("started", -1), ("_id", -1)]).limit(_REVIEWS)),
        "findings": [{"name": row["_id"], "n": row["n"]} for row in db["findings"].aggregate(states)],
    }
