"""The NSEC3 ring of a zone (RFC 5155): how many names exist, and, once it is closed, which guesses can be right.

A closed ring answers guesses without a question: a name whose hash is not in it does not exist.
"""

from base64 import b32decode
from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from random import Random
from typing import Any

import dns.message
import dns.name
import dns.rdatatype

from crawler.discovery.lookup import LookUp
from crawler.discovery.model import Zone

MAX_ITERATIONS = 500
"""Zones with more are left alone (RFC 9276 wants none): hashing would cost us more than it costs them."""
MAX_QUESTIONS = 50_000
MAX_TRIES = 200_000
IDLE = 50
"""Questions in a row that brought nothing new, after which the ring is left open."""
_BASE32 = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUV", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


@dataclass(slots=True)
class Ring:
    """Hashes of existing names with their successors; ``opt_out``: unsigned delegations may be missing."""

    salt: bytes
    iterations: int
    opt_out: bool = False
    arcs: dict[bytes, bytes] = field(default_factory=dict)
    _starts: list[bytes] = field(default_factory=list)

    def hash(self, name: dns.name.Name) -> bytes:
        """The hash of a name under this zone's parameters."""
        digest = sha1((name.canonicalize().to_wire() or b"") + self.salt, usedforsecurity=False)
        for _ in range(self.iterations):
            digest = sha1(digest.digest() + self.salt, usedforsecurity=False)
        return digest.digest()

    def add(self, start: bytes, end: bytes) -> bool:
        """Note an arc; False when it was known."""
        if start in self.arcs:
            return False
        self.arcs[start] = end
        insort(self._starts, start)
        return True

    def covers(self, value: bytes) -> bool:
        """Whether an arc tells about this hash: it is one's start, or lies inside one."""
        if value in self.arcs:
            return True
        if not self._starts:
            return False
        start = self._starts[bisect_right(self._starts, value) - 1]  # before the first lies the last, round the ring
        end = self.arcs[start]
        return start < value < end or (end <= start and (value > start or value < end))

    @property
    def is_closed(self) -> bool:
        """Whether every arc ends where another begins."""
        return bool(self.arcs) and all(end in self.arcs for end in self.arcs.values())

    def has(self, name: dns.name.Name) -> bool:
        """Whether the name exists, in a closed ring."""
        return self.hash(name) in self.arcs


async def collect(zone: Zone, look_up: LookUp, dice: Random) -> Ring | None:
    """Ask for names whose hashes nobody told about yet, until the ring is closed; None when there is none.

    ``dice`` decides on the names: thrown alike by a resumed run, which then remembers the answers.
    """
    ring: Ring | None = None
    idle = 0
    for _ in range(MAX_QUESTIONS):
        name = _uncovered(zone.name, ring, dice)
        if name is None:
            break
        heard = await look_up.ask(name, "A", dnssec=True)
        if heard.message is None:
            return ring
        fresh = False
        for start, end, record in _arcs(heard.message, zone.name):
            if ring is None:
                if record.iterations > MAX_ITERATIONS or record.algorithm != 1:
                    return None
                ring = Ring(record.salt, record.iterations)
            ring.opt_out |= bool(record.flags & 1)
            fresh |= ring.add(start, end)
        if ring is None:
            return None
        idle = 0 if fresh else idle + 1
        if ring.is_closed or idle >= IDLE:
            break
    return ring


def _uncovered(zone: dns.name.Name, ring: Ring | None, dice: Random) -> dns.name.Name | None:
    """A random name below the zone whose hash no known arc covers; None when none was found."""
    for _ in range(MAX_TRIES):
        name = dns.name.Name((f"{dice.getrandbits(48):012x}".encode(), *zone.labels))
        if ring is None or not ring.covers(ring.hash(name)):
            return name
    return None


def _arcs(message: dns.message.Message, zone: dns.name.Name) -> Iterator[tuple[bytes, bytes, Any]]:
    for rrset in message.authority:
        if rrset.rdtype == dns.rdatatype.NSEC3 and rrset.name.parent() == zone:
            start = _unpack(rrset.name.labels[0])
            if start:
                yield start, rrset[0].next, rrset[0]


def _unpack(label: bytes) -> bytes:
    """The hash out of an owner's label (base32hex without padding); empty when it is none."""
    try:
        return b32decode(label.decode("ascii").upper().translate(_BASE32))
    except (ValueError, UnicodeDecodeError):
        return b""
