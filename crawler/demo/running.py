"""A province that is being served: its servers, what they saw, and how a crawler finds it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.demo.authority import Authority
from crawler.demo.model import CANARY
from crawler.demo.names import Names, NameServer, records_of
from crawler.demo.province import Province
from crawler.demo.recursor import Recursor
from crawler.demo.web import Connection, Visit, WebServer
from crawler.demo.wilderness import Wilderness
from crawler.demo.zones import serve_zones

NETWORK = "127.77.0.0/16"
NAMESERVER = "127.77.0.53"


@dataclass(slots=True)
class Running:
    """A province that is being served."""

    province: Province
    names: NameServer
    web: WebServer
    zone_servers: str = ""

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
        zones = {"RASOAT_ZONE_SERVERS": self.zone_servers} if self.zone_servers else {}
        return {
            **zones,
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
async def serve(province: Province, wild: Wilderness | None = None) -> AsyncIterator[Running]:
    """Serve ``province`` in the running loop until the block ends. The canary listens beside it.

    With its wilderness come name servers of its zones; the name server of the province then resolves through them.
    """
    records = records_of(
        {host.name: host.address for host in province.hosts},
        {host.name: host.records for host in province.hosts},
    )
    web = WebServer([*province.hosts, *(wild.hosts if wild else ())], [CANARY])
    async with serve_zones(wild.zones if wild else []) as authorities:
        own = [server.names for server in authorities.servers.values() if isinstance(server.names, Authority)]
        names = NameServer(Recursor.of(Names(records), own) if wild else Names(records), NAMESERVER)
        try:
            await names.start()
            await web.start()
            yield Running(province, names, web, authorities.text)
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
