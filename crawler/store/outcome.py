"""What a run left in the store, as plain values: to be held against a truth that is known."""

from dataclasses import dataclass, field
from typing import Any

from pymongo.synchronous.database import Database


@dataclass(frozen=True, slots=True)
class Sighted:
    """One finding on one page in one view."""

    host: str
    url: str
    category: str
    vector: str
    confidence: str
    rule: str
    view: str = "plain"


@dataclass(slots=True)
class Outcome:
    """Of one run: sightings, host → (state, cause), host → skipped URLs by cause, host → URLs of stored pages."""

    sighted: list[Sighted] = field(default_factory=list)
    reviews: dict[str, tuple[str, str]] = field(default_factory=dict)
    skipped: dict[str, dict[str, int]] = field(default_factory=dict)
    stored: dict[str, set[str]] = field(default_factory=dict)
    run: str = ""
    pages: int = 0


def read_outcome(db: Database[dict[str, Any]]) -> Outcome:
    """Everything the newest run saw; an empty outcome where there is none."""
    run = db["runs"].find_one(sort=[("_id", -1)])
    if run is None:
        return Outcome()
    outcome = Outcome(run=run["_id"])
    findings = {row["_id"]: row for row in db["findings"].find()}
    for sighting in db["sightings"].find({"run": run["_id"], "gone": None}).sort("_id", 1):
        finding = findings[sighting["finding"]]
        outcome.sighted.append(
            Sighted(
                finding["host"],
                sighting["url"],
                finding["category"],
                finding["vector"],
                finding["confidence"],
                finding["rule"],
                sighting["view"],
            )
        )
    for review in db["reviews"].find({"run": run["_id"]}):
        outcome.reviews[review["host"]] = (review["state"], review["cause"])
        outcome.skipped[review["host"]] = {item["name"]: item["n"] for item in review["skipped"]}
    for page in db["pages"].find({"run": run["_id"]}, {"url": 1, "host": 1}):
        outcome.stored.setdefault(page["host"], set()).add(page["url"])
        outcome.pages += 1
    return outcome


def read_finds(db: Database[dict[str, Any]]) -> dict[str, tuple[str, str, str]]:
    """Discovered host without port -> (first verdict, outcome, unit)."""
    found = {}
    for host in db["hosts"].find({"state": "discovered"}):
        whose = host.get("attribution") or {}
        verdict = next((str(one["rule"]) for one in host.get("verdicts") or ()), "")
        name = str(host["_id"]).partition(":")[0]
        found[name] = (verdict, str(whose.get("outcome") or ""), str(whose.get("unit") or ""))
    return found
