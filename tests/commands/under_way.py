"""A run that is under way, as a crawl leaves it in the store."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from pymongo.synchronous.database import Database

LIMITS = {"connections": 2, "delay": 0.5, "max_pages": 20_000, "max_bytes": 2**32, "max_seconds": 28_800.0}


@dataclass(frozen=True)
class Reviewed:
    """One host of the run: ``left`` URLs wait in its frontier, ``done`` are stored."""

    host: str
    server: str
    left: int = 0
    done: int = 0
    state: str = "running"
    cause: str = ""
    policy: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)


def write_run(db: Database[dict[str, Any]], hosts: Iterable[Reviewed], state: str = "running") -> str:
    """Write the run with its hosts, reviews and frontier; returns its id."""
    now = datetime.now(UTC)
    run = f"{now:%Y%m%d-%H%M%S}-deep-0001"
    ended = None if state == "running" else now
    db["runs"].insert_one(
        {"_id": run, "spider": "deep", "state": state, "args": {}, "started": now, "heartbeat": now, "ended": ended}
        | {"job": None, "reason": "", "hosts": [], "pages": 0, "findings": {}, "stats": [], "limits": LIMITS}
        | {"worker": {"node": "elsewhere", "id": "x"}}
    )
    for number, host in enumerate(hosts, 1):
        site = {"host": host.host, "unit": f"HP-{number:03}", "official": True, "state": "registered", "history": []}
        db["sites"].insert_one({"_id": f"{host.host}/", "alias_of": None, **site})
        db["hosts"].insert_one({"_id": host.host, "state": "registered", "policy": host.policy, "group": host.server})
        db["reviews"].insert_one(_review(run, host, now))
        rows = [("queued", host.left), ("done", host.done)]
        frontier = [_row(run, host.host, state, n, now) for state, count in rows for n in range(count)]
        if frontier:
            db["frontier"].insert_many(frontier)
    return run


def _review(run: str, host: Reviewed, now: datetime) -> dict[str, Any]:
    known = {"at": now, "group": host.server, "settled": 40, "found": 0, "seconds": 600, "spent": 600}
    known |= {"crawl_delay": 0.0, "ready": None, "share": None}
    under_way = host.state in ("running", "queued")
    return {
        "_id": f"{run}/{host.host}",
        "run": run,
        "host": host.host,
        "state": host.state,
        "cause": host.cause,
        "pages": 0 if under_way else host.done,
        "skipped": [],
        "started": None if host.state == "queued" else now,
        "ended": None if under_way else now,
        "progress": {**known, **host.progress} if host.state != "queued" else None,
    }


def _row(run: str, host: str, state: str, number: int, now: datetime) -> dict[str, Any]:
    digest = sha256(f"{host}{state}{number}".encode()).hexdigest()
    row = {"_id": f"{run}{digest}", "run": run, "host": host, "digest": digest, "url": f"http://{host}/{digest}"}
    return {**row, "state": state, "priority": 500, "at": now}
