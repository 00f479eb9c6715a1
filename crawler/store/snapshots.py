"""GridFS ``snapshots``: the bytes behind a finding, named by their SHA-256."""

from collections.abc import Sequence
from typing import Any

from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import FileExists
from pymongo.asynchronous.database import AsyncDatabase

from crawler.items import Page
from crawler.store.chain import Chain

BUCKET = "snapshots"


class Snapshots:
    """Writes each snapshot once, and chains the records of a run."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._files = db[f"{BUCKET}.files"]
        self._bucket = AsyncGridFSBucket(db, bucket_name=BUCKET)
        self.chain = Chain(db)

    async def write(self, pages: Sequence[Page]) -> None:
        """Store what pages carry: first the files, then the records that name them, then their links of the chain.

        May be repeated after a crash at any point.
        """
        wanted = {each.name: (page, each) for page in pages for each in page.snapshots}
        if not wanted:
            return
        cursor = self._files.find({"filename": {"$in": list(wanted)}}, {"filename": 1})
        known = {row["filename"] async for row in cursor}
        for name, (page, each) in sorted(wanted.items(), key=lambda item: (item[1][1].kind == "record", item[0])):
            if name in known:
                continue
            metadata = {"kind": each.kind, "type": each.type, "url": page.url, "view": page.view, "run": page.run}
            try:
                await self._bucket.upload_from_stream(name, each.data, metadata=metadata)
            except FileExists:  # the same bytes came from another process
                continue
        records: dict[str, list[str]] = {}
        for page, each in wanted.values():
            if each.kind == "record":
                records.setdefault(page.run, []).append(each.name)
        for run, names in sorted(records.items()):
            await self.chain.extend(run, names)
