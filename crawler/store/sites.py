"""Sites of a run: which host and path prefix belongs to which unit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crawler.errors import BadArgument
from crawler.urls import hostname, twin

NOTHING_THERE = ["parked", "default_page", "empty", "no_web", "no_connection", "dangling", "dead"]
"""Liveness of discovered hosts that a review would not find a site on."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL belongs: the site's ``_id`` and the unit's code."""

    site: str
    unit: str


class Sites:
    """Longest-prefix look-up of (host, path) among sites; also the scope of a crawl."""

    def __init__(self, sites: Iterable[Mapping[str, Any]]) -> None:
        self._places: dict[str, list[tuple[str, Place]]] = {}
        for site in sites:
            host, _, prefix = str(site["_id"]).partition("/")
            entry = (prefix.strip("/"), Place(str(site["_id"]), str(site["unit"])))
            self._places.setdefault(host, []).append(entry)
        for places in self._places.values():
            places.sort(key=lambda entry: (-len(entry[0]), entry[0]))

    @property
    def hosts(self) -> list[str]:
        """All hosts, sorted."""
        return sorted(self._places)

    def prefixes(self, host: str) -> list[str]:
        """The path prefixes of a host (``""`` is the whole host), longest first."""
        return [prefix for prefix, _ in self._places.get(host, [])]

    def add_twin(self, twin: str, host: str) -> None:
        """A www twin belongs where its host does."""
        self._places.setdefault(twin, self._places[host])

    def find(self, host: str, path: str) -> Place | None:
        """The site a URL belongs to, or None when it is outside."""
        for prefix, place in self._places.get(host, ()):
            if not prefix or path.startswith(f"/{prefix}/") or path.rstrip("/") == f"/{prefix}":
                return place
        return None


async def reviewable(
    db: AsyncDatabase[dict[str, Any]], zones: Sequence[str], *, whole: bool = False, silent: bool = False
) -> list[dict[str, Any]]:
    """Sites that may be fetched from: the register's, and discovered hosts in ``zones`` or assigned by a person.

    What a review leaves out is there with ``whole``: aliases, and hosts where discovery found nothing to read;
    with ``silent`` the latter only.
    """
    registered: dict[str, Any] = {"state": "registered", **({} if whole else {"alias_of": None})}
    discovered: dict[str, Any] = {
        "state": "discovered",
        **({} if whole or silent else {"liveness": {"$nin": NOTHING_THERE}}),
    }
    sites: list[dict[str, Any]] = [site async for site in db["sites"].find(registered).sort("_id", 1)]
    known = {str(site["host"]) for site in sites}
    async for host in db["hosts"].find(discovered).sort("_id", 1):
        name = str(host["_id"])
        whose = host.get("attribution") or {}
        assigned = bool(whose.get("unit")) and whose.get("by") not in (None, "", "discover")
        inside = any(hostname(name).endswith(f".{zone}") or hostname(name) == zone for zone in zones)
        if not {name, twin(name)} & known and (inside or assigned):
            sites.append({"_id": f"{name}/", "host": name, "unit": whose.get("unit") or ""})
    return sites


async def select(
    db: AsyncDatabase[dict[str, Any]], *, units: Sequence[str], hosts: Sequence[str], zones: Sequence[str]
) -> list[dict[str, Any]]:
    """Sites to review: all that are ``reviewable``, or those of the named units and hosts (a union).

    Raises BadArgument for a unit or host that is not known, or when nothing is left to review.
    """
    sites = await reviewable(db, zones, silent=bool(hosts))  # whoever names a host wants it whatever it was
    if not (units or hosts):
        if not sites:
            raise BadArgument("nothing to review: the register is empty (scrapy register import FILE)")
        return sites
    check_known(sites, units, hosts)
    return [site for site in sites if site["unit"] in units or site["host"] in hosts]


def check_known(sites: Iterable[Mapping[str, Any]], units: Sequence[str], hosts: Sequence[str]) -> None:
    """Raise BadArgument for a unit or host that none of these sites has."""
    there = list(sites)
    for kind, names, field in (("units", units, "unit"), ("hosts", hosts, "host")):
        unknown = sorted(set(names) - {site[field] for site in there})
        if unknown:
            raise BadArgument(f"{kind}={','.join(unknown)[:200]}: not in the register")
