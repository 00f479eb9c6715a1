"""Hosts as a discovery run writes them. What a person decided is never written over."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.synchronous.database import Database

from crawler.items import Host, Source
from crawler.urls import hostname

RUN = "discover"
"""``attribution.by`` of what a run said; anything else there is a person's word."""
MAX_SOURCES = 40


class UnitVerdict(Protocol):
    """One verdict about a unit, as discovery says it."""

    @property
    def unit(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def sites(self) -> Sequence[str]: ...
    @property
    def evidence(self) -> Sequence[str]: ...


class Discovered:
    """Bulk writes of hosts, idempotent; and what discovery has to know before it begins."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]], run: str) -> None:
        self._hosts = db["hosts"]
        self._units = db["units"]
        self._sites = db["sites"]
        self._links = db["links"]
        self._findings = db["findings"]
        self._pages = db["pages"]
        self._verdicts = db["unit_verdicts"]
        self._run = run

    async def write(self, hosts: Sequence[Host]) -> None:
        """Write what was learnt; a new host is ``discovered``, a known one keeps its state."""
        writes = [write for host in hosts for write in host_writes(host, self._run)]
        for start in range(0, len(writes), 1000):
            await self._hosts.bulk_write(writes[start : start + 1000], ordered=True)

    async def known(self) -> dict[str, list[str]]:
        """Host name without port -> the hosts of the store that bear it."""
        found: dict[str, list[str]] = {}
        async for row in self._hosts.find({}, {"_id": 1}).sort("_id", 1):
            found.setdefault(hostname(row["_id"]), []).append(row["_id"])
        return found

    async def states(self) -> dict[str, str]:
        """Host -> its state."""
        return {row["_id"]: row["state"] async for row in self._hosts.find({}, {"state": 1})}

    async def units(self) -> list[dict[str, Any]]:
        """All units of the register in the order of their codes."""
        return [unit async for unit in self._units.find({}, {"history": 0}).sort("_id", 1)]

    async def sites(self) -> list[dict[str, Any]]:
        """All registered sites."""
        return [site async for site in self._sites.find({"state": "registered"}, {"history": 0}).sort("_id", 1)]

    async def offences(self, hosts: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Host -> categories of confirmed findings that are open on it."""
        query = {
            "host": {"$in": list(hosts)},
            "state": {"$in": ["open", "recurred"]},
            "confidence": "confirmed",
        }
        found: dict[str, set[str]] = {}
        async for row in self._findings.find(query, {"host": 1, "category": 1}):
            found.setdefault(row["host"], set()).add(row["category"])
        return {host: tuple(sorted(categories)) for host, categories in found.items()}

    async def assigned(self) -> dict[str, str]:
        """Host -> the unit that a person assigned it to."""
        query = {"attribution.by": {"$nin": [None, "", RUN]}, "attribution.unit": {"$nin": [None, ""]}}
        return {
            row["_id"]: row["attribution"]["unit"] async for row in self._hosts.find(query, {"attribution.unit": 1})
        }

    async def with_pages(self, hosts: Sequence[str]) -> set[str]:
        """Which of these hosts have pages in the store."""
        return set(await self._pages.distinct("host", {"host": {"$in": list(hosts)}}))

    async def write_verdicts(self, verdicts: Sequence[UnitVerdict], now: datetime) -> None:
        """Write what was found of units; what this run does not find any more is gone."""
        keys = [f"{one.unit}/{one.rule}" for one in verdicts]
        writes = [
            UpdateOne(
                {"_id": key},
                {
                    "$set": {
                        "unit": one.unit,
                        "rule": one.rule,
                        "sites": list(one.sites),
                        "evidence": list(one.evidence),
                        "state": "open",
                        "seen": now,
                        "run": self._run,
                    },
                    "$setOnInsert": {"since": now},
                },
                upsert=True,
            )
            for key, one in zip(keys, verdicts, strict=True)
        ]
        if writes:
            await self._verdicts.bulk_write(writes, ordered=False)
        await self._verdicts.update_many(
            {"_id": {"$nin": keys}, "state": "open"}, {"$set": {"state": "gone", "gone": now, "run": self._run}}
        )

    async def linked(self) -> list[dict[str, Any]]:
        """Hosts that others link to: ``{_id, from, anchors, hidden}``, by how many link, then by name."""
        stages: list[dict[str, Any]] = [
            {"$sort": {"_id": 1}},
            {
                "$group": {
                    "_id": "$to",
                    "from": {"$addToSet": "$from"},
                    "anchors": {"$push": {"$firstN": {"input": {"$ifNull": ["$anchors", []]}, "n": 2}}},
                    "hidden": {"$sum": {"$cond": ["$hidden", 1, 0]}},
                }
            },
            {"$set": {"n": {"$size": "$from"}, "anchors": {"$firstN": {"input": "$anchors", "n": 5}}}},
            {"$sort": {"n": -1, "_id": 1}},
        ]
        return [row async for row in await self._links.aggregate(stages, allowDiskUse=True)]


def host_writes(host: Host, run: str = "") -> list[UpdateOne]:
    """What brings one host into the store: a new one is ``discovered``, a known one keeps its state."""
    change: dict[str, Any] = {**host.facts, **({"run": run} if run else {})}
    for name in ("dns", "liveness", "verdicts"):
        if (value := getattr(host, name)) not in (None, ""):
            change[name] = value
    new: dict[str, Any] = {"state": "discovered", "first_seen": host.seen}
    if host.recognised:
        new["recognised"] = host.recognised
    update = {"$setOnInsert": new, **({"$set": change} if change else {})}
    writes = [UpdateOne({"_id": host.host}, update, upsert=True)]
    for source in host.sources:
        writes += _source(host, source)
    if host.attribution is not None:
        mine = {"_id": host.host, "attribution.by": {"$in": [None, RUN]}, "state": "discovered"}
        writes.append(UpdateOne(mine, {"$set": {"attribution": host.attribution}}))
    return writes


def import_hosts(db: Database[dict[str, Any]], hosts: Iterable[Host]) -> int:
    """Write hosts out of a file in batches; returns how many were new."""
    before = db["hosts"].estimated_document_count()
    writes: list[UpdateOne] = []
    for host in hosts:
        writes += host_writes(host)
        if len(writes) >= 1000:
            db["hosts"].bulk_write(writes, ordered=True)
            writes = []
    if writes:
        db["hosts"].bulk_write(writes, ordered=True)
    return int(db["hosts"].estimated_document_count()) - before


def known_names(db: Database[dict[str, Any]]) -> dict[str, str]:
    """Host name without port -> the first host of the store that bears it."""
    found: dict[str, str] = {}
    for row in db["hosts"].find({}, {"_id": 1}).sort("_id", 1):
        found.setdefault(hostname(row["_id"]), row["_id"])
    return found


def all_units(db: Database[dict[str, Any]]) -> list[dict[str, Any]]:
    """All units of the register."""
    return list(db["units"].find({}, {"history": 0}).sort("_id", 1))


def _source(host: Host, source: Source) -> list[UpdateOne]:
    """Renew a source that is known, add one that is not."""
    told = {"technique": source.technique, "detail": source.detail[:200]}
    last, first = source.last_seen or host.seen, source.first_seen or host.seen
    known = {"_id": host.host, "sources": {"$elemMatch": told}}
    renewed = {"$max": {"sources.$.last_seen": last}, "$min": {"sources.$.first_seen": first}}
    unknown = {"_id": host.host, "sources": {"$not": {"$elemMatch": told}}}
    entry = {**told, "first_seen": first, "last_seen": last}
    added = {"$push": {"sources": {"$each": [entry], "$slice": -MAX_SOURCES}}}
    return [UpdateOne(known, renewed), UpdateOne(unknown, added)]
