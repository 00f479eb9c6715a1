"""A person's word about a whole page or host: findings there are none, until a day, or until the evidence changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crawler.items import Page, Violation

Case = tuple[Page, Violation]
RULE_CHANGE = "rule change"
"""Who dismissed a finding whose rules fire no more: ``by`` of its words."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """The exceptions that hold for some hosts at a moment."""

    rows: tuple[Mapping[str, Any], ...]

    def over(self, cases: Sequence[Case], fresh: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be set on a new finding: dismissed, when one exception is over all that was seen of it."""
        for row in self.rows:
            if all(covers(row, page.host, page.digest, violation.category) for page, violation in cases):
                words = words_of(row, fresh.get("keys", []))
                step = {
                    **fresh["history"][0],
                    "from": "open",
                    "to": "dismissed",
                    "cause": row["reason"],
                    "by": row["by"],
                }
                return {"state": "dismissed", "dismissed": words, "history": [*fresh["history"], step]}
        return {}


class Exceptions:
    """Reads the exceptions of hosts."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._exceptions = db["exceptions"]

    async def of(self, hosts: Iterable[str], now: datetime) -> Excepted:
        """Those of these hosts that have not ended, oldest first."""
        cursor = self._exceptions.find({"host": {"$in": sorted(hosts)}}).sort("_id", 1)
        rows = [row async for row in cursor]
        return Excepted(tuple(row for row in rows if row["until"] is None or row["until"] > now))


def covers(exception: Mapping[str, Any], host: str, page: str, category: str) -> bool:
    """Whether an exception is about this host, page (digest; "" means the whole host) and category ("" means all)."""
    return exception["host"] == host and exception["page"] in ("", page) and exception["category"] in ("", category)


def words_of(exception: Mapping[str, Any], keys: Sequence[str], was: str = "open") -> dict[str, Any]:
    """The words that a finding dismissed by an exception carries."""
    told = {name: exception[name] for name in ("reason", "by", "until", "at", "page")}
    return {**told, "exception": exception["_id"], "was": was, "keys": list(keys)}


def reopening(words: Mapping[str, Any], cases: Sequence[Case]) -> str:
    """Why a dismissed finding is open again, or nothing: the person judged other evidence than what is there now."""
    if words.get("by") == RULE_CHANGE:
        return "its rules fire again"
    if words.get("page") and any(page.digest != words["page"] for page, _ in cases):
        return "it was seen on another page than the one excepted"
    if "keys" not in words:
        return ""
    before = set(words["keys"])
    now = {key for _, violation in cases for key in violation.keys}
    hosts = {key for key in now if key.startswith("host:")}
    if hosts - before:
        return "the evidence changed: it leads to another destination"
    told = {key for key in now if key.startswith("words:")}
    known = {key for key in before if key.startswith("words:")}
    return "the evidence changed: it says something else" if not hosts and known and told and not told & known else ""
