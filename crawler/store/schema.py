"""All collections: validators, indexes and versions. A prepared database costs one read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure
from pymongo.synchronous.database import Database

from crawler.errors import StoreVersion
from crawler.store.answers import ANSWERS_LIFE
from crawler.store.contract import CONTRACT, Shape
from crawler.store.findings import IDENTITY_VERSION
from crawler.store.landed import LANDED_LIFE
from crawler.urls import CANON_VERSION

SCHEMA_VERSION = 2

VERSIONS = "versions"
SNAPSHOTS = "snapshots"
FRONTIER_LIFE = 60 * 24 * 3600  # seconds a frontier row stays: a run can be resumed that long
NAMESPACE_EXISTS = 48
_NEWER = "the database {} was written by a newer program ({}): update this program"
_OLDER = 'the database {} was written by an older program ({}): run "scrapy db migrate"'
_NO_WAY = "no migration leads from {} {} of the database {} to {}"

Database_ = Database[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Index:
    """Keys in order (``-name`` descends), with what MongoDB calls them."""

    keys: str
    unique: bool = False
    expires: int | None = None
    partial: Mapping[str, Any] = field(default_factory=dict)

    def model(self) -> IndexModel:
        """The same, as PyMongo wants it."""
        keys = [(key.lstrip("-"), DESCENDING if key.startswith("-") else ASCENDING) for key in self.keys.split()]
        options: dict[str, Any] = {"unique": True} if self.unique else {}
        if self.expires is not None:
            options["expireAfterSeconds"] = self.expires
        if self.partial:
            options["partialFilterExpression"] = dict(self.partial)
        return IndexModel(keys, **options)


INDEXES: dict[str, tuple[Index, ...]] = {
    "units": (Index("folded"), Index("level"), Index("commune")),
    "sites": (Index("host"), Index("unit"), Index("state")),
    "hosts": (Index("state"), Index("group"), Index("attribution.unit"), Index("liveness")),
    "reviews": (Index("run state"), Index("host -started")),
    "pages": (
        Index("host run"),
        Index("run"),
        Index("unit"),
        Index("body"),
        Index("seen.body", partial={"seen.1": {"$exists": True}}),  # the plain one is in ``body``
    ),
    "bodies": (),
    "landed": (Index("at", expires=LANDED_LIFE),),
    "links": (Index("to"), Index("from")),
    "findings": (
        Index("short", unique=True),
        Index("state category"),
        Index("host"),
        Index("unit"),
        Index("-last_seen"),
        Index("keys"),
        Index("history.run"),
    ),
    "exceptions": (Index("host"),),
    "sightings": (Index("finding gone"), Index("page view"), Index("url")),
    "runs": (Index("spider state"), Index("job"), Index("state heartbeat")),
    "unit_verdicts": (Index("unit"), Index("rule state")),
    "campaigns": (Index("keys"), Index("findings"), Index("merged"), Index("-last_seen")),
    "meta": (),
    "frontier": (Index("run host state -priority _id"), Index("at", expires=FRONTIER_LIFE)),
    "leases": (Index("holder.id"),),
    "chain": (Index("record"),),
    "answers": (Index("at", expires=ANSWERS_LIFE), Index("run")),
    f"{SNAPSHOTS}.files": (Index("filename", unique=True), Index("filename uploadDate")),
    f"{SNAPSHOTS}.chunks": (Index("files_id n", unique=True),),
}


def versions() -> dict[str, int]:
    """What this program writes and understands."""
    return {"schema": SCHEMA_VERSION, "canonicalisation": CANON_VERSION, "identity": IDENTITY_VERSION}


def prepare(db: Database_) -> None:
    """Create collections, validators and indexes in a new database; one read in a prepared one.

    Raises ``StoreVersion`` for a database of a newer program, or of an older one that was not migrated.
    """
    found = db["meta"].find_one({"_id": VERSIONS})
    if found is None:
        _build(db)
        _stamp(db, versions())
        return
    newer, older = _compare(found)
    if newer:
        raise StoreVersion(_NEWER.format(db.name, newer))
    if older:
        raise StoreVersion(_OLDER.format(db.name, older))


def migrate(db: Database_) -> list[str]:
    """Bring an older database up step by step, renew validators and indexes; return what was done.

    Raises ``StoreVersion`` for a database of a newer program, or for a version that no step leads on from.
    """
    found = db["meta"].find_one({"_id": VERSIONS})
    if found is None:
        prepare(db)
        return ["a new database was prepared"]
    newer, _ = _compare(found)
    if newer:
        raise StoreVersion(_NEWER.format(db.name, newer))
    done: list[str] = []
    for name, now in versions().items():
        for version in range(int(found.get(name) or 0), now):
            step = MIGRATIONS.get((name, version))
            if step is None:
                raise StoreVersion(_NO_WAY.format(name, version, db.name, now))
            done.append(step(db))
            _stamp(db, {name: version + 1})
    _build(db)
    return done or ["nothing to migrate: validators and indexes were renewed"]


# (name of the version, the version it starts from) -> the step to the next one
MIGRATIONS: dict[tuple[str, int], Callable[[Database_], str]] = {
    ("schema", 1): lambda _: "views, landing pages, campaigns and chains of evidence: new collections and indexes",
}


def _compare(found: Mapping[str, Any]) -> tuple[str, str]:
    newer, older = [], []
    for name, now in versions().items():
        there = int(found.get(name) or 0)
        told = f"{name} {there}, this program's is {now}"
        if there > now:
            newer.append(told)
        elif there < now:
            older.append(told)
    return "; ".join(newer), "; ".join(older)


def _stamp(db: Database_, values: Mapping[str, int]) -> None:
    change = {"$set": dict(values), "$setOnInsert": {"created": datetime.now(UTC)}}
    db["meta"].update_one({"_id": VERSIONS}, change, upsert=True)


def _build(db: Database_) -> None:
    present = set(db.list_collection_names())
    for name, indexes in INDEXES.items():
        validator = validator_of(CONTRACT[name]) if name in CONTRACT else {}
        if name not in present:
            _create(db, name, validator)
        elif validator:
            db.command("collMod", name, validator=validator, validationAction="error")
        if indexes:
            db[name].create_indexes([index.model() for index in indexes])


def _create(db: Database_, name: str, validator: dict[str, Any]) -> None:
    options: dict[str, Any] = {"validator": validator, "validationAction": "error"} if validator else {}
    try:
        db.create_collection(name, check_exists=False, **options)
    except (CollectionInvalid, OperationFailure) as error:
        if isinstance(error, OperationFailure) and error.code != NAMESPACE_EXISTS:
            raise
        # another process prepared the same new database in this moment


def validator_of(shape: Shape) -> dict[str, Any]:
    """The ``$jsonSchema`` of a collection: required fields and types; other fields are free."""
    properties: dict[str, Any] = {}
    for name, kind in {**shape.required, **shape.optional}.items():
        types = list(kind.types) if name in shape.required else [*kind.types, "null"]
        properties[name] = {"bsonType": types}
        if kind.values:
            properties[name]["enum"] = list(kind.values) if name in shape.required else [*kind.values, None]
    return {"$jsonSchema": {"bsonType": "object", "required": list(shape.required), "properties": properties}}
