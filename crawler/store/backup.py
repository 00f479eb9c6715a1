"""Backup and restore: one compressed file a collection, and a manifest that proves them whole.

A file holds the collection's documents as they lie in the database, BSON one after the other, in zstd. The
manifest is written last, so a backup that was cut short has none.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import zstandard
from bson import decode_all
from bson.raw_bson import RawBSONDocument
from pymongo.errors import PyMongoError
from pymongo.synchronous.database import Database

from crawler.errors import BadInput, StoreError, StoreVersion
from crawler.store import schema

FORMAT = 1
MANIFEST = "manifest.json"
LEVEL = 6
BATCH_BYTES = 8 * 1024 * 1024
MAX_DOCUMENT = 17 * 1024 * 1024  # MongoDB's own limit is 16 MB
PRIVATE = frozenset(("leases",))  # who holds a server now means nothing in another place

Document = dict[str, Any]
Progress = Callable[[str, int], None]


def backup(db: Database[Document], folder: Path, progress: Progress = lambda name, count: None) -> Document:
    """Write every collection into a folder that is new or empty; return the manifest.

    Raises ``BadInput`` when the folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: is there already and not empty")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    versions = db["meta"].find_one({"_id": schema.VERSIONS}) or {}
    manifest: Document = {
        "format": FORMAT,
        "database": db.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: versions.get(name) for name in schema.versions()},
        "collections": [],
    }
    for name in sorted(db.list_collection_names(filter={"type": "collection"})):
        if name in PRIVATE or name.startswith("system."):
            continue
        entry = _dump(db, name, folder / f"{name}.bson.zst")
        manifest["collections"].append(entry)
        progress(name, entry["documents"])
    _write_manifest(folder, manifest)
    return manifest


def restore(db: Database[Document], folder: Path, progress: Progress = lambda name, count: None) -> Document:
    """Check a whole backup, then write it into an empty database; return the manifest.

    Raises ``BadInput`` for a backup that is not whole and for a database that holds documents, ``StoreVersion``
    for a backup of a newer program. Nothing is written in these cases.
    """
    manifest = _read_manifest(folder)
    for entry in manifest["collections"]:
        _verify(folder, entry)
    filled = [
        name for name in sorted(db.list_collection_names()) if name != "meta" and db[name].find_one({}, {"_id": 1})
    ]
    if filled:
        raise BadInput(f"the database {db.name} is not empty ({', '.join(filled[:5])}): restore into another one")
    schema.prepare(db)
    for entry in manifest["collections"]:
        count = _load(db, folder, entry)
        if count != entry["documents"]:
            raise StoreError(f"{entry['name']}: {count} of {entry['documents']} documents were restored")
        progress(entry["name"], count)
    return manifest


def _dump(db: Database[Document], name: str, path: Path) -> Document:
    raw = db.get_collection(name, codec_options=db.codec_options.with_options(document_class=RawBSONDocument))
    count, size = 0, 0
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).stream_writer(file, closefd=False) as out:
            for document in raw.find({}).sort("_id", 1):
                data = cast(RawBSONDocument, document).raw
                out.write(data)
                count, size = count + 1, size + len(data)
        file.flush()
        os.fsync(file.fileno())
    return {"name": name, "file": path.name, "documents": count, "bytes": size, "sha256": _sha256(path)}


def _write_manifest(folder: Path, manifest: Document) -> None:
    part = folder / f"{MANIFEST}.part"
    part.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(folder / MANIFEST)


def _read_manifest(folder: Path) -> Document:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        entries = [
            (entry["name"], entry["file"], entry["documents"], entry["sha256"]) for entry in manifest["collections"]
        ]
        versions = {name: int(manifest["versions"][name] or 0) for name in schema.versions()}
        known = manifest["format"] == FORMAT and all(_is_named(name, file) for name, file, _, _ in entries)
    except FileNotFoundError:
        raise BadInput(f"{folder}: not a backup, it has no {MANIFEST}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(f"{path}: cannot be read as a manifest") from None
    if not known:
        raise BadInput(f"{path}: not a manifest of format {FORMAT}")
    for name, now in schema.versions().items():
        if versions[name] > now:
            raise StoreVersion(f"{folder} was written by a newer program ({name} {versions[name]}, here {now})")
        if versions[name] < now:
            raise StoreVersion(f"{folder} was written by an older program ({name} {versions[name]}, here {now})")
    return cast(Document, manifest)


def _is_named(name: Any, file: Any) -> bool:
    """Names that come from a file must not lead anywhere else."""
    return name in schema.INDEXES and file == f"{name}.bson.zst"


def _verify(folder: Path, entry: Document) -> None:
    path = folder / entry["file"]
    try:
        digest = _sha256(path)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    if digest != entry["sha256"]:
        raise BadInput(f"{path}: is not what the manifest says (SHA-256 differs)")


def _load(db: Database[Document], folder: Path, entry: Document) -> int:
    collection = db[entry["name"]]
    collection.delete_many({})  # meta: the versions come with the backup
    count = 0
    try:
        with (folder / entry["file"]).open("rb") as file:
            for batch in _batches(zstandard.ZstdDecompressor().stream_reader(file)):
                documents = decode_all(b"".join(batch), db.codec_options.with_options(document_class=RawBSONDocument))
                collection.insert_many(documents, ordered=False)
                count += len(documents)
    except (PyMongoError, zstandard.ZstdError, ValueError) as error:
        raise StoreError(f"{entry['name']}: stopped after {count} documents ({type(error).__name__})") from error
    return count


def _batches(reader: Any) -> Iterator[list[bytes]]:
    """Documents of a stream, some megabytes at a time."""
    batch: list[bytes] = []
    size = 0
    while head := reader.read(4):
        length = int.from_bytes(head, "little")
        if not 5 <= length <= MAX_DOCUMENT:
            raise ValueError("not BSON")
        data = head + reader.read(length - 4)
        batch.append(data)
        size += len(data)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
