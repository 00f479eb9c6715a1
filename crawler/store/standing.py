"""What the store knows of the destinations of links, from the pages of other units and from earlier reviews.

One page alone does not tell that ten of its links came over night, that a destination is never linked but where
nobody sees it, or that the pages of other schools lead there with offending words. Rules ask for this by ``standing``.
"""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crawler.urls import hostname

ACCUSERS = 2
"""Other units whose confirmed findings lead to a destination before it is called after their category."""
BURIERS = 3
"""Units that link to a destination, all of them out of sight only, before it is called buried."""
BURST = 5
"""Strange destinations on one page that the site began to link to in one and the same review."""
FAMILIAR = 3
"""Other units that link to a destination in plain sight: it is no stranger."""
MEMORY = timedelta(days=400)
"""How long what pages said of a destination counts."""
# Offices and schools: linking to many of them at once is what schools do.
PUBLIC = (".gov.vn", ".edu.vn", ".ac.vn", ".org.vn")
_HOSTS = 64  # hosts whose destinations are kept in memory
_EDGES = 50_000  # destinations of one host
_STRANGERS = 100_000

Known = dict[str, frozenset[str]]


class Standing:
    """Answers for one run (or none, ""); ``open`` reads what other pages said, once, ``of`` what concerns one page."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]], run: str) -> None:
        self._db = db
        self._run = run
        self._units: dict[str, str] = {}
        self._accused: dict[str, dict[str, set[str]]] = {}
        self._buried: frozenset[str] = frozenset()
        self._before: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._seen: dict[str, frozenset[str]] = {}

    async def open(self, now: datetime | None = None) -> None:
        """Read what confirmed findings and the link graph say."""
        sites = self._db["sites"].find({"state": "registered"}, {"host": 1, "unit": 1})
        self._units = {site["host"]: site["unit"] async for site in sites}
        since = (now or datetime.now(UTC)) - MEMORY
        self._accused = await self._accusations(since)
        self._buried = await self._burials(since)
        self._before.clear()
        self._seen.clear()

    @property
    def spoken_of(self) -> frozenset[str]:
        """All destinations of which other pages say something."""
        return self._buried.union(self._accused)

    async def of(self, host: str, unit: str, targets: Iterable[str]) -> Known:
        """target → standings, for the destination hosts of one page (with ports or without); empty for most pages."""
        names = {hostname(target): target for target in targets}
        known: dict[str, set[str]] = defaultdict(set)
        for name in names.keys() & self._accused.keys():
            for category, accusers in self._accused[name].items():
                if len(accusers - {unit or host}) >= ACCUSERS:
                    known[name].add(category)
        for name in names.keys() & self._buried:
            known[name].add("buried")
        for name in await self._burst(host, unit, names):
            known[name].add("burst")
        return {name: frozenset(words) for name, words in sorted(known.items())}

    async def _accusations(self, since: datetime) -> dict[str, dict[str, set[str]]]:
        """Destination → category → units, where they are more than the units that link to it without offence."""
        accusers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        query = {"confidence": "confirmed", "state": {"$ne": "dismissed"}, "last_seen": {"$gte": since}}
        async for row in self._db["findings"].find(query, {"unit": 1, "host": 1, "category": 1, "keys": 1}):
            for key in row["keys"]:
                kind, _, name = key.partition(":")
                if kind == "host":
                    accusers[name][row["category"]].add(row["unit"] or row["host"])
        found = {
            name: {category: units for category, units in kinds.items() if len(units) >= ACCUSERS}
            for name, kinds in accusers.items()
        }
        found = {name: kinds for name, kinds in found.items() if kinds}
        for name, linkers in (await self._visible(found)).items():
            guilty = set[str]().union(*accusers[name].values())
            if len(linkers - guilty) >= len(guilty):
                del found[name]
        return found

    async def _burials(self, since: datetime) -> frozenset[str]:
        """Destinations that several units' pages link to, never in sight."""
        stages: list[dict[str, Any]] = [
            {"$match": {"last_seen": {"$gte": since}}},
            {
                "$group": {
                    "_id": "$to",
                    "seen": {"$sum": {"$subtract": ["$count", "$hidden"]}},
                    "from": {"$addToSet": "$from"},
                }
            },
            {"$match": {"seen": 0, f"from.{BURIERS - 1}": {"$exists": True}}},
        ]
        buried = set()
        async for row in await self._db["links"].aggregate(stages, allowDiskUse=True):
            name = hostname(row["_id"])
            if len({self._unit(host) for host in row["from"]}) >= BURIERS and not _is_public(name):
                buried.add(name)
        return frozenset(buried)

    async def _burst(self, host: str, unit: str, names: Mapping[str, str]) -> set[str]:
        """Strange destinations of a page that came in one review which was not the site's first, if they are many."""
        before = await self._destinations(host)
        if not before:
            return set()
        reviews: dict[str, set[str]] = defaultdict(set)
        for name in names:
            review = before.get(name, self._run)
            if review and not _is_public(name):
                reviews[review].add(name)
        found: set[str] = set()
        for fresh in reviews.values():
            if len(fresh) >= BURST:
                strange = {
                    name for name, units in (await self._linkers(fresh)).items() if len(units - {unit}) < FAMILIAR
                }
                found |= strange if len(strange) >= BURST else set()
        return found

    async def _destinations(self, host: str) -> dict[str, str]:
        """Destination → the review in which a site first linked to it, "" for its first review; empty during that."""
        if host not in self._before:
            self._before[host] = await self._read_destinations(host)
            while len(self._before) > _HOSTS:
                self._before.popitem(last=False)
        return self._before[host]

    async def _read_destinations(self, host: str) -> dict[str, str]:
        reviewed = {"host": host, "run": {"$ne": self._run}, "pages": {"$gt": 0}}
        first = await self._db["reviews"].find_one(reviewed, {"run": 1}, sort=[("run", 1)])
        if first is None:
            return {}
        found = {host: ""}
        rows = self._db["links"].find({"from": host}, {"to": 1, "first_run": 1}).sort("first_seen", -1)
        async for row in rows.limit(_EDGES):
            run = row.get("first_run") or ""
            found[hostname(row["to"])] = "" if run == first["run"] else run
        return found

    async def _linkers(self, names: Iterable[str]) -> dict[str, frozenset[str]]:
        """Destination → units that link to it in plain sight."""
        wanted = set(names)
        missing = wanted - self._seen.keys()
        if missing:
            if len(self._seen) + len(missing) > _STRANGERS:
                self._seen.clear()
                missing = wanted
            found = await self._visible(missing)
            self._seen.update({name: frozenset(found.get(name, ())) for name in missing})
        return {name: self._seen[name] for name in wanted}

    async def _visible(self, names: Iterable[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        wanted = sorted(names)
        for start in range(0, len(wanted), 1000):
            query = {"to": {"$in": wanted[start : start + 1000]}, "$expr": {"$gt": ["$count", "$hidden"]}}
            async for row in self._db["links"].find(query, {"from": 1, "to": 1}):
                found[row["to"]].add(self._unit(row["from"]))
        return found

    def _unit(self, host: str) -> str:
        return self._units.get(host) or host

    async def pages_about(self, run: str, limit: int) -> list[str]:
        """URLs of pages of this run's hosts that link to what others speak of, the gravest first, at most ``limit``."""
        hosts = {row["host"] async for row in self._db["reviews"].find({"run": run}, {"host": 1})}
        spoken = sorted(self.spoken_of)
        urls: Counter[str] = Counter()
        for start in range(0, len(spoken), 1000):
            query = {"to": {"$in": spoken[start : start + 1000]}}
            async for row in self._db["links"].find(query, {"from": 1, "to": 1, "pages": 1}):
                if row["from"] in hosts:
                    urls.update(dict.fromkeys(row["pages"], 1 + (row["to"] in self._accused)))
        return [url for url, _ in sorted(urls.items(), key=lambda item: (-item[1], item[0]))[:limit]]


def _is_public(name: str) -> bool:
    return name.endswith(PUBLIC)
