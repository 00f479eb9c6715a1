"""One DNS question over the network: name servers in turn, retries, truncation; a fault is a value."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from crawler.errors import BadArgument

_EDNS_PAYLOAD = 1232  # fits every path unfragmented (DNS flag day 2020)
_MAX_SERVERS = 3
_FINAL = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the servers said: a usable message, or the error why there is none.

    ``rcode`` is the last server's response code, empty when it gave none. ``error`` is ``timeout``,
    ``unreachable``, ``malformed``, ``no_nameserver``, or the lower-case response code of a server that would
    not answer (``servfail``, ``refused`` …): all of them mean *unknown*, never *absent*.
    """

    message: dns.message.Message | None = None
    rcode: str = ""
    error: str = ""


def nameservers(text: str) -> tuple[tuple[str, int], ...]:
    """Read ``RASOAT_NAMESERVERS`` ("ip", "ip:port", "[ip6]:port", comma-separated); empty means the system's.

    Raises ``BadArgument`` for anything else.
    """
    listed = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(_nameserver(part) for part in listed) if listed else _system_nameservers()


def _nameserver(text: str) -> tuple[str, int]:
    host, port = text, "53"
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        port = (rest.removeprefix(":") or "53") if closed else ""
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        number = int(port)
        if not 0 < number < 65536:
            raise ValueError
        return str(ip_address(host)), number
    except ValueError:
        raise BadArgument(f"RASOAT_NAMESERVERS: {text!r} is not an address or address:port") from None


def _system_nameservers() -> tuple[tuple[str, int], ...]:
    try:
        found = dns.resolver.Resolver().nameservers
    except (dns.exception.DNSException, OSError):
        return ()
    return tuple((str(each), 53) for each in found if isinstance(each, str))[:_MAX_SERVERS]


class Asker:
    """Asks questions; bounded in time (``timeout`` seconds a try) and in open sockets."""

    def __init__(
        self,
        servers: Sequence[tuple[str, int]],
        timeout: float = 3.0,
        rounds: int = 2,
        concurrency: int = 64,
        count: Callable[[str], None] = lambda _what: None,
    ) -> None:
        self._servers = tuple(servers)[:_MAX_SERVERS]
        self._timeout = timeout
        self._rounds = rounds
        self._gate = asyncio.Semaphore(concurrency)
        self._count = count

    async def ask(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Reply:
        """Ask every server in turn, ``rounds`` times, until one answers for the name."""
        reply = Reply(error="no_nameserver")
        for _ in range(self._rounds):
            for server in self._servers:
                async with self._gate:
                    reply = await self._try(server, name, kind)
                if reply.message is not None:
                    return reply
        return reply

    async def _try(self, server: tuple[str, int], name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Reply:
        self._count("dns/asked")
        try:
            async with asyncio.timeout(self._timeout):
                message = await self._exchange(server, name, kind, edns=True)
                if message.rcode() == dns.rcode.FORMERR:
                    message = await self._exchange(server, name, kind, edns=False)
        except (TimeoutError, dns.exception.Timeout):
            return Reply(error="timeout")
        except (OSError, EOFError):
            return Reply(error="unreachable")
        except Exception:
            # Whatever a hostile message makes the parser raise is a fault of that message.
            return Reply(error="malformed")
        rcode = dns.rcode.to_text(message.rcode())
        if message.rcode() not in _FINAL:
            return Reply(rcode=rcode, error=rcode.lower())
        return Reply(message, rcode)

    async def _exchange(
        self, server: tuple[str, int], name: dns.name.Name, kind: dns.rdatatype.RdataType, edns: bool
    ) -> dns.message.Message:
        query = dns.message.make_query(
            name, kind, use_edns=0 if edns else False, payload=_EDNS_PAYLOAD if edns else None
        )
        message, _ = await dns.asyncquery.udp_with_fallback(
            query,
            server[0],
            timeout=self._timeout,
            port=server[1],
            ignore_unexpected=True,
            ignore_errors=True,
            ignore_trailing=True,
            backend=dns.asyncbackend.get_backend("asyncio"),
        )
        return message
