"""How a host stands: the first verdict that fits, with the replies it rests on; pure.

The order is that of certainty: what DNS says, then the connection, then the page, then its age.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.discovery.host_rules import Face, Signature, first
from crawler.page.simhash import distance

LIVENESS = {
    "unanswered": "unknown",
    "no_name": "dead",
    "alias_loop": "dead",
    "dead_delegation": "dead",
    "dangling": "dangling",
    "wildcard_only": "empty",
    "no_address": "no_web",
    "private_address": "no_connection",
    "no_connection": "no_connection",
    "not_visited": "unknown",
    "blocked": "blocked",
    "parked": "parked",
    "suspended": "default_page",
    "default_page": "default_page",
    "redirects_to_registered": "redirects",
    "redirects_elsewhere": "redirects",
    "duplicate": "live",
    "hijacked": "live",
    "imitation": "live",
    "unused": "live",
    "under_construction": "under_construction",
    "error_page": "empty",
    "empty": "empty",
    "live": "live",
}
"""Verdict -> the word of ``hosts.liveness``. rules/README.md shows this table."""

NEAR = 6
"""Bits by which the simhashes of two pages with the same text may differ."""
STALE = timedelta(days=365)
EXPIRED = timedelta(days=90)
FEW_WORDS = 12
_BLOCKED = (401, 403, 407, 429, 451, 503)


@dataclass(slots=True)
class Visit:
    """What a visit to a host brought. ``evidence`` are the stored replies' digests.

    ``home`` None where no page came; ``random`` is the page of a path that cannot exist, ``sibling`` the home page of
    a name that cannot exist beside this one.
    """

    host: str
    verdict: str = ""
    cause: str = ""
    face: Face | None = None
    simhash: int = 0
    redirect: str = ""
    random: tuple[int, int] | None = None
    sibling: tuple[int, int, str] | None = None
    is_same: bool = False
    newest: datetime | None = None
    footer_year: int = 0
    certificate_ended: datetime | None = None
    links: frozenset[str] = frozenset()
    offences: tuple[str, ...] = ()
    evidence: list[str] = field(default_factory=list)


def stand(
    visit: Visit, rules: Sequence[Signature], registered: Collection[str], homes: Mapping[str, int], now: datetime
) -> tuple[str, list[str]]:
    """(verdict, why). ``registered`` are host names of the register, ``homes`` host -> simhash of their home pages."""
    if visit.verdict:
        return visit.verdict, [visit.cause]
    face = visit.face
    if face is None:
        return "no_connection", [visit.cause or "no answer"]
    if (rule := first(rules, face, ("dangling",))) is not None:
        return "dangling", [f"{rule.id}: {rule.title}"]
    if visit.is_same and _is_sibling(visit):
        return "wildcard_only", ["shows the same page as a name that cannot exist"]
    if (rule := first(rules, face, ("blocked",))) is not None:
        return "blocked", [f"{rule.id}: {rule.title}"]
    if face.status in _BLOCKED:
        return "blocked", [f"answers {face.status}"]
    if (rule := first(rules, face, ("parked", "suspended"))) is not None:
        return rule.verdict, [f"{rule.id}: {rule.title}"]
    if (rule := first(rules, face, ("default_page",))) is not None:
        return "default_page", [f"{rule.id}: {rule.title}"]
    if visit.redirect:
        kind = "redirects_to_registered" if visit.redirect in registered else "redirects_elsewhere"
        return kind, [f"leads to {visit.redirect}"]
    if face.status >= 400:
        return "error_page", [f"answers {face.status}"]
    if visit.host not in registered and (copied := _copied(visit, homes)):
        return "duplicate", [f"the same page as {copied}"]
    if visit.offences:
        return "hijacked", [f"rules found {', '.join(visit.offences)}"]
    if (rule := first(rules, face, ("under_construction",))) is not None:
        return "under_construction", [f"{rule.id}: {rule.title}"]
    if face.words < FEW_WORDS:
        return "empty", [f"{face.words} words"]
    signs = _unused(visit, now)
    if visit.random is not None and visit.random == (200, visit.simhash) and visit.simhash and len(signs) < 2:
        signs = ["shows the same page for a path that cannot exist"]
    return ("unused", signs) if len(signs) >= 2 else ("live", signs)


def _is_sibling(visit: Visit) -> bool:
    if visit.sibling is None or visit.face is None:
        return False
    status, simhash, title = visit.sibling
    if status != visit.face.status:
        return False
    if simhash and visit.simhash:
        return distance(simhash, visit.simhash) <= NEAR
    return title == visit.face.title


def _copied(visit: Visit, homes: Mapping[str, int]) -> str:
    """The registered site whose home page this one is."""
    if not visit.simhash:
        return ""
    near = [(distance(visit.simhash, other), host) for host, other in homes.items() if other and host != visit.host]
    return min(near)[1] if near and min(near)[0] <= NEAR else ""


def _unused(visit: Visit, now: datetime) -> list[str]:
    """Signs that nobody cares any more: two of three are enough, and a fresh date speaks against all of them."""
    signs = []
    if visit.newest is not None:
        if now - visit.newest <= STALE:
            return []
        signs.append(f"newest date {visit.newest:%d/%m/%Y}")
    if visit.certificate_ended is not None and now - visit.certificate_ended > EXPIRED:
        signs.append(f"certificate ended {visit.certificate_ended:%d/%m/%Y}")
    if visit.footer_year and visit.footer_year < now.year - 1:
        signs.append(f"footer says {visit.footer_year}")
    return signs
