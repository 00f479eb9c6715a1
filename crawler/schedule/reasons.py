"""Why a host or a server will not be done in time, in words."""

from collections.abc import Collection
from dataclasses import dataclass

from crawler.schedule.forecast import Load
from crawler.schedule.policy import Policy

SLOW = 0.7
"""Share of its pace below which a server is called slow."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What an estimate found. ``growth``: new URLs a fetch, when there is no end in sight; ``pages``, ``hours``: the
    budget that ends the host before its last page."""

    size_known: bool = True
    growth: float | None = None
    pages: int | None = None
    hours: float | None = None


def host_reasons(load: Load, facts: Facts, others: Collection[Load], base: float) -> list[str]:
    """``others``: all hosts under way on its server, itself included; ``base``: the usual pace in seconds."""
    if load.policy.paused:
        return [_pause(load.policy)]
    words = list[str]()
    if not facts.size_known:
        words.append("size not known yet")
    if facts.pages is not None:
        words.append(f"budget of {facts.pages:,} pages")
    if facts.hours is not None:
        words.append(f"budget of {facts.hours:g} hours")
    if load.policy.hours:
        words.append(f"only {_hours(load.policy)}")
    if load.ready:
        words.append("asked us to come back later")
    if facts.growth is not None:
        words.append(f"{facts.growth:.1f} new URLs a fetch")
    words += _pace(others, base, load.host)
    if len(others) > 1:
        words.append(f"one of {len(others)} on its server")
    return words


def server_reasons(
    loads: Collection[Load], base: float, share: float | None, *, unknown: int, endless: int
) -> list[str]:
    """``share`` of its pace that a server was measured to take; of so many hosts the size is ``unknown``, and so
    many seem ``endless``."""
    words = list[str]()
    paused = [load for load in loads if load.policy.paused]
    if paused:
        words.append(f"{len(paused)} paused" if len(loads) > 1 else _pause(paused[0].policy))
    hours = sorted({_hours(load.policy) for load in loads if load.policy.hours})
    if hours:
        words.append(f"only {', '.join(hours)}")
    words += _pace(loads, base, next(iter(loads)).host if len(loads) == 1 else "")
    if share is not None and share < SLOW:
        words.append(f"takes {share:.0%} of its pace")
    if endless:
        words.append(f"{endless} without an end in sight")
    if unknown:
        words.append(f"{unknown} of unknown size")
    return words


def _pace(loads: Collection[Load], base: float, host: str) -> list[str]:
    """Who makes a server slower than usual; ``host`` needs no name."""
    slowest = max(loads, key=lambda load: (load.delay, load.host), default=None)
    if slowest is None or slowest.delay <= base:
        return []
    whose = "delay" if slowest.policy.delay is not None else "Crawl-delay"
    return [f"{whose} {slowest.delay:g} s" + (f" of {slowest.host}" if slowest.host != host else "")]


def _hours(policy: Policy) -> str:
    return "{:%H:%M}-{:%H:%M}".format(*policy.hours) if policy.hours else ""


def _pause(policy: Policy) -> str:
    because = f": {policy.reason}" if policy.reason else ""
    return f"paused by {policy.by or 'an operator'}{because}"
