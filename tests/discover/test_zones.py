"""Zones of the authority: transferred, walked, counted; and what is wrong with what they hold."""

import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.authority import Authority, ZoneText
from crawler.demo.names import Names, NameServer
from crawler.demo.recursor import Recursor
from crawler.demo.zones import read_zones

from . import nsd
from .world import World, world

ZONES = {zone.name: zone for zone in read_zones()}
KNOWN_BY_ZONE = ("haiphong.edu.vn", "lechan.haiphong.edu.vn", "con.lechan.haiphong.edu.vn")


@contextmanager
def by_nsd(folder: Path) -> Iterator[tuple[str, list[ZoneText]]]:
    servers: dict[str, list[nsd.Served]] = {}
    for zone in ZONES.values():
        served = nsd.Served(zone.name, zone.source.text, zone.source.transfer, zone.source.denial)
        servers.setdefault(zone.server, []).append(served)
    with nsd.serving(folder, servers) as ports:
        yield (
            ",".join(f"{zone.name}={zone.server}:{ports[zone.server]}" for zone in ZONES.values()),
            [zone.source for zone in ZONES.values()],
        )


def expected() -> dict[str, str]:
    """host -> liveness by DNS of all that the zones tell by themselves."""
    hosts: dict[str, str] = {}
    for zone in (ZONES[name] for name in KNOWN_BY_ZONE):
        hosts |= zone.hosts
    hosts |= {f"ns.{zone}": "" for zone in ZONES}  # named in NS records
    return hosts | {"tongdai.tienlang.haiphong.edu.vn": ""}  # named in an SRV record


def check(discovery: Any) -> None:
    apexes = set(ZONES) | {"hongbang.haiphong.edu.vn", "kienthuy.haiphong.edu.vn"}
    found = {name: host.get("liveness") or "" for name, host in discovery.hosts(state="discovered").items()}
    wanted = expected()
    assert {name: found.get(name) for name in wanted} == wanted
    assert not set(found) - set(wanted) - apexes
    zones = {name: discovery.host(name)["zone"] for name in ZONES}
    assert {name for name, zone in zones.items() if zone["open"]} == {"haiphong.edu.vn", "con.lechan.haiphong.edu.vn"}
    assert zones["lechan.haiphong.edu.vn"]["how"] == "nsec"
    assert zones["lechan.haiphong.edu.vn"]["complete"]
    assert zones["haian.haiphong.edu.vn"]["unknown"] == 5  # the apex, ns and three hosts nobody can name
    assert not zones["doson.haiphong.edu.vn"]["complete"]
    assert discovery.host("kienthuy.haiphong.edu.vn")["verdicts"][0]["rule"] == "dead_delegation"


def test_zones_of_real_nsd_give_every_host_they_can(discovery: Any, serve: Callable[..., Any], tmp_path: Path) -> None:
    @asynccontextmanager
    async def resolver(sources: list[ZoneText]) -> AsyncIterator[NameServer]:
        server = NameServer(Recursor.of(Names({}), [Authority.of(sources)]), "127.77.0.53")
        await server.start()
        yield server
        await server.stop()

    with by_nsd(tmp_path / "nsd") as (servers, sources):
        names = serve(resolver(sources))
        discovery.environment |= {
            "RASOAT_ZONE_SERVERS": servers,
            "RASOAT_NAMESERVERS": f"{names.address}:{names.port}",
        }
        discovery.run("-a", "probe=false")
    check(discovery)


@pytest.fixture
def province(discovery: Any, serve: Callable[..., Any]) -> World:
    served: World = serve(world())
    discovery.environment |= served.environment
    return served


def test_the_built_in_servers_give_the_same_and_a_person_s_word_stays(discovery: Any, province: World) -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    decided = {"unit": "U1", "outcome": "confirmed", "by": "Lan", "at": now}
    discovery.db["hosts"].insert_many(
        [
            {"_id": "th-anhsao.haiphong.edu.vn", "state": "dismissed", "attribution": decided},
            {"_id": "mail.haiphong.edu.vn", "state": "registered", "recognised": "yes"},
        ]
    )
    discovery.run("-a", "probe=false")
    dismissed = discovery.host("th-anhsao.haiphong.edu.vn")
    assert (dismissed["state"], dismissed["attribution"]) == ("dismissed", decided)
    assert dismissed["dns"]["a"] == ["127.77.3.1"]
    assert discovery.host("mail.haiphong.edu.vn")["state"] == "registered"
    discovery.db["hosts"].update_many({"state": {"$ne": "discovered"}}, {"$set": {"state": "discovered"}})
    check(discovery)
    assert discovery.db["runs"].find_one()["args"] == {"probe": False}


def test_a_killed_run_goes_on_without_asking_again(discovery: Any, province: World) -> None:
    discovery.environment["RASOAT_DNS_RATE"] = "20"
    process = discovery.start("-a", "probe=false")
    try:
        limit = time.monotonic() + 60
        while discovery.db["answers"].count_documents({}) < 20 and time.monotonic() < limit:
            time.sleep(0.05)
        stored = {row["question"] for row in discovery.db["answers"].find({}, {"question": 1})}
    finally:
        discovery.kill(process)
    asked = province.asked()
    discovery.environment["RASOAT_DNS_RATE"] = "2000"
    discovery.run("-a", "probe=false", "-a", "resume=latest")
    again = province.asked() - asked
    recalled = {tuple(question.split(" ")[1:3]) for question in stored}
    twice = {question for question in again if (f"{question[0]}.", question[1]) in recalled}
    # the parent answers a question of a child's name too, from another server: only the same server counts
    assert not {name for name, _ in twice} - {name for name in ZONES if name != "haiphong.edu.vn"}
    assert discovery.db["runs"].count_documents({}) == 1
    check(discovery)


def test_ctrl_c_ends_a_run_that_can_be_gone_on_with(discovery: Any, province: World) -> None:
    discovery.environment["RASOAT_DNS_RATE"] = "5"
    process = discovery.start("-a", "probe=false", "-a", "_job=j1", "-a", "_version=v1")
    try:
        limit = time.monotonic() + 60
        while discovery.db["answers"].count_documents({}) < 3 and time.monotonic() < limit:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, discovery.log()
    finally:
        discovery.kill(process)
    run = discovery.db["runs"].find_one()
    assert (run["state"], run["job"]) == ("interrupted", "j1")
    assert "Traceback" not in discovery.log()


def test_a_setting_without_meaning_ends_the_run_with_one_line(discovery: Any) -> None:
    discovery.environment["RASOAT_ZONE_KEYS"] = "haiphong.edu.vn=geheim"
    log = discovery.run(code=2)
    assert "scrapy crawl: RASOAT_ZONE_KEYS: 'haiphong.edu.vn': the key is not name:algorithm:secret" in log
    assert "geheim" not in log
