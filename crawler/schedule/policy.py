"""What an operator allows for a host: delay, hours, pause."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone

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

    def closed_for(self, now: datetime) -> float:
        """Seconds until the host's hours open again; 0 when they are open. ``now`` is timezone-aware."""
        if self.hours is None:
            return 0.0
        local = now.astimezone(LOCAL)
        start, end = self.hours
        clock = local.time()
        is_open = start <= clock < end if start <= end else clock >= start or clock < end
        if is_open:
            return 0.0
        opening = datetime.combine(local.date(), start, LOCAL)
        if opening <= local:
            opening += timedelta(days=1)
        return (opening - local).total_seconds()


def read_policy(stored: dict[str, object] | None) -> Policy:
    """``hosts.policy`` as stored; what cannot be read is left at its default."""
    stored = stored or {}
    delay, hours = stored.get("delay"), stored.get("hours")
    return Policy(
        delay=float(delay) if isinstance(delay, int | float) and delay >= 0 else None,
        hours=read_hours(hours) if isinstance(hours, str) and hours else None,
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
