"""A province: the hosts, the register and the truth, built from a seed or declared by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from crawler.demo.model import PORT, Host, Reply, Request, Truth, Unit

ZONE = "haiphong.edu.vn"
SEED = 20260920
"""Whether the province has the schools of ``data/seen.yaml`` where nobody says otherwise."""
COLUMNS = ("Mã", "Tên đơn vị", "Cấp", "Xã/Phường", "Quận/Huyện", "Website", "Điện thoại", "Email")
LEVELS = {
    "mam_non": "Mầm non",
    "tieu_hoc": "Tiểu học",
    "thcs": "THCS",
    "thpt": "THPT",
    "lien_cap": "Liên cấp",
    "gdtx": "GDTX",
    "phong": "Phòng",
    "so": "Sở",
    "khac": "Khác",
}


@dataclass(slots=True)
class Province:
    """Hosts, units and truth; nothing is open until ``serve``."""

    hosts: list[Host] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)
    zone: str = ZONE

    @classmethod
    def build(cls, seed: int = SEED, scale: float = 1.0, wild: bool = True, seen: bool = True) -> Province:
        """The demo province: the same for the same seed in every process; ``scale`` multiplies the articles.

        With ``wild`` false the misbehaving hosts of ``data/wild.yaml`` are left out, with ``seen`` false the schools
        that do not show everybody the same.
        """
        from crawler.demo.build import build  # which needs this class

        return build(seed, scale, wild, seen)

    @classmethod
    def of(cls, hosts: Iterable[Host], units: Iterable[Unit] = ()) -> Province:
        """A province declared by hand; without ``units`` every host gets a unit of its own (U001, U002, ...)."""
        listed = list(hosts)
        made = list(units) or [
            Unit(f"U{number:03}", f"Trường {host.name}", websites=(f"http://{host.name}:{PORT}/",))
            for number, host in enumerate(listed, 1)
        ]
        return cls(listed, made)

    def register_csv(self, path: Path | str, port: int) -> Path:
        """Write the register file (UTF-8, Vietnamese headers) with ``port`` in its websites."""
        target = Path(path)
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            for unit in self.units:
                sites = "\n".join(unit.websites).replace(PORT, str(port))
                level = LEVELS.get(unit.level, unit.level)
                writer.writerow(
                    [unit.code, unit.name, level, unit.commune, unit.district, sites, unit.phone, unit.email]
                )
        return target

    def truth_at(self, port: int) -> dict[str, Any]:
        """The truth as plain JSON data, with ``port`` in hosts and URLs."""

        def fill(value: Any) -> Any:
            if isinstance(value, str):
                return value.replace(PORT, str(port))
            if isinstance(value, dict):
                return {fill(key): fill(one) for key, one in value.items()}
            if isinstance(value, list | tuple):
                return [fill(one) for one in value]
            return value

        filled: dict[str, Any] = fill(asdict(self.truth))
        return filled

    def digest(self) -> str:
        """SHA-256 over register, truth, names and every page as first answered: the identity of what is served."""
        total = sha256()
        total.update(repr((self.units, self.truth)).encode())
        for host in self.hosts:
            total.update(repr((host.name, host.address, host.records)).encode())
            for path, page in host.pages.items():
                reply = page(Request("GET", host.name, path, {}, 80, 1)) if callable(page) else page
                total.update(repr((path, reply)).encode())
        return total.hexdigest()


def simple(title: str, text: str, links: Iterable[str] = ()) -> Reply:
    """A plain page for tests: a title, one paragraph and a list of links."""
    items = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    return Reply(
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{text}</p><ul>{items}</ul></body></html>"
    )
