"""Sets a deep run up: selection, run or resume, guard and resolver, dispatcher."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler

from crawler.dns.network import network_of
from crawler.errors import BadArgument, InvalidUrl
from crawler.schedule.addressing import GuardedAddressing
from crawler.schedule.dispatcher import Dispatcher
from crawler.schedule.keeper import Keeper, Limits
from crawler.schedule.policy import LOCAL
from crawler.schedule.waves import Waves
from crawler.store.claims import Claims, Task
from crawler.store.crawl import CrawlStore, crawl_store
from crawler.store.runs import close_stale
from crawler.store.sites import Sites, select
from crawler.urls import clean, host_of, parse
from crawler.views.plan import Budget

MAX_GROUPS = 200
"""Server groups that one process leases at once; their hosts' digests are what it keeps in memory."""
MAX_SEEDS = 200_000


async def plan_deep(crawler: Crawler, args: Any) -> Dispatcher:
    """The dispatcher of a deep run, ready to hand out jobs.

    Raises BadArgument for arguments that name nothing, StoreError for a database that cannot be used.
    """
    store = await crawl_store(crawler)
    settings = crawler.settings
    args = await resumed_args(store, args)
    seeds = read_seeds(args.urls) if args.urls else []
    zones = settings.getlist("RASOAT_AUTHORITY_ZONES")
    hosts = list(args.hosts)
    if seeds and not (args.units or args.hosts):
        hosts = sorted({host_of(url) for url in seeds})
    chosen = await store.patiently(lambda: select(store.db, units=args.units, hosts=hosts, zones=zones))
    sites = Sites(chosen)
    outside = sorted({host_of(url) for url in seeds} - set(sites.hosts))
    if outside:
        raise BadArgument(f"{args.urls}: host {clean(outside[0])} is not among the sites of this run")
    await take_up(crawler, store, args)
    return await plan_review(crawler, store, sites, seeds, args.max_pages)


async def plan_review(
    crawler: Crawler, store: CrawlStore, sites: Sites, seeds: Sequence[str] = (), max_pages: int | None = None
) -> Dispatcher:
    """The dispatcher of a review of these sites, in the run that the store belongs to."""
    network = network_of(crawler)
    network.guard.allow_ports(ports_of(sites))
    limits = limits_of(crawler.settings, max_pages)
    await store.patiently(lambda: store.runs.limit(store.run, asdict(limits)))
    addressing = GuardedAddressing(network)
    schemes: Mapping[str, str] = await store.patiently(lambda: store.schemes(sites.hosts))
    waves = Waves(store, budget_of(crawler.settings))
    keeper = Keeper(store, addressing, sites, limits, seeds, schemes, waves)
    dispatcher = Dispatcher(store, keeper, sites, limits)
    await dispatcher.open()
    return dispatcher


async def resumed_args(store: CrawlStore, args: Any) -> Any:
    """A run that is named is gone on with as it was started; raises BadArgument when other arguments are given."""
    if args.resume in ("", "latest"):
        return args
    stored = await store.patiently(lambda: store.runs.args_of(args.resume))
    if args.lasting() not in ({}, stored):
        raise BadArgument(f"resume={clean(args.resume)}: the run was started with other arguments: {stored}")
    return type(args)(**stored, resume=args.resume, job=args.job, version=args.version)


async def take_up(crawler: Crawler, store: CrawlStore, args: Any) -> None:
    """Take up the run that ``resume`` or ``once`` leads to, or begin a new one; the store then belongs to it.

    Raises NothingToDo when another process does the job, or it was done.
    """
    task = _task(crawler, args)
    claims = Claims(store.db, store.runs)
    await store.patiently(lambda: close_stale(store.db))
    run = await store.patiently(lambda: _claim(claims, task, args))
    store.begin(run, urgent=args.urgent)


def _task(crawler: Crawler, args: Any) -> Task:
    name = str(crawler.spider.name) if crawler.spider else ""
    log = str(crawler.settings.get("LOG_FILE") or "")
    place = str(Path(log).absolute()) if log else None
    return Task(name, args.lasting(), args.job or None, args.version or None, place)


async def _claim(claims: Claims, task: Task, args: Any) -> str:
    if args.once:
        return await claims.once(task, begin_of(args.once, datetime.now(UTC)), args.once)
    if args.resume == "latest":
        return await claims.latest(task)
    return await (claims.named(args.resume, task) if args.resume else claims.new(task))


def begin_of(period: str, now: datetime) -> datetime:
    """When this ``day`` or ``month`` began in Vietnam."""
    day = now.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.replace(day=1) if period == "month" else day


def limits_of(settings: Any, max_pages: int | None) -> Limits:
    """Read the limits out of the settings."""
    return Limits(
        connections=settings.getint("RASOAT_SERVER_CONNECTIONS"),
        delay=settings.getfloat("RASOAT_SERVER_DELAY"),
        max_pages=max_pages or settings.getint("RASOAT_MAX_PAGES"),
        max_bytes=settings.getint("RASOAT_MAX_BYTES"),
        max_seconds=settings.getfloat("RASOAT_MAX_SECONDS"),
        max_groups=MAX_GROUPS,
    )


def budget_of(settings: Any) -> Budget:
    """Read out of the settings how much a host and run may be looked at in other views."""
    return Budget(settings.getint("RASOAT_VIEW_BUDGET"), settings.getint("RASOAT_RENDER_BUDGET"))


def read_seeds(path: Path) -> list[str]:
    """Canonical URLs out of a file with one a line (blank lines and ``#`` comments are passed over).

    Raises BadArgument naming file and line.
    """
    seeds: list[str] = []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                text = line.strip()
                if not text or text.startswith("#"):
                    continue
                if len(seeds) >= MAX_SEEDS:
                    raise BadArgument(f"{path}:{number}: more than {MAX_SEEDS} URLs")
                try:
                    seeds.append(parse(text if "://" in text else f"http://{text}").url)
                except InvalidUrl as error:
                    raise BadArgument(f"{path}:{number}: url: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise BadArgument(f"{path}: cannot be read: {reason}") from error
    return seeds


def ports_of(sites: Sites) -> set[int]:
    """Ports that the register names."""
    return {
        int(port) for host in sites.hosts if (port := host.rpartition(":")[2]).isdecimal() and not host.endswith("]")
    }
