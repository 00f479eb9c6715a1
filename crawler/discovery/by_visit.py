"""Stage 8: visits to found hosts, and what their pages name further."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import asdict
from datetime import UTC, datetime

import dns.name

from crawler.discovery.ground import Ground
from crawler.discovery.linked import own_labels
from crawler.discovery.messages import text_of as name_text
from crawler.discovery.naming import host_key, is_within
from crawler.discovery.reading import face_of, footer_year, names_in_zones, newest, text_of
from crawler.discovery.recalling import recalled
from crawler.discovery.scoring import Facts
from crawler.discovery.standing import Visit
from crawler.discovery.visitor import MORE_PAGES, Brought, Errand, Visitor
from crawler.discovery.wildcards import canary
from crawler.items import Host, Page
from crawler.register.names import fold
from crawler.schedule.groups import join
from crawler.schedule.policy import read_policy
from crawler.urls import host_of, hostname, is_address

GROUPS = 40
"""Servers that are visited at the same time."""
REGISTERED_PAGES = 2


async def by_visit(ground: Ground, visitor: Visitor) -> AsyncIterator[Page | Host]:
    """Visit every host with an address that nobody has visited in this run; yields their pages, then what is
    noted of the visit."""
    for brought in await recalled(ground):
        remember(ground, brought)
    errands = await _errands(ground)
    queue: asyncio.Queue[Brought | None] = asyncio.Queue(maxsize=8)
    gate = asyncio.Semaphore(GROUPS)

    async def group(hosts: list[str], addresses: list[str]) -> None:
        async with gate:
            await visitor.group(addresses, [errands[host] for host in hosts], queue.put)

    async def everything() -> None:
        joined = join({host: errand.addresses for host, errand in errands.items()})
        try:
            await asyncio.gather(*(group(hosts, addresses) for hosts, addresses in joined))
        finally:
            await queue.put(None)

    # what a review stored of registered sites is worth more than our glance, and belongs to that review
    ours = sorted(ground.registered & set(errands))
    reviewed = await ground.store.patiently(lambda: ground.store.discovered.with_pages(ours))
    work = asyncio.ensure_future(everything())
    try:
        while (came := await queue.get()) is not None:
            brought = came
            if brought.is_nobody:
                ground.count("discover/guess/nobody")
                continue
            for page in brought.pages if brought.host not in reviewed else ():
                yield page
            yield await _learn(ground, brought, errands[brought.host])
        await work
    finally:
        work.cancel()


async def _errands(ground: Ground) -> dict[str, Errand]:
    """Hosts that have an address the guard lets through, registered ones too: found ones are compared with them."""
    states = await ground.store.patiently(ground.store.discovered.states)
    wanted = [
        key
        for name, keys in sorted(ground.known.items())
        for key in keys
        if states.get(key, "discovered") in ("discovered", "registered") and key not in ground.visited
        if is_address(name) or ((facts := ground.facts.get(name)) is not None and facts.addresses and not facts.fault)
    ]
    suspects = {host_key(name, ground.plan.ports): name for name, unit in ground.same.items() if unit}
    wanted += [key for key, name in sorted(suspects.items()) if name not in ground.known and key not in ground.visited]
    policies = await ground.store.patiently(lambda: ground.store.policies(wanted))
    schemes = await ground.store.patiently(lambda: ground.store.schemes(wanted))
    errands: dict[str, Errand] = {}
    for key in wanted:
        ground.visited.add(key)
        addresses, refused = await ground.addresses(key)
        if not addresses:
            ground.private[key] = refused
            continue
        name = hostname(key)
        inside = is_within(name, ground.plan.authority)
        registered = states.get(key) == "registered"
        errands[key] = Errand(
            key,
            addresses,
            schemes.get(key, ""),
            guest=not (inside or registered),
            sibling=_sibling(ground, name, key),
            policy=read_policy(policies.get(key)),
            pages=REGISTERED_PAGES if registered else MORE_PAGES,
            is_suspect=key in suspects and name not in ground.known,
        )
    return errands


def _sibling(ground: Ground, name: str, key: str) -> str:
    """A name beside a host that only a wildcard answers; empty where no wildcard does."""
    if name not in ground.same:
        return ""
    at = dns.name.from_text(name)
    beside = name_text(canary(at.parent(), ground.dice(at.parent())))
    return f"{beside}{key[len(name) :]}"


async def _learn(ground: Ground, brought: Brought, errand: Errand) -> Host:
    """Keep what judgement will look at; the pages themselves go their way into the store."""
    name = hostname(brought.host)
    if errand.is_suspect:
        facts = await ground.look_up.facts(dns.name.from_text(name))
        host = ground.host(facts, "visit", "shows what no name beside it shows")
    else:
        host = Host(brought.host, datetime.now(UTC))
    remember(ground, brought)
    host.facts["visit"] = {
        "run": ground.store.run,
        "cause": brought.cause,
        "refused": brought.refused,
        "away": brought.away,
        "sibling": errand.sibling,
        "home": brought.home.digest if brought.home else "",
    }
    return host


def remember(ground: Ground, brought: Brought) -> None:
    """What a visit brought, for judgement and for the stages of the next round."""
    visit = _visit(ground, brought, datetime.now(UTC))
    ground.visits[brought.host] = visit
    if brought.host in ground.registered and visit.simhash:
        ground.homes[brought.host] = visit.simhash
    ground.claims[brought.host] = _facts(ground, brought, hostname(brought.host))
    ground.remarks[brought.host] = _remarks(brought)
    _note_names(ground, brought)


def _remarks(brought: Brought) -> dict[str, object]:
    """Fields of the host that a visit fills."""
    remarks: dict[str, object] = {
        "title": (brought.home.title if brought.home else "")[:300],
        "pages_visited": len(brought.pages),
    }
    if brought.tls is not None:
        remarks["tls"] = {**asdict(brought.tls), "checked": datetime.now(UTC)}
    return remarks


def _visit(ground: Ground, brought: Brought, now: datetime) -> Visit:
    home, facts = brought.home, ground.facts.get(hostname(brought.host))
    visit = Visit(brought.host, cause=brought.cause, is_same=_is_same(ground, brought.host))
    if home is None:
        visit.verdict = "private_address" if brought.refused else "not_visited" if _ours(brought.cause) else ""
        return visit
    visit.face, visit.simhash, visit.redirect = face_of(home, facts), home.simhash, brought.away
    if brought.sibling is not None:
        other = face_of(brought.sibling, None)
        visit.sibling = (brought.sibling.status, brought.sibling.simhash, other.title)
    if brought.random is not None:
        visit.random = (brought.random.status, brought.random.simhash)
    visit.newest = newest([home, *brought.more], now)
    visit.footer_year = footer_year(home)
    visit.certificate_ended = brought.tls.not_after if brought.tls else None
    visit.links = visit.face.links
    visit.evidence = [f"page {page.digest}" for page in brought.pages[:3]]
    return visit


def _is_same(ground: Ground, host: str) -> bool:
    """Whether DNS could not tell the name from those that cannot exist."""
    return hostname(host) in ground.same


def _ours(cause: str) -> bool:
    """Whether a host was not visited because of us, not of it."""
    return cause in ("paused", "outside its hours", "its server was busy with other runs") or "robots.txt" in cause


def _facts(ground: Ground, brought: Brought, name: str) -> Facts:
    """What attribution looks at."""
    pages: list[Page] = [page for page in (brought.home, *brought.more) if page is not None]
    raw = "\n".join([f"{page.title}\n{text_of(page)}" for page in pages])
    links = {hostname(host_of(link.url)) for page in pages for link in page.links[:1000]}
    return Facts(
        brought.host,
        tuple(own_labels(name, ground.plan.authority)),
        is_within(name, ground.plan.authority),
        fold(raw),
        raw,
        links_to={unit for host, unit in ground.owners.items() if hostname(host) in links},
    )


def _note_names(ground: Ground, brought: Brought) -> None:
    """Names that the pages and the certificate speak of, for the next round."""
    zones: Collection[str] = ground.plan.authority
    for page in brought.pages:
        for name in names_in_zones(page, zones):
            ground.told.setdefault(name, ("page", page.url))
        for link in page.links[:2000]:
            target = host_of(link.url)
            if target != brought.host:
                ground.edges.setdefault(target, {}).setdefault(brought.host, link.text[:100])
    for name in brought.tls.names if brought.tls else ():
        if not name.startswith("*.") and is_within(name, zones):
            ground.told.setdefault(name, ("certificate", brought.host))
