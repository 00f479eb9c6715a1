"""scrapy reclassify: stored pages are judged again, the difference is told first and then written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.synchronous.database import Database

from tests.commands.stored import DOORWAY, Stored
from tests.conftest import Done

Scrapy = Callable[..., Done]
Db = Database[dict[str, Any]]

OWN = """format: 1
kind: page
signals:
  own: {family: subject, parts: [text, title], terms: ["tuyên truyền phòng chống cờ bạc"]}
rules:
  - id: own-rule
    title: {vi: "Thử", en: "Try"}
    category: drugs
    vector: derive
    severity: low
    status: active
    basis: "O1"
    remedy: "Gỡ bài."
    falsepositives: []
    when: "own"
    examples:
      positive: [{text: "a1"}, {text: "a2"}, {text: "a3"}]
      negative: [{text: "b1"}, {text: "b2"}, {text: "b3"}]
"""


def told(done: Done) -> list[dict[str, Any]]:
    assert done.code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def states(database: Db) -> dict[str, str]:
    return {row["_id"]: row["state"] for row in database["findings"].find()}


def test_the_difference_is_told_before_it_is_written(scrapy: Scrapy, database: Db, stored: Stored) -> None:
    before = states(database)
    changes = told(scrapy("reclassify", "--dry-run", "--json"))
    assert {change["finding"] for change in changes if change["kind"] == "dismissed"} >= {stored.loans}
    assert states(database) == before
    assert database["pages"].count_documents({"ruleset": "r" * 64}) > 0

    assert told(scrapy("reclassify", "--json")) == changes
    after = database["findings"].find_one({"_id": stored.loans})
    assert after is not None
    assert (after["state"], after["dismissed"]["by"], after["url_count"]) == ("dismissed", "rule change", 0)
    assert after["history"][-1]["to"] == "dismissed"
    assert database["pages"].count_documents({"ruleset": "r" * 64}) == 0
    assert told(scrapy("reclassify", "--json")) == []


def test_a_new_rule_finds_on_stored_pages_and_leaves_again(
    scrapy: Scrapy, database: Db, stored: Stored, tmp_path: Path
) -> None:
    told(scrapy("reclassify", "--json"))
    rules = tmp_path / "own.yaml"
    rules.write_text(OWN, encoding="utf-8")
    (new,) = told(scrapy("reclassify", "--json", "-s", f"RASOAT_RULES={rules}"))
    assert (new["kind"], new["category"], new["rule"]) == ("new", "drugs", "own-rule")
    assert states(database)[new["finding"]] == "open"

    (gone,) = told(scrapy("reclassify", "--json"))
    assert (gone["kind"], gone["finding"]) == ("dismissed", new["finding"])
    (back,) = told(scrapy("reclassify", "--json", "-s", f"RASOAT_RULES={rules}"))
    assert (back["kind"], back["finding"]) == ("reopened", new["finding"])
    assert states(database)[new["finding"]] == "open"


def test_what_still_fires_stays(scrapy: Scrapy, database: Db, stored: Stored) -> None:
    told(scrapy("reclassify", "--rules", "all", "--json"))
    live = database["sightings"].find_one({"url": DOORWAY, "gone": None})
    assert live is not None
    assert states(database)[live["finding"]] == "open"


@pytest.mark.parametrize("arguments", [("--rules", "some"), ("left",)])
def test_nonsense_is_refused(scrapy: Scrapy, arguments: tuple[str, ...]) -> None:
    assert scrapy("reclassify", *arguments).code == 2
