"""Names out of the register, and what wildcards make of them."""

from collections.abc import Callable
from typing import Any

import pytest

from crawler.demo.zones import read_zones

from .world import World, world

ZONES = {zone.name: zone for zone in read_zones()}
UNITS = [
    ("HP-TH-002", "Trường Tiểu học Hải Đăng Xanh", "tieu_hoc", "Phường Hải An", "Quận Hải An"),
    ("HP-THPT-003", "Trường THPT Buồm Trắng", "thpt", "Phường Ngô Quyền", "Quận Ngô Quyền"),
    ("HP-MN-004", "Trường Mầm non Vỏ Ốc Biển", "mam_non", "Phường Đồ Sơn", "Quận Đồ Sơn"),
    ("HP-TH-006", "Trường Tiểu học Bến Đò Mới", "tieu_hoc", "Xã Tiên Lãng", "Huyện Tiên Lãng"),
    ("HP-THPT-010", "Trường THPT Ngọn Cờ Vàng", "thpt", "Phường Kiến An", "Quận Kiến An"),
    ("X-1", "Trường Tiểu học Cảng Cá", "tieu_hoc", "Phường Đồ Sơn", "Quận Đồ Sơn"),
    ("X-2", "Trường THCS Không Có Trang", "thcs", "Phường Đồ Sơn", "Quận Đồ Sơn"),
    ("X-3", "Trường THCS Muối Biển", "thcs", "Phường Hải An", "Quận Hải An"),
    ("X-4", "Trường Mầm non Muối Biển", "mam_non", "Phường Hải An", "Quận Hải An"),
]
FALSE = ("doson.haiphong.edu.vn", "kienan.haiphong.edu.vn", "ngoquyen.haiphong.edu.vn")


@pytest.fixture
def province(discovery: Any, serve: Callable[..., Any]) -> World:
    served: World = serve(world())
    discovery.environment |= served.environment
    discovery.units(
        *(
            {"_id": code, "name": name, "level": level, "commune": commune, "district": district}
            for code, name, level, commune, district in UNITS
        )
    )
    return served


def test_every_host_of_closed_zones_is_found_and_no_wildcard_deceives(discovery: Any, province: World) -> None:
    discovery.run("-a", "probe=false")
    found = discovery.hosts(state="discovered")
    wanted = {name for zone in ZONES.values() for name in zone.hosts}
    assert not wanted - set(found)
    for zone in FALSE:
        inside = {name for name in found if name.endswith(f".{zone}")}
        allowed = {*ZONES[zone].hosts, f"ns.{zone}", f"th-cangca.{zone}"}
        assert not inside - allowed
    # its address is the wildcard's, but it has a TXT record where the wildcard has none
    assert found["th-cangca.doson.haiphong.edu.vn"]["sources"][0]["technique"] == "name"
    assert found["tongdai.tienlang.haiphong.edu.vn"]["sources"][0]["technique"] == "record"
    assert "giamsat.haiphong.edu.vn" not in found


def test_a_closed_nsec3_ring_answers_guesses_without_questions(discovery: Any, province: World) -> None:
    discovery.run("-a", "probe=false", "-a", "zones=haian.haiphong.edu.vn")
    assert discovery.stats()["discover/guess/by_ring"] > 100
    assert "discover/guess/absent" not in discovery.stats()
    inside = {f"{label}.haian.haiphong.edu.vn" for label in ("th-haidangxanh", "thcs-muoibien", "mn-muoibien")}
    assert inside <= set(discovery.hosts())


def test_guesses_end_at_the_limit(discovery: Any, province: World) -> None:
    discovery.environment["RASOAT_GUESSES"] = "40"
    discovery.run("-a", "probe=false", "-a", "zones=tienlang.haiphong.edu.vn")
    stats = discovery.stats()
    assert sum(n for name, n in stats.items() if name.startswith("discover/guess/")) <= 40
