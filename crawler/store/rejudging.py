"""Stored pages judged again: which ones, what they showed before, and the new word written over the old one."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crawler.errors import BadArgument
from crawler.items import Page
from crawler.store.bodies import unpacked
from crawler.store.exceptions import RULE_CHANGE
from crawler.store.findings import CONFIDENCES, SEVERITIES, Findings, identity
from crawler.store.landed import Landed

BATCH = 64
HEARTBEAT = timedelta(seconds=60)
CAUSE = "its rules no longer fire on the page as it is stored"


@dataclass(slots=True)
class Judged:
    """A page with its new violations (its bytes and blocks gone), and the findings that it showed before."""

    page: Page
    before: set[str]
    now: set[str] = field(init=False)

    def __post_init__(self) -> None:
        page = self.page
        self.now = {identity(page.host, v.category, v.vector, v.place) for v in page.violations}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the difference: ``kind`` is new, dismissed, reopened, confidence or fewer (pages)."""

    kind: str
    finding: str
    category: str
    vector: str
    host: str
    url: str
    rule: str
    detail: str = ""


class Rejudging:
    """Reads pages and findings for ``scrapy reclassify``, and writes what it found out."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self.db = db
        self._landed = Landed(db)

    async def refuse_while_crawling(self, now: datetime) -> None:
        """Raises BadArgument when a run is alive: both would write the same findings."""
        run = await self.db["runs"].find_one({"state": "running", "heartbeat": {"$gte": now - HEARTBEAT}})
        if run is not None:
            raise BadArgument(f"run {run['_id']} is going on: wait until it ends, or use --dry-run")

    async def pages(self, ruleset: str, lists: str, everything: bool) -> AsyncIterator[tuple[dict[str, Any], bytes]]:
        """Stored pages with their bodies ("" when none is kept), those judged by other rules or lists, or all."""
        other: dict[str, Any] = {"$or": [{"ruleset": {"$ne": ruleset}}, {"lists": {"$ne": lists}}]}
        last = ""
        while True:
            query = {"_id": {"$gt": last}, **({} if everything else other)}
            rows = [row async for row in self.db["pages"].find(query).sort("_id", 1).limit(BATCH)]
            if not rows:
                return
            last = rows[-1]["_id"]
            wanted = sorted({row["body"] for row in rows if row["body"]})
            bodies = {row["_id"]: row async for row in self.db["bodies"].find({"_id": {"$in": wanted}})}
            for row in rows:
                await self._landed.fill(row)
                yield row, unpacked(bodies.get(row["body"] or ""))

    async def page(self, key: str) -> tuple[dict[str, Any], bytes] | None:
        """The stored page of a digest with its body, or None."""
        row = await self.db["pages"].find_one({"_id": key})
        if row is None:
            return None
        await self._landed.fill(row)
        return row, unpacked(await self.db["bodies"].find_one({"_id": row["body"]}) if row["body"] else None)

    async def shown(self, page: str, view: str) -> set[str]:
        """The findings that a page shows in a view, as far as is known."""
        query = {"page": page, "view": view, "gone": None}
        return {row["finding"] async for row in self.db["sightings"].find(query, {"finding": 1})}

    async def difference(self, judged: Sequence[Judged]) -> list[Change]:
        """What writing would change, in the order of the findings' ids."""
        gone, seen = _by_finding(judged)
        wanted = sorted({*gone, *seen})
        known = {row["_id"]: row async for row in self.db["findings"].find({"_id": {"$in": wanted}})}
        changes = []
        for finding in wanted:
            row, cases = known.get(finding), seen.get(finding, [])
            if row is None:
                page, violation = cases[0]
                parts = (violation.category, violation.vector, page.host, page.url, violation.rule)
                changes.append(Change("new", finding, *parts, violation.confidence))
                continue
            parts = (row["category"], row["vector"], row["host"], row["url"], row["rule"])
            left = await self._left(finding, gone.get(finding, []))
            if not cases and not left and row["state"] in ("open", "recurred"):
                changes.append(Change("dismissed", finding, *parts, CAUSE))
            elif cases and row["state"] == "dismissed" and (row.get("dismissed") or {}).get("by") == RULE_CHANGE:
                changes.append(Change("reopened", finding, *parts))
            elif cases and (best := _best(cases, "confidence")) != row["confidence"] and left <= len(cases):
                changes.append(Change("confidence", finding, *parts, f"{row['confidence']} → {best}"))
            elif gone.get(finding):
                changes.append(Change("fewer", finding, *parts, f"{len(gone[finding])} pages"))
        return changes

    async def _left(self, finding: str, gone: Sequence[Page]) -> int:
        """Live sightings of a finding beside those on these pages."""
        away = [f"{finding}/{page.digest}/{page.view}" for page in gone]
        query = {"finding": finding, "gone": None, "_id": {"$nin": away}}
        return int(await self.db["sightings"].count_documents(query))

    async def write(self, judged: Sequence[Judged], ruleset: str, lists: str, now: datetime) -> None:
        """The new word over the old one: sightings, findings, then the pages, so that a broken run is done again."""
        gone, seen = _by_finding(judged)
        for finding, pages in sorted(gone.items()):
            await self._dismiss(finding, pages, now)
        runs: dict[str, list[Page]] = {}
        for each in judged:
            if each.page.violations:
                runs.setdefault(each.page.run, []).append(each.page)
        for run, pages in sorted(runs.items()):
            for start in range(0, len(pages), BATCH):
                await Findings(self.db, run).write(pages[start : start + BATCH], now)
        for finding, cases in sorted(seen.items()):
            await self._settle(finding, cases)
        digests = [each.page.digest for each in judged]
        for start in range(0, len(digests), 1000):
            query = {"_id": {"$in": digests[start : start + 1000]}}
            await self.db["pages"].update_many(query, {"$set": {"ruleset": ruleset, "lists": lists}})

    async def _dismiss(self, finding: str, pages: Sequence[Page], now: datetime) -> None:
        keys = [f"{finding}/{page.digest}/{page.view}" for page in pages]
        await self.db["sightings"].update_many({"_id": {"$in": keys}}, {"$set": {"gone": now}})
        left = await self._left(finding, [])
        if left:
            await self.db["findings"].update_one({"_id": finding}, {"$set": {"url_count": left}})
            return
        for state in ("open", "recurred"):
            words = {"reason": CAUSE, "by": RULE_CHANGE, "until": None, "at": now, "was": state}
            step = {"at": now, "run": None, "from": state, "to": "dismissed", "cause": CAUSE, "by": RULE_CHANGE}
            await self.db["findings"].update_one(
                {"_id": finding, "state": state},
                {"$set": {"state": "dismissed", "dismissed": words, "url_count": 0}, "$push": {"history": step}},
            )

    async def _settle(self, finding: str, cases: Sequence[Any]) -> None:
        """Confidence, severity and rules as they are now, when every page that shows the finding was judged again."""
        if await self._left(finding, [page for page, _ in cases]):
            return
        best = max(cases, key=lambda case: (CONFIDENCES.index(case[1].confidence), SEVERITIES.index(case[1].severity)))
        change = {
            "confidence": _best(cases, "confidence"),
            "severity": _best(cases, "severity"),
            "rule": best[1].rule,
            "rules": sorted({violation.rule for _, violation in cases}),
        }
        await self.db["findings"].update_one({"_id": finding}, {"$set": change})


def _by_finding(judged: Sequence[Judged]) -> tuple[dict[str, list[Page]], dict[str, list[Any]]]:
    """finding → pages that show it no more, and finding → (page, violation) that show it now."""
    gone: dict[str, list[Page]] = {}
    seen: dict[str, list[Any]] = {}
    for each in judged:
        for finding in sorted(each.before - each.now):
            gone.setdefault(finding, []).append(each.page)
        for violation in each.page.violations:
            key = identity(each.page.host, violation.category, violation.vector, violation.place)
            seen.setdefault(key, []).append((each.page, violation))
    return gone, seen


def _best(cases: Sequence[Any], name: str) -> str:
    order = CONFIDENCES if name == "confidence" else SEVERITIES
    return str(max((getattr(violation, name) for _, violation in cases), key=order.index))
