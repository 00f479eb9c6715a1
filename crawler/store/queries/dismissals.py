"""A person's word that a finding is none, for good or until a day; everything else about findings the crawl writes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.synchronous.database import Database

from crawler.errors import BadArgument

Document = dict[str, Any]


def dismiss(
    db: Database[Document],
    finding: Mapping[str, Any],
    *,
    reason: str,
    by: str,
    until: datetime | None,
    now: datetime,
) -> None:
    """Dismiss a finding; dismissing again replaces reason and end. Raises ``BadArgument``.

    ``dismissed`` keeps reason, by, until and at, and in ``was`` the state that an ended dismissal leads back to.
    """
    reason, by = reason.strip(), by.strip()
    if not reason or not by:
        raise BadArgument("a dismissal needs a reason and a name: --reason TEXT --by NAME")
    if until is not None and until <= now:
        raise BadArgument("--until: this day has passed")
    before = finding["state"]
    was = (finding.get("dismissed") or {}).get("was", "open") if before == "dismissed" else before
    step = {"at": now, "run": None, "from": before, "to": "dismissed", "cause": reason, "by": by}
    words = {"reason": reason, "by": by, "until": until, "at": now, "was": was}
    done = db["findings"].update_one(
        {"_id": finding["_id"], "state": before},
        {"$set": {"state": "dismissed", "dismissed": words}, "$push": {"history": step}},
    )
    if not done.matched_count:
        raise BadArgument(f"{finding['short']} changed in this moment: look at it again")


def end_dismissals(db: Database[Document], now: datetime) -> int:
    """Give findings back whose dismissal has ended; returns how many.

    One that is still seen is open again (recurred, where it was fixed before), one that is not is fixed.
    """
    ended = 0
    query = {"state": "dismissed", "dismissed.until": {"$lte": now}}  # a comparison with a date passes null over
    for finding in db["findings"].find(query).sort("_id", 1):
        words = finding["dismissed"]
        pages = len(db["sightings"].distinct("page", {"finding": finding["_id"], "gone": None}))
        was = words.get("was", "open")
        state = "fixed" if not pages else "recurred" if was == "fixed" else was
        cause = f"the dismissal by {words['by']} ended"
        step = {"at": now, "run": None, "from": "dismissed", "to": state, "cause": cause, "by": "calendar"}
        done = db["findings"].update_one(
            {"_id": finding["_id"], "state": "dismissed", "dismissed.at": words["at"]},
            {
                "$set": {"state": state, "url_count": pages},
                "$unset": {"dismissed": ""},
                "$push": {"history": step},
                "$inc": {"recurrences": 1 if state == "recurred" and was == "fixed" else 0},
            },
        )
        ended += done.modified_count
    return ended
