"""How fast a run really goes: what each host and each server did lately, for whoever asks how long it will take."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from crawler.schedule.groups import Group
from crawler.schedule.hosts import HostState

SAMPLE_SECONDS = 60.0
SAMPLES = 15
"""A quarter of an hour: a rate of long ago says little, one of a minute less."""
ENOUGH = 10
"""Requests that a server must have been owed before its share is a figure."""


class _Recent:
    """Two counts over time."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float, float]] = deque(maxlen=SAMPLES)

    def note(self, at: float, one: float, two: float) -> None:
        if not self._samples or at - self._samples[-1][0] >= SAMPLE_SECONDS:
            self._samples.append((at, one, two))

    def gained(self, at: float, one: float, two: float) -> tuple[float, float, float]:
        """Seconds since the oldest sample, and what was added to both counts since."""
        if not self._samples:
            return 0.0, 0.0, 0.0
        first = self._samples[0]
        return at - first[0], one - first[1], two - first[2]


class Progress:
    """Counts what servers were owed and what hosts brought. Fed with every beat; times are ``loop.time()``."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._hosts: dict[str, _Recent] = {}
        self._groups: dict[str, _Recent] = {}
        self._written: dict[str, dict[str, Any]] = {}

    def tick(self, groups: Iterable[Group], now: float) -> None:
        """Add the time since the last tick to what each server was owed and to what each host has taken."""
        passed = 0.0 if self._at is None else now - self._at
        self._at = now
        for group in groups:
            if group.leased:
                for host in group.hosts:
                    if host.begun and host.is_open and host.closed_until <= now:
                        host.spent += passed
            if _wants(group, now):
                group.owed += passed / max(group.pace, 0.001)
            self._groups.setdefault(group.name, _Recent()).note(now, group.sent, group.owed)
            for host in group.hosts:
                if host.loaded:  # what is loaded was found before
                    self._hosts.setdefault(host.host, _Recent()).note(now, host.settled, host.admitted)

    def changes(self, groups: Iterable[Group], now: float, clock: datetime) -> dict[str, dict[str, Any]]:
        """host → what ``reviews.progress`` should say, of hosts under way for which it says something else.

        ``settled`` and ``found`` URLs in the last ``seconds``; ``share`` of the owed requests that went out (None:
        too early to say); ``spent`` seconds of the time budget; ``crawl_delay`` in seconds; ``ready``: not before.
        """
        found: dict[str, dict[str, Any]] = {}
        for group in groups:
            share = self._share(group, now)
            for host in group.hosts:
                row = {**self._of(host, now, clock), "group": group.name, "share": share}
                if not host.ended and row != self._written.get(host.host):
                    self._written[host.host] = row
                    found[host.host] = {**row, "at": clock}
        return found

    def _share(self, group: Group, now: float) -> float | None:
        recent = self._groups.get(group.name)
        if recent is None:
            return None
        _, sent, owed = recent.gained(now, group.sent, group.owed)
        return round(min(1.0, sent / owed), 3) if owed >= ENOUGH else None

    def _of(self, host: HostState, now: float, clock: datetime) -> dict[str, Any]:
        recent = self._hosts.get(host.host, _Recent())
        seconds, settled, found = recent.gained(now, host.settled, host.admitted)
        wait = host.not_before - now
        ready = (clock + timedelta(seconds=wait)).replace(microsecond=0) if wait > 1 else None
        return {
            "seconds": round(seconds) if settled or found else 0,
            "settled": int(settled),
            "found": int(found),
            "spent": round(host.spent),
            "crawl_delay": host.crawl_delay,
            "ready": ready,
        }


def _wants(group: Group, now: float) -> bool:
    """True while the server could be asked: not while its hosts wait for hours, an operator or their own pages."""
    if group.ended or not group.sent:
        return False
    if not group.leased:
        return any(host.is_open and host.ready_at <= now for host in group.hosts)
    if group.inflight >= group.connections:
        return True
    return any(host.has_work and host.is_open and host.ready_at <= now for host in group.hosts)
