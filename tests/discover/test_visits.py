"""Visits to found hosts: how they stand, whose they are, what that means for the units."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from crawler.demo import Host, Province, Running
from crawler.demo.authority import ZoneText
from crawler.demo.finds import School, betting, blocking, building, catch_all, fresh, moved, parked, school, suspended
from crawler.demo.running import serve as serve_web
from crawler.demo.zones import HEAD, Served

from .world import World, world

ZONE = "haiphong.edu.vn"
SEN = School("Trường Tiểu học Sen Hồng", "xã An Lão", "0225 3871 001", "c1senhong@example.vn")
BIEN = School("Trường THCS Biển Xanh", "phường Đồ Sơn", "0225 3871 002", "c2bienxanh@example.vn")
TRANG = School("Trường THPT Trăng Vàng", "phường Kiến An", "0225 3871 003", "c3trangvang@example.vn")
NAM = [School("Trường Mầm non Sao Mai", f"xã {place}") for place in ("Đông Hưng", "Tây Hưng", "Nam Hưng")]
UNITS = [
    ("U1", SEN, "tieu_hoc", "Xã An Lão"),
    ("U2", BIEN, "thcs", "Phường Đồ Sơn"),
    ("U3", TRANG, "thpt", "Phường Kiến An"),
    ("U4", NAM[0], "mam_non", "Xã Đông Hưng"),
    ("U5", NAM[1], "mam_non", "Xã Tây Hưng"),
    ("U6", NAM[2], "mam_non", "Xã Nam Hưng"),
    ("U7", School("Trường THCS Không Trang"), "thcs", "Xã Xa"),
]


def hosts() -> list[Host]:
    """Registered sites first, then what nobody registered."""
    old = ("02/03/2021", "05/01/2021")
    return [
        school(f"th-senhong.{ZONE}", "127.77.4.1", SEN),
        school(f"thcs-bienxanh.{ZONE}", "127.77.4.2", BIEN, links=["http://thcsbienxanh.example:__PORT__/",
               "http://c2bienxanh.example:__PORT__/", "http://blog-bienxanh.example:__PORT__/"]),
        school("thpttrangvang.vendor.example", "127.77.4.3", TRANG),
        # found
        school(f"thcsbienxanh.{ZONE}", "127.77.4.4", BIEN, dates=old, year=2021, more="Trang cũ của trường."),
        school("c2bienxanh.example", "127.77.4.5", BIEN, more="Trang lớp của trường chúng tôi."),
        betting("thcsbienxanh.example", "127.77.4.6"),
        school("thsenhong.example", "127.77.4.7", SEN),
        parked("tieuhocsenhong.example", "127.77.4.8"),
        suspended(f"th-tamngung.{ZONE}", "127.77.4.9"),
        fresh(f"th-moicai.{ZONE}", "127.77.4.10"),
        building(f"th-dangxay.{ZONE}", "127.77.4.11"),
        blocking(f"th-chan.{ZONE}", "127.77.4.12"),
        moved(f"senhong.{ZONE}", "127.77.4.13", f"th-senhong.{ZONE}"),
        school(f"mn-saomai.{ZONE}", "127.77.4.14", School("Trường Mầm non Sao Mai")),
        school(f"mn-saomai-tay.{ZONE}", "127.77.4.15", NAM[1]),
        Host(f"th-kin.{ZONE}", "127.77.4.16", listening=False),
        Host(f"th-rong.{ZONE}", "127.77.4.17", {"/": "<html><title>x</title></html>"}),
    ]  # fmt: skip


VERDICTS = {
    f"th-senhong.{ZONE}": "live",
    f"thcsbienxanh.{ZONE}": "unused",
    "c2bienxanh.example": "live",
    "thcsbienxanh.example": "hijacked",
    "thsenhong.example": "duplicate",
    "tieuhocsenhong.example": "parked",
    f"th-tamngung.{ZONE}": "suspended",
    f"th-moicai.{ZONE}": "default_page",
    f"th-dangxay.{ZONE}": "under_construction",
    f"th-chan.{ZONE}": "blocked",
    f"senhong.{ZONE}": "redirects_to_registered",
    f"th-kin.{ZONE}": "no_connection",
    f"th-rong.{ZONE}": "empty",
    f"noibo.{ZONE}": "private_address",
}
OUTCOMES = {
    f"thcsbienxanh.{ZONE}": ("confirmed", "U2"),
    "c2bienxanh.example": ("confirmed", "U2"),
    "thcsbienxanh.example": ("hijacked", "U2"),
    "thsenhong.example": ("imitation", "U1"),
    f"mn-saomai.{ZONE}": ("ambiguous", None),
    f"mn-saomai-tay.{ZONE}": ("confirmed", "U5"),
    f"th-tamngung.{ZONE}": ("none", None),
}


@asynccontextmanager
async def place(listed: list[Host], *more: Served) -> AsyncIterator[tuple[World, Running]]:
    own = [one for one in listed if one.name.endswith(f".{ZONE}") and not one.name.endswith(f".{WILD}")]
    records = "".join(f"{one.name[: -len(ZONE) - 1]} IN A {one.address}\n" for one in own)
    text = HEAD.format(name=ZONE, server="127.77.0.61") + records + "noibo IN A 10.0.0.1\n" + (CUT if more else "")
    zone = Served(ZoneText(ZONE, text, transfer=not more), "127.77.0.61")
    outside = {one.name: [("A", one.address)] for one in listed if not one.name.endswith(ZONE)}
    async with world([zone, *more], outside) as names, serve_web(Province.of(listed)) as web:
        yield names, web


WILD = f"doson.{ZONE}"
CUT = "doson IN NS ns.doson\nns.doson IN A 127.77.0.62\n"
SHARED = School("Trường THCS Cảng Cá", "phường Đồ Sơn")


def hidden_hosts() -> list[Host]:
    """A true host on its wildcard's own address, and hosts that only a script or an alias of a page names."""
    script = f"<script>var api = 'https://api-hoctap.{ZONE}/v1';</script>"
    return [
        school(f"th-senhong.{ZONE}", "127.77.4.1", SEN, more=script),
        Host(f"thcs-cangca.{WILD}", "127.77.4.30", school("x", "127.77.4.30", SHARED).pages),
        catch_all(WILD, "127.77.4.30"),
        Host(f"api-hoctap.{ZONE}", "127.77.4.31", {"/": "<h1>API học tập của nhà trường</h1>"}),
    ]


def wild_zone() -> Served:
    text = HEAD.format(name=WILD, server="127.77.0.62") + "* IN A 127.77.4.30\n"
    return Served(ZoneText(WILD, text + "thcs-cangca IN A 127.77.4.30\n"), "127.77.0.62")


def test_a_visit_tells_a_true_host_from_its_wildcard_and_finds_what_pages_name(
    discovery: Any, serve: Callable[..., Any]
) -> None:
    names, web = serve(place(hidden_hosts(), wild_zone()))
    discovery.environment |= {**web.environment(), **names.environment}
    for number, name in enumerate(("Cảng Cá", "Không Có", "Chưa Có", "Sắp Có")):
        place_ = {"commune": "Phường Đồ Sơn", "district": "Quận Đồ Sơn"}
        discovery.units({"_id": f"W{number}", "name": f"Trường THCS {name}", **place_})
    told = (f"baohoc.{WILD}", f"th-senhong.{ZONE}")
    discovery.db["hosts"].insert_many([{"_id": f"{name}:{web.port}", "state": "discovered"} for name in told])
    discovery.run()
    found = {name.partition(":")[0]: host for name, host in discovery.hosts(state="discovered").items()}
    true = found[f"thcs-cangca.{WILD}"]
    assert true["sources"][0]["technique"] == "visit"
    assert (true["liveness"], true["attribution"]["unit"]) == ("live", "W0")
    inside = {name for name in found if name.endswith(f".{WILD}")}
    assert inside == {f"thcs-cangca.{WILD}", f"ns.{WILD}", f"baohoc.{WILD}"}
    assert found[f"baohoc.{WILD}"]["verdicts"][0]["rule"] == "wildcard_only"
    script = found[f"api-hoctap.{ZONE}"]
    assert "page" in {source["technique"] for source in script["sources"]}


def test_a_run_killed_among_visits_visits_nobody_twice(discovery: Any, served: Running) -> None:
    discovery.environment["RASOAT_SERVER_DELAY"] = "0.2"
    process = discovery.start()
    limit = time.monotonic() + 90
    try:
        while discovery.db["hosts"].count_documents({"visit": {"$ne": None}}) < 4 and time.monotonic() < limit:
            time.sleep(0.05)
    finally:
        discovery.kill(process)
    done = [row["_id"].partition(":")[0] for row in discovery.db["hosts"].find({"visit": {"$ne": None}})]
    assert done
    before = {name: len(served.seen(name)) for name in done}
    discovery.environment["RASOAT_SERVER_DELAY"] = "0"
    discovery.run("-a", "resume=latest")
    assert {name: len(served.seen(name)) for name in done} == before
    port = served.port
    assert {name: discovery.host(f"{name}:{port}")["verdicts"][0]["rule"] for name in VERDICTS} == VERDICTS
    whose = {name: discovery.host(f"{name}:{port}")["attribution"] for name in OUTCOMES}
    assert {name: (one["outcome"], one["unit"]) for name, one in whose.items()} == OUTCOMES


@pytest.fixture
def served(discovery: Any, serve: Callable[..., Any]) -> Running:
    names, web = serve(place(hosts()))
    discovery.environment |= {**web.environment(), **names.environment}
    for code, about, level, commune in UNITS:
        contact = {"phones": [about.phone] if about.phone else [], "emails": [about.mail] if about.mail else []}
        discovery.units({"_id": code, "name": about.name, "level": level, "commune": commune, **contact})
    for unit, name in (
        ("U1", f"th-senhong.{ZONE}"),
        ("U2", f"thcs-bienxanh.{ZONE}"),
        ("U3", "thpttrangvang.vendor.example"),
    ):
        host = f"{name}:{web.port}"
        site = {"_id": f"{host}/", "host": host, "unit": unit, "official": True, "state": "registered", "history": []}
        discovery.db["sites"].insert_one(site)
        discovery.db["hosts"].insert_one({"_id": host, "state": "registered", "scheme": "http"})
    found = ("thsenhong.example", "tieuhocsenhong.example")
    discovery.db["hosts"].insert_many([{"_id": f"{name}:{web.port}", "state": "discovered"} for name in found])
    return web


def test_every_host_stands_as_it_does_and_belongs_to_whom_it_does(discovery: Any, served: Running) -> None:
    discovery.run()
    port = served.port
    stood = {name: discovery.host(f"{name}:{port}")["verdicts"][0]["rule"] for name in VERDICTS}
    assert stood == VERDICTS
    whose = {name: discovery.host(f"{name}:{port}")["attribution"] for name in OUTCOMES}
    assert {name: (one["outcome"], one["unit"]) for name, one in whose.items()} == OUTCOMES
    assert {one["unit"] for one in whose[f"mn-saomai.{ZONE}"]["candidates"]} >= {"U4", "U5", "U6"}
    assert discovery.host(f"thsenhong.example:{port}")["recognised"] == "imitation"
    for name, verdict in VERDICTS.items():  # no verdict about a page without the stored page
        evidence = discovery.host(f"{name}:{port}")["verdicts"][0]["evidence"]
        pages = [one.removeprefix("page ") for one in evidence if one.startswith("page ")]
        assert bool(pages) == (verdict not in ("no_connection", "private_address")), name
        assert discovery.db["pages"].count_documents({"_id": {"$in": pages}}) == len(set(pages))
    verdicts = {one["_id"]: one for one in discovery.db["unit_verdicts"].find({"state": "open"})}
    assert set(verdicts) == {
        "U2/two_sites", "U2/unused_site", "U2/domain_in_other_hands", "U3/official_outside_zone",
        "U4/no_site", "U6/no_site", "U7/no_site",
    }  # fmt: skip
    assert len(verdicts["U2/two_sites"]["sites"]) == 3
    # guests ask for robots.txt first; nobody is asked for more than eleven pages
    assert served.seen("c2bienxanh.example")[0] == "/robots.txt"
    assert "/robots.txt" not in served.seen(f"th-tamngung.{ZONE}")
    assert max(len(served.seen(host.name)) for host in hosts()) <= 11
    assert not served.hits


def test_live_hosts_inside_the_zones_are_reviewed_when_that_is_wanted(
    discovery: Any, serve: Callable[..., Any]
) -> None:
    listed = [school(f"mn-saomai-tay.{ZONE}", "127.77.4.15", NAM[1]), fresh(f"th-moicai.{ZONE}", "127.77.4.10")]
    names, web = serve(place(listed))
    discovery.environment |= {**web.environment(), **names.environment}
    discovery.run("-a", "review=true")
    reviews = {review["host"].partition(":")[0]: review for review in discovery.db["reviews"].find()}
    assert set(reviews) == {f"mn-saomai-tay.{ZONE}"}
    assert reviews[f"mn-saomai-tay.{ZONE}"]["state"] == "complete"
    assert discovery.db["pages"].count_documents({"url": {"$regex": "bai-2"}}) == 1


def test_without_probe_no_found_host_is_contacted(discovery: Any, served: Running) -> None:
    discovery.run("-a", "probe=false")
    assert not any(served.log.values())
    assert discovery.host(f"th-chan.{ZONE}:{served.port}")["state"] == "discovered"
