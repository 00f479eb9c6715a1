"""scrapy hosts: lists, one host on a page, and what an operator sets."""

import json
from collections.abc import Callable
from typing import Any

from pymongo.synchronous.database import Database

from crawler.schedule.policy import read_policy
from crawler.store.queries.hosts import HostFilter, list_hosts
from tests.commands.stored import PHONG, SEN, TRAI, Stored
from tests.conftest import Done

Scrapy = Callable[..., Done]
Db = Database[dict[str, Any]]


def test_lists_hosts_with_their_last_review(scrapy: Scrapy, stored: Stored) -> None:
    done = scrapy("hosts")
    assert done.code == 0, done.stderr
    by_host = {line.split()[0]: line for line in done.stdout.splitlines() if "haiphong" in line}
    assert list(by_host) == [SEN, PHONG, TRAI]
    assert "page budget reached: 1 pages" in by_host[PHONG]
    assert "HP-003" in by_host[SEN]
    assert "unreachable" in by_host[SEN]
    done = scrapy("hosts", "--review", "complete", "--json")
    assert [json.loads(line)["_id"] for line in done.stdout.splitlines()] == [TRAI]


FILTERS: list[tuple[str, str, list[str]]] = [
    ("units", "HP-002", [PHONG]),
    ("states", "registered", [SEN, PHONG, TRAI]),
    ("states", "retired", []),
    ("reviews", "unreachable", [SEN]),
    ("reviews", "none", ["kiddies.example"]),
    ("groups", "203.0.113.7", [TRAI]),
    ("liveness", "parked", ["kiddies.example"]),
]


def test_each_filter_takes_and_leaves(database: Db, stored: Stored) -> None:
    database["hosts"].insert_one({"_id": "kiddies.example", "state": "discovered", "liveness": "parked"})
    for field, value, names in FILTERS:
        assert [row["_id"] for row in list_hosts(database, HostFilter(**{field: (value,)}))] == names, field


def test_a_discovered_host_has_the_unit_it_is_attributed_to(database: Db, stored: Stored) -> None:
    database["hosts"].insert_one({"_id": "a.example", "state": "discovered", "attribution": {"unit": "HP-001"}})
    rows = list(list_hosts(database, HostFilter(units=("HP-001",))))
    assert [(row["_id"], row["units"]) for row in rows] == [("a.example", ["HP-001"]), (TRAI, ["HP-001"])]


def test_show_tells_tls_sites_and_reviews(scrapy: Scrapy, stored: Stored) -> None:
    done = scrapy("hosts", "show", f"HTTPS://{TRAI.upper()}/x")
    assert done.code == 0, done.stderr
    for words in ("certificate has expired", "02/01/2025", "203.0.113.7", "Nguyễn Trãi", stored.run, "calendar 7"):
        assert words in done.stdout, words
    known = json.loads(scrapy("hosts", "show", TRAI, "--json").stdout)
    assert known["tls"]["valid"] is False
    assert known["findings"] == [{"name": "open", "n": 1}]


def test_set_says_who_and_the_crawl_understands_it(scrapy: Scrapy, database: Db, stored: Stored) -> None:
    said = ["--delay", "2.5", "--hours", "22:00-5:00", "--pause", "--reason", "bảo trì", "--by", "Lan"]
    done = scrapy("hosts", "set", TRAI, *said)
    assert done.code == 0, done.stderr
    assert "paused, 2.5 s, 22:00-05:00" in done.stderr
    host = database["hosts"].find_one({"_id": TRAI})
    assert host
    policy = read_policy(host["policy"])
    assert (policy.delay, policy.paused, policy.reason, policy.by) == (2.5, True, "bảo trì", "Lan")
    assert policy.hours is not None
    assert "paused" in scrapy("hosts", "--unit", "HP-001").stdout
    done = scrapy("hosts", "set", TRAI, "--resume", "--hours", "always", "--by", "Minh")
    host = database["hosts"].find_one({"_id": TRAI})
    assert host
    policy = read_policy(host["policy"])
    assert (policy.delay, policy.hours, policy.paused, policy.by) == (2.5, None, False, "Minh")


BAD: list[tuple[list[str], str]] = [
    (["set", TRAI, "--pause", "--reason", "x"], "required: --by"),
    (["set", TRAI, "--pause", "--by", "Lan"], "--pause needs a --reason"),
    (["set", TRAI, "--by", "Lan"], "nothing to set"),
    (["set", TRAI, "--delay", "nan", "--by", "Lan"], "delay: nan"),
    (["set", TRAI, "--hours", "25:00-26:00", "--by", "Lan"], "is not like 22:00-05:00"),
    (["set", "unknown.example", "--pause", "--reason", "x", "--by", "Lan"], "unknown.example: no such host"),
    (["show", "http://u:secret@x.example/"], "credentials"),
    (["--review", "done"], "--review: 'done' is not one of"),
]


def test_bad_arguments_are_one_line_and_2(refused: Scrapy, stored: Stored) -> None:
    for arguments, words in BAD:
        done = refused("hosts", *arguments)
        assert (done.code, done.stdout) == (2, "")
        assert words in done.stderr
        assert "secret" not in done.stderr
        assert len(done.stderr.splitlines()) == 1
