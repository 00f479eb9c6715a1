"""Campaigns as people ask for them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.synchronous.database import Database

from crawler.errors import BadArgument

Document = dict[str, Any]

_ID = re.compile(r"[0-9a-f]{4,64}")


def list_campaigns(db: Database[Document], limit: int = 0) -> Iterator[Document]:
    """Campaigns, those of most units first, with ``unit_count`` and ``finding_count``."""
    stages: list[Document] = [
        {"$set": {"unit_count": {"$size": "$units"}, "finding_count": {"$size": "$findings"}}},
        {"$sort": {"unit_count": -1, "last_seen": -1, "_id": 1}},
        *([{"$limit": limit}] if limit else []),
    ]
    yield from db["campaigns"].aggregate(stages, allowDiskUse=True)


def find_campaign(db: Database[Document], text: str) -> Document:
    """The campaign with this id, its unique beginning, or the id of one that went into it; raises ``BadArgument``."""
    text = text.strip().lower()
    if not _ID.fullmatch(text):
        raise BadArgument(f"--campaign: {text[:80]!r} is not a campaign's id: 4 to 64 of the characters 0-9 a-f")
    found = list(db["campaigns"].find({"_id": {"$gte": text, "$lt": text + "g"}}).sort("_id", 1).limit(2))
    if not found:
        found = list(db["campaigns"].find({"merged": text}).limit(1))
    if not found:
        raise BadArgument(f"--campaign: {text}: no such campaign")
    if len(found) > 1 and found[0]["_id"] != text:
        raise BadArgument(f"--campaign: {text} is the beginning of several campaigns: write more of it")
    return found[0]


def campaign_of(db: Database[Document], finding: Mapping[str, Any]) -> Document | None:
    """The campaign that a finding belongs to, without its lists of findings; None where there is none."""
    return db["campaigns"].find_one({"findings": finding["_id"]}, {"findings": 0})
