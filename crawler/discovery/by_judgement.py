"""The end of a run: how every visited host stands and whose it is, and what that means for the units."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from crawler.discovery.ground import Ground
from crawler.discovery.host_rules import signatures, weights
from crawler.discovery.linked import own_labels
from crawler.discovery.naming import is_within
from crawler.discovery.scoring import Facts, Scorer, claimed
from crawler.discovery.standing import LIVENESS, NEAR, stand
from crawler.discovery.units import Stand, unit_verdicts
from crawler.items import Host
from crawler.page.simhash import distance
from crawler.store.discovered import RUN
from crawler.urls import hostname, twin

FEW = 5
"""Hosts on an address, above which sharing it says nothing."""


async def by_judgement(ground: Ground) -> AsyncIterator[Host]:
    """Verdicts and attributions of all hosts that were found or visited; unit verdicts are written at the end."""
    now = datetime.now(UTC)
    documents = await ground.store.patiently(ground.store.discovered.units)
    offences = await ground.store.patiently(lambda: ground.store.discovered.offences(sorted(ground.visits)))
    linked = await _linked_by(ground)
    scorer = Scorer([claimed(unit) for unit in documents], ground.matcher, weights())
    crowd = Counter(address for facts in ground.facts.values() for address in set(facts.addresses))
    states = await ground.store.patiently(ground.store.discovered.states)
    stands: list[Stand] = []
    for key in sorted(ground.seen | set(ground.visits)):
        host = Host(key, now, facts=dict(ground.remarks.get(key, {})))
        verdict = _stand(ground, host, offences.get(key, ()), now)
        ours = bool({key, twin(key)} & ground.registered)  # a www twin is no second site
        if not ours and states.get(key, "discovered") == "discovered":
            _whose(ground, scorer, host, verdict, linked, crowd)
            _for_review(ground, host)
        stands.append(_stood(ground, host, verdict))
        yield host
    known = await ground.store.patiently(lambda: ground.store.discovered.assigned())
    found = unit_verdicts(documents, ground.sites, stands, known, ground.plan.authority)
    await ground.store.patiently(lambda: ground.store.discovered.write_verdicts(found, now))


def _stand(ground: Ground, host: Host, offences: tuple[str, ...], now: datetime) -> str:
    """Judge how a host stands; what DNS alone decided is left as it was written."""
    visit = ground.visits.get(host.host)
    if visit is None:
        if (reason := ground.private.get(host.host)) and "refused" in reason:
            host.liveness = LIVENESS["private_address"]
            host.verdicts = [{"rule": "private_address", "since": now, "evidence": [reason]}]
            return "private_address"
        return ""
    visit.offences = offences
    verdict, why = stand(visit, signatures(), ground.registered_names, ground.homes, now)
    ground.count(f"discover/verdict/{verdict}")
    host.liveness = LIVENESS[verdict]
    host.verdicts = [{"rule": verdict, "since": now, "evidence": [*why, *visit.evidence]}]
    return verdict


def _whose(
    ground: Ground,
    scorer: Scorer,
    host: Host,
    verdict: str,
    linked: dict[str, set[str]],
    crowd: Counter[str],
) -> None:
    """Attribute a found host, with what the whole run knows."""
    name = hostname(host.host)
    inside = is_within(name, ground.plan.authority)
    facts = ground.claims.get(host.host) or Facts(host.host, tuple(own_labels(name, ground.plan.authority)), inside)
    facts.linked_by = linked.get(host.host, set())
    facts.offended = verdict in ("hijacked", "parked")
    facts.copy_of = _copied(ground, host.host)
    facts.same_server = _neighbours(ground, name, crowd)
    found = scorer.attribute(facts)
    ground.count(f"discover/attribution/{found.outcome}")
    host.attribution = {
        "unit": found.unit or None,
        "outcome": found.outcome,
        "identity": found.identity,
        "control": found.control,
        "candidates": found.candidates,
        "reasons": found.reasons,
        "by": RUN,
        "at": host.seen,
    }
    host.facts["recognised"] = "imitation" if found.outcome == "imitation" else "yes" if inside else "no"


def _for_review(ground: Ground, host: Host) -> None:
    """A live host inside the authority's zones is worth a whole review."""
    if host.liveness == "live" and is_within(hostname(host.host), ground.plan.authority):
        whose = host.attribution or {}
        unit = whose.get("unit") if whose.get("outcome") in ("confirmed", "probable") else ""
        ground.reviewable.append({"_id": f"{host.host}/", "host": host.host, "unit": str(unit or "")})


def _stood(ground: Ground, host: Host, verdict: str) -> Stand:
    visit = ground.visits.get(host.host)
    whose = host.attribution or {}
    outcome = str(whose.get("outcome") or "")
    unit = str(whose.get("unit") or "") if outcome in ("confirmed", "probable", "hijacked") else ""
    return Stand(
        host.host,
        unit,
        verdict,
        outcome,
        newest=visit.newest if visit else None,
        simhash=visit.simhash if visit else 0,
        redirect=visit.redirect if visit else "",
        pages=int(str(host.facts.get("pages_visited") or 0)),
        links=visit.links if visit else frozenset(),
    )


async def _linked_by(ground: Ground) -> dict[str, set[str]]:
    """Host -> units whose registered sites link to it; "" stands for an office of the department."""
    found: dict[str, set[str]] = {}
    rows = await ground.store.patiently(ground.store.discovered.linked)
    pairs = [(str(row["_id"]), str(source)) for row in rows for source in row["from"]]
    pairs += [(to, source) for to, sources in ground.edges.items() for source in sources]
    for to, source in pairs:
        if (unit := ground.owners.get(source)) is not None:
            found.setdefault(to, set()).add(unit)
    return found


def _copied(ground: Ground, host: str) -> set[str]:
    """Units whose registered home page this host's is like."""
    visit = ground.visits.get(host)
    if visit is None or not visit.simhash:
        return set()
    near = [other for other, value in ground.homes.items() if distance(value, visit.simhash) <= NEAR]
    return {unit for other in near if (unit := ground.owners.get(other))}


def _neighbours(ground: Ground, name: str, crowd: Counter[str]) -> set[str]:
    """Units with a registered site on an address that few hosts share with this one."""
    facts = ground.facts.get(name)
    own = {address for address in facts.addresses if crowd[address] <= FEW} if facts else set()
    found: set[str] = set()
    for host, unit in ground.owners.items():
        other = ground.facts.get(hostname(host))
        if unit and other is not None and own & set(other.addresses):
            found.add(unit)
    return found
