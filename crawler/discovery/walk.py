"""Walks a signed zone along its NSEC chain (RFC 4034, section 4): the closed chain proves that nothing is missing."""

from collections.abc import Sequence

import dns.message
import dns.name
import dns.rdatatype
import dns.rrset

from crawler.discovery.lookup import LookUp
from crawler.discovery.model import Zone

MAX_STEPS = 200_000


async def walk(zone: Zone, look_up: LookUp) -> bool:
    """Fill ``zone.names`` with every owner of the chain (types without values); True when the chain closed.

    ``zone.note`` says why a walk ended early: ``unsigned``, ``nsec3``, ``compact_denial``, ``unanswered``,
    ``backwards`` (the chain does not lead on), ``too_long``.
    """
    here, zone.note = zone.name, ""
    for _ in range(MAX_STEPS):
        step, zone.note = await _next(zone, here, look_up)
        if step is None:
            return False
        owner, following, kinds = step
        _note(zone, owner, kinds)
        if following == zone.name:
            return True
        if following.labels[0].startswith(b"\0"):
            zone.note = "compact_denial"
            return False
        if not (following > here and following.is_subdomain(zone.name)):
            zone.note = "backwards"
            return False
        here = following
    zone.note = "too_long"
    return False


def _note(zone: Zone, owner: dns.name.Name, kinds: Sequence[str]) -> None:
    zone.how = "nsec"
    if "NS" in kinds and owner != zone.name:
        zone.cuts.setdefault(owner, {})
    else:
        zone.names.setdefault(owner, {kind: [] for kind in kinds if kind not in ("RRSIG", "NSEC")})


Step = tuple[dns.name.Name, dns.name.Name, list[str]]


async def _next(zone: Zone, here: dns.name.Name, look_up: LookUp) -> tuple[Step | None, str]:
    """The NSEC of ``here``: asked for by name, else out of the denial of the name that would come right after it."""
    note = ""
    asked = [(here, "NSEC")]
    if here != zone.name:  # a label that sorts behind all that is below ``here``, and before its next sibling
        asked.append((dns.name.Name((here.labels[0][:62] + b"\0", *here.labels[1:])), "A"))
    asked.append((dns.name.Name((b"\0", *here.labels)) if len(here.labels[0]) < 250 else here, "A"))
    for name, kind in asked:
        heard = await look_up.ask(name, kind, dnssec=True)
        if heard.message is None:
            note = "unanswered"
            continue
        found = _covering(heard.message, here)
        if found is not None:
            return found, ""
        note = _why_not(heard.message)
        if note == "unsigned" and here == zone.name:
            break
    return None, note


def _covering(message: dns.message.Message, here: dns.name.Name) -> Step | None:
    """The NSEC record whose owner is ``here``."""
    for rrset in (*message.answer, *message.authority):
        if rrset.rdtype == dns.rdatatype.NSEC and rrset.name == here:
            return here, rrset[0].next, types_of(rrset)
    return None


def types_of(rrset: dns.rrset.RRset) -> list[str]:
    """The types that an NSEC record lists."""
    kinds = []
    for window, bitmap in rrset[0].windows:
        for place, byte in enumerate(bitmap):
            kinds += [
                dns.rdatatype.to_text(dns.rdatatype.RdataType.make(window * 256 + place * 8 + bit))
                for bit in range(8)
                if byte & (0x80 >> bit)
            ]
    return kinds


def _why_not(message: dns.message.Message) -> str:
    kinds = {rrset.rdtype for rrset in (*message.answer, *message.authority)}
    return "nsec3" if dns.rdatatype.NSEC3 in kinds else "unsigned"
