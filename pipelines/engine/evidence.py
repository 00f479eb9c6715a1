"""From hits to what a person reads, and to the keys that recognise a recurrence."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from pipelines.engine.document import Quote
from pipelines.engine.normal import fold
from pipelines.engine.view import View, host_of

AROUND = 60
LONGEST = 200
AROUND_KEYS = 25  # few words: what stands farther off changes from page to page
MAX_QUOTES = 6
MAX_KEYS = 12
# The strongest place of a finding comes first.
ORDER = (
    "redirect", "redirect.host", "link.host", "link.target", "anchor", "tail", "hidden", "comment", "title", "heading",
    "meta", "text", "document", "alt", "form", "script", "style", "url", "path", "query", "header",
)  # fmt: skip
RANK = {part: rank for rank, part in enumerate(ORDER)}
# Names under which operators of such sites pay for visitors.
AFFILIATE = frozenset((
    "aff", "affid", "aff_id", "affiliate", "agent", "btag", "code", "inviter", "invite", "invitecode", "partner", "pid",
    "promo", "r", "ref", "refcode", "referral", "uagt", "ref_id", "id", "i_code", "a_aid", "dl",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit of a signal: offsets into the view's text, the piece that holds it, and what was found."""

    part: str
    piece: int
    start: int
    end: int
    value: str
    scope: str
    weight: int = 1  # letters, where letters are counted


def quote(view: View, hit: Hit, signal: str) -> Quote:
    """What stands around a hit, as it is written."""
    piece = view.pieces[hit.piece]
    low, high = view.piece_text(hit.piece)
    start = max(low, hit.start - AROUND)
    end = min(high, max(hit.end, hit.start) + AROUND, start + LONGEST)
    text = " ".join(view.normal.text[start:end].replace("\x1e", " ").split())
    return Quote(hit.part, text, piece.where, piece.target, piece.region, signal)


def telling(fired: dict[str, list[Hit]]) -> dict[str, list[Hit]]:
    """What is worth showing: where words or names stand, mere counted pieces say nothing (but a redirect does)."""
    if all(hit.start == hit.end for hits in fired.values() for hit in hits):
        return fired
    told = {
        name: [hit for hit in hits if hit.start < hit.end or hit.part.startswith("redirect")]
        for name, hits in fired.items()
    }
    return {name: hits for name, hits in told.items() if hits}


def quotes(view: View, fired: Iterable[tuple[str, bool, list[Hit]]]) -> tuple[Quote, ...]:
    """The best hit of each signal, decisive ones first; no text twice."""
    best: list[tuple[bool, int, int, Quote]] = []
    for name, decisive, hits in fired:
        ordered = sorted(hits, key=lambda hit: (RANK.get(hit.part, 99), hit.start))
        best += [
            (not decisive, place, RANK.get(hit.part, 99), quote(view, hit, name))
            for place, hit in enumerate(ordered[:3])
        ]
    found: dict[tuple[str, str], Quote] = {}
    for *_, item in sorted(best, key=lambda entry: (entry[0], entry[1], entry[2], entry[3].signal)):
        found.setdefault((item.quote, item.target), item)
    return tuple(found.values())[:MAX_QUOTES]


def keys(view: View, hits: Iterable[Hit]) -> tuple[str, ...]:
    """Destination hosts, affiliate ids and digests of quoted words: few, and the same on every worker."""
    hosts: set[str] = set()
    ids: set[str] = set()
    shingles: set[str] = set()
    for hit in hits:
        piece = view.pieces[hit.piece]
        if piece.target:
            host, *affiliates = address_keys(piece.target) or ("",)
            hosts.update([host] if host else ())
            ids.update(affiliates)
        elif hit.part not in ("url", "path", "query"):
            low, high = view.piece_text(hit.piece)
            shingles.update(
                _shingles(view.normal.text[max(low, hit.start - AROUND_KEYS) : min(high, hit.end + AROUND_KEYS)])
            )
    few = MAX_KEYS // 3
    return (*sorted(hosts)[:few], *sorted(ids)[:few], *sorted(shingles)[:few])


def address_keys(url: str) -> list[str]:
    """``host:…`` and ``affiliate:name=value`` of a destination; nothing for what is no web address."""
    host = host_of(url)
    return [f"host:{host}", *_affiliates(url)] if host else []


def _affiliates(url: str) -> Iterable[str]:
    try:
        query = parse_qsl(urlsplit(url).query, max_num_fields=50)
    except ValueError:
        return []
    return [f"affiliate:{name.lower()}={value[:40]}" for name, value in query if name.lower() in AFFILIATE and value]


def _shingles(text: str) -> Iterable[str]:
    """Digests of runs of three words; the smallest ones serve as a sketch of the text."""
    words = fold(text).split()[1:-1]  # the first and last may be cut
    runs = (" ".join(words[at : at + 3]) for at in range(len(words) - 2))
    return sorted("words:" + hashlib.sha256(run.encode()).hexdigest()[:16] for run in runs)[:2]
