"""Findings as people ask for them: lists, one by its id, its sightings and snapshots."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from gridfs import GridFSBucket
from gridfs.errors import CorruptGridFile, NoFile
from pymongo.synchronous.database import Database

from crawler.errors import BadArgument, StoreError
from crawler.store.findings import CONFIDENCES, SEVERITIES
from crawler.store.snapshots import BUCKET

Document = dict[str, Any]

CANDIDATES = 10  # findings told when the beginning of an id fits several
_ID = re.compile(r"[0-9a-f]{4,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What to list; an empty field lets all pass. ``since`` and ``until`` (UTC): seen between the two.

    ``ids`` are the findings of ``campaign``, None where none is asked for.
    """

    units: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    confidences: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    run: str = ""
    campaign: str = ""
    ids: tuple[str, ...] | None = None

    def query(self) -> Document:
        """The same in MongoDB's words."""
        named: Mapping[str, tuple[str, ...]] = {
            "unit": self.units,
            "category": self.categories,
            "vector": self.vectors,
            "state": self.states,
            "host": self.hosts,
            "confidence": self.confidences,
            "severity": self.severities,
            "rules": self.rules,
        }
        query: Document = {name: {"$in": list(values)} for name, values in named.items() if values}
        if self.ids is not None:
            query["_id"] = {"$in": list(self.ids)}
        if self.since:
            query["last_seen"] = {"$gte": self.since}
        if self.until:
            query["first_seen"] = {"$lt": self.until}
        if self.run:
            query["$or"] = [{"run": self.run}, {"history.run": self.run}]
        return query


def list_findings(db: Database[Document], wanted: FindingFilter, limit: int = 0) -> Iterator[Document]:
    """Findings with ``unit_name``, most serious first, then confirmed, then last seen, then by id."""
    rank = {
        "_severity": {"$indexOfArray": [list(SEVERITIES), "$severity"]},
        "_confidence": {"$indexOfArray": [list(CONFIDENCES), "$confidence"]},
    }
    stages: list[Document] = [
        {"$match": wanted.query()},
        {"$set": rank},
        {"$sort": {"_severity": -1, "_confidence": -1, "last_seen": -1, "_id": 1}},
        *([{"$limit": limit}] if limit else []),
        {"$lookup": {"from": "units", "localField": "unit", "foreignField": "_id", "as": "_unit"}},
        {"$set": {"unit_name": {"$ifNull": [{"$first": "$_unit.name"}, ""]}}},
        {"$unset": ["_unit", *rank]},
    ]
    yield from db["findings"].aggregate(stages, allowDiskUse=True)


def find_finding(db: Database[Document], text: str) -> Document:
    """The finding with this short id, whole id or unique beginning of one.

    Raises ``BadArgument``, with the candidates where the beginning fits several.
    """
    text = text.strip().lower()
    if not _ID.fullmatch(text):
        raise BadArgument(f"{text[:80]!r} is not a finding's id: 4 to 64 of the characters 0-9 a-f")
    if found := db["findings"].find_one({"short": text}):
        return found
    # The short id is a beginning of the whole one.
    query = {"_id": {"$gte": text, "$lt": text + "g"}}
    some = list(db["findings"].find(query).sort("_id", 1).limit(CANDIDATES + 1))
    if not some:
        raise BadArgument(f"{text}: no such finding")
    if len(some) > 1:
        told = [f"{row['short']} ({row['category']}, {row['vector']}, {row['host']})" for row in some[:CANDIDATES]]
        more = ", …" if len(some) > CANDIDATES else ""
        raise BadArgument(f"{text} is the beginning of several findings: {', '.join(told)}{more}")
    return some[0]


def sightings(db: Database[Document], finding: str, limit: int) -> tuple[list[Document], int]:
    """A finding's sightings, those that still show it first, and how many there are in all."""
    stages: list[Document] = [
        {"$match": {"finding": finding}},
        {"$set": {"_gone": {"$ne": [{"$ifNull": ["$gone", None]}, None]}}},
        {"$sort": {"_gone": 1, "last_seen": -1, "_id": 1}},
        {"$limit": limit},
        {"$unset": "_gone"},
    ]
    rows = list(db["sightings"].aggregate(stages, allowDiskUse=True))
    return rows, db["sightings"].count_documents({"finding": finding})


def snapshot_names(db: Database[Document], finding: Mapping[str, Any]) -> list[str]:
    """SHA-256 of every snapshot behind a finding, sorted: those of its evidence and of its sightings."""
    names = {str(item.get("snapshot") or "") for item in finding.get("evidence", ())}
    names |= {str(name or "") for name in db["sightings"].distinct("snapshot", {"finding": finding["_id"]})}
    return sorted(name for name in names if _SHA256.fullmatch(name))


def read_snapshot(db: Database[Document], name: str) -> bytes:
    """A snapshot's bytes. Raises ``StoreError`` when it is gone, or its bytes are not what their name says."""
    try:
        with GridFSBucket(db, bucket_name=BUCKET).open_download_stream_by_name(name) as stream:
            content: bytes = stream.read()
    except NoFile:
        raise StoreError(f"snapshot {name} is not kept any more") from None
    except CorruptGridFile:
        raise StoreError(f"snapshot {name} is damaged: a part of it is missing") from None
    if sha256(content).hexdigest() != name:
        raise StoreError(f"snapshot {name} is damaged: its bytes have another SHA-256")
    return content
