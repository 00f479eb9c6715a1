"""Runs as people ask for them: how far they are, what they reviewed, what they did not and why."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymongo.synchronous.database import Database

from crawler.errors import BadArgument
from crawler.store.runs import counted, is_running
from crawler.urls import clean

Document = dict[str, Any]

RUN_STATES = ("running", "finished", "interrupted", "failed")
LOST = "the run's process is gone"
_CANDIDATES = 10


def list_runs(
    db: Database[Document],
    now: datetime,
    spiders: tuple[str, ...] = (),
    states: tuple[str, ...] = (),
    limit: int = 0,
    jobs: tuple[str, ...] = (),
) -> Iterator[Document]:
    """Runs, newest first, as they are ``now``: see ``as_it_is``. ``jobs`` are Scrapyd's."""
    given = 0
    query: Document = {"spider": {"$in": list(spiders)}} if spiders else {}
    if jobs:
        query["job"] = {"$in": list(jobs)}
    for run in db["runs"].find(query).sort("_id", -1):
        run = as_it_is(db, run, now)
        if states and run["state"] not in states:
            continue
        yield run
        given += 1
        if given == limit:
            return


def find_run(db: Database[Document], text: str) -> Document:
    """The run with this id or unique beginning of one, or the newest for ``latest``. Raises ``BadArgument``."""
    if text == "latest":
        newest = db["runs"].find_one(sort=[("_id", -1)])
        if newest is None:
            raise BadArgument("there is no run yet")
        return newest
    if found := db["runs"].find_one({"_id": text}):
        return found
    query = {"_id": {"$gte": text, "$lt": text + "\uffff"}} if text else {"_id": None}
    some = list(db["runs"].find(query).sort("_id", -1).limit(_CANDIDATES + 1))
    if not some:
        raise BadArgument(f"{clean(text, 80)}: no such run")
    if len(some) > 1:
        told = ", ".join(row["_id"] for row in some[:_CANDIDATES]) + (", …" if len(some) > _CANDIDATES else "")
        raise BadArgument(f"{clean(text, 80)} is the beginning of several runs: {told}")
    return some[0]


def as_it_is(db: Database[Document], run: Document, now: datetime) -> Document:
    """The run with the state it is in: a running one whose process is gone or silent is interrupted.

    Figures that are written at the end only are counted for a run that has not written them yet.
    """
    if run["state"] != "running":
        return run
    changed = dict(run)
    if not is_running(run, now):
        changed |= {"state": "interrupted", "ended": run["heartbeat"], "reason": LOST}
    states = db["reviews"].aggregate([{"$match": {"run": run["_id"]}}, {"$group": {"_id": "$state", "n": {"$sum": 1}}}])
    changed["hosts"] = counted({row["_id"]: row["n"] for row in states})
    changed["pages"] = max(run.get("pages") or 0, db["pages"].count_documents({"run": run["_id"]}))
    changed["findings"] = _findings(db, run["_id"])
    return changed


def _findings(db: Database[Document], run: str) -> Document:
    """What a run has done to findings so far, by their history."""
    counts = {"new": 0, "open": 0, "fixed": 0, "recurred": 0}
    for finding in db["findings"].find({"history.run": run}, {"history": 1}):
        for step in finding["history"]:
            if step.get("run") == run:
                name = "new" if step["from"] is None else step["to"]
                counts[name] = counts.get(name, 0) + 1
    counts["open"] = db["findings"].count_documents({"state": {"$in": ["open", "recurred"]}})
    return counts


def reviews_of(db: Database[Document], run: Document, *, incomplete: bool = False) -> Iterator[Document]:
    """A run's reviews by host, with ``units``. ``incomplete``: those that ended otherwise than complete.

    ``run`` is as ``as_it_is`` gives it: in one that is interrupted nothing is queued or running any more.
    """
    stages: list[Document] = [{"$match": {"run": run["_id"]}}]
    if run["state"] != "running":
        dropped = {"$in": ["$state", ["queued", "running"]]}
        cause = {"$cond": [dropped, {"$literal": f"the run was stopped: {run.get('reason') or LOST}"}, "$cause"]}
        stages.append({"$set": {"state": {"$cond": [dropped, "interrupted", "$state"]}, "cause": cause}})
    if incomplete:
        stages.append({"$match": {"state": {"$nin": ["complete", "queued", "running"]}}})
    registered = [{"$match": {"state": "registered"}}, {"$project": {"unit": 1}}]
    lookup = {"from": "sites", "localField": "host", "foreignField": "host", "pipeline": registered, "as": "_sites"}
    stages += [
        {"$sort": {"host": 1, "_id": 1}},
        {"$lookup": lookup},
        {"$set": {"units": {"$sortArray": {"input": {"$setUnion": ["$_sites.unit", []]}, "sortBy": 1}}}},
        {"$unset": "_sites"},
    ]
    yield from db["reviews"].aggregate(stages, allowDiskUse=True)


def skipped_of(db: Database[Document], run: str) -> list[Document]:
    """URLs that a run did not fetch, summed by the name of the cause: ``[{name, n}]``, most first."""
    return _summed(db, run, "skipped")


def looks_of(db: Database[Document], run: str) -> list[Document]:
    """Looks at pages in other views than the plain one, summed by reason: ``[{name, n}]``, most first."""
    return _summed(db, run, "views")


def _summed(db: Database[Document], run: str, field: str) -> list[Document]:
    stages: list[Document] = [
        {"$match": {"run": run}},
        {"$unwind": f"${field}"},
        {"$group": {"_id": f"${field}.name", "n": {"$sum": f"${field}.n"}}},
        {"$sort": {"n": -1, "_id": 1}},
    ]
    return [{"name": row["_id"], "n": row["n"]} for row in db["reviews"].aggregate(stages)]
