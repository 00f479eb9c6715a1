"""A real Scrapyd in an environment that has the dependencies and not the project, started in an empty folder."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import pytest
from pymongo.synchronous.database import Database

from tests.conftest import ROOT, Mongo

SITE_PACKAGES = sysconfig.get_path("purelib")
PROJECT = ("crawler", "pipelines", "rules", "pyproject.toml", "README.md", "LICENSE", "scrapy.cfg")
PATIENCE = 120.0  # seconds for anything: a job starts a process that compiles rules

_web = build_opener(ProxyHandler({}))


@dataclass
class Scrapyd:
    """A running server. ``empty`` is its working directory, ``project`` the folder it was deployed from."""

    url: str
    python: Path
    empty: Path
    logs: Path
    project: Path
    process: subprocess.Popen[str]

    def ask(self, action: str, query: str = "", **form: Any) -> dict[str, Any]:
        """A call of its API; a POST when there is a form."""
        data = urlencode(form, doseq=True).encode() if form else None
        with _web.open(f"{self.url}{action}.json?{query}", data, timeout=PATIENCE) as answer:
            found: dict[str, Any] = json.load(answer)
        assert found["status"] == "ok", found
        return found

    def schedule(self, spider: str, settings: dict[str, str], **args: str) -> str:
        """Schedule a job; returns its id."""
        given = [f"{name}={value}" for name, value in settings.items()]
        return str(self.ask("schedule", project="rasoat", spider=spider, setting=given, **args)["jobid"])

    def state(self, job: str) -> tuple[str, int]:
        """(``pending``, ``running``, ``finished``; the process id while it runs)."""
        jobs = self.ask("listjobs")
        for state in ("pending", "running", "finished"):
            for row in jobs[state]:
                if row["id"] == job:
                    return state, row.get("pid") or 0
        raise AssertionError(f"no job {job}: {jobs}")

    def wait(self, *jobs: str) -> None:
        """Wait until these jobs have ended."""
        limit = time.monotonic() + PATIENCE
        while any(self.state(job)[0] != "finished" for job in jobs):
            assert time.monotonic() < limit, f"{jobs} do not end"
            time.sleep(0.1)

    def log(self, spider: str, job: str) -> str:
        """The log of a job, as Scrapyd shows it."""
        return (self.logs / "rasoat" / spider / f"{job}.log").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with this environment's packages, but without the editable project.

    A path in a .pth file is not looked through for further .pth files, so the project's finder is not installed.
    """
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=PATIENCE)
    python = folder / "bin" / "python"
    purelib = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (purelib / "dependencies.pth").write_text(f"{SITE_PACKAGES}\n")
    return python


@pytest.fixture(scope="session")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which nothing leads to the project."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RASOAT_", "PYTHON", "SCRAPY"))}
    home = tmp_path_factory.mktemp("home")
    return {**kept, "HOME": str(home), "NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}


@pytest.fixture(scope="session")
def scrapyd(
    tmp_path_factory: pytest.TempPathFactory,
    mongo: Mongo,
    prepared: Database[dict[str, Any]],
    bare_python: Path,
    bare_environment: dict[str, str],
) -> Iterator[Scrapyd]:
    """Scrapyd with the project deployed to it by ``scrapyd-deploy``."""
    own, empty, project = (tmp_path_factory.mktemp(name) for name in ("scrapyd", "empty", "project"))
    settings = "\n".join(f"{name}_dir = {own / name}" for name in ("eggs", "logs", "dbs"))
    conf = f"[scrapyd]\nmax_proc = 4\npoll_interval = 0.1\njobs_to_keep = 100\n{settings}\n"
    (Path(bare_environment["HOME"]) / ".scrapyd.conf").write_text(conf)
    environment = {**bare_environment, "RASOAT_MONGO_URI": mongo.uri, "RASOAT_MONGO_DATABASE": prepared.name}
    port = free_port()
    with (own / "scrapyd.log").open("w") as log:
        process = subprocess.Popen(
            [bare_python, "-m", "scrapyd", "--pidfile="],
            cwd=empty,
            env={**environment, "SCRAPYD_HTTP_PORT": str(port)},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    server = Scrapyd(f"http://localhost:{port}/", bare_python, empty, own / "logs", project, process)
    try:
        until_it_answers(server, own / "scrapyd.log")
        deploy(project, port, bare_environment)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until_it_answers(server: Scrapyd, log: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while True:
        assert server.process.poll() is None, log.read_text()
        assert time.monotonic() < limit, log.read_text()
        with contextlib.suppress(OSError):
            server.ask("daemonstatus")
            return
        time.sleep(0.1)


def deploy(folder: Path, port: int, environment: dict[str, str]) -> None:
    """``scrapyd-deploy`` in a copy of the project, because it writes into its folder."""
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    config = folder / "scrapy.cfg"
    config.write_text(config.read_text().replace(":6800", f":{port}"))
    done = subprocess.run(
        [Path(sys.executable).with_name("scrapyd-deploy")],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["project"]) == ("ok", "rasoat"), answer
