"""Visits of an earlier process of this run, read back out of the store."""

from urllib.parse import urlsplit

from crawler.discovery.ground import Ground
from crawler.discovery.visitor import Brought, impossible
from crawler.items import Page
from crawler.page import extract
from crawler.store.visits import StoredPage


async def recalled(ground: Ground) -> list[Brought]:
    """What was brought before; once a run, the hosts then count as visited."""
    if ground.has_recalled:
        return []
    ground.has_recalled = True
    done = await ground.store.patiently(ground.store.visits.done)
    found: list[Brought] = []
    for host, noted in sorted(done.items()):
        ground.visited.add(host)
        brought = Brought(host, away=noted["away"], cause=noted["cause"], refused=noted["refused"])
        hosts = [host, *([noted["sibling"]] if noted["sibling"] else [])]
        async for stored in ground.store.visits.pages(hosts):
            _sort(brought, stored, noted["home"])
        found.append(brought)
        ground.count("discover/visit/recalled")
    return found


def _sort(brought: Brought, stored: StoredPage, home: str) -> None:
    """Put a page in its place by its address."""
    page: Page = extract(
        url=stored.url,
        status=stored.status,
        headers=stored.headers,
        body=stored.body,
        fetched=stored.fetched,
        host=stored.host,
    )
    page.digest = stored.digest
    path = urlsplit(stored.url).path
    if stored.host != brought.host:
        brought.sibling = page
    elif path == f"/{impossible(brought.host)}":
        brought.random = page
    elif stored.digest == home:
        brought.home = page
    else:
        brought.more.append(page)
