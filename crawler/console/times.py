"""Times as people in Vietnam read and write them; inside, everything is UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone

from crawler.errors import BadArgument

# Asia/Ho_Chi_Minh has had this offset and no summer time since 1975; small systems lack the zone database.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

_OURS = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](\d{1,2}):(\d{2}))?")


def local(moment: datetime) -> str:
    """``dd/mm/yyyy HH:MM`` in Vietnam."""
    return _aware(moment).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second: ``2026-01-31T17:00:00Z``."""
    return _aware(moment).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_time(text: str, *, end: bool = False) -> datetime:
    """A moment in UTC out of ``dd/mm/yyyy``, ``dd/mm/yyyy HH:MM`` or ISO 8601; no zone means Vietnam's.

    A day alone means its begin, with ``end`` the begin of the next day. Raises ``BadArgument``.
    """
    text = text.strip()
    try:
        if found := _OURS.fullmatch(text):
            day, month, year, hour, minute = found.groups()
            moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=VIETNAM)
            whole_day = hour is None
        else:
            moment = datetime.fromisoformat(text)
            whole_day = len(text) <= 10
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=VIETNAM)
        return (moment + timedelta(days=1 if end and whole_day else 0)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{text[:40]!r} is not a time: write dd/mm/yyyy, dd/mm/yyyy HH:MM or ISO 8601"
        raise BadArgument(message) from None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
