"""Visits to found hosts: how they stand, whose they are, what that means for the units."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from crawler.demo import Host, Province, Running
from crawler.demo.authority import ZoneText
from crawler.demo.finds import School, betting, blocking, building, fresh, moved, parked, school, suspended
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
async def place() -> AsyncIterator[tuple[World, Running]]:
    listed = hosts()
    records = "".join(f"{one.name[: -len(ZONE) - 1]} IN A {one.address}\n" for one in listed if one.name.endswith(ZONE))
    text = HEAD.format(name=ZONE, server="127.77.0.61") + records + "noibo IN A 10.0.0.1\n"
    zone = Served(ZoneText(ZONE, text, transfer=True), "127.77.0.61")
    outside = {one.name: [("A", one.address)] for one in listed if not one.name.endswith(ZONE)}
    async with world([zone], outside) as names, serve_web(Province.of(listed)) as web:
        yield names, web


@pytest.fixture
def served(discovery: Any, serve: Callable[..., Any]) -> Running:
    names, web = serve(place())
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


def test_without_probe_no_found_host_is_contacted(discovery: Any, served: Running) -> None:
    discovery.run("-a", "probe=false")
    assert not any(served.log.values())
    assert discovery.host(f"th-chan.{ZONE}:{served.port}")["state"] == "discovered"
