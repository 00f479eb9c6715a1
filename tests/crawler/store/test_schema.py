"""Collections, validators, indexes and versions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from gridfs import GridFSBucket
from gridfs.errors import FileExists
from pymongo.errors import DuplicateKeyError, WriteError
from pymongo.synchronous.database import Database

from crawler.errors import StoreVersion
from crawler.store import schema
from crawler.store.contract import CONTRACT

Documents = Database[dict[str, Any]]
NOW = datetime(2026, 1, 2, tzinfo=UTC)
SAMPLES: dict[str, Any] = {
    "string": "x",
    "int": 1,
    "date": NOW,
    "bool": True,
    "array": [],
    "object": {},
    "binData": b"x",
}


def sample(name: str) -> dict[str, Any]:
    """The smallest document that the contract takes."""
    return {
        key: kind.values[0] if kind.values else SAMPLES[kind.types[0]] for key, kind in CONTRACT[name].required.items()
    }


def test_every_collection_of_the_contract_is_there(database: Documents) -> None:
    assert set(database.list_collection_names()) == set(schema.INDEXES)
    assert set(CONTRACT) <= set(schema.INDEXES)


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_a_document_of_the_contract_is_taken_with_fields_of_its_own(name: str, database: Documents) -> None:
    database[name].insert_one({**sample(name), "something_more": 1})
    empty = dict.fromkeys(CONTRACT[name].optional)
    if not {"_id"} & set(CONTRACT[name].required):
        empty["_id"] = "another"
        database[name].insert_one({**sample(name), **empty})


@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field) for name in sorted(CONTRACT) for field in CONTRACT[name].required if field != "_id"],
)
def test_a_missing_or_mistyped_field_is_refused(name: str, field: str, database: Documents) -> None:
    broken = sample(name)
    del broken[field]
    with pytest.raises(WriteError):
        database[name].insert_one(broken)
    with pytest.raises(WriteError):
        database[name].insert_one({**sample(name), field: 1.5})


def test_a_state_that_the_contract_does_not_know_is_refused(database: Documents) -> None:
    with pytest.raises(WriteError):
        database["hosts"].insert_one({"_id": "a.vn", "state": "lost"})


def test_short_ids_are_unique_but_may_not_be_missing(database: Documents) -> None:
    database["findings"].insert_one({**sample("findings"), "_id": "a", "short": "s"})
    with pytest.raises(DuplicateKeyError):
        database["findings"].insert_one({**sample("findings"), "_id": "b", "short": "s"})


def test_a_snapshot_is_there_once(database: Documents) -> None:
    bucket = GridFSBucket(database, bucket_name=schema.SNAPSHOTS)
    bucket.upload_from_stream("digest", b"bytes")
    with pytest.raises(FileExists):
        bucket.upload_from_stream("digest", b"bytes")


def test_frontier_rows_go_away_by_themselves(database: Documents) -> None:
    indexes = database["frontier"].index_information().values()
    assert [index["expireAfterSeconds"] for index in indexes if "expireAfterSeconds" in index] == [60 * 24 * 3600]


def test_the_next_urls_of_a_host_come_from_an_index_without_sorting(database: Documents) -> None:
    query = {"run": "r", "host": "h", "state": "queued"}
    plan = database["frontier"].find(query).sort([("priority", -1), ("_id", 1)]).explain()
    assert "SORT" not in repr(plan["queryPlanner"]["winningPlan"]).replace("SORT_KEY", "")


def test_preparing_again_changes_nothing_and_reads_once(database: Documents) -> None:
    before = {name: database[name].index_information() for name in schema.INDEXES}
    created = database["meta"].find_one({"_id": "versions"})
    database.command("profile", 2)
    schema.prepare(database)
    database.command("profile", 0)
    done = [entry for entry in database["system.profile"].find({"op": {"$ne": "command"}}) if ".meta" in entry["ns"]]
    assert len(done) == 1
    assert {name: database[name].index_information() for name in schema.INDEXES} == before
    assert database["meta"].find_one({"_id": "versions"}) == created


def test_two_processes_may_prepare_the_same_new_database(empty_database: Documents) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(schema.prepare, empty_database) for _ in range(4)]:
            done.result()
    assert set(empty_database.list_collection_names()) == set(schema.INDEXES)


@pytest.mark.parametrize("version", ["schema", "canonicalisation", "identity"])
def test_an_older_program_refuses_a_newer_database(version: str, database: Documents) -> None:
    database["meta"].update_one({"_id": "versions"}, {"$set": {version: 99}})
    for call in (schema.prepare, schema.migrate):
        with pytest.raises(StoreVersion, match=f"newer program .{version} 99"):
            call(database)


def test_a_newer_program_migrates_only_when_told(database: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    def step(db: Documents) -> str:
        db["runs"].insert_one({**sample("runs"), "_id": "migrated"})
        return "to the next schema"

    now = schema.SCHEMA_VERSION
    monkeypatch.setattr(schema, "SCHEMA_VERSION", now + 1)
    with pytest.raises(StoreVersion, match=r'older program .*run "scrapy db migrate"'):
        schema.prepare(database)
    with pytest.raises(StoreVersion, match=f"no migration leads from schema {now}"):
        schema.migrate(database)
    monkeypatch.setitem(schema.MIGRATIONS, ("schema", now), step)
    assert schema.migrate(database) == ["to the next schema"]
    schema.prepare(database)
    assert database["runs"].find_one({"_id": "migrated"})


def test_a_database_of_the_first_version_is_brought_up(database: Documents) -> None:
    database["meta"].update_one({"_id": "versions"}, {"$set": {"schema": 1}})
    database.drop_collection("landed")
    (told,) = schema.migrate(database)
    assert "new collections and indexes" in told
    assert "landed" in database.list_collection_names()
    schema.prepare(database)


def test_migrating_renews_what_was_dropped(database: Documents) -> None:
    database["pages"].drop_indexes()
    database.command("collMod", "pages", validator={})
    schema.migrate(database)
    assert len(database["pages"].index_information()) > 1
    with pytest.raises(WriteError):
        database["pages"].insert_one({"_id": "x"})
