"""Sets a recheck up: the same timetable as a review, but only pages that showed a finding are fetched."""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy.crawler import Crawler

from crawler.dns.network import network_of
from crawler.items import Discovery, Link, Page
from crawler.schedule.addressing import GuardedAddressing
from crawler.schedule.admission import Admission
from crawler.schedule.dispatcher import Dispatcher
from crawler.schedule.hosts import HostState, verdict
from crawler.schedule.keeper import Keeper, Limits
from crawler.schedule.plan import limits_of, ports_of, resumed_args, take_up
from crawler.schedule.priority import TOP
from crawler.schedule.waves import look_at
from crawler.store.crawl import CrawlStore, crawl_store
from crawler.store.findings import proves
from crawler.store.frontier import Entry
from crawler.store.rechecks import Asked, Rechecks, Sighting, finding_ids
from crawler.store.sites import Sites, check_known, reviewable
from crawler.urls import clean, host_of
from crawler.views.views import PLAIN, RENDERED, key_of

logger = logging.getLogger(__name__)

FIRST = 20
"""Pages of a finding that are fetched first: as many as the finding names. One that shows it still is enough."""
GROWTH = 3
"""While all of them are clean, three times as many follow as were fetched, until one shows it or none is left."""
RENDERS = 3
"""The same for pages that only a browser can tell of."""
BACK = 5
"""Pages of a fixed finding that are looked at: whoever comes back through the same hole uses the same places."""
FIXED_DAYS = 180
"""How long after: with five pages each, the fixed findings of half a year cost less than the open ones."""
MAX_REDIRECTS = 5
_LED = ("http", "refresh", "meta")


async def plan_recheck(crawler: Crawler, args: Any) -> Dispatcher:
    """The dispatcher of a recheck, ready to hand out jobs; one without hosts when there is nothing to look at.

    Raises BadArgument for arguments that name nothing, StoreError for a database that cannot be used, NothingToDo.
    """
    store = await crawl_store(crawler)
    args = await resumed_args(store, args)
    zones = crawler.settings.getlist("RASOAT_AUTHORITY_ZONES")
    sites = await store.patiently(lambda: reviewable(store.db, zones, whole=True))
    check_known(sites, args.units, args.hosts)
    ids = await store.patiently(lambda: finding_ids(store.db, args.findings))
    await take_up(crawler, store, args)
    days = FIXED_DAYS if args.fixed_days is None else args.fixed_days
    asked = Asked(tuple(ids), tuple(args.hosts), tuple(args.units), datetime.now(UTC) - timedelta(days=days))
    rechecks = Rechecks(store.db, store.run, asked)
    scope = _scope(sites, await store.patiently(rechecks.hosts))
    network = network_of(crawler)
    network.guard.allow_ports(ports_of(scope))
    limits = limits_of(crawler.settings, None)
    keeper = RecheckKeeper(store, GuardedAddressing(network), scope, limits, rechecks)
    dispatcher = Dispatcher(store, keeper, scope, limits, RedirectsOnly)
    await dispatcher.open()
    return dispatcher


def _scope(sites: Iterable[Mapping[str, Any]], hosts: Iterable[str]) -> Sites:
    """Sites of the hosts that have findings; others are told and left alone."""
    names = set(hosts)
    scope = Sites(site for site in sites if site["host"] in names)
    left = sorted(names - set(scope.hosts))
    if left:
        logger.warning("Not among the sites that are reviewed, not rechecked: %s", clean(", ".join(left), 500))
    return scope


class RedirectsOnly(Admission):
    """No link is followed; where a page was moved on its own host, its new place is looked at."""

    def admit(self, page: Page, entry: Entry) -> list[Discovery]:
        """The page that this one leads to by itself; looks follow in their own view."""
        if entry.is_look:
            return []
        if entry.depth >= MAX_REDIRECTS:
            return []
        led = [step.url for step in page.redirects if step.kind in _LED and host_of(step.url) == page.host]
        now = datetime.now(UTC)
        found = [self.consider(Link(url, kind="redirect"), entry.depth + 1, now) for url in led[:1]]
        return [item for item in found if item is not None]

    def probe(self, state: HostState, entry: Entry) -> list[Discovery]:
        """A missing page is missing, however the host says so."""
        return []


class RecheckKeeper(Keeper):
    """The store's side of a recheck: a host's pages come in waves, and nothing is said of the host as a whole."""

    spider = "recheck"

    def __init__(
        self, store: CrawlStore, addressing: GuardedAddressing, scope: Sites, limits: Limits, rechecks: Rechecks
    ) -> None:
        super().__init__(store, addressing, scope, limits, (), {})
        self._rechecks = rechecks

    async def prepare(self, admission: Admission, hosts: dict[str, HostState]) -> None:
        """As for a review; robots.txt is not asked for, so its Crawl-delay is the one that the last review met."""
        await super().prepare(admission, hosts)
        for name, delay in (await self._store.patiently(lambda: self._store.crawl_delays(list(hosts)))).items():
            hosts[name].crawl_delay = delay

    def twins(self) -> dict[str, str]:
        """A www twin is looked at when it has findings of its own."""
        return {}

    def openings(self, admission: Admission, hosts: Mapping[str, HostState]) -> list[Discovery]:
        """Everything comes in waves."""
        return []

    async def note_groups(self, named: Mapping[str, str]) -> None:
        """A part of the hosts does not tell which server they are on together with others."""

    async def more(self, host: HostState, admission: Admission) -> bool:
        """The next wave of a host: derived from what is stored, so that a resumed run goes on with it.

        What only another view showed is looked at in the plain one first, with which it is compared.
        """
        pages = await self._store.patiently(lambda: self._wave(host))
        items = [admission.seed(page.url, "recheck", TOP - min(n, TOP)) for n, page in enumerate(pages)]
        found = [item for item in items if item is not None]
        looks = [page for page in pages if page.view != PLAIN and not found]
        found += [look_at(page.url, host.host, page.page, page.view, "recheck", n) for n, page in enumerate(looks)]
        await self._store.patiently(lambda: self._store.frontier.add(found))
        return bool(found)

    async def _wave(self, host: HostState) -> list[Sighting]:
        looks = {row["digest"] for row in await self._store.frontier.looks(host.host)}

        def is_known(sighting: Sighting) -> bool:
            if sighting.view == PLAIN:
                return host.knows(sighting.page)
            return key_of(sighting.page, sighting.view) in looks

        wave: list[Sighting] = []
        for finding in await self._rechecks.open(host.host):
            shown = await self._rechecks.shown(finding)
            if not shown or any(map(is_known, shown)):
                continue  # it is still there, or a page told nothing: it cannot become fixed in this run
            view = shown[0].view
            gone = await self._rechecks.vanished(finding, view)
            first = RENDERS if view == RENDERED else FIRST
            wave += sorted(shown, key=_plainness)[: max(first, GROWTH * gone)]
        for finding in await self._rechecks.fixed(host.host):
            wave += [sighting for sighting in await self._rechecks.gone(finding, BACK) if not is_known(sighting)]
        return wave

    async def conclude(self, host: HostState) -> None:
        """Settle the host's findings; its links are more than these pages have."""
        store, now = self._store, datetime.now(UTC)
        await store.patiently(lambda: store.findings.settle_host(host.host, now))

    async def end(self, host: HostState, cause: str) -> None:
        """Count what told nothing, then as for a review."""
        host.skipped |= {f"answered_{status}": n for status, n in host.answers.items() if not proves(status)}
        await super().end(host, cause)

    def verdict(self, host: HostState) -> tuple[str, str]:
        """Complete when any page told something, or there was none to fetch."""
        walls = host.access.last_word(host.readable)
        told = any(map(proves, host.answers)) or not (host.answers or host.error or host.refused)
        return walls or (("complete", "") if told else verdict(host))


def _plainness(sighting: Sighting) -> tuple[int, bool, int, str]:
    """The newest first, by days; among them short URLs without a query."""
    return (-sighting.last_seen.toordinal(), "?" in sighting.url, len(sighting.url), sighting.url)
