"""What name servers answered in a run, so that a resumed one asks nothing twice. Private to discovery."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import zstandard
from bson.binary import Binary
from pymongo import ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase

ANSWERS_LIFE = 60 * 24 * 3600
"""Seconds an answer stays: a run can be resumed that long."""
_SMALL = 1024
"""Bytes up to which compressing is not worth it."""
_LARGEST = 15 * 1024 * 1024


class Answers:
    """Answers of one run by key: ``server name type``."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]], run: str) -> None:
        self._answers = db["answers"]
        self._run = run

    async def prepare(self) -> None:
        """Make sure of the index that lets answers expire: older databases were prepared without it."""
        await self._answers.create_index("at", expireAfterSeconds=ANSWERS_LIFE)
        await self._answers.create_index("run")

    async def load(self) -> dict[str, bytes]:
        """Everything that was answered in this run so far."""
        found: dict[str, bytes] = {}
        unpack = zstandard.ZstdDecompressor()
        async for row in self._answers.find({"run": self._run}, {"_id": 0, "question": 1, "wire": 1, "packed": 1}):
            wire = bytes(row["wire"])
            found[row["question"]] = unpack.decompress(wire) if row.get("packed") else wire
        return found

    async def write(self, answers: Mapping[str, bytes]) -> None:
        """Store a batch; an answer that is too large for a document is left out and asked again."""
        now, pack = datetime.now(UTC), zstandard.ZstdCompressor(level=3)
        writes = []
        for question, wire in answers.items():
            packed = len(wire) > _SMALL
            kept = pack.compress(wire) if packed else wire
            if len(kept) > _LARGEST:
                continue
            key = f"{self._run}/{question}"
            row = {"run": self._run, "question": question, "wire": Binary(kept), "packed": packed, "at": now}
            writes.append(ReplaceOne({"_id": key}, row, upsert=True))
        if writes:
            await self._answers.bulk_write(writes, ordered=False)
