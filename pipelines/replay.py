"""replay: judge the stored bytes behind a finding again, by the rules of today."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crawler.errors import StoreError
from crawler.items import Block, Landing, Link, Page, Redirect
from crawler.page import extract
from crawler.page.encoding import to_utf8
from crawler.page.kinds import content_type
from crawler.store.findings import identity
from pipelines.cloaking import WORDS
from pipelines.engine import Engine
from pipelines.judge import document
from pipelines.landings import landing_violations
from pipelines.record import DOCUMENT
from pipelines.warc import MOST, Answer, answer_of, landings_of

Read = Callable[[str], bytes]
"""SHA-256 → the bytes of a snapshot; raises ``StoreError``."""

COMPARED = frozenset(WORDS)
"""Findings that come of comparing views and not of a rule file."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One rule on one page in one view: ``before`` and ``now`` are its confidences, ``now`` "" where it is silent.

    ``compared`` when it says something of the views of a page, which one of them alone cannot show.
    """

    record: str
    url: str
    view: str
    rule: str
    before: str
    now: str
    compared: bool = False

    @property
    def fires(self) -> bool:
        """Whether the rule says of these bytes that they offend."""
        return bool(self.now)


def replay(
    finding: Mapping[str, Any],
    records: Mapping[str, Mapping[str, Any]],
    read: Read,
    engine: Engine,
    documents: Callable[[Page], Page],
) -> Iterator[Replayed]:
    """Each rule of the finding that each record (SHA-256 → record) names; raises ``StoreError`` for damaged bytes.

    What other pages said of its destinations is taken from the record: the same bytes give the same answer.
    ``documents`` reads what is no HTML: a page with a PDF's bytes gets its text.
    """
    for name, record in records.items():
        page = again(record, read, documents)
        now: dict[str, str] = {}
        seen = document(page)
        seen.known = {host: frozenset(words) for host, words in record.get("known", {}).items()}
        for match in engine.verdict(seen).matches:
            now.setdefault(match.rule, match.confidence)
        for led in landing_violations(page, engine):
            now.setdefault(led.rule, led.confidence)
        for rule, confidence in rules_of(finding, record).items():
            yield Replayed(name, record["url"], record["view"], rule, confidence, now.get(rule, ""), rule in COMPARED)


def rules_of(finding: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, str]:
    """rule → confidence of those violations on a record's page that belong to the finding."""
    own = [
        row
        for row in record["rules"]
        if identity(record["host"], row["category"], row["vector"], row["place"]) == finding["_id"]
    ]
    return {row["rule"]: row["confidence"] for row in own}


def bare(name: str, finding: Mapping[str, Any], read: Read) -> dict[str, Any]:
    """The record of a WARC file that was kept without one, by an earlier version."""
    answer = answer_of(read(name))
    place = {key: finding[key] for key in ("category", "vector", "place", "confidence")}
    rules = [{**place, "rule": rule} for rule in finding["rules"]]
    return {"url": answer.url, "host": finding["host"], "view": "plain", "warc": name, "rules": rules}


def again(record: Mapping[str, Any], read: Read, documents: Callable[[Page], Page]) -> Page:
    """The page of a record, out of the document that the browser wrote down or the server's answer."""
    answer = seen_of(record, read)
    page = extract(
        url=record["url"],
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        fetched=_time(record.get("fetched")),
        host=record["host"],
        look=str(record.get("look") or ""),
    )
    if record.get("document"):
        page = documents(page)
    added: Mapping[str, Sequence[Mapping[str, Any]]] = record.get("added") or {}
    page.blocks += [Block(**row) for row in added.get("blocks", ())]
    page.links += [Link(**row) for row in added.get("links", ())]
    known = {(each.kind, each.url) for each in page.redirects}
    for row in (*added.get("redirects", ()), *record.get("redirects", ())):
        if (row["kind"], row["url"]) not in known:
            known.add((row["kind"], row["url"]))
            page.redirects.append(Redirect(**row))
    page.view = record["view"]
    bodies = landings_of(read(record["warc"])) if record.get("landings") else {}
    page.landings = [
        Landing(row["url"], row["chain"], row["cause"], row["status"], row["title"], row["lang"], bodies[row["url"]])
        for row in record.get("landings") or ()
        if row["url"] in bodies
    ]
    return page


def seen_of(record: Mapping[str, Any], read: Read) -> Answer:
    """What was judged: the browser's document where it wrote one down, else the server's answer."""
    if not record.get("dom"):
        return answer_of(read(record["warc"]))
    return Answer(
        "conversion", record["url"], int(record.get("status") or 200), DOCUMENT, unpacked(read(record["dom"]))
    )


def source_of(record: Mapping[str, Any], read: Read, documents: Callable[[Page], Page]) -> str:
    """What was judged, as text: the source of a page, the words of a document. Raises ``StoreError``."""
    if record.get("document"):
        return "\n".join(block.text for block in again(record, read, documents).blocks)
    answer = seen_of(record, read)
    return to_utf8(answer.body, content_type(answer.headers))[0].decode("utf-8", "replace")


def unpacked(content: bytes) -> bytes:
    """The document of a ``dom`` snapshot. Raises ``StoreError`` for one that is no gzip file."""
    try:
        return zlib.decompressobj(wbits=31).decompress(content, MOST)
    except zlib.error as error:
        raise StoreError(f"a stored document cannot be unpacked: {error}") from error


def _time(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.now(UTC)
