"""When the hosts of one server will be done: the timetable's own rules, played forward. Pure arithmetic.

A server gets one request in ``pace`` seconds, the slowest wish among its hosts that are not done; the hosts that may
be visited take turns. So the rate changes whenever a host is done and whenever hours open or close.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from crawler.schedule.policy import Policy

HORIZON = timedelta(days=400)
"""Beyond it, never."""
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Load:
    """What one host still needs: ``todo`` requests.

    ``delay`` seconds that it wants between two requests; ``ready``: not before; ``seconds``: its time budget.
    """

    host: str
    todo: float
    delay: float = 0.0
    policy: Policy = field(default_factory=Policy)
    ready: datetime | None = None
    seconds: float = inf


@dataclass(frozen=True, slots=True)
class Ending:
    """When a host is done (None: never) and how many requests its time budget leaves undone."""

    at: datetime | None
    left: float = 0.0


def endings(loads: Sequence[Load], pace: float, share: float, now: datetime) -> dict[str, Ending]:
    """host → its ending. ``share`` of the requests that the pace allows really go out (0 to 1)."""
    found: dict[str, Ending] = {}
    todo = {load.host: load.todo for load in loads}
    seconds = {load.host: load.seconds for load in loads}
    live = [load for load in loads if not _settle(load, now, todo, seconds, found)]
    at = now
    while live and at - now < HORIZON:
        gap = max([pace, _TINY, *(load.delay for load in live)]) / max(share, _TINY)
        at_work = [load for load in live if _opens_in(load, at) == 0]
        gap *= max(1, len(at_work))  # they take turns
        steps = [min(todo[load.host] * gap, seconds[load.host], load.policy.open_for(at)) for load in at_work]
        steps += [_opens_in(load, at) for load in live if load not in at_work]
        step = min(steps)
        if step > HORIZON.total_seconds():
            break
        step = max(step, _TINY)
        at += timedelta(seconds=step)
        for load in at_work:
            todo[load.host] -= step / gap
            seconds[load.host] -= step
        live = [load for load in live if not _settle(load, at, todo, seconds, found)]
    return found | {load.host: Ending(None, todo[load.host]) for load in live}


def _settle(
    load: Load, at: datetime, todo: dict[str, float], seconds: dict[str, float], found: dict[str, Ending]
) -> bool:
    """Note the ending of a host that has nothing left to do or no time to do it in."""
    if todo[load.host] <= _TINY or seconds[load.host] <= _TINY:
        found[load.host] = Ending(at, 0.0 if todo[load.host] <= _TINY else todo[load.host])
        return True
    return False


def _opens_in(load: Load, at: datetime) -> float:
    """Seconds until a host may be visited; 0: now."""
    if load.policy.paused:
        return inf
    wait = max(0.0, (load.ready - at).total_seconds()) if load.ready else 0.0
    return wait + load.policy.closed_for(at + timedelta(seconds=wait))
