"""Measure the rules on labelled documents: ``python -m pipelines.evaluate FILE [--half a|b] [--show N]``.

A document is one JSON object a line: ``id``, ``label``, ``lang``, ``kind`` (text or html), ``content``. Labels that
name a category are to be found in that category, ``benign`` and ``benign_hard`` in none, others in any.
"""

import argparse
import gzip
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipelines.engine import Engine, Match, load
from pipelines.engine.rule import CATEGORIES
from pipelines.judge import html_document, text_document

HONEST = frozenset({"benign", "benign_hard"})
SYNONYMS = {"loan": "loans", "prostitution": "adult", "drug": "drugs", "weapon": "weapons"}
TIERS = ("confirmed", "suspected", "clean")
QUOTE = 110


@dataclass(frozen=True, slots=True)
class Judged:
    """One document: ``tier`` counts findings of its own category (of any, for honest labels)."""

    id: str
    label: str
    lang: str
    tier: str
    found: tuple[tuple[str, str], ...]  # (category, confidence), the strongest of each category
    quote: str

    @property
    def wrong(self) -> bool:
        return (self.tier != "clean") if self.label in HONEST else (self.tier != "confirmed")


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share; (0, 1) when nothing was counted."""
    if not total:
        return 0.0, 1.0
    share = hits / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def category_of(label: str) -> str:
    """The category in which a label is to be found; nothing where any will do."""
    name = SYNONYMS.get(label, label)
    return name if name in CATEGORIES else ""


def judged(engine: Engine, record: dict[str, Any]) -> Judged:
    """One document judged, as ``scrapy classify`` judges it."""
    if record["kind"] == "html":
        document = html_document(record["content"].encode("utf-8", "replace"), "", "text/html; charset=utf-8")
    else:
        document = text_document(record["content"])
    matches = engine.judge(document)
    label, wanted = record["label"], category_of(record["label"])
    own = [match for match in matches if not wanted or match.category == wanted]
    tiers = {match.confidence for match in own}
    tier = next((tier for tier in TIERS if tier in tiers), "clean")
    found: dict[str, str] = {}
    for match in matches:
        found.setdefault(match.category, match.confidence)
    quote = _quote(own or matches) or " ".join(record["content"].split())[:QUOTE]
    return Judged(str(record["id"]), label, record.get("lang", ""), tier, tuple(sorted(found.items())), quote)


def _quote(matches: list[Match]) -> str:
    return next((f"{m.rule} ({q.signal}): {q.quote}"[:QUOTE] for m in matches for q in m.evidence), "")


def report(documents: list[Judged]) -> Iterator[str]:
    """Lines: shares per label and language, then precision per category and tier."""
    yield f"{'label':<16}{'lang':<6}{'n':>6}  {'confirmed':<26}{'confirmed or suspected':<26}"
    groups: dict[tuple[str, str], list[Judged]] = {}
    for document in documents:
        for lang in ("all", document.lang):
            groups.setdefault((document.label, lang), []).append(document)
    for (label, lang), members in sorted(groups.items()):
        counts = Counter(member.tier for member in members)
        sure, any_tier = counts["confirmed"], counts["confirmed"] + counts["suspected"]
        yield (
            f"{label:<16}{lang:<6}{len(members):>6}  "
            f"{_share(sure, len(members)):<26}{_share(any_tier, len(members)):<26}"
        )
    yield ""
    yield f"{'precision of':<16}{'tier':<11}{'n':>6}"
    yield from _precision(documents)


def _precision(documents: list[Judged]) -> Iterator[str]:
    for category in sorted({category for document in documents for category, _ in document.found}):
        for tier in TIERS[:2]:
            hit = [document for document in documents if (category, tier) in document.found]
            right = sum(_right(document, category) for document in hit)
            if hit:
                yield f"{category:<16}{tier:<11}{len(hit):>6}  {_share(right, len(hit))}"


def _right(document: Judged, category: str) -> bool:
    return document.label not in HONEST and category_of(document.label) in ("", category)


def _share(hits: int, total: int) -> str:
    low, high = wilson(hits, total)
    return f"{hits / total:.3f} ({low:.3f}-{high:.3f})" if total else "-"


def wrong(documents: Iterable[Judged], limit: int) -> Iterator[str]:
    """The documents that came out wrong, worst first, at most so many a label."""
    shown: Counter[str] = Counter()
    for document in sorted(documents, key=lambda each: (each.label, TIERS.index(each.tier), each.id)):
        if not document.wrong:
            continue
        shown[document.label] += 1
        if shown[document.label] <= limit:
            yield f"{document.id} [{document.lang}] {document.tier}: {document.quote}"
    for label, count in sorted(shown.items()):
        if count > limit:
            yield f"… and {count - limit} more of {label}"


def half_of(identity: str) -> str:
    """The half a document belongs to, so that rules can be written on one and tested on the other."""
    return "ab"[sha256(identity.encode()).digest()[0] & 1]


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file, packed or not; exits naming the line that is none."""
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                missing = {"id", "label", "kind", "content"} - set(record)
            except (ValueError, TypeError) as error:
                sys.exit(f"{path}:{number}: not a JSON object: {error}")
            if missing:
                sys.exit(f"{path}:{number}: field {min(missing)} is missing")
            yield record


def main(arguments: list[str] | None = None) -> int:
    """Print the report; 0 when it could be made."""
    parser = argparse.ArgumentParser(prog="evaluate", description="Measure the rules on labelled documents")
    parser.add_argument("data", type=Path, help="JSON lines, packed with gzip or not")
    parser.add_argument("--half", choices=("a", "b"), help="only one half of the documents, by their ids")
    parser.add_argument("--show", type=int, default=40, help="wrong documents shown a label [40]")
    parser.add_argument("--rules", type=Path, action="append", default=[], help="rule files and folders beside ours")
    options = parser.parse_args(arguments)
    if not options.data.is_file():
        parser.error(f"{options.data}: no such file")
    engine = Engine(load([files("rules"), *options.rules]))
    documents = [
        judged(engine, record)
        for record in records(options.data)
        if not options.half or half_of(str(record["id"])) == options.half
    ]
    for line in [*report(documents), "", *wrong(documents, options.show)]:
        sys.stdout.write("".join(letter if letter.isprintable() else " " for letter in line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
