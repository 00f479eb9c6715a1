"""Findings over time: identity, sightings by page and view, and the way open → fixed → recurred."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from crawler.items import Page, Violation
from crawler.store.exceptions import Exceptions, reopening
from crawler.views.views import PLAIN, REPEAT

IDENTITY_VERSION = 1
SEVERITIES = ("info", "low", "medium", "high", "critical")
CONFIDENCES = ("suspected", "confirmed")
_NUMBER = re.compile(r"\d+(e\d*)?")
MAX_URLS = 20
MAX_EVIDENCE = 5
MAX_KEYS = 50
MAX_LANDINGS, MAX_URL, MAX_TITLE = 5, 2000, 200
_GONE_STATUS = (404, 410)
_UNREAD = frozenset(("stalled", "dataloss", "partial", "unreadable", "no_text", "encrypted", "damaged", "bomb"))
_UNREAD |= {"too_slow", "too_much_memory", "crashed", "no_reader"}
"""Cuts after which it is not known what the rest holds: the server gave up half-way, or the reader did."""


def identity(host: str, category: str, vector: str, place: str) -> str:
    """``_id`` of a finding: place is a template region or a path shape, never a URL, rule or destination."""
    return sha256(f"{IDENTITY_VERSION}|{host}|{category}|{vector}|{place}".encode()).hexdigest()


def proves(status: int) -> bool:
    """True when an answer of this status tells what the URL holds now: a fault or a refusal does not."""
    return status < 400 or status in _GONE_STATUS


def is_proof(page: Page) -> bool:
    """True when a page can prove something gone: it is the site's, not a wall before it, came whole and was read."""
    return proves(page.status) and not page.wall and page.cut not in _UNREAD


def _view(page: Page) -> str:
    return PLAIN if page.view == REPEAT else page.view


def _strength(violation: Violation) -> tuple[int, int, str]:
    return (CONFIDENCES.index(violation.confidence), SEVERITIES.index(violation.severity), violation.rule)


def _union(old: Iterable[str], new: Iterable[str], limit: int) -> list[str]:
    return list(dict.fromkeys([*old, *new]))[:limit]


def _landings(known: Sequence[dict[str, Any]], pages: Iterable[Page]) -> list[dict[str, Any]]:
    """Where pages of a finding led off their site, each address once, the newest look at it first."""
    found = {}
    for page in pages:
        for landing in page.landings:
            url = landing.url[:MAX_URL]
            found[url] = {
                "url": url,
                "title": landing.title[:MAX_TITLE],
                "lang": landing.lang[:20],
                "verdict": landing.verdict,
                "category": landing.category,
                "snapshot": landing.snapshot,
            }
    earlier = (row for row in known if row["url"] not in found)
    return [*found.values(), *earlier][:MAX_LANDINGS]


class Findings:
    """Writes what one batch of judged pages says about findings.

    Read, change, write without a lock: a finding belongs to one host, and a host to the holder of its lease.
    Every step may be repeated after a crash without counting twice.
    """

    def __init__(self, db: AsyncDatabase[dict[str, Any]], run: str) -> None:
        self._findings = db["findings"]
        self._exceptions = Exceptions(db)
        self._sightings = db["sightings"]
        self._run = run

    async def write(self, pages: Sequence[Page], now: datetime, missing: Iterable[str] = ()) -> None:
        """Sightings first, then the findings they belong to, then what is gone, as from ``missing`` pages (digests).

        A finding without sightings stays open until its host is settled: what it shows may have moved to a page
        that this run has yet to fetch.
        """
        seen: dict[str, list[tuple[Page, Violation]]] = defaultdict(list)
        for page in pages:
            for violation in page.violations:
                seen[identity(page.host, violation.category, violation.vector, violation.place)].append(
                    (page, violation)
                )
        await self._write_sightings(seen, now)
        # A repeat shows what plain shows, but what it does not show may only have taken turns.
        proofs = {
            (page.digest, page.view) for page in pages if is_proof(page) and page.view != REPEAT and not page.evidence
        }
        proofs |= {(key, PLAIN) for key in missing}
        vanished = await self._mark_gone(proofs, seen, now)
        await self._write_findings(seen, now)
        await self._recount(vanished - set(seen))

    async def _write_sightings(self, seen: dict[str, list[tuple[Page, Violation]]], now: datetime) -> None:
        writes = []
        for finding, cases in seen.items():
            for page, violation in cases:
                best = violation.evidence[0] if violation.evidence else None
                change = {
                    "finding": finding,
                    "page": page.digest,
                    "url": page.url,
                    "view": _view(page),
                    "run": self._run,
                    "quote": best.quote if best else "",
                    "last_seen": now,
                    "gone": None,
                    **({"snapshot": page.snapshot} if page.snapshot else {}),  # else that of an earlier look stays
                }
                key = f"{finding}/{page.digest}/{_view(page)}"
                writes.append(UpdateOne({"_id": key}, {"$set": change}, upsert=True))
        if writes:
            await self._sightings.bulk_write(writes, ordered=False)

    async def _mark_gone(
        self, proofs: set[tuple[str, str]], seen: dict[str, list[tuple[Page, Violation]]], now: datetime
    ) -> set[str]:
        """Sightings on pages (digest and view) that were fetched again in the same view and no longer show them."""
        if not proofs:
            return set()
        still = {(finding, page.digest, _view(page)) for finding, cases in seen.items() for page, _ in cases}
        cursor = self._sightings.find({"page": {"$in": sorted({page for page, _ in proofs})}, "gone": None})
        gone, findings = [], set()
        async for sighting in cursor:
            place = (sighting["page"], sighting["view"])
            if place in proofs and (sighting["finding"], *place) not in still:
                gone.append(sighting["_id"])
                findings.add(sighting["finding"])
        if gone:
            await self._sightings.update_many({"_id": {"$in": gone}}, {"$set": {"gone": now, "run": self._run}})
        return findings

    async def _write_findings(self, seen: dict[str, list[tuple[Page, Violation]]], now: datetime) -> None:
        if not seen:
            return
        old = {row["_id"]: row async for row in self._findings.find({"_id": {"$in": list(seen)}})}
        counts = await self._url_counts(list(seen))
        excepted = await self._exceptions.of({page.host for cases in seen.values() for page, _ in cases}, now)
        writes = []
        for finding, cases in seen.items():
            known = old.get(finding)
            change = self._merge(known or {}, cases, now)
            change["url_count"] = counts.get(finding, 0)
            if known is None:
                change |= {"short": await self._short(finding), "first_seen": now, "recurrences": 0}
                change |= {"state": "open", "history": [self._step(None, "open", "found", now)]}
                change |= excepted.over(cases, change)
                writes.append(UpdateOne({"_id": finding}, {"$set": change}, upsert=True))
                continue
            update: dict[str, Any] = {"$set": change}
            if known["state"] == "fixed":
                change["state"] = "recurred"
                update["$inc"] = {"recurrences": 1}
                update["$push"] = {"history": self._step("fixed", "recurred", "seen again", now)}
            elif known["state"] == "dismissed" and (cause := reopening(known.get("dismissed") or {}, cases)):
                change["state"] = "recurred" if (known.get("dismissed") or {}).get("was") == "fixed" else "open"
                update["$unset"] = {"dismissed": ""}
                update["$push"] = {"history": self._step("dismissed", change["state"], cause, now)}
            writes.append(UpdateOne({"_id": finding}, update))
        await self._findings.bulk_write(writes, ordered=False)

    def _merge(self, known: dict[str, Any], cases: list[tuple[Page, Violation]], now: datetime) -> dict[str, Any]:
        """The finding's fields out of what was known and what this batch saw."""
        page, first = cases[0]
        strongest = max((violation for _, violation in cases), key=_strength)
        confidence = max(strongest.confidence, known.get("confidence", "suspected"), key=CONFIDENCES.index)
        severity = max(strongest.severity, known.get("severity", "info"), key=SEVERITIES.index)
        rule = strongest.rule
        if known.get("confidence") == "confirmed" and strongest.confidence == "suspected":
            rule = known["rule"]
        urls = _union(known.get("urls", []), (case.url for case, _ in cases), MAX_URLS)
        quotes = {(item["part"], item["quote"]) for item in known.get("evidence", [])}
        evidence = list(known.get("evidence", []))
        for _, violation in sorted(cases, key=lambda case: _strength(case[1]), reverse=True):
            for item in violation.evidence:
                if (item.part, item.quote) not in quotes:
                    quotes.add((item.part, item.quote))
                    evidence.append(asdict(item))
        return {
            "run": self._run,
            "unit": page.unit,
            "site": page.site,
            "host": page.host,
            "url": min(urls, key=lambda url: (len(url), url)),
            "urls": urls,
            "place": first.place,
            "rules": sorted({*known.get("rules", []), *(violation.rule for _, violation in cases)}),
            "rule": rule,
            "category": first.category,
            "vector": first.vector,
            "severity": severity,
            "confidence": confidence,
            "views": sorted({*known.get("views", []), *(_view(case) for case, _ in cases)}),
            "evidence": evidence[:MAX_EVIDENCE],
            "keys": _union(known.get("keys", []), (key for _, item in cases for key in item.keys), MAX_KEYS),
            "landings": _landings(known.get("landings", []), (case for case, _ in cases)),
            "last_seen": now,
            "ruleset": page.ruleset,
            "lists": page.lists,
        }

    async def _recount(self, findings: set[str]) -> list[str]:
        """Findings that lost sightings: count their pages again; returns those that have none left."""
        counts = await self._url_counts(list(findings))
        writes = [UpdateOne({"_id": finding}, {"$set": {"url_count": counts.get(finding, 0)}}) for finding in findings]
        if writes:
            await self._findings.bulk_write(writes, ordered=False)
        return sorted(findings - counts.keys())

    async def settle_host(self, host: str, now: datetime) -> None:
        """Call fixed what none of a host's pages shows any more, once all that was to be fetched is written.

        Every open finding is looked at: a crash may have come between a sighting and its finding.
        """
        query = {"host": host, "state": {"$in": ["open", "recurred"]}}
        for finding in await self._recount({row["_id"] async for row in self._findings.find(query, {"_id": 1})}):
            for state in ("open", "recurred"):
                step = self._step(state, "fixed", "no page that showed it shows it any more", now)
                await self._findings.update_one(
                    {"_id": finding, "state": state},
                    {
                        "$set": {"state": "fixed", "url_count": 0, "run": self._run},
                        "$push": {"history": step},
                    },
                )

    async def _url_counts(self, findings: list[str]) -> dict[str, int]:
        """finding → pages that show it now, whatever the view."""
        if not findings:
            return {}
        stages: list[dict[str, Any]] = [
            {"$match": {"finding": {"$in": findings}, "gone": None}},
            {"$group": {"_id": {"finding": "$finding", "page": "$page"}}},
            {"$group": {"_id": "$_id.finding", "n": {"$sum": 1}}},
        ]
        return {row["_id"]: row["n"] async for row in await self._sightings.aggregate(stages)}

    async def _short(self, finding: str) -> str:
        """The shortest beginning of the identity, from 8 characters on, that no other finding uses.

        None that a spreadsheet takes for a number: it would show 12345e67 as 1.2E+71.
        """
        for length in range(8, len(finding)):
            if _NUMBER.fullmatch(finding[:length]):
                continue
            other = await self._findings.find_one({"short": finding[:length]}, {"_id": 1})
            if other is None or other["_id"] == finding:
                return finding[:length]
        return finding

    def _step(self, old: str | None, new: str, cause: str, now: datetime) -> dict[str, Any]:
        return {"at": now, "run": self._run, "from": old, "to": new, "cause": cause, "by": "crawl"}
