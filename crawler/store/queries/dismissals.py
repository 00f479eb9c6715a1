"""A person's word that findings are none: one, all of a page or all of a host, for good or until a day."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.synchronous.database import Database

from crawler.errors import BadArgument
from crawler.store.exceptions import covers, words_of

Document = dict[str, Any]


def dismiss(
    db: Database[Document],
    finding: Mapping[str, Any],
    *,
    reason: str,
    by: str,
    until: datetime | None,
    now: datetime,
    exception: Mapping[str, Any] | None = None,
) -> None:
    """Dismiss a finding; dismissing again replaces reason and end. Raises ``BadArgument``.

    ``dismissed`` keeps reason, by, until and at, in ``was`` the state that an ended dismissal leads back to, and in
    ``keys`` the evidence that was judged. With ``exception``, the words are those of an exception over page or host.
    """
    reason, by = reason.strip(), by.strip()
    if not reason or not by:
        raise BadArgument("a dismissal needs a reason and a name: --reason TEXT --by NAME")
    if until is not None and until <= now:
        raise BadArgument("--until: this day has passed")
    before = finding["state"]
    was = (finding.get("dismissed") or {}).get("was", "open") if before == "dismissed" else before
    step = {"at": now, "run": None, "from": before, "to": "dismissed", "cause": reason, "by": by}
    words = {"reason": reason, "by": by, "until": until, "at": now, "was": was, "keys": finding.get("keys", [])}
    if exception is not None:
        words = words_of(exception, finding.get("keys", []), was)
    done = db["findings"].update_one(
        {"_id": finding["_id"], "state": before},
        {"$set": {"state": "dismissed", "dismissed": words}, "$push": {"history": step}},
    )
    if not done.matched_count:
        raise BadArgument(f"{finding['short']} changed in this moment: look at it again")


def except_place(
    db: Database[Document],
    *,
    host: str,
    page: str,
    url: str,
    category: str,
    reason: str,
    by: str,
    until: datetime | None,
    now: datetime,
) -> int:
    """Except a page (its digest) or, without one, a whole host, of one category or all; returns findings dismissed.

    What is found there later is dismissed as well, until the day, or until its evidence changes. Raises BadArgument.
    """
    if not reason.strip() or not by.strip():
        raise BadArgument("a dismissal needs a reason and a name: --reason TEXT --by NAME")
    if until is not None and until <= now:
        raise BadArgument("--until: this day has passed")
    exception = {
        "_id": f"{host}/{page}/{category}", "host": host, "page": page, "url": url, "category": category,
        "reason": reason.strip(), "by": by.strip(), "until": until, "at": now,
    }  # fmt: skip
    db["exceptions"].replace_one({"_id": exception["_id"]}, exception, upsert=True)
    dismissed = 0
    for finding in db["findings"].find({"host": host, "state": {"$in": ["open", "recurred"]}}).sort("_id", 1):
        pages = db["sightings"].distinct("page", {"finding": finding["_id"], "gone": None})
        if all(covers(exception, host, digest, finding["category"]) for digest in pages or [page]):
            dismiss(db, finding, reason=reason, by=by, until=until, now=now, exception=exception)
            dismissed += 1
    return dismissed


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
