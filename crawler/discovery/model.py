"""What discovery knows about zones and names; plain values."""

from dataclasses import dataclass, field

import dns.name

from crawler.dns.channel import Server

Records = dict[str, list[str]]
"""Record type -> values in presentation form."""


@dataclass(slots=True)
class ZoneServer:
    """One server of a zone as it answered for the zone's SOA.

    ``error`` is empty for a good one, else ``lame`` (answers without authority), ``timeout``, ``refused`` …;
    ``transfer`` is what a request for the whole zone came to: ``whole``, ``refused``, ``truncated`` …
    """

    server: Server
    name: str = ""
    published: bool = True
    serial: int | None = None
    error: str = ""
    transfer: str = ""


@dataclass(slots=True)
class Zone:
    """A zone of the authority. ``how`` is what its names are known by: ``transfer``, ``nsec`` or nothing.

    ``complete`` means that no further name can exist. ``unknown`` counts names that are known only to exist.
    """

    name: dns.name.Name
    servers: list[ZoneServer] = field(default_factory=list)
    names: dict[dns.name.Name, Records] = field(default_factory=dict)
    cuts: dict[dns.name.Name, Records] = field(default_factory=dict)
    how: str = ""
    complete: bool = False
    unknown: int | None = None
    note: str = ""

    @property
    def good(self) -> list[ZoneServer]:
        """Servers that answer with authority."""
        return [server for server in self.servers if not server.error]

    @property
    def is_dead(self) -> bool:
        """Whether it is delegated to servers of which none answers for it."""
        return bool(self.servers) and not self.good

    @property
    def serials(self) -> list[int]:
        """The distinct serials of its servers: more than one means that they differ."""
        return sorted({server.serial for server in self.servers if server.serial is not None})


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What DNS says about one name.

    ``exists`` is None when that is unknown. ``aliases`` is the chain behind a CNAME. ``fault`` is ``dangling`` (the
    chain ends at a name that does not exist), ``alias_loop``, ``dead_delegation`` or ``unanswered``.
    """

    name: str
    exists: bool | None = None
    records: Records = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    rcode: str = ""
    fault: str = ""
