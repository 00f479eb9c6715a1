"""Documents of landing pages, each once by its SHA-256: pages that lead there can be judged again without fetching."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import zstandard
from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from crawler.items import Landing, Page
from crawler.store.bodies import unpacked
from crawler.views.views import PLAIN

LANDED_LIFE = 400 * 24 * 3600
"""Seconds that a document stays after the last page that led to it."""
_MAX_URL = 2000
_MAX_CHAIN = 12


def row_of(landing: Landing) -> dict[str, Any]:
    """A landing as the page's document keeps it; ``body`` is the SHA-256 of its document, or None."""
    return {
        "url": landing.url[:_MAX_URL],
        "chain": [url[:_MAX_URL] for url in landing.chain[:_MAX_CHAIN]],
        "cause": landing.cause,
        "status": landing.status,
        "title": landing.title[:500],
        "lang": landing.lang[:20],
        "body": sha256(landing.body).hexdigest() if landing.body else None,
    }


class Landed:
    """Writes and reads the private collection ``landed``."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._landed = db["landed"]
        self._zip = zstandard.ZstdCompressor(level=3)

    async def write(self, pages: Sequence[Page]) -> None:
        """Store where plain pages led to; may be repeated."""
        found = {
            sha256(landing.body).hexdigest(): (landing, page)
            for page in pages
            if page.view == PLAIN
            for landing in page.landings
            if landing.body
        }
        writes = [
            UpdateOne(
                {"_id": name},
                {"$set": {"at": page.fetched}, "$setOnInsert": {"zstd": self._zip.compress(landing.body)}},
                upsert=True,
            )
            for name, (landing, page) in found.items()
        ]
        if writes:
            await self._landed.bulk_write(writes, ordered=False)

    async def fill(self, row: Mapping[str, Any]) -> None:
        """Give the landings of a stored page their documents, as ``html`` (nothing when they are gone)."""
        for landing in row.get("landings") or ():
            known = landing["body"]
            landing["html"] = unpacked(await self._landed.find_one({"_id": known}) if known else None)
