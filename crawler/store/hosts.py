"""Hosts as operators see and steer them: what may be fetched, how fast, at which hours."""

import re
from datetime import UTC, datetime
from typing import Any, Literal

from pymongo import ReturnDocument
from pymongo.synchronous.database import Database

from crawler.errors import BadArgument

Document = dict[str, Any]

Decision = Literal["assign", "dismiss", "retire"]
_STATES = {"assign": "discovered", "dismiss": "dismissed", "retire": "retired"}
MAX_HISTORY = 100
MAX_DELAY = 3600.0  # seconds between two requests; whoever wants less than that pauses the host
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


def hours_of(text: str) -> str:
    """Hours of the day in Vietnam, ``22:00-05:00``, in one form; "" means always. Raises ``BadArgument``."""
    text = text.strip()
    if not text:
        return ""
    found = _HOURS.fullmatch(text)
    if not found:
        raise BadArgument(f"hours: {text[:40]!r} is not like 22:00-05:00")
    start, end = f"{int(found[1]):02}:{found[2]}", f"{int(found[3]):02}:{found[4]}"
    if start == end:
        raise BadArgument("hours: begin and end are the same")
    return f"{start}-{end}"


def delay_of(delay: float) -> float:
    """Seconds between two requests to a server. Raises ``BadArgument``."""
    if not 0 <= delay <= MAX_DELAY:  # refuses NaN too
        raise BadArgument(f"delay: {delay:g} is not between 0 and {MAX_DELAY:g} seconds")
    return float(delay)


def set_policy(
    db: Database[Document],
    host: str,
    *,
    delay: float | None = None,
    hours: str | None = None,
    paused: bool | None = None,
    reason: str = "",
    by: str = "",
) -> Document:
    """Change what is given of a host's policy and return the whole; running crawls follow within seconds.

    Raises ``BadArgument`` for a value without meaning and for a host that is not in the store.
    """
    change: Document = {}
    if delay is not None:
        change["policy.delay"] = delay_of(delay)
    if hours is not None:
        change["policy.hours"] = hours_of(hours)
    if paused is not None:
        change["policy.paused"] = paused
    if not change:
        raise BadArgument("nothing to set: give a delay, hours or a pause")
    change |= {"policy.reason": reason, "policy.by": by, "policy.at": datetime.now(UTC)}
    found = db["hosts"].find_one_and_update(
        {"_id": host}, {"$set": change}, {"policy": 1}, return_document=ReturnDocument.AFTER
    )
    if found is None:
        raise BadArgument(f"{host}: no such host")
    return dict(found["policy"])


def clear_policy(db: Database[Document], host: str) -> None:
    """Take a host's policy away. Raises ``BadArgument`` for a host that is not in the store."""
    if not db["hosts"].update_one({"_id": host}, {"$unset": {"policy": ""}}).matched_count:
        raise BadArgument(f"{host}: no such host")


def decide(db: Database[Document], host: str, action: Decision, *, reason: str, by: str, unit: str = "") -> Document:
    """Write a person's decision about a host, which no run changes; returns the host.

    ``assign`` says whose it is, ``dismiss`` that it is nobody's, ``retire`` that it is no more. Raises ``BadArgument``
    for a host or unit that is not in the store, and for one that is in the register (that is the register's to say).
    """
    now = datetime.now(UTC)
    found = db["hosts"].find_one({"_id": host})
    if found is None:
        raise BadArgument(f"{host}: no such host")
    if found["state"] == "registered":
        raise BadArgument(f"{host}: stands in the register; change the register instead")
    if action == "assign" and db["units"].find_one({"_id": unit}, {"_id": 1}) is None:
        raise BadArgument(f"--unit: {unit[:60]!r} is not in the register")
    change: Document = {"state": _STATES[action]}
    if action == "assign":
        change["attribution"] = {
            "unit": unit,
            "outcome": "confirmed",
            "identity": 1.0,
            "control": 1.0,
            "candidates": [],
            "reasons": [{"rule": "person", "text": reason}],
            "by": by,
            "at": now,
        }
    step = {"at": now, "by": by, "action": action, "unit": unit, "reason": reason, "from": found["state"]}
    update = {"$set": change, "$push": {"history": {"$each": [step], "$slice": -MAX_HISTORY}}}
    after = db["hosts"].find_one_and_update({"_id": host}, update, return_document=ReturnDocument.AFTER)
    assert after is not None
    return after
