"""Real NSD on loopback for tests: zones as text, one server process each address."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NSD = "/usr/sbin/nsd"
SIGN = "/usr/bin/ldns-signzone"
KEYGEN = "/usr/bin/ldns-keygen"


def install() -> None:
    """NSD and the zone signer, where they are missing: Debian's packages, as root."""
    if all(os.path.exists(path) for path in (NSD, SIGN, KEYGEN)):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "nsd", "ldnsutils"]):
        done = subprocess.run(["apt-get", *words], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"the tests need NSD: apt-get install nsd ldnsutils\n{done.stdout}{done.stderr}"


@dataclass(frozen=True)
class Served:
    """One zone on a server.

    ``transfer`` lets everybody have it, ``key`` (a TSIG secret of the key "transfer") whoever signs with it; ``sign``
    is "", "nsec" or "nsec3".
    """

    name: str
    text: str
    transfer: bool = False
    sign: str = ""
    key: str = ""


def free_port(address: str) -> int:
    """A port that UDP and TCP have free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        tcp.bind((address, 0))
        port = int(tcp.getsockname()[1])
        udp.bind((address, port))
        return port


@contextmanager
def serving(folder: Path, servers: Mapping[str, list[Served]], *, limit: int = 0) -> Iterator[dict[str, int]]:
    """Serve zones by address; yields address -> port. ``limit``: answers a second and network, 0 for none."""
    install()
    processes, ports = [], {}
    try:
        for address, zones in servers.items():
            ports[address] = free_port(address)
            processes.append(_start(folder / address, address, ports[address], zones, limit))
        yield ports
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _start(home: Path, address: str, port: int, zones: list[Served], limit: int) -> subprocess.Popen[bytes]:
    home.mkdir(parents=True)
    lines = [
        "server:",
        f'  ip-address: {address}@{port}\n  username: ""\n  chroot: ""\n  zonesdir: "{home}"\n  database: ""',
        f'  pidfile: "{home}/nsd.pid"\n  xfrdfile: "{home}/xfrd.state"\n  zonelistfile: "{home}/zone.list"',
        f'  xfrdir: "{home}"\n  server-count: 1\n  rrl-ratelimit: {limit}\n  rrl-whitelist-ratelimit: 0',
        "remote-control:\n  control-enable: no",
    ]
    for zone in zones:
        path = home / f"{zone.name}.zone"
        path.write_text(zone.text)
        if zone.sign:
            path = _signed(home, path, zone)
        lines.append(f'zone:\n  name: "{zone.name}"\n  zonefile: "{path}"')
        if zone.transfer:
            lines.append("  provide-xfr: 127.0.0.0/8 NOKEY")
        if zone.key:
            lines.append("  provide-xfr: 127.0.0.0/8 transfer")
            lines.append(f'key:\n  name: "transfer"\n  algorithm: hmac-sha256\n  secret: "{zone.key}"')
    (home / "nsd.conf").write_text("\n".join(lines) + "\n")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([NSD, "-d", "-c", str(home / "nsd.conf")], stdout=log, stderr=log, cwd=home)
    _until_up(process, address, port, home)
    return process


def _signed(home: Path, path: Path, zone: Served) -> Path:
    key = subprocess.run(
        [KEYGEN, "-a", "ECDSAP256SHA256", "-k", zone.name], cwd=home, capture_output=True, text=True, check=True
    ).stdout.strip()
    more = ["-n", "-a", "1", "-t", "5", "-s", "abcd"] if zone.sign == "nsec3" else []
    out = home / f"{zone.name}.signed"
    subprocess.run([SIGN, *more, "-f", str(out), path.name, key], cwd=home, check=True, capture_output=True)
    return out


def _until_up(process: subprocess.Popen[bytes], address: str, port: int, home: Path) -> None:
    limit = time.monotonic() + 20
    while time.monotonic() < limit and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((address, port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"NSD did not start: {(home / 'log').read_text()}")
