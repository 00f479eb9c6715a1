"""Whose a host is: signs, two scores, an outcome; pure. Every family of signs counts once."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.discovery.host_rules import Weights
from crawler.register.forms import Matcher
from crawler.register.names import fold

MAX_CANDIDATES = 5
_PHONE = re.compile(r"(?:\+?84|0)(?:[ .()-]?\d){8,10}")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_PLACE = re.compile(r"^(?:phuong|xa|quan|huyen|thi tran|thi xa|dac khu|thanh pho) (?!\d)")
_LONGEST = 14
_WORDS = 6000


@dataclass(frozen=True, slots=True)
class Claimed:
    """A unit as pages speak of it: ``names`` folded, ``places`` folded, ``phones`` as digits, ``mails`` lower case."""

    code: str
    names: tuple[str, ...]
    places: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()


@dataclass(slots=True)
class Facts:
    """What is known of a host when it is attributed. ``linked_by`` and ``links_to`` are units' codes."""

    host: str
    labels: tuple[str, ...] = ()
    inside: bool = False
    text: str = ""
    raw: str = ""
    linked_by: Collection[str] = ()
    links_to: Collection[str] = ()
    same_server: Collection[str] = ()
    copy_of: Collection[str] = ()
    offended: bool = False


@dataclass(slots=True)
class Attribution:
    """``reasons`` are (sign, unit) in the order of the candidates."""

    outcome: str = "none"
    unit: str = ""
    identity: float = 0.0
    control: float = 0.0
    candidates: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[dict[str, str]] = field(default_factory=list)


def claimed(unit: Mapping[str, Any]) -> Claimed:
    """Out of a unit of the store: its names of all times, in the ways they are written."""
    names: set[str] = set()
    for name in (unit["name"], *(one["name"] for one in unit.get("names") or () if one.get("name"))):
        names |= set(_spellings(str(name)))
    places = [fold(str(unit.get(key) or "")) for key in ("commune", "district")]
    places += [fold(str(place)) for place in unit.get("places") or ()]
    bare = [
        re.sub(r"^(?:phuong|xa|quan|huyen|thi tran|thi xa|dac khu|thanh pho) (?!\d)", "", one) for one in places if one
    ]
    phones = tuple(sorted({digits(str(phone)) for phone in unit.get("phones") or ()} - {""}))
    mails = tuple(sorted(str(mail).lower() for mail in unit.get("emails") or ()))
    return Claimed(str(unit["_id"]), tuple(sorted(names)), tuple(sorted(set(bare))), phones, mails)


_SHORT = (
    ("trung hoc co so", "thcs"),
    ("trung hoc pho thong", "thpt"),
    ("tieu hoc", "th"),
    ("mam non", "mn"),
    ("trung tam giao duc nghe nghiep giao duc thuong xuyen", "trung tam gdnn gdtx"),
)


def _spellings(name: str) -> Iterable[str]:
    folded = fold(re.sub(r"\(.*?\)", " ", name))
    whole = folded.removeprefix("truong ")
    found = {whole}
    for long, short in _SHORT:
        for one in list(found):
            padded = f" {one} "
            found.add(padded.replace(f" {long} ", f" {short} ").strip())
            found.add(padded.replace(f" {short} ", f" {long} ").strip())
    return [one for one in found if len(one.split()) > 2 or len(one) > 9]


def digits(phone: str) -> str:
    """A Vietnamese number as digits with its leading zero; empty when it is too short to tell anybody apart."""
    plain = re.sub(r"\D", "", phone)
    plain = f"0{plain[2:]}" if plain.startswith("84") and len(plain) > 10 else plain
    return plain if 9 <= len(plain) <= 12 else ""


class Scorer:
    """Holds the units; ``attribute`` judges one host."""

    def __init__(self, units: Iterable[Claimed], matcher: Matcher, weights: Weights) -> None:
        self._units = {unit.code: unit for unit in units}
        self._matcher = matcher
        self._weights = weights
        self._by_name: dict[str, set[str]] = {}
        self._by_contact: dict[str, set[str]] = {}
        for unit in self._units.values():
            for name in unit.names:
                self._by_name.setdefault(name, set()).add(unit.code)
            for contact in (*unit.phones, *unit.mails):
                self._by_contact.setdefault(contact, set()).add(unit.code)

    def attribute(self, facts: Facts) -> Attribution:
        """Score every unit that anything speaks for."""
        signs: dict[str, set[str]] = {}
        self._by_label(facts, signs)
        self._by_text(facts, signs)
        for sign, codes in (("copy", facts.copy_of), ("same_server", facts.same_server)):
            for code in codes:
                if code in signs or sign == "copy":
                    signs.setdefault(code, set()).add(sign)
        for code, found in signs.items():
            found |= {"inside"} if facts.inside else set()
            found |= {"linked"} if code in facts.linked_by or "" in facts.linked_by else set()
            found |= {"links_back"} if code in facts.links_to or "" in facts.links_to else set()
            found |= {"gambling"} if facts.offended else set()
        scored = sorted(
            ((self._score(found), code) for code, found in signs.items()), key=lambda one: (-one[0][0], one[1])
        )
        return self._decide(facts, [(*score, code) for score, code in scored], signs)

    def _by_label(self, facts: Facts, signs: dict[str, set[str]]) -> None:
        matches = self._matcher.match(facts.labels)
        for match in matches:
            if match.how in ("loose", "initials"):
                sign = "label_loose"
            elif len(matches) > 1:
                sign = "label_shared"
            else:
                sign = "label_place" if match.how == "place" else "label"
            signs.setdefault(match.unit, set()).add(sign)

    def _by_text(self, facts: Facts, signs: dict[str, set[str]]) -> None:
        text = f" {facts.text} "
        for name in self._names_in(facts.text):
            for code in sorted(self._by_name[name]):
                placed = any(f" {place} " in text for place in self._units[code].places)
                signs.setdefault(code, set()).add("full_name" if placed else "name")
        contacts = {digits(found) for found in _PHONE.findall(facts.raw)} | {
            one.lower() for one in _MAIL.findall(facts.raw)
        }
        for contact in sorted(contacts & set(self._by_contact)):
            codes = self._by_contact[contact]
            for code in codes if len(codes) <= 2 else ():
                signs.setdefault(code, set()).add("contact")
        for found in signs.values():
            if "full_name" in found:
                found.discard("name")

    def _names_in(self, text: str) -> set[str]:
        """Names of units that stand in a text, the longest one where one is the beginning of another."""
        words = text.split()[:_WORDS]
        found: set[str] = set()
        for start in range(len(words)):
            for end in range(min(len(words), start + _LONGEST), start + 1, -1):
                if (name := " ".join(words[start:end])) in self._by_name:
                    found.add(name)
                    break
        return found

    def _score(self, signs: Collection[str]) -> tuple[float, float]:
        total = dict(self._weights.base)
        for sign in signs:
            for kind, weight in self._weights.signs[sign].items():
                total[kind] += weight
        return tuple(round(1 / (1 + math.exp(-total[kind])), 3) for kind in ("identity", "control"))  # type: ignore[return-value]

    def _decide(
        self, facts: Facts, scored: list[tuple[float, float, str]], signs: Mapping[str, Collection[str]]
    ) -> Attribution:
        if not scored:
            return Attribution()
        identity, control, unit = scored[0]
        limits = self._weights.outcomes
        close = [one for one in scored if identity - one[0] < limits["margin"]]
        shared = len(close) > 1 and not ({"full_name", "contact", "label_place"} & set(signs[unit]))
        outcome = self._outcome(facts, signs[unit], (identity, control), len(close) > 1, shared)
        top = scored[:MAX_CANDIDATES]
        listed = [{"unit": code, "identity": one, "control": two} for one, two, code in top]
        reasons = [{"rule": sign, "unit": code} for _, _, code in top for sign in sorted(signs[code])]
        named = unit if outcome not in ("none", "ambiguous") else ""
        return Attribution(outcome, named, identity, control, listed, reasons)

    def _outcome(
        self, facts: Facts, signs: Collection[str], scores: tuple[float, float], is_close: bool, is_shared: bool
    ) -> str:
        identity, control = scores
        limits = self._weights.outcomes
        if facts.offended and "linked" in signs and not facts.inside:
            return "hijacked"
        stranger = control < limits["probable"]["control"] and not facts.inside
        if identity >= limits["imitation"]["identity"] and stranger:
            return "imitation"
        if is_close and (identity >= limits["probable"]["identity"] or is_shared):
            return "ambiguous"
        for name in ("confirmed", "probable"):
            if identity >= limits[name]["identity"] and control >= limits[name]["control"]:
                return name
        return "none"
