"""Hosts as operators see and steer them: what may be fetched, how fast, at which hours."""

import re
from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.synchronous.database import Database

from crawler.errors import BadArgument

Document = dict[str, Any]

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
