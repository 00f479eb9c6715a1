"""A province: the hosts, the register and the truth, built from a seed or declared by hand; and serving it."""

from __future__ import annotations

import asyncio
import csv
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from crawler.demo.model import CANARY, PORT, Host, Reply, Request, Truth, Unit
from crawler.demo.names import Names, NameServer, records_of
from crawler.demo.web import Connection, Visit, WebServer

NETWORK = "127.77.0.0/16"
NAMESERVER = "127.77.0.53"
ZONE = "haiphong.edu.vn"
SEED = 20260920
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
    def build(cls, seed: int = SEED, scale: float = 1.0) -> Province:
        """The demo province: the same for the same seed in every process; ``scale`` multiplies the articles."""
        from crawler.demo.build import build

        return build(seed, scale)

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


@dataclass(slots=True)
class Running:
    """A province that is being served."""

    province: Province
    names: NameServer
    web: WebServer

    @property
    def port(self) -> int:
        return self.web.port

    @property
    def nameserver(self) -> str:
        return f"{self.names.address}:{self.names.port}"

    @property
    def log(self) -> dict[str, list[Visit]]:
        """Requests by server address, in the order of their arrival."""
        return self.web.log

    @property
    def connections(self) -> dict[str, list[Connection]]:
        """Connections by server address, in the order of their opening."""
        return self.web.connections

    @property
    def hits(self) -> list[Connection]:
        """Connections to the canary: has to stay empty."""
        return self.web.connections[CANARY]

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def seen(self, host: str) -> list[str]:
        """The targets that were requested of ``host``, in order."""
        return [visit.target for log in self.log.values() for visit in log if visit.host == host]

    def environment(self) -> dict[str, str]:
        """The settings with which a crawler finds and may visit the province, and nothing else."""
        return {
            "RASOAT_NAMESERVERS": self.nameserver,
            "RASOAT_ALLOWED_NETWORKS": NETWORK,
            "RASOAT_WEB_PORTS": str(self.port),
            "RASOAT_AUTHORITY_ZONES": self.province.zone,
        }

    def register_csv(self, path: Path | str) -> Path:
        return self.province.register_csv(path, self.port)

    def truth(self) -> dict[str, Any]:
        return self.province.truth_at(self.port)


@asynccontextmanager
async def serve(province: Province) -> AsyncIterator[Running]:
    """Serve ``province`` in the running loop until the block ends. The canary listens beside it."""
    records = records_of(
        {host.name: host.address for host in province.hosts},
        {host.name: host.records for host in province.hosts},
    )
    names = NameServer(Names(records), NAMESERVER)
    web = WebServer(province.hosts, [CANARY])
    try:
        await names.start()
        await web.start()
        yield Running(province, names, web)
    finally:
        await web.stop()
        await names.stop()


@contextmanager
def serving(province: Province) -> Iterator[Running]:
    """``serve`` from code without a loop: in a thread of its own. Its logs may be read at any time."""
    ready: list[Running] = []
    faults: list[BaseException] = []
    up = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        try:
            async with serve(province) as running:
                ready.append(running)
                up.set()
                await stop.wait()
        except OSError as fault:
            faults.append(fault)
        finally:
            up.set()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run, name="demo-province", daemon=True)
    thread.start()
    up.wait()
    try:
        if not ready:
            raise faults[0] if faults else OSError("the demo province did not start")
        yield ready[0]
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join()


def simple(title: str, text: str, links: Iterable[str] = ()) -> Reply:
    """A plain page for tests: a title, one paragraph and a list of links."""
    items = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    return Reply(
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{text}</p><ul>{items}</ul></body></html>"
    )
