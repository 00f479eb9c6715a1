"""Units, sites and the hosts they stand on, as the register's import and export read and write them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.synchronous.database import Database

Document = dict[str, Any]
GONE = ["no_web", "no_connection", "dangling", "dead"]
"""Liveness of hosts that are not worth proposing."""
HISTORY = 200  # steps kept of a unit or site


class RegisterStore:
    """Bulk reads and idempotent bulk writes of the register."""

    def __init__(self, db: Database[Document]) -> None:
        self._units = db["units"]
        self._sites = db["sites"]
        self._hosts = db["hosts"]
        self._site_writes: list[UpdateOne] = []
        self._host_writes: list[UpdateOne] = []
        self._unit_writes: list[UpdateOne] = []

    def units(self, codes: Sequence[str]) -> dict[str, Document]:
        """Stored units by code."""
        return {unit["_id"]: unit for unit in self._units.find({"_id": {"$in": list(codes)}})}

    def codes(self) -> Iterator[str]:
        """All unit codes in order."""
        for unit in self._units.find({}, {"_id": 1}).sort("_id", 1):
            yield str(unit["_id"])

    def sites_of(self, codes: Sequence[str]) -> dict[str, dict[str, Document]]:
        """unit → its registered sites by key."""
        found: dict[str, dict[str, Document]] = {}
        # Sorted here: asked to sort by _id, MongoDB walks the whole collection instead of the index on unit.
        sites = self._sites.find({"unit": {"$in": list(codes)}, "state": "registered"})
        for site in sorted(sites, key=lambda site: str(site["_id"])):
            found.setdefault(site["unit"], {})[site["_id"]] = site
        return found

    def sites(self, keys: Iterable[str]) -> dict[str, Document]:
        """Sites by key, retired ones too."""
        return {site["_id"]: site for site in self._sites.find({"_id": {"$in": sorted(keys)}})}

    def hosts(self, names: Iterable[str]) -> dict[str, Document]:
        """Hosts by name: state, recognised and scheme."""
        fields = {"state": 1, "recognised": 1, "scheme": 1}
        return {host["_id"]: host for host in self._hosts.find({"_id": {"$in": sorted(names)}}, fields)}

    def everything(self, batch: int = 1000) -> Iterator[tuple[Document, list[Document]]]:
        """Every unit in order of its code, with its registered sites, each with its host's ``scheme``."""
        part: list[Document] = []
        for unit in self._units.find({}, {"history": 0, "names": 0}).sort("_id", 1):
            part.append(unit)
            if len(part) == batch:
                yield from self._with_sites(part)
                part = []
        yield from self._with_sites(part)

    def _with_sites(self, units: list[Document]) -> Iterator[tuple[Document, list[Document]]]:
        sites = self.sites_of([unit["_id"] for unit in units])
        hosts = self.hosts({site["host"] for found in sites.values() for site in found.values()})
        for site in (site for found in sites.values() for site in found.values()):
            site["scheme"] = hosts.get(site["host"], {}).get("scheme", "")
        for unit in units:
            yield unit, list(sites.get(unit["_id"], {}).values())

    def put_unit(self, code: str, change: Mapping[str, Any], steps: Sequence[Document]) -> None:
        """Queue a unit's new values and what its history says about them."""
        push = {"history": {"$each": list(steps), "$slice": -HISTORY}}
        update = {"$set": dict(change), "$push": push}
        self._unit_writes.append(UpdateOne({"_id": code}, update, upsert=True))

    def put_site(self, key: str, change: Mapping[str, Any], step: Document) -> None:
        """Queue a registered site."""
        update = {
            "$set": dict(change),
            "$setOnInsert": {"alias_of": None},
            "$push": {"history": {"$each": [step], "$slice": -HISTORY}},
        }
        self._site_writes.append(UpdateOne({"_id": key}, update, upsert=True))

    def retire_site(self, key: str, unit: str, step: Document) -> None:
        """Queue the end of a site, unless another unit took it over meanwhile."""
        update = {
            "$set": {"state": "retired", "official": False},
            "$push": {"history": {"$each": [step], "$slice": -HISTORY}},
        }
        self._site_writes.append(UpdateOne({"_id": key, "unit": unit, "state": "registered"}, update))

    def put_host(self, name: str, change: Mapping[str, Any], now: datetime) -> None:
        """Queue a host of the register, with the register as one of its sources."""
        self._host_writes.append(UpdateOne({"_id": name}, {"$set": dict(change)}, upsert=True))
        source = {"technique": "register", "detail": "", "first_seen": now, "last_seen": now}
        without = {"_id": name, "sources.technique": {"$ne": "register"}}
        self._host_writes.append(UpdateOne(without, {"$push": {"sources": source}}))

    def flush(self) -> None:
        """Write what is queued: sites, hosts, then units, so that a cut import is completed by repeating it."""
        if self._site_writes:  # in order: a site may leave one unit and come to another
            self._sites.bulk_write(self._site_writes, ordered=True)
        if self._host_writes:
            self._hosts.bulk_write(self._host_writes, ordered=True)
        if self._unit_writes:
            self._units.bulk_write(self._unit_writes, ordered=False)
        self._site_writes, self._host_writes, self._unit_writes = [], [], []

    def retire_hosts(self, names: Iterable[str]) -> None:
        """Retire those hosts that no registered site stands on any more."""
        candidates = sorted(names)
        if candidates:
            used = self._sites.distinct("host", {"host": {"$in": candidates}, "state": "registered"})
            left = sorted(set(candidates) - set(used))
            self._hosts.update_many({"_id": {"$in": left}, "state": "registered"}, {"$set": {"state": "retired"}})

    def found_hosts(self) -> dict[str, list[str]]:
        """Unit -> discovered hosts that are surely or probably its own."""
        query = {
            "state": "discovered",
            "attribution.outcome": {"$in": ["confirmed", "probable"]},
            "liveness": {"$nin": GONE},
        }
        found: dict[str, list[str]] = {}
        for host in self._hosts.find(query, {"attribution.unit": 1}).sort("_id", 1):
            found.setdefault(host["attribution"]["unit"], []).append(host["_id"])
        return found

    def unclaimed_hosts(self) -> int:
        """How many discovered live hosts nobody is known to own."""
        query = {
            "state": "discovered",
            "attribution.outcome": {"$nin": ["confirmed", "probable"]},
            "liveness": {"$in": ["live", "blocked"]},
        }
        return int(self._hosts.count_documents(query))
