"""What nobody registered in the demo province: its own zones, hosts in them and outside, and the truth about each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from crawler.demo import finds
from crawler.demo.finds import School
from crawler.demo.model import Host
from crawler.demo.province import ZONE, Province
from crawler.demo.zones import Served, read_zones


@dataclass(frozen=True, slots=True)
class Find:
    """One host that discovery has to find: how it stands, and whose it is ("" for nobody's)."""

    host: str
    verdict: str
    outcome: str = ""
    unit: str = ""


@dataclass(slots=True)
class Wilderness:
    """``zones`` to serve, ``hosts`` for the web server, ``truth`` for the comparison."""

    zones: list[Served] = field(default_factory=list)
    hosts: list[Host] = field(default_factory=list)
    truth: list[Find] = field(default_factory=list)


def wilderness(province: Province) -> Wilderness:
    """Beside the province's own hosts, which the parent zone now names too."""
    old = {"dates": ("02/03/2021", "05/01/2021"), "year": 2021, "more": "Trang cũ của trường."}
    unit = {one.code: one for one in province.units}

    def about(code: str) -> School:
        one = unit[code]
        return School(one.name, one.commune, one.phone, one.email)

    def listed(code: str, verdict: str, host: Host, outcome: str = "confirmed") -> None:
        wild.hosts.append(host)
        wild.truth.append(Find(host.name, verdict, outcome, code))

    wild = Wilderness()
    listed("HP-THCS-001", "unused", finds.school(f"thcshoaphuongdo.{ZONE}", "127.77.5.1", about("HP-THCS-001"), **old))  # type: ignore[arg-type]
    listed("HP-TH-002", "live", finds.school(f"th-haidangxanh.haian.{ZONE}", "127.77.3.5", about("HP-TH-002")))
    listed("HP-MN-004", "live", finds.school(f"mn-voocbien.doson.{ZONE}", "127.77.3.7", about("HP-MN-004")))
    listed("", "suspended", finds.suspended(f"th-anhsao.{ZONE}", "127.77.3.1"), "none")
    listed("", "default_page", finds.fresh(f"th-vangtrang.{ZONE}", "127.77.3.1"), "none")
    listed("", "under_construction", finds.building(f"thcs_biendong.{ZONE}", "127.77.3.2"), "none")
    wild.zones = [_parent(zone, province, wild) if zone.name == ZONE else zone for zone in read_zones()]
    for zone in wild.zones:
        for name, says in zone.hosts.items():
            if not any(find.host == name for find in wild.truth):
                wild.truth.append(Find(name, _VERDICTS.get(says, "")))
    return wild


_VERDICTS = {"dangling": "dangling", "no_web": "no_address"}


def _parent(zone: Served, province: Province, wild: Wilderness) -> Served:
    """The parent zone with the registered hosts and the found ones that stand directly in it."""
    known = {name.lower() for name in zone.hosts}
    lines = []
    for host in (*province.hosts, *wild.hosts):
        label = host.name.removesuffix(f".{ZONE}")
        if label == host.name or "." in label.removeprefix("www.") or host.name in known:
            continue
        if host.address:
            lines.append(f"{label} IN {'AAAA' if ':' in host.address else 'A'} {host.address}\n")
        lines += [
            f"{label} IN {kind} {value}{'.' if kind in ('CNAME', 'NS') else ''}\n" for kind, value in host.records
        ]
    return replace(zone, source=replace(zone.source, text=zone.source.text + "".join(lines)))
