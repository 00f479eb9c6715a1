"""The network as a crawl may use it: one resolver and one guard for crawl and discovery, per crawler."""

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.settings import BaseSettings

from crawler.dns.guard import Guard, Refused
from crawler.dns.resolver import Answer, Resolver

_T = TypeVar("_T")


class NameUnresolved(CannotResolveHostError):
    """Raised for a name without addresses; ``answer`` says whether that is known or unknown."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.name}: {answer.error or answer.rcode or 'unanswered'}")
        self.answer = answer


class Network:
    """Resolves through ``resolver``, lets through what ``guard`` allows, counts under ``guard/``."""

    def __init__(self, resolver: Resolver, guard: Guard, count: Callable[[str], None] = lambda _: None) -> None:
        self.resolver = resolver
        self.guard = guard
        self._count = count

    @classmethod
    def from_settings(cls, settings: BaseSettings, count: Callable[[str], None] = lambda _: None) -> "Network":
        """Build from the settings RASOAT_NAMESERVERS, _ALLOWED_NETWORKS and _WEB_PORTS; ``BadArgument``."""
        guard = Guard.from_text(
            str(settings.get("RASOAT_ALLOWED_NETWORKS") or ""),
            str(settings.get("RASOAT_WEB_PORTS") or "80,443"),
        )
        resolver = Resolver.from_text(str(settings.get("RASOAT_NAMESERVERS") or ""), count)
        return cls(resolver, guard, count)

    def check_url(self, url: str) -> None:
        """``Guard.check_url`` with every refusal counted."""
        self._counted(lambda: self.guard.check_url(url))

    async def addresses(self, host: str, port: int | None = None) -> tuple[str, ...]:
        """Return the addresses of ``host`` that may be contacted, in the order to try them; never empty.

        Raises ``Refused`` (a ``ForbiddenAddress``) when the port or every address is forbidden,
        ``NameUnresolved`` when there is no address.
        """
        if port is not None:
            self._counted(lambda: self.guard.check_port(port))
        if address := self._counted(lambda: self.guard.check_host(host)):
            return (address,)
        answer = await self.resolver.resolve(host)
        if not answer.addresses:
            raise NameUnresolved(answer)
        verdicts = [(address, self.guard.refusal(address)) for address in answer.addresses]
        allowed = tuple(address for address, reason in verdicts if not reason)
        for _, reason in verdicts:
            if reason:
                self._count(f"guard/address_dropped/{reason}")
        if not allowed:
            address, reason = verdicts[0]
            self._refused(reason)
            raise Refused(reason, f"{answer.name} at {address}")
        return allowed

    def check_peer(self, address: str) -> None:
        """Raise ``Refused`` when an open connection turns out to end at a forbidden address."""
        self._counted(lambda: self.guard.check_address(address))

    def _counted(self, check: Callable[[], _T]) -> _T:
        try:
            return check()
        except Refused as refused:
            self._refused(refused.reason)
            raise

    def _refused(self, reason: str) -> None:
        self._count("guard/refused")
        self._count(f"guard/refused/{reason}")


_networks: WeakKeyDictionary[object, Network] = WeakKeyDictionary()


def network_of(crawler: Crawler) -> Network:
    """Return the network of a crawler, the same for all its components; ``BadArgument`` for bad settings.

    The guard is ``network_of(crawler).guard``, whose ``allow_ports`` takes the register's ports.
    """
    if crawler not in _networks:

        def count(what: str) -> None:
            if stats := getattr(crawler, "stats", None):
                stats.inc_value(what)

        _networks[crawler] = Network.from_settings(crawler.settings, count)
    return _networks[crawler]


def resolver_of(crawler: Crawler) -> Resolver:
    """Return the resolver that the crawl itself uses."""
    return network_of(crawler).resolver
