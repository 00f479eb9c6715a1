"""All that stands in the store about one finding, gathered for a terminal, a program or a folder."""

from collections.abc import Mapping
from typing import Any

from pymongo.synchronous.database import Database

from crawler.store.queries.campaigns import campaign_of
from crawler.store.queries.evidence import Kept, faults, heads, kept, views
from crawler.store.queries.findings import sightings
from crawler.store.queries.units import unit_name

_TOLD = (
    "url", "view", "fetched", "status", "ip", "title", "redirects", "landings", "state", "ruleset", "lists", "run",
    "rules", "warc", "dom", "screenshot", "framed", "counts",
)  # fmt: skip
"""What is told of a record; the rest is for judging it again."""


def gather(
    db: Database[dict[str, Any]], finding: Mapping[str, Any], texts: Mapping[str, str], limit: int
) -> tuple[dict[str, Any], Kept]:
    """The finding with unit_name, rule_texts, campaign, looks (views), sightings (at most ``limit``), snapshots,
    records, chains and evidence_faults; and what is kept behind it."""
    seen, count = sightings(db, finding["_id"], limit)
    found = kept(db, finding)
    campaign = campaign_of(db, finding)
    return {
        **finding,
        "unit_name": unit_name(db, finding.get("unit")),
        "rule_texts": dict(texts),
        "campaign": _campaign(campaign) if campaign else None,
        "looks": views(db, finding),
        "sightings": seen,
        "sighting_count": count,
        "snapshots": found.files,
        "snapshots_left_out": found.left_out,
        "records": [
            {"sha256": name, **{key: record[key] for key in _TOLD if key in record}}
            for name, record in found.records.items()
        ],
        "chains": heads(db, found),
        "evidence_faults": faults(db, found),
    }, found


def _campaign(row: Mapping[str, Any]) -> dict[str, Any]:
    """A campaign in short: lists of hundreds of units belong to ``findings campaigns``."""
    return {
        "_id": row["_id"],
        "unit_count": len(row["units"]),
        "host_count": len(row["hosts"]),
        "units": row["units"][:20],
        "destinations": row.get("destinations", [])[:20],
        "keys": row["keys"][:20],
        "landing": row.get("landing"),
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
    }
