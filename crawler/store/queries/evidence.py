"""What was kept behind a finding: its records and their files, whether they are whole, and the views that showed it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo.synchronous.database import Database

from crawler.errors import StoreError
from crawler.store.chain import Break, first_break
from crawler.store.queries.findings import read_snapshot, snapshot_names
from crawler.store.snapshots import BUCKET

Document = dict[str, Any]

MAX_RECORDS = 40
"""Records of one finding that are read: a crawl keeps 20 a run, and 5 of each further view."""
MAX_PAGES = 500
_LOOKS = {"views": 1, "seen": 1, "unseen": 1, "wall": 1, "fetched": 1}
VIEWS = ("plain", "search", "bot", "mobile", "rendered")
"""Views that can show a finding; ``repeat`` only measures a page's own noise."""


@dataclass(slots=True)
class Kept:
    """What is kept behind a finding: ``files`` [{sha256, kind, size, type, url, view, run, record}], records first.

    ``records`` are the records' contents by SHA-256, ``left_out`` how many more there are, ``faults`` what is wrong.
    """

    files: list[Document] = field(default_factory=list)
    records: dict[str, Document] = field(default_factory=dict)
    left_out: int = 0
    faults: list[str] = field(default_factory=list)


def kept(db: Database[Document], finding: Mapping[str, Any]) -> Kept:
    """The records (or, from earlier versions, bare WARC files) of a finding, those of its evidence first."""
    first = [str(item.get("snapshot") or "") for item in finding.get("evidence", ())]
    names = snapshot_names(db, finding)
    names.sort(key=lambda name: (name not in first, name))
    found = Kept(left_out=max(0, len(names) - MAX_RECORDS))
    known = _files(db, names[:MAX_RECORDS])
    parts: dict[str, str] = {}
    for name in names[:MAX_RECORDS]:
        found.files.append(_file(name, known.get(name), ""))
        if known.get(name, {}).get("kind") != "record":
            continue
        try:
            record = json.loads(read_snapshot(db, name))
        except StoreError as error:
            found.faults.append(str(error))
            continue
        found.records[name] = record
        for part in parts_of(record):
            parts.setdefault(part, name)
    more = _files(db, list(parts))
    found.files += [_file(part, more.get(part), name) for part, name in parts.items()]
    return found


def parts_of(record: Mapping[str, Any]) -> list[str]:
    """SHA-256 of the files that a record names."""
    names = [record.get("warc"), record.get("dom"), record.get("screenshot")]
    names += [landing.get("screenshot") for landing in record.get("landings") or ()]
    return [str(name) for name in dict.fromkeys(names) if name]


def _files(db: Database[Document], names: Sequence[str]) -> dict[str, Document]:
    rows = db[f"{BUCKET}.files"].find({"filename": {"$in": list(names)}}, {"filename": 1, "length": 1, "metadata": 1})
    return {row["filename"]: {**(row.get("metadata") or {}), "size": int(row["length"])} for row in rows}


def _file(name: str, known: Mapping[str, Any] | None, record: str) -> Document:
    row: Document = {"sha256": name, "size": None, "kind": "", "type": "", "url": "", "view": "", "run": ""}
    row |= {key: known[key] for key in row if known and known.get(key) is not None}
    return {**row, "record": record}


def faults(db: Database[Document], found: Kept) -> list[str]:
    """What is wrong with kept evidence, [] when it is whole: every file is read and the chain of every run followed."""
    wrong = list(found.faults)
    for each in found.files:
        if (fault := _fault(db, each["sha256"])) and fault not in wrong:
            wrong.append(fault)
    for run in sorted({record["run"] for record in found.records.values()}):
        if broken := first_break(db, run):
            wrong.append(told(broken))
    chained = {row["record"] for row in db["chain"].find({"record": {"$in": list(found.records)}}, {"record": 1})}
    wrong += [f"record {name} is not in the chain of its run" for name in sorted(found.records.keys() - chained)]
    return wrong


def _fault(db: Database[Document], name: str) -> str:
    try:
        read_snapshot(db, name)
    except StoreError as error:
        return str(error)
    return ""


def told(broken: Break) -> str:
    """A broken chain in words."""
    return f"the chain of run {broken.run} is broken at link {broken.n}: {broken.cause}"


def all_faults(db: Database[Document]) -> Iterator[str]:
    """What is wrong with any evidence of the database: chains first, then the files, each read once."""
    runs = set(db["chain"].distinct("run")) | set(db["runs"].distinct("_id", {"chain": {"$ne": None}}))
    for run in sorted(runs):
        if broken := first_break(db, run):
            yield told(broken)
    for row in db[f"{BUCKET}.files"].find({}, {"filename": 1}).sort("filename", 1):
        if fault := _fault(db, row["filename"]):
            yield fault
    for row in db["chain"].find({}, {"record": 1, "run": 1}):
        if db[f"{BUCKET}.files"].find_one({"filename": row["record"]}, {"_id": 1}) is None:
            yield f"record {row['record']} of run {row['run']} is not kept any more"


def heads(db: Database[Document], found: Kept) -> list[Document]:
    """``[{run, head, n}]``: the heads of the chains that hold the records."""
    runs = sorted({record["run"] for record in found.records.values()})
    rows = db["runs"].find({"_id": {"$in": runs}, "chain": {"$ne": None}}, {"chain": 1}).sort("_id", 1)
    return [{"run": row["_id"], "head": row["chain"]["head"], "n": row["chain"]["n"]} for row in rows]


def views(db: Database[Document], finding: Mapping[str, Any]) -> list[Document]:
    """For each view ``{view, outcome, pages, last, cause}``.

    ``outcome`` is ``shown``, ``gone`` (it was there), ``not_shown`` (looked at, without it), ``wall`` (only something
    before the site answered) or ``not_looked_at``; ``cause`` is why, where a look was tried; ``pages`` are those of the
    finding that were looked at in this view.
    """
    sightings = list(
        db["sightings"].find({"finding": finding["_id"]}, {"page": 1, "view": 1, "gone": 1, "last_seen": 1})
    )
    digests = sorted({row["page"] for row in sightings})[:MAX_PAGES]
    looked: dict[str, set[str]] = {}
    walls: dict[str, set[str]] = {}
    last: dict[str, Any] = {}
    causes: dict[str, str] = {}
    for page in db["pages"].find({"_id": {"$in": digests}}, _LOOKS):
        for seen in _looks(page):
            where = walls if seen.get("wall") or seen.get("blocked") else looked
            where.setdefault(seen["view"], set()).add(page["_id"])
            if seen.get("fetched"):
                last[seen["view"]] = max(seen["fetched"], last.get(seen["view"], seen["fetched"]))
        for each in page.get("unseen") or ():
            causes.setdefault(each["view"], str(each.get("cause") or ""))
    there = {row["view"] for row in sightings if not row.get("gone")}
    gone = {row["view"] for row in sightings}
    rows = []
    for view in dict.fromkeys([*VIEWS, *sorted(gone)]):
        outcome = (
            "shown" if view in there
            else "gone" if view in gone
            else "not_shown" if looked.get(view)
            else "wall" if walls.get(view)
            else "not_looked_at"
        )  # fmt: skip
        own = {row["page"] for row in sightings if row["view"] == view}
        pages = looked.get(view, set()) | walls.get(view, set()) | own
        cause = causes.get(view, "") if outcome in ("wall", "not_looked_at") else ""
        rows.append({"view": view, "outcome": outcome, "pages": len(pages), "last": last.get(view), "cause": cause})
    return rows


def _looks(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """How a stored page was looked at; documents of earlier versions have only the names of their views."""
    seen: list[Mapping[str, Any]] = list(page.get("seen") or ())
    known = {each["view"] for each in seen}
    rest = [view for view in page.get("views") or () if view not in known]
    return [*seen, *({"view": view, "wall": page.get("wall"), "fetched": page.get("fetched")} for view in rest)]
