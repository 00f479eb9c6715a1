"""When a page was published, as it says itself; UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_SLACK = timedelta(days=2)

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_JSON_LD = re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"')
# As Vietnamese sites write it: Thứ hai, 23/11/2026 08:30 · Ngày đăng: 5-9-2024 · ngày 5 tháng 9 năm 2024
_SPOKEN = re.compile(
    r"(?<![\d/.-])(\d{1,2})\s?(?:[/.-]|tháng)\s?(\d{1,2})\s?(?:[/.,-]|,?\s?năm)\s?(\d{4})(?![\d/])"
    r"(?:[\s,|•-]{1,4}(?:lúc\s)?(\d{1,2})\s?[:hg]\s?(\d{2}))?",
    re.IGNORECASE,
)
_BEFORE, _AFTER = 200, 500


def read_iso(text: str, fetched: datetime) -> datetime | None:
    """A date in ISO 8601, or one as Vietnamese write it; without a zone it is Vietnam's. None when absurd."""
    match = _ISO.search(text[:100])
    if match is None:
        return read_spoken(text[:100], fetched)
    year, month, day, hour, minute, second, zone = match.groups()
    numbers = (int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    return _made(numbers, _zone(zone), fetched)


def read_spoken(text: str, fetched: datetime) -> datetime | None:
    """The first sensible Vietnamese date in a text (at most 4,000 characters are looked at)."""
    for match in _SPOKEN.finditer(text[:4000]):
        day, month, year, hour, minute = (int(part) if part else 0 for part in match.groups())
        if found := _made((year, month, day, hour, minute, 0), VIETNAM, fetched):
            return found
    return None


def near_title(text: str, title: str, fetched: datetime) -> datetime | None:
    """A date shortly after (or just before) the heading in the main text.

    Only there: the head of many school sites shows today's date, and the text of an article names other days.
    """
    place = text.find(title) if title else -1
    if place < 0:
        return None
    end = place + len(title)
    return read_spoken(text[end : end + _AFTER], fetched) or read_spoken(text[max(0, place - _BEFORE) : place], fetched)


def in_json_ld(script: str, fetched: datetime) -> datetime | None:
    """``datePublished`` out of a JSON-LD script, without building the JSON."""
    match = _JSON_LD.search(script[:200_000])
    return read_iso(match.group(1), fetched) if match else None


def _zone(text: str | None) -> timezone:
    if not text:
        return VIETNAM
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    shift = timedelta(hours=hours, minutes=minutes)
    if shift > timedelta(hours=15):
        return VIETNAM
    return timezone(-shift if text[0] == "-" else shift)


def _made(numbers: tuple[int, int, int, int, int, int], zone: timezone, fetched: datetime) -> datetime | None:
    if not 1990 <= numbers[0] <= 2200:
        return None
    try:
        found = datetime(*numbers, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None
    latest = (fetched if fetched.tzinfo else fetched.replace(tzinfo=UTC)) + _SLACK
    return found if _EARLIEST <= found <= latest else None
