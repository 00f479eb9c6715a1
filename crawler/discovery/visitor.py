"""Visits hosts: few pages each, one server at a time under its lease, robots.txt obeyed where we are guests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError
from scrapy.http import Response

from crawler.discovery.reading import next_pages
from crawler.discovery.standing import NEAR
from crawler.dns.tls import TlsReport, verify
from crawler.download.headers import pairs_of
from crawler.errors import ForbiddenAddress, InvalidUrl
from crawler.items import Page
from crawler.page import extract
from crawler.page.simhash import distance
from crawler.schedule.policy import Policy
from crawler.store.crawl import CrawlStore
from crawler.urls import clean, digest, host_of, hostname, parse

MORE_PAGES = 6
"""Pages beside home page, robots.txt, the path that cannot exist and the sibling: eleven in all at most."""
MAX_HOPS = 4
SECONDS = 15
LEASE_PATIENCE = 600.0
_ASK_AGAIN = 0.5
_AGENT = "rasoat"

Fetch = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Errand:
    """A host to visit: ``sibling`` is a name beside it that cannot exist, ``guest`` whether robots.txt is obeyed.

    A suspect is a name that only a wildcard may answer: it gets one glance, and a visit when it is unlike its sibling.
    """

    host: str
    addresses: tuple[str, ...]
    scheme: str = ""
    guest: bool = True
    sibling: str = ""
    policy: Policy = field(default_factory=Policy)
    pages: int = MORE_PAGES
    is_suspect: bool = False


@dataclass(slots=True)
class Brought:
    """What came back. ``cause`` says why there is no home page; ``away`` is the host that it leads to."""

    host: str
    home: Page | None = None
    random: Page | None = None
    sibling: Page | None = None
    more: list[Page] = field(default_factory=list)
    tls: TlsReport | None = None
    away: str = ""
    cause: str = ""
    refused: bool = False
    is_nobody: bool = False
    """A suspect that shows what every name beside it shows."""

    @property
    def pages(self) -> list[Page]:
        """All pages, the home page first."""
        return [page for page in (self.home, *self.more, self.random, self.sibling) if page is not None]


class Visitor:
    """Fetches through the crawl's own download; never more than one connection to a server."""

    def __init__(self, store: CrawlStore, fetch: Fetch, delay: float, ports: frozenset[int]) -> None:
        self._store = store
        self._fetch = fetch
        self._delay = delay
        self._ports = ports
        self._siblings: dict[str, Page | None] = {}

    async def group(
        self, addresses: Sequence[str], errands: Sequence[Errand], done: Callable[[Brought], Awaitable[None]]
    ) -> None:
        """Visit the hosts of one server, one after the other; the lease is given back after every host."""
        for errand in errands:
            pace = max(self._delay, errand.policy.delay or 0.0)
            closed = errand.policy.closed_for(datetime.now(UTC))
            if errand.policy.paused or closed:
                await done(Brought(errand.host, cause="paused" if errand.policy.paused else "outside its hours"))
                continue
            if not await self._lease(addresses, pace):
                await done(Brought(errand.host, cause="its server was busy with other runs"))
                continue
            try:
                brought = await _Call(self._fetch, errand, pace, self._ports, self._siblings).make()
            finally:
                await self._release(addresses, pace)
            await done(brought)

    async def _release(self, addresses: Sequence[str], pace: float) -> None:
        await self._store.patiently(lambda: self._store.leases.release(addresses, pace))

    async def _lease(self, addresses: Sequence[str], pace: float) -> bool:
        loop = asyncio.get_running_loop()
        limit = loop.time() + LEASE_PATIENCE
        while loop.time() < limit:
            owed = await self._store.patiently(lambda: self._store.leases.acquire(addresses, pace))
            if owed is not None:
                await asyncio.sleep(owed)
                return True
            await asyncio.sleep(_ASK_AGAIN)
        return False


class _Call:
    """One visit."""

    def __init__(
        self, fetch: Fetch, errand: Errand, pace: float, ports: frozenset[int], siblings: dict[str, Page | None]
    ) -> None:
        self._siblings = siblings
        self._fetch = fetch
        self._errand = errand
        self._pace = pace
        self._ports = ports
        self._robots: Protego | None = None
        self._last = 0.0
        self._brought = Brought(errand.host)

    async def make(self) -> Brought:
        errand, brought = self._errand, self._brought
        for scheme in self._schemes():
            if errand.guest:
                await self._read_robots(scheme)
            brought.home = await self._home(f"{scheme}://{errand.host}/")
            if brought.home is not None or brought.refused:
                break
        if brought.home is None:
            return brought
        root = f"{urlsplit(brought.home.url).scheme}://{errand.host}/"
        if errand.sibling:
            brought.sibling = await self._beside(f"{urlsplit(root).scheme}://{errand.sibling}/")
            if errand.is_suspect and is_alike(brought.home, brought.sibling):
                brought.is_nobody = True
                return brought
        await self._certificate()
        brought.random = await self._page(f"{root}{impossible(errand.host)}", errand.host)
        if brought.home.status == 200 and not brought.away:
            for url in next_pages(brought.home, errand.pages):
                if (page := await self._page(url, errand.host)) is not None:
                    brought.more.append(page)
        return brought

    async def _beside(self, url: str) -> Page | None:
        """The home page of a name that cannot exist; asked for once, whoever stands beside it."""
        if url not in self._siblings:
            self._siblings[url] = await self._page(url, host_of(url))
        return self._siblings[url]

    def _schemes(self) -> list[str]:
        """The register's scheme first; a host with a port of its own has only one chance each."""
        usual = [self._errand.scheme] if self._errand.scheme else []
        if ":" not in self._errand.host and 443 not in self._ports:
            return list(dict.fromkeys([*usual, "http"]))
        return list(dict.fromkeys([*usual, "http", "https"]))

    async def _home(self, url: str) -> Page | None:
        """The home page, redirects on the same host followed; one that leads away is kept as it is."""
        page: Page | None = None
        for _ in range(MAX_HOPS):
            page = await self._page(url, self._errand.host) or page
            if page is None:
                return None
            target = next((redirect.url for redirect in page.redirects), "")
            if not target:
                return page
            if host_of(target) != self._errand.host:
                self._brought.away = hostname(host_of(target))
                return page
            if page.redirects[0].kind != "http" or target == url:
                return page
            url = target
        return page

    async def _page(self, url: str, host: str) -> Page | None:
        """Fetch one page; None with a cause where there is none."""
        if self._robots is not None and not self._robots.can_fetch(url, _AGENT):
            self._brought.cause = "robots.txt asks us to stay away"
            return None
        response = await self._ask(url)
        if response is None:
            return None
        now, headers = datetime.now(UTC), pairs_of(response)
        page = extract(url=url, status=response.status, headers=headers, body=response.body, fetched=now, host=host)
        page.digest, page.ip = digest(url), str(response.ip_address or "")
        return page

    async def _ask(self, url: str) -> Response | None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._last + self._pace - loop.time()))
        self._last = loop.time()
        try:
            url = parse(url).url
            slot = self._errand.addresses[0]
            return await self._fetch(
                Request(url, dont_filter=True, meta={"download_slot": slot, "download_timeout": SECONDS})
            )
        except InvalidUrl as error:
            self._brought.cause = clean(str(error), 160)
        except Exception as error:  # whatever a server does is a fact about it
            self._brought.refused = self._brought.refused or _is_forbidden(error)
            self._brought.cause = _cause(error)
        return None

    async def _read_robots(self, scheme: str) -> None:
        response = await self._ask(f"{scheme}://{self._errand.host}/robots.txt")
        if response is not None and response.status == 200 and len(response.body) < 500_000:
            self._robots = Protego.parse(response.body.decode("utf-8", "replace"))
            wished = self._robots.crawl_delay(_AGENT)
            self._pace = max(self._pace, min(float(wished or 0), 10.0))

    async def _certificate(self) -> None:
        """What a verifying visitor would say, where the host is reached by https."""
        name, _, port = self._errand.host.partition(":")
        home = self._brought.home
        if home is not None and (home.url.startswith("https:") or (443 in self._ports and not port)):
            self._brought.tls = await verify(name, self._errand.addresses[0], int(port or 443), SECONDS)


def impossible(host: str) -> str:
    """A path that cannot exist, the same in every run."""
    return f"{Random(host).getrandbits(64):016x}"  # noqa: S311 - nobody has to guess wrong


def is_alike(page: Page, other: Page | None) -> bool:
    """Whether two home pages are one server's answer to any name."""
    if other is None or page.status != other.status:
        return False
    if page.simhash and other.simhash:
        return distance(page.simhash, other.simhash) <= NEAR
    return page.title == other.title


def _is_forbidden(error: BaseException) -> bool:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None or isinstance(seen, ForbiddenAddress):
            return seen is not None
        seen = seen.__cause__ or seen.__context__
    return False


_CAUSES: Mapping[type[BaseException], str] = {
    DownloadTimeoutError: "timeout",
    DownloadConnectionRefusedError: "connection refused",
    CannotResolveHostError: "the name does not resolve",
}


def _cause(error: BaseException) -> str:
    known = next((text for kind, text in _CAUSES.items() if isinstance(error, kind)), "")
    return known or clean(f"{type(error).__name__}: {error}", 160)
