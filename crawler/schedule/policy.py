"""What an operator allows for a host: delay, hours, pause."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from math import inf

LOCAL = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh has known no other offset since 1975; no zone database is needed."""


@dataclass(frozen=True, slots=True)
class Policy:
    """``delay`` in seconds (None: the default), ``hours`` as two local times (None: always)."""

    delay: float | None = None
    hours: tuple[time, time] | None = None
    paused: bool = False
    reason: str = ""
    by: str = ""

    def wish(self, base: float, crawl_delay: float) -> float:
        """Seconds between two requests: the operator's word wins over robots.txt's."""
        return max(base, crawl_delay) if self.delay is None else self.delay

    def closed_for(self, now: datetime) -> float:
        """Seconds until the host's hours open again; 0 when they are open. ``now`` is timezone-aware."""
        if self.hours is None:
            return 0.0
        local = now.astimezone(LOCAL)
        return 0.0 if self._is_open(local) else _until(self.hours[0], local)

    def open_for(self, now: datetime) -> float:
        """Seconds until the host's hours close; 0 when they are closed, infinite without hours."""
        if self.hours is None:
            return inf
        local = now.astimezone(LOCAL)
        return _until(self.hours[1], local) if self._is_open(local) else 0.0

    def _is_open(self, local: datetime) -> bool:
        assert self.hours is not None
        (start, end), clock = self.hours, local.time()
        return start <= clock < end if start <= end else clock >= start or clock < end


def _until(clock: time, local: datetime) -> float:
    """Seconds until a clock shows that time again."""
    then = datetime.combine(local.date(), clock, LOCAL)
    if then <= local:
        then += timedelta(days=1)
    return (then - local).total_seconds()


def read_policy(stored: dict[str, object] | None) -> Policy:
    """``hosts.policy`` as stored; what cannot be read is left at its default."""
    stored = stored or {}
    delay, hours = stored.get("delay"), stored.get("hours")
    return Policy(
        delay=float(delay) if isinstance(delay, int | float) and delay >= 0 else None,
        hours=_hours_or_none(hours),
        paused=bool(stored.get("paused")),
        reason=str(stored.get("reason") or ""),
        by=str(stored.get("by") or ""),
    )


def read_hours(text: str) -> tuple[time, time]:
    """``"22:00-05:00"``; raises ValueError."""
    start, sep, end = text.partition("-")
    if not sep:
        raise ValueError(f"hours {text!r} are not like 22:00-05:00")
    return time.fromisoformat(start.strip()), time.fromisoformat(end.strip())


def _hours_or_none(stored: object) -> tuple[time, time] | None:
    try:
        return read_hours(stored) if isinstance(stored, str) and stored else None
    except ValueError:
        return None
