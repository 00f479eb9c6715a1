"""GridFS ``snapshots``: the bytes behind a finding, named by their SHA-256."""

from collections.abc import Sequence
from typing import Any

from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import FileExists
from pymongo.asynchronous.database import AsyncDatabase

from crawler.items import Page

BUCKET = "snapshots"


class Snapshots:
    """Writes each snapshot once."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._files = db[f"{BUCKET}.files"]
        self._bucket = AsyncGridFSBucket(db, bucket_name=BUCKET)

    async def write(self, pages: Sequence[Page]) -> None:
        """Store the WARC records of those pages that carry one."""
        wanted = {page.snapshot: page for page in pages if page.warc}
        if not wanted:
            return
        cursor = self._files.find({"filename": {"$in": list(wanted)}}, {"filename": 1})
        known = {row["filename"] async for row in cursor}
        for name, page in sorted(wanted.items()):
            if name in known:
                continue
            metadata = {"kind": "warc", "type": "application/warc", "url": page.url, "run": page.run}
            try:
                await self._bucket.upload_from_stream(name, page.warc, metadata=metadata)
            except FileExists:  # the same bytes came from another process
                continue
