"""Runs and reviews: what was set out to do, what came of it, and what can be gone on with."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from crawler.store.frontier import VIEWS
from crawler.store.worker import is_gone, this_worker

STALE_SECONDS = 60
"""A run whose heartbeat is older is interrupted (DESIGN: the contract)."""

REVIEWERS = ("deep",)
"""Spiders that review a host as a whole."""
END_STATES = ("complete", "budget", "unreachable", "blocked", "refused", "redirected", "interrupted")


def counted(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Counts by name as the contract wants them, in a fixed order."""
    return [{"name": name, "n": n} for name, n in sorted(counts.items())]


def is_running(run: Mapping[str, Any], now: datetime) -> bool:
    """True while a process works at the run, as far as can be known from here."""
    beat: datetime = run["heartbeat"]
    return (
        run["state"] == "running" and now - beat < timedelta(seconds=STALE_SECONDS) and not is_gone(run.get("worker"))
    )


class Runs:
    """The runs and reviews as the crawl writes them."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._runs = db["runs"]
        self._reviews = db["reviews"]
        self._hosts = db["hosts"]
        self._pages = db["pages"]
        self._frontier = db["frontier"]
        self._findings = db["findings"]

    async def create(
        self, spider: str, args: dict[str, Any], job: str | None, origin: Mapping[str, Any] | None = None
    ) -> str:
        """A new run; its id sorts by time. ``origin`` are further facts about where it comes from."""
        now = datetime.now(UTC)
        run = f"{now:%Y%m%d-%H%M%S}-{spider}-{secrets.token_hex(2)}"
        document: dict[str, Any] = {
            "_id": run,
            "job": job,
            "spider": spider,
            "args": args,
            "state": "running",
            "heartbeat": now,
            "started": now,
            "ended": None,
            "reason": "",
            "hosts": [],
            "pages": 0,
            "findings": {"new": 0, "open": 0, "fixed": 0, "recurred": 0},
            "stats": [],
            "worker": this_worker(),
            **(origin or {}),
        }
        await self._runs.insert_one(document)
        return run

    async def args_of(self, run: str) -> dict[str, Any]:
        """The arguments a run was started with."""
        document = await self._runs.find_one({"_id": run}, {"args": 1})
        return dict(document["args"]) if document else {}

    async def beat(self, run: str, pages: int) -> None:
        """Say that the run is at work, and how many pages it has stored."""
        await self._runs.update_one({"_id": run}, {"$set": {"heartbeat": datetime.now(UTC), "pages": pages}})

    async def limit(self, run: str, limits: Mapping[str, float]) -> None:
        """Note the limits that the run works under: an estimate of the time left needs them."""
        await self._runs.update_one({"_id": run}, {"$set": {"limits": dict(limits)}})

    async def tell(self, run: str, progress: Mapping[str, Mapping[str, Any]]) -> None:
        """Note how far hosts are: host → ``progress``."""
        writes = [
            UpdateOne({"_id": f"{run}/{host}"}, {"$set": {"progress": dict(row)}}) for host, row in progress.items()
        ]
        if writes:
            await self._reviews.bulk_write(writes, ordered=False)

    async def queue_reviews(self, run: str, hosts: Iterable[str], spider: str = "deep") -> None:
        """One review for every host of the run; those that exist stay as they are.

        ``spider`` tells a recheck, which looked at some pages, from the review of a host.
        """
        writes = [
            UpdateOne(
                {"_id": f"{run}/{host}"},
                {
                    "$setOnInsert": {
                        "run": run,
                        "host": host,
                        "spider": spider,
                        "state": "queued",
                        "cause": "",
                        "pages": 0,
                        "skipped": [],
                        "started": None,
                        "ended": None,
                    }
                },
                upsert=True,
            )
            for host in hosts
        ]
        if writes:
            await self._reviews.bulk_write(writes, ordered=False)

    async def reviews(self, run: str) -> dict[str, dict[str, Any]]:
        """host → review of a run."""
        return {review["host"]: review async for review in self._reviews.find({"run": run})}

    async def begin_review(self, run: str, host: str) -> None:
        """A host's first request is about to go out."""
        await self._reviews.update_one(
            {"_id": f"{run}/{host}"},
            [
                {
                    "$set": {
                        "state": "running",
                        "cause": "",
                        "ended": None,
                        "started": {"$ifNull": ["$started", "$$NOW"]},
                    }
                }
            ],
        )

    async def note_skipped(self, run: str, counts: Mapping[str, Mapping[str, int]]) -> None:
        """host → URLs that it left out so far, by cause."""
        writes = [
            UpdateOne({"_id": f"{run}/{host}"}, {"$set": {"skipped": counted(skipped)}})
            for host, skipped in counts.items()
        ]
        await self._reviews.bulk_write(writes, ordered=False)

    async def end_review(
        self,
        run: str,
        host: str,
        state: str,
        cause: str,
        skipped: Mapping[str, int],
        extra: Mapping[str, Any],
        spider: str = "deep",
    ) -> None:
        """Write a host's end state; ``pages`` is counted from what is stored, so that it survives a crash.

        What ``hosts`` says of the host's last review is changed by a review only, not by a recheck.
        """
        now = datetime.now(UTC)
        pages = await self.stored({"run": run, "host": host})
        change = {
            "state": state,
            "cause": cause,
            "pages": pages,
            "skipped": counted(skipped),
            "ended": now,
            **extra,
        }
        await self._reviews.update_one(
            {"_id": f"{run}/{host}"},
            {"$set": change, "$setOnInsert": {"run": run, "host": host, "spider": spider}},
            upsert=True,
        )
        if spider not in REVIEWERS:
            return
        review = await self._reviews.find_one({"_id": f"{run}/{host}"})
        await self._hosts.update_one({"_id": host}, {"$set": {"review": review}})

    async def stored(self, query: dict[str, Any]) -> int:
        """Pages that a run has stored, of one host or of all.

        Another run may have fetched some of them again since, and those are its pages now; but the frontier knows.
        """
        done = await self._frontier.count_documents({**query, "state": "done", "priority": {"$lt": VIEWS}})
        return max(int(done), await self._pages.count_documents(query))

    async def finish(self, run: str, state: str, reason: str, stats: Mapping[str, int]) -> None:
        """End a run: every review gets an end state, the figures are counted from the store."""
        now = datetime.now(UTC)
        cause = {"interrupted": "the run was stopped", "failed": "the run failed"}.get(state, "the run ended")
        await self._reviews.update_many(
            {"run": run, "state": {"$in": ["queued", "running"]}},
            {"$set": {"state": "interrupted", "cause": f"{cause}: {reason}", "ended": now}},
        )
        states: dict[str, int] = {}
        async for review in self._reviews.find({"run": run}, {"state": 1}):
            states[review["state"]] = states.get(review["state"], 0) + 1
        change = {
            "state": state,
            "reason": reason,
            "ended": now,
            "heartbeat": now,
            "hosts": counted(states),
            "pages": await self.stored({"run": run}),
            "findings": await self._finding_counts(run),
            "stats": counted(stats),
        }
        await self._runs.update_one({"_id": run}, {"$set": change})

    async def _finding_counts(self, run: str) -> dict[str, int]:
        """What the run did to findings, by their history: a resumed run counts once."""
        counts = {"new": 0, "open": 0, "fixed": 0, "recurred": 0}
        async for finding in self._findings.find({"history.run": run}, {"history": 1}):
            for step in finding["history"]:
                if step.get("run") == run:
                    name = "new" if step["from"] is None else str(step["to"])
                    counts[name] = counts.get(name, 0) + 1
        counts["open"] = await self._findings.count_documents({"state": {"$in": ["open", "recurred"]}})
        return counts


async def close_stale(db: AsyncDatabase[dict[str, Any]]) -> int:
    """Mark runs that nobody works at any more as interrupted; returns how many."""
    now, closed = datetime.now(UTC), 0
    async for run in db["runs"].find({"state": "running"}):
        if not is_running(run, now):
            reason = "its process is gone"
            await db["runs"].update_one(
                {"_id": run["_id"], "heartbeat": run["heartbeat"]},
                {"$set": {"state": "interrupted", "reason": reason, "ended": now}},
            )
            await db["reviews"].update_many(
                {"run": run["_id"], "state": {"$in": ["queued", "running"]}},
                {"$set": {"state": "interrupted", "cause": f"the run was stopped: {reason}", "ended": now}},
            )
            closed += 1
    return closed
