"""Sets a discovery run up: settings, run or resume, servers, campaign."""

import binascii
from typing import Any

import dns.exception
import dns.name
import dns.tsig
import dns.tsigkeyring
from scrapy.crawler import Crawler

from crawler.discovery.campaign import Campaign
from crawler.discovery.ground import Plan
from crawler.discovery.messages import text_of
from crawler.discovery.servers import Servers, zone_name, zone_servers
from crawler.dns.network import network_of
from crawler.dns.question import nameservers
from crawler.errors import BadArgument
from crawler.schedule.plan import resumed_args, take_up
from crawler.store.crawl import crawl_store


async def plan_discover(crawler: Crawler, args: Any) -> Campaign:
    """The campaign of a discovery run, ready to yield hosts.

    Raises BadArgument for arguments or settings without meaning, StoreError for a database that cannot be used.
    """
    store = await crawl_store(crawler)
    args = await resumed_args(store, args)
    settings = crawler.settings
    authority = [zone_name(zone, "RASOAT_AUTHORITY_ZONES") for zone in settings.getlist("RASOAT_AUTHORITY_ZONES")]
    zones = [zone_name(zone, "-a zones") for zone in args.zones] or authority
    if not zones:
        raise BadArgument("RASOAT_AUTHORITY_ZONES: is empty, and no zones were given")
    rate = settings.getfloat("RASOAT_DNS_RATE")
    if rate < 0:
        raise BadArgument("RASOAT_DNS_RATE: is negative")
    told = zone_servers(str(settings.get("RASOAT_ZONE_SERVERS") or ""))
    keys = zone_keys(str(settings.get("RASOAT_ZONE_KEYS") or ""))
    network = network_of(crawler)
    servers = Servers(network.guard, told, nameservers(str(settings.get("RASOAT_NAMESERVERS") or "")))
    await take_up(crawler, store, args)
    ports = frozenset(int(port) for port in settings.getlist("RASOAT_WEB_PORTS"))
    within = tuple(dict.fromkeys(text_of(zone) for zone in (*authority, *zones)))

    def count(what: str) -> None:
        assert crawler.stats is not None
        crawler.stats.inc_value(what)

    guesses = settings.getint("RASOAT_GUESSES")
    timeout = settings.getfloat("RASOAT_DNS_TIMEOUT")
    if not 0 < timeout <= 60:
        raise BadArgument("RASOAT_DNS_TIMEOUT: is not between 0 and 60 seconds")
    plan = Plan(tuple(dict.fromkeys(zones)), within, ports, rate, guesses, keys, timeout)
    campaign = Campaign(store, servers, plan, count)
    campaign.ground.network = network
    for site in await store.patiently(store.discovered.sites):
        port = str(site["host"]).rpartition(":")[2]
        network.guard.allow_ports([int(port)] if port.isdecimal() else [])
    await campaign.open()
    return campaign


def zone_keys(text: str) -> dict[dns.name.Name, dns.tsig.Key]:
    """Read ``RASOAT_ZONE_KEYS`` ("zone=name:algorithm:secret"). Raises ``BadArgument``, never with the secret."""
    found: dict[dns.name.Name, dns.tsig.Key] = {}
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        zone, _, key = part.partition("=")
        try:
            name, algorithm, secret = key.split(":", 2)
            found[zone_name(zone, "RASOAT_ZONE_KEYS")] = dns.tsig.Key(name, secret, algorithm)
        except (ValueError, binascii.Error, dns.exception.DNSException):
            raise BadArgument(f"RASOAT_ZONE_KEYS: {zone[:80]!r}: the key is not name:algorithm:secret") from None
    return found
