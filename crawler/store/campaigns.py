"""Campaigns: findings of several units that share a source, worked out anew from the findings of all runs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from pymongo import DeleteOne, ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase

from crawler.store.campaign_keys import keys_of, offending

UNITS = 2
"""Units that a key must be seen at before it tells of a common source."""
MAX_FINDINGS = 200_000
MAX_KEYS, MAX_LISTED, MAX_MERGED = 200, 5000, 100
_FIELDS = (
    "unit", "host", "vector", "confidence", "keys", "evidence.target", "landings", "first_seen", "last_seen",
)  # fmt: skip
_BATCH = 500


@dataclass(slots=True)
class _Group:
    """Findings that shared keys hold together."""

    keys: set[str] = field(default_factory=set)
    findings: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def first_seen(self) -> datetime:
        first: datetime = min(row["first_seen"] for row in self.findings)
        return first


async def rebuild(db: AsyncDatabase[dict[str, Any]]) -> int:
    """Work out all campaigns and write what changed; returns how many there are.

    Dismissed findings count for nothing, fixed ones stay. A campaign keeps its ``_id`` while it shares a key with what
    it was; one that grew together out of several has the oldest one's, and names the others in ``merged``.
    """
    query = {"state": {"$ne": "dismissed"}, "unit": {"$nin": [None, ""]}}
    cursor = db["findings"].find(query, dict.fromkeys(_FIELDS, 1)).sort("_id", 1).limit(MAX_FINDINGS)
    groups = _groups([row async for row in cursor])
    old = {row["_id"]: row async for row in db["campaigns"].find()}
    documents = [_document(name, merged, group) for name, merged, group in _named(groups, old)]
    writes: list[ReplaceOne[dict[str, Any]] | DeleteOne] = [
        ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in documents if old.get(each["_id"]) != each
    ]
    kept = {each["_id"] for each in documents}
    writes += [DeleteOne({"_id": name}) for name in sorted(old.keys() - kept)]
    for start in range(0, len(writes), _BATCH):
        await db["campaigns"].bulk_write(writes[start : start + _BATCH], ordered=False)
    return len(documents)


def _groups(findings: Sequence[Mapping[str, Any]]) -> list[_Group]:
    """Union-find over the keys that findings of several units share, one of them confirmed; oldest group first.

    What only suspected findings share may be anything that two pages differ in.
    """
    keys = {row["_id"]: keys_of(row) for row in findings}
    units: dict[str, set[str]] = defaultdict(set)
    sure: set[str] = set()
    for row in findings:
        for key in keys[row["_id"]]:
            units[key].add(row["unit"])
        if row["confidence"] == "confirmed":
            sure |= keys[row["_id"]]
    parents: dict[str, str] = {key: key for key, seen in units.items() if len(seen) >= UNITS and key in sure}
    for row in findings:
        joining = sorted(keys[row["_id"]] & parents.keys())
        for key in joining[1:]:
            parents[_root(parents, key)] = _root(parents, joining[0])
    groups: dict[str, _Group] = defaultdict(_Group)
    for row in findings:
        joining = sorted(keys[row["_id"]] & parents.keys())
        if joining:
            group = groups[_root(parents, joining[0])]
            group.keys.update(joining)
            group.findings.append(row)
    return sorted(groups.values(), key=lambda group: (group.first_seen, min(group.keys)))


def _root(parents: dict[str, str], key: str) -> str:
    while parents[key] != key:
        parents[key] = parents[parents[key]]
        key = parents[key]
    return key


def _named(
    groups: Iterable[_Group], old: Mapping[str, Mapping[str, Any]]
) -> Iterable[tuple[str, Sequence[str], _Group]]:
    """Each group with its id and the ids that went into it."""
    by_key: dict[str, set[str]] = defaultdict(set)
    for name, row in old.items():
        for key in row["keys"]:
            by_key[key].add(name)
    taken: set[str] = set()
    for group in groups:
        before = sorted(
            {name for key in group.keys for name in by_key[key]} - taken,
            key=lambda name: (old[name]["first_seen"], name),
        )
        name = before[0] if before else next(each for each in _fresh(group) if each not in taken and each not in old)
        taken.update((name, *before))
        merged = {*before[1:], *(each for earlier in before for each in old[earlier].get("merged", ()))} - {name}
        yield name, sorted(merged)[:MAX_MERGED], group


def _fresh(group: _Group) -> Iterator[str]:
    """Ids for a new campaign: the smallest digest of its keys, and others where that has gone to another part."""
    smallest = min(sha256(key.encode()).hexdigest() for key in group.keys)
    while True:
        yield smallest[:16]
        smallest = sha256(smallest.encode()).hexdigest()


def _document(name: str, merged: Sequence[str], group: _Group) -> dict[str, Any]:
    """The campaign as the contract stores it; ``destinations`` are the hosts that it leads to."""
    keys = sorted(group.keys)[:MAX_KEYS]
    return {
        "_id": name,
        "keys": keys,
        "destinations": [key.partition(":")[2] for key in keys if key.startswith("host:")],
        "landing": _landing(group.findings),
        "hosts": sorted({row["host"] for row in group.findings})[:MAX_LISTED],
        "units": sorted({row["unit"] for row in group.findings})[:MAX_LISTED],
        "findings": [row["_id"] for row in group.findings][:MAX_LISTED],
        "first_seen": group.first_seen,
        "last_seen": max(row["last_seen"] for row in group.findings),
        "merged": list(merged),
    }


def _landing(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The landing page that most findings lead to, confirmed ones first."""
    counts: dict[tuple[bool, str], int] = defaultdict(int)
    examples: dict[tuple[bool, str], Mapping[str, Any]] = {}
    for row in findings:
        for landing in offending(row):
            key = (landing.get("verdict") == "confirmed", str(landing.get("title") or landing.get("url")))
            counts[key] += 1
            examples.setdefault(key, landing)
    if not counts:
        return None
    best = examples[max(sorted(counts), key=lambda key: (key[0], counts[key]))]
    return {name: best.get(name, "") for name in ("title", "lang", "verdict", "snapshot", "url")}
