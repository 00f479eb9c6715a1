"""Backup and restore: whole, proven, and never over something else."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bson import Int64
from gridfs import GridFSBucket
from pymongo.errors import WriteError
from pymongo.synchronous.database import Database

from crawler.errors import BadInput, StoreError, StoreVersion
from crawler.store import backup as module
from crawler.store import schema
from crawler.store.backup import backup, restore

Documents = Database[dict[str, Any]]


@pytest.fixture
def filled(database: Documents) -> Documents:
    database["bodies"].insert_many(
        [{"_id": str(number), "zstd": bytes([number]) * 5000, "size": number} for number in range(50)]
    )
    database["hosts"].insert_one(
        {"_id": "a.vn", "state": "registered", "review": {"at": datetime(2026, 1, 2, 3, tzinfo=UTC)}, "n": Int64(2**60)}
    )
    GridFSBucket(database, bucket_name=schema.SNAPSHOTS).upload_from_stream("digest", b"x" * 600_000)
    return database


@pytest.fixture
def other(filled: Documents) -> Any:
    name = f"test_{uuid4().hex[:12]}"
    yield filled.client[name]
    filled.client.drop_database(name)


def contents(db: Documents) -> dict[str, list[dict[str, Any]]]:
    return {name: list(db[name].find().sort("_id", 1)) for name in sorted(db.list_collection_names())}


def test_a_backup_gives_the_same_database_with_validators_and_snapshots(
    filled: Documents, other: Documents, tmp_path: Path
) -> None:
    manifest = backup(filled, tmp_path / "b")
    assert {entry["name"]: entry["documents"] for entry in manifest["collections"]}["bodies"] == 50
    restore(other, tmp_path / "b")
    assert contents(other) == contents(filled)
    assert (
        GridFSBucket(other, bucket_name=schema.SNAPSHOTS).open_download_stream_by_name("digest").read()
        == b"x" * 600_000
    )
    assert other["bodies"].index_information().keys() == filled["bodies"].index_information().keys()
    with pytest.raises(WriteError):
        other["hosts"].insert_one({"_id": "b.vn", "state": "lost"})


def test_documents_come_in_several_batches(
    filled: Documents, other: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_BYTES", 6000)
    backup(filled, tmp_path / "b")
    restore(other, tmp_path / "b")
    assert other["bodies"].count_documents({}) == 50


def test_a_folder_with_something_in_it_is_not_touched(filled: Documents, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(BadInput, match="not empty"):
        backup(filled, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_filled_database_is_not_restored_over(filled: Documents, tmp_path: Path) -> None:
    backup(filled, tmp_path / "b")
    before = contents(filled)
    with pytest.raises(BadInput, match=r"not empty \(bodies, hosts"):
        restore(filled, tmp_path / "b")
    assert contents(filled) == before


@pytest.mark.parametrize("damage", ["flip", "missing", "cut"])
def test_a_damaged_backup_writes_nothing(damage: str, filled: Documents, other: Documents, tmp_path: Path) -> None:
    backup(filled, tmp_path / "b")
    file = tmp_path / "b" / "bodies.bson.zst"
    data = bytearray(file.read_bytes())
    data[20] ^= 255
    {
        "flip": lambda: file.write_bytes(data),
        "missing": file.unlink,
        "cut": lambda: file.write_bytes(data[:-30]),
    }[damage]()
    with pytest.raises(BadInput, match=r"bodies\.bson\.zst"):
        restore(other, tmp_path / "b")
    assert other.list_collection_names() == []


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        '{"format": 1}',
        '{"format": 2, "versions": {"schema": 1, "canonicalisation": 1, "identity": 1}, "collections": []}',
        '{"format": 1, "versions": {"schema": 1, "canonicalisation": 1, "identity": 1}, "collections": '
        '[{"name": "../x", "file": "../x.bson.zst", "documents": 1, "sha256": ""}]}',
    ],
)
def test_a_bad_manifest_is_refused(manifest: str, other: Documents, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(BadInput, match=r"manifest\.json"):
        restore(other, tmp_path)


def test_a_folder_that_is_no_backup_is_told(other: Documents, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a backup"):
        restore(other, tmp_path)


def test_a_backup_of_a_newer_program_is_refused(filled: Documents, other: Documents, tmp_path: Path) -> None:
    backup(filled, tmp_path / "b")
    path = tmp_path / "b" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["versions"]["identity"] = 99
    path.write_text(json.dumps(manifest))
    with pytest.raises(StoreVersion, match=r"newer program .identity 99"):
        restore(other, tmp_path / "b")


def test_a_document_that_the_database_refuses_stops_with_an_error(
    filled: Documents, other: Documents, tmp_path: Path
) -> None:
    filled["hosts"].update_one({"_id": "a.vn"}, {"$set": {"state": "lost"}}, bypass_document_validation=True)
    backup(filled, tmp_path / "b")
    with pytest.raises(StoreError, match="hosts: stopped"):
        restore(other, tmp_path / "b")
