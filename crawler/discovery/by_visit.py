"""Stage 8: visits to found hosts, and what their pages name further."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import asdict
from datetime import UTC, datetime

import dns.name

from crawler.discovery.ground import Ground
from crawler.discovery.linked import own_labels
from crawler.discovery.messages import text_of as name_text
from crawler.discovery.naming import is_within
from crawler.discovery.reading import face_of, footer_year, names_in_zones, newest, text_of
from crawler.discovery.scoring import Facts
from crawler.discovery.standing import Visit
from crawler.discovery.visitor import MORE_PAGES, Brought, Errand, Visitor
from crawler.discovery.wildcards import canary
from crawler.items import Page
from crawler.register.names import fold
from crawler.schedule.groups import join
from crawler.schedule.policy import read_policy
from crawler.urls import host_of, hostname, is_address

GROUPS = 40
"""Servers that are visited at the same time."""
REGISTERED_PAGES = 2


async def by_visit(ground: Ground, visitor: Visitor) -> AsyncIterator[Page]:
    """Visit every host with an address that nobody has visited in this run; yields their pages."""
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
        while (brought := await queue.get()) is not None:
            for page in brought.pages if brought.host not in reviewed else ():
                yield page
            _learn(ground, brought)
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
        )
    return errands


def _sibling(ground: Ground, name: str, key: str) -> str:
    """A name beside a host that only a wildcard answers; empty where no wildcard does."""
    if name not in ground.same:
        return ""
    at = dns.name.from_text(name)
    beside = name_text(canary(at.parent(), ground.dice(at)))
    return f"{beside}{key[len(name) :]}"


def _learn(ground: Ground, brought: Brought) -> None:
    """Keep what judgement will look at; the pages themselves go their way into the store."""
    name = hostname(brought.host)
    visit = _visit(ground, brought, datetime.now(UTC))
    ground.visits[brought.host] = visit
    if brought.host in ground.registered and visit.simhash:
        ground.homes[brought.host] = visit.simhash
    ground.claims[brought.host] = _facts(ground, brought, name)
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
    visit = Visit(brought.host, cause=brought.cause, is_same=hostname(brought.host) in ground.same)
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
