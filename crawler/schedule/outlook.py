"""Will a run be done by a date? From what the store knows of it to a word about each host and each server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from crawler.schedule.forecast import Ending, Load, endings
from crawler.schedule.policy import read_policy
from crawler.schedule.reasons import Facts, host_reasons, server_reasons

ENOUGH = 20
"""Fetches after which the number of new URLs a fetch is a figure."""
ENDLESS = 0.95
"""New URLs a fetch from which on only the page budget ends a host."""
_UNDER_WAY = ("queued", "running", "interrupted")
_ORDER = ("no", "unknown", "cut", "yes", "ended", "done")

Review = Mapping[str, Any]
"""A review as ``store.queries.progress`` gives it."""


@dataclass(slots=True)
class HostOutlook:
    """One host. ``finishes``: yes, no, unknown, cut (by a budget); or done, or ended (but not complete, for ``why``).

    ``left`` known URLs; ``likely`` requests, with those for URLs still to be found (None: nothing is known).
    ``earliest`` at the full pace with what is known; ``expected`` with ``likely`` at the measured pace; None: never.
    ``certain``: even the earliest is too late, even what is known is more than the budget.
    """

    host: str
    server: str
    units: list[str]
    state: str
    pages: int
    left: int = 0
    likely: int | None = None
    earliest: datetime | None = None
    expected: datetime | None = None
    finishes: str = "ended"
    certain: bool = False
    why: str = ""


@dataclass(slots=True)
class ServerOutlook:
    """One server; figures as a host's. ``pending`` of its ``hosts`` are not at their end.

    ``pace``: seconds between two requests; ``share`` of the requests due at that pace that went out lately.
    Paused hosts make ``finishes`` a no, but leave ``earliest`` and ``expected`` to the others.
    """

    server: str
    hosts: int
    pending: int
    pace: float
    share: float | None
    left: int = 0
    likely: int | None = None
    earliest: datetime | None = None
    expected: datetime | None = None
    finishes: str = "done"
    certain: bool = False
    why: str = ""


@dataclass(slots=True)
class Outlook:
    """A run's; the most urgent servers and hosts first."""

    run: str
    state: str
    now: datetime
    by: datetime
    servers: list[ServerOutlook] = field(default_factory=list)
    hosts: list[HostOutlook] = field(default_factory=list)


def outlook(
    run: Mapping[str, Any], reviews: Sequence[Review], usual: int | None, by: datetime, now: datetime
) -> Outlook:
    """``usual``: pages of a host of whose size nothing else is known. Times are timezone-aware."""
    servers: dict[str, list[Review]] = {}
    for review in reviews:
        servers.setdefault(review["group"] or review["host"], []).append(review)
    found = Outlook(run["_id"], run["state"], now, by)
    for name, members in sorted(servers.items()):
        pending = [review for review in members if review["state"] in _UNDER_WAY and run["state"] != "finished"]
        server = _Server(name, pending, run.get("limits") or {}, usual, now)
        hosts = [server.host(review, by) for review in pending]
        ended = [_ended(review, name) for review in members if review not in pending]
        found.hosts += hosts + ended
        found.servers.append(server.told(hosts, ended))
    found.servers.sort(key=lambda item: (*_urgency(item), item.server))
    found.hosts.sort(key=lambda item: (*_urgency(item), item.host))
    return found


def _urgency(item: HostOutlook | ServerOutlook) -> tuple[int, bool, float]:
    late = -item.expected.timestamp() if item.expected else -inf
    return _ORDER.index(item.finishes), not item.certain, late


def _ended(review: Review, server: str) -> HostOutlook:
    """The outlook of a host that is at its end, in this run at least."""
    told = _bare(review, server)
    told.finishes = "done" if told.state == "complete" else "ended"
    told.why = str(review.get("cause") or "")
    return told


def _bare(review: Review, server: str) -> HostOutlook:
    units = list(review.get("units") or ())
    return HostOutlook(review["host"], server, units, review["state"], int(review["pages"] or 0))


class _Server:
    """Hosts of one server that are not at their end, and when they will be."""

    def __init__(
        self, name: str, pending: Sequence[Review], limits: Mapping[str, float], usual: int | None, now: datetime
    ) -> None:
        self._name = name
        self._pending = pending
        self._base = float(limits.get("delay") or 0.0)
        self._max_pages = int(limits.get("max_pages") or 10**9)
        self._max_seconds = float(limits.get("max_seconds") or inf)
        self._usual = usual
        self._now = now
        self._share = _share(pending)
        least = [self._load(review, min(review["left"], self._room(review))) for review in pending]
        full = [
            self._load(review, self._likely(review) or load.todo) for review, load in zip(pending, least, strict=True)
        ]
        self._loads = {load.host: load for load in least}
        self._first = endings(least, self._base, 1.0, now)
        self._then = endings(full, self._base, self._share or 1.0, now)

    def _room(self, review: Review) -> int:
        """Pages that the budget still allows a host."""
        return max(0, self._max_pages - int(review["pages"] or 0))

    def _likely(self, review: Review) -> int | None:
        """Requests a host will still need; None when nothing is known of it but its address.

        Each fetch brings ``growth`` new URLs, so that ``left`` become left / (1 - growth) (a branching process).
        """
        room, growth, pages = self._room(review), growth_of(review), review["pages"] or 0
        before, sizes = review.get("before"), list[float]()
        if not review["left"] and pages:
            return 0
        if growth is not None:
            sizes.append(review["left"] / (1 - growth) if growth < ENDLESS else room)
        if before:
            sizes.append((before.get("pages") or 0) + (before.get("left") or 0) - pages)
        elif growth is None and self._usual is not None:
            sizes.append(self._usual - pages)
        return round(min(room, max(review["left"], *sizes))) if sizes else None

    def _load(self, review: Review, todo: float) -> Load:
        progress, before = review.get("progress") or {}, (review.get("before") or {}).get("progress") or {}
        policy = read_policy(review.get("policy"))
        delay = policy.wish(self._base, float(progress.get("crawl_delay") or before.get("crawl_delay") or 0))
        seconds = max(0.0, self._max_seconds - float(progress.get("spent") or 0))
        ready = progress.get("ready")
        return Load(review["host"], todo, delay, policy, ready if ready and ready > self._now else None, seconds)

    def host(self, review: Review, by: datetime) -> HostOutlook:
        """One of the hosts, judged by a date."""
        told = _bare(review, self._name)
        first, then = self._first[told.host], self._then[told.host]
        told.left, told.likely = int(review["left"]), self._likely(review)
        told.earliest, told.expected = first.at, then.at
        over = told.left > self._room(review)
        if _late(first, by) or _late(then, by):
            told.finishes, told.certain = "no", _late(first, by)
        elif over or then.left:
            told.finishes, told.certain = "cut", over or first.left > 0
        else:
            told.finishes = "unknown" if told.likely is None else "yes"
        if told.finishes != "yes":
            growth = growth_of(review)
            facts = Facts(
                size_known=told.likely is not None,
                growth=growth if growth is not None and growth >= ENDLESS else None,
                pages=self._max_pages if over else None,
                hours=self._max_seconds / 3600 if then.left and not over else None,
            )
            told.why = "; ".join(host_reasons(self._loads[told.host], facts, self._loads.values(), self._base))
        return told

    def told(self, hosts: Sequence[HostOutlook], ended: Sequence[HostOutlook]) -> ServerOutlook:
        """The whole server, of the outlooks of its hosts."""
        pace = max([self._base, *(load.delay for load in self._loads.values())])
        told = ServerOutlook(self._name, len(hosts) + len(ended), len(hosts), pace, self._share)
        if not hosts:
            told.finishes = "done" if all(host.finishes == "done" for host in ended) else "ended"
            return told
        told.left = sum(host.left for host in hosts)
        if any(host.likely is not None for host in hosts):
            told.likely = sum(host.likely if host.likely is not None else host.left for host in hosts)
        told.earliest, told.expected = self._last(self._first), self._last(self._then)
        told.finishes = min((host.finishes for host in hosts), key=_ORDER.index)
        told.certain = any(host.certain for host in hosts if host.finishes == told.finishes)
        unknown = sum(host.likely is None for host in hosts)
        endless = sum((growth_of(review) or 0.0) >= ENDLESS for review in self._pending)
        words = server_reasons(self._loads.values(), self._base, self._share, unknown=unknown, endless=endless)
        told.why = "; ".join(words)
        return told

    def _last(self, ends: Mapping[str, Ending]) -> datetime | None:
        """When the last host is done, leaving paused ones aside; None when one never is."""
        awake = [name for name, load in self._loads.items() if not load.policy.paused]
        times = [ends[name].at for name in awake]
        return None if None in times else max((time for time in times if time), default=None)


def growth_of(review: Review) -> float | None:
    """New URLs a fetch, as lately measured; None when it is too early to say."""
    progress = review.get("progress") or {}
    settled = progress.get("settled") or 0
    return (progress.get("found") or 0) / settled if settled >= ENOUGH else None


def _share(reviews: Sequence[Review]) -> float | None:
    """What the server was measured to take, by the newest note of any of its hosts."""
    notes = [review["progress"] for review in reviews if (review.get("progress") or {}).get("share") is not None]
    return float(max(notes, key=lambda note: note["at"])["share"]) if notes else None


def _late(ending: Ending, by: datetime) -> bool:
    """True for a host that is not at its end in time, be it its last page or its budget."""
    return ending.at is None or ending.at > by
