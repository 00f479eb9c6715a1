"""The resolver of crawl and discovery: addresses and aliases of a name, a value that may say "unknown"."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.name
import dns.rdatatype
import idna

from crawler.dns.guard import order
from crawler.dns.question import Asker, Reply, nameservers

_HOSTNAME = re.compile(r"[a-z0-9_.-]{1,254}")  # underscores are not legal in host names, and are used
MAX_ADDRESSES = 32
MAX_ALIASES = 16
_MAX_TTL = 3600  # seconds; a hijacked name must not stay in the cache for a week
_MAX_NEGATIVE_TTL = 900
_PARTIAL_TTL = 300  # addresses of one family are known, the other family was not answered
_GRACE = 1.0
_ERROR_TTL = 15  # a dead server is not asked again for every page of its host


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about a name.

    ``addresses``: IPv4 first, then by number. ``cname``: the chain of aliases in order, without the name
    itself. ``rcode``: ``NOERROR``, ``NXDOMAIN``, ``SERVFAIL`` …, empty when no server answered. ``error`` is
    set when there are no addresses and that is *not known* to be so (``timeout``, ``servfail``,
    ``alias_loop`` …); a name that was answered to have none has an empty ``error``.
    """

    name: str
    addresses: tuple[str, ...] = ()
    cname: tuple[str, ...] = ()
    rcode: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Family:
    """One record type followed through its aliases; ``ttl`` in seconds."""

    addresses: tuple[str, ...]
    cname: tuple[str, ...]
    rcode: str
    error: str
    ttl: float


class Resolver:
    """Resolves names to addresses; caches by TTL, shares concurrent questions, never raises on an answer.

    Belongs to the asyncio loop it first runs on. ``/etc/hosts`` and search domains are not used.
    """

    def __init__(
        self,
        servers: Sequence[tuple[str, int]],
        timeout: float = 3.0,
        rounds: int = 2,
        cache: int = 10_000,
        count: Callable[[str], None] = lambda _what: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``timeout``: seconds for one try; ``cache``: names kept; ``count``: told each ``dns/what``."""
        self.asker = Asker(servers, timeout, rounds, count=count)
        self._size = cache
        self._count = count
        self._clock = clock
        self._cache: OrderedDict[str, tuple[float, Answer]] = OrderedDict()
        self._running: dict[str, asyncio.Task[Answer]] = {}

    @classmethod
    def from_text(cls, servers: str, count: Callable[[str], None] = lambda _what: None) -> "Resolver":
        """Build from the text of ``RASOAT_NAMESERVERS``; raises ``BadArgument``."""
        return cls(nameservers(servers), count=count)

    async def resolve(self, hostname: str) -> Answer:
        """Return what is known about ``hostname`` (any case, Unicode or punycode, trailing dot allowed)."""
        name = parse_name(hostname)
        if name is None:
            self._count("dns/error/invalid_name")
            return Answer(hostname, error="invalid_name")
        key = name.to_text(omit_final_dot=True)
        if (known := self._cached(key)) is not None:
            self._count("dns/cached")
            return known
        task = self._running.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._resolve(key, name))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        else:
            self._count("dns/shared")
        return await asyncio.shield(task)  # one caller that gives up must not fail the others

    def _cached(self, key: str) -> Answer | None:
        entry = self._cache.get(key)
        if entry is None:
            return None
        if entry[0] <= self._clock():
            del self._cache[key]
            return None
        self._cache.move_to_end(key)
        return entry[1]

    async def _resolve(self, key: str, name: dns.name.Name) -> Answer:
        four, six = await self._both(name)
        found = tuple(order((*four.addresses, *six.addresses))[:MAX_ADDRESSES])
        unknown = four.error or six.error
        longest = _MAX_TTL if not unknown else _PARTIAL_TTL if found else _ERROR_TTL
        answer = Answer(key, found, four.cname or six.cname, four.rcode or six.rcode, "" if found else unknown)
        self._count(f"dns/error/{answer.error}" if answer.error else f"dns/{answer.rcode.lower()}")
        known = [family.ttl for family in (four, six) if not family.error]
        self._keep(key, answer, min([*known, longest]))
        return answer

    async def _both(self, name: dns.name.Name) -> tuple[_Family, _Family]:
        """Ask for A and AAAA together; dropped AAAA questions delay a known address by a second only."""
        six = asyncio.ensure_future(self._follow(name, dns.rdatatype.AAAA))
        try:
            four = await self._follow(name, dns.rdatatype.A)
            await asyncio.wait([six], timeout=_GRACE if four.addresses else None)
            return four, six.result() if six.done() else _Family((), (), "", "timeout", _ERROR_TTL)
        finally:
            six.cancel()

    def _keep(self, key: str, answer: Answer, ttl: float) -> None:
        if ttl <= 0 or self._size <= 0:
            return
        self._cache[key] = (self._clock() + ttl, answer)
        self._cache.move_to_end(key)
        while len(self._cache) > self._size:
            self._cache.popitem(last=False)

    async def _follow(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> _Family:
        """Follow aliases, asking again where a server left the chain open; bounded, loops found."""
        chain: list[dns.name.Name] = []
        ttl = float(_MAX_TTL)
        while True:
            reply = await self.asker.ask(chain[-1] if chain else name, kind)
            step = _read(reply, kind)
            ttl = min(ttl, step.ttl)
            for alias in step.aliases:
                if alias == name or alias in chain:
                    return _family((), chain, "alias_loop", reply, _ERROR_TTL)
                chain.append(alias)
            if len(chain) > MAX_ALIASES:
                return _family((), chain[:MAX_ALIASES], "alias_chain", reply, _ERROR_TTL)
            if not step.open:
                return _family(step.addresses, chain, step.error, reply, ttl)


@dataclass(frozen=True, slots=True)
class _Step:
    """What one message says: ``open`` when it ends in an alias about which it says nothing."""

    addresses: tuple[str, ...] = ()
    aliases: tuple[dns.name.Name, ...] = ()
    open: bool = False
    error: str = ""
    ttl: float = _ERROR_TTL


def _read(reply: Reply, kind: dns.rdatatype.RdataType) -> _Step:
    if not isinstance(reply.message, dns.message.QueryMessage):
        return _Step(error=reply.error or "malformed")
    try:
        chaining = reply.message.resolve_chaining()
    except dns.message.ChainTooLong:
        return _Step(error="alias_loop")
    except dns.exception.DNSException:
        return _Step(error="malformed")
    aliases = tuple(record.target for rrset in chaining.cnames for record in rrset[:1])
    ttl = float(chaining.minimum_ttl)
    if chaining.answer is not None:
        return _Step(tuple(record.to_text() for record in chaining.answer), aliases, ttl=ttl)
    closed = any(rrset.rdtype == dns.rdatatype.SOA for rrset in reply.message.authority)
    if aliases and not closed and reply.rcode == "NOERROR":
        return _Step((), aliases, open=True, ttl=ttl)
    return _Step((), aliases, ttl=min(ttl, _MAX_NEGATIVE_TTL))


def _family(addresses: tuple[str, ...], chain: list[dns.name.Name], error: str, reply: Reply, ttl: float) -> _Family:
    names = tuple(alias.to_text(omit_final_dot=True).lower() for alias in chain)
    return _Family(addresses, names, reply.rcode, error, ttl)


def parse_name(hostname: str) -> dns.name.Name | None:
    """Read a host name into an absolute DNS name, lower case and punycode; ``None`` when it is none."""
    text = hostname.strip().lower()
    try:
        if not text.isascii():
            text = idna.encode(text, uts46=True, transitional=False).decode("ascii")
        name = dns.name.from_text(text) if _HOSTNAME.fullmatch(text) else None
    except (idna.IDNAError, dns.exception.DNSException, UnicodeError, ValueError):
        return None
    return None if name == dns.name.root else name
