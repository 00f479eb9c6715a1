"""The embedded server: shared, stopped by the last one out, usable after a kill -9."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from pymongo import MongoClient

from crawler.errors import StoreUnavailable
from crawler.store import embedded
from crawler.store.embedded import Embedded
from crawler.store.locks import socket_path

HOLDER = """
import sys
from crawler.store.embedded import Embedded
from crawler.store.locks import socket_path
server = Embedded(sys.argv[1])
print(server.attach(), flush=True)
sys.stdin.readline()
server.detach()
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    server = Embedded(tmp_path)
    server.stop()
    if pid := server.pid():
        os.kill(pid, signal.SIGKILL)


def holder(data_dir: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("mongodb://")
    return process


def end(process: subprocess.Popen[str], *, kill: bool = False) -> None:
    if kill:
        process.kill()
    process.communicate(None if kill else "\n", timeout=60)


def wait_until_gone(server: Embedded, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while server.pid() and time.monotonic() < limit:
        time.sleep(0.05)
    return not server.pid()


def count(uri: str) -> int:
    with MongoClient(uri) as client:
        return client["probe"]["things"].count_documents({})


def test_listens_on_a_private_unix_socket_only(data_dir: Path) -> None:
    server = Embedded(data_dir)
    server.attach()
    process = psutil.Process(server.pid())
    sockets = process.net_connections(kind="all")
    folder = data_dir / "mongo" / "socket"
    assert [entry.laddr for entry in sockets if entry.family.name == "AF_UNIX" and entry.laddr] == [
        str(folder / "mongodb.sock")
    ]
    assert not [entry for entry in sockets if entry.family.name != "AF_UNIX"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (data_dir / "mongo").stat().st_mode & 0o777 == 0o700
    assert os.getsid(server.pid()) != os.getsid(0)
    server.detach()
    assert server.pid() == 0


def test_the_last_one_out_stops_it(data_dir: Path) -> None:
    first, second = holder(data_dir), holder(data_dir)
    server = Embedded(data_dir)
    pid = server.pid()
    end(first)
    assert server.pid() == pid
    end(second)
    assert server.pid() == 0


def test_a_kill_of_the_starter_leaves_it_usable_for_the_others(data_dir: Path) -> None:
    starter, other = holder(data_dir), holder(data_dir)
    pid = Embedded(data_dir).pid()
    end(starter, kill=True)
    server = Embedded(data_dir)
    uri = server.attach()
    assert server.pid() == pid
    assert count(uri) == 0
    server.detach()
    assert server.pid() == pid
    end(other)
    assert server.pid() == 0


def test_when_the_last_user_is_killed_the_server_ends_too(data_dir: Path) -> None:
    only = holder(data_dir)
    server = Embedded(data_dir)
    assert server.pid()
    end(only, kill=True)
    assert wait_until_gone(server, 20)


def test_a_killed_server_starts_again_with_its_data(data_dir: Path) -> None:
    server = Embedded(data_dir)
    with MongoClient(server.attach()) as client:
        client["probe"]["things"].with_options().insert_one({"_id": 1})
        client.admin.command("fsync")
    killed = server.pid()
    os.kill(killed, signal.SIGKILL)
    assert (data_dir / "mongo" / "socket" / "mongodb.sock").exists()  # what a crash leaves behind
    assert wait_until_gone(server, 10)
    uri = server.attach()
    assert server.pid() not in (0, killed)
    assert count(uri) == 1
    server.detach()


def test_a_pid_that_now_belongs_to_another_program_is_not_taken_for_the_server(data_dir: Path) -> None:
    server = Embedded(data_dir)
    server.attach()
    server.detach()
    server.pidfile.write_text(str(os.getpid()))
    assert server.pid() == 0
    assert server.attach().startswith("mongodb://")
    assert server.pid() not in (0, os.getpid())
    server.detach()


def test_starters_at_the_same_moment_get_one_server(data_dir: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        holders = list(pool.map(lambda _: holder(data_dir), range(4)))
    running = [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if str(data_dir / "mongo" / "data") in (process.info["cmdline"] or [])
    ]
    assert len(running) == 1
    for process in holders:
        end(process)
    assert Embedded(data_dir).pid() == 0


def test_persist_keeps_it_running_and_stop_waits_for_its_users(data_dir: Path) -> None:
    server = Embedded(data_dir)
    uri = server.persist()
    assert server.pid()
    assert count(uri) == 0
    user = holder(data_dir)
    assert server.stop() == "in use"
    end(user)
    assert server.pid() == 0
    assert server.stop() == "not running"
    server.persist()
    assert server.stop() == "stopped"


def test_a_forked_copy_of_a_user_does_not_stop_it(data_dir: Path) -> None:
    server = Embedded(data_dir)
    server.attach()
    assert server._share is not None
    embedded._give_back(data_dir, server._share, owner=os.getppid())
    assert server.pid()
    server.detach()


def test_a_deep_data_folder_gets_a_short_socket_path(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    deep = data_dir / ("d" * 60) / ("e" * 60)
    server = Embedded(deep)
    uri = server.attach()
    sockets = [entry.laddr for entry in psutil.Process(server.pid()).net_connections(kind="unix") if entry.laddr]
    assert len(sockets) == 1
    assert len(sockets[0]) < 107
    assert Path(sockets[0]).parent.stat().st_mode & 0o777 == 0o700
    assert count(uri) == 0
    server.detach()


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    server = Embedded(data_dir)
    server.database.mkdir(parents=True)
    (server.database / "WiredTiger").write_text("not a database")
    (server.database / "WiredTiger.turtle").write_text("garbage")
    with pytest.raises(StoreUnavailable, match=r"did not start .*mongod\.log"):
        server.attach()
    assert server._share is None


def test_a_data_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot use the data folder"):
        Embedded(tmp_path / "file").attach()


def test_without_the_extra_it_says_what_to_install(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StoreUnavailable, match=r"rasoat\[embedded\].*RASOAT_MONGO_URI"):
        Embedded(data_dir).attach()


def test_the_log_stays_small(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOG_LIMIT", 1000)
    server = Embedded(data_dir)
    server.attach()
    server.detach()
    server.attach()
    assert server.log.stat().st_size < 20_000
    assert server.log.with_suffix(".log.1").stat().st_size <= 1000
    server.detach()


def test_a_socket_folder_that_is_a_trap_is_refused(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    place = socket_path(deep / "mongo").parent
    place.rmdir()
    place.symlink_to(tmp_path)
    with pytest.raises(StoreUnavailable, match="belongs to someone else"):
        Embedded(deep).attach()


def test_no_place_short_enough_for_a_socket_is_told(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", "/" + "t" * 110)
    with pytest.raises(StoreUnavailable, match="too long for a socket"):
        socket_path(data_dir / ("d" * 60) / ("e" * 60))
