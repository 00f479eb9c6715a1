"""The rivals: what a team would use instead, crawl only."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.measure import CONCURRENCY, Measured, watch
from tests.benchmarks.server import Served

HERE = Path(__file__).parent
INSTALL_SECONDS = 240


def bare() -> dict[str, str]:
    """The environment without this project's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("RASOAT_", "SCRAPY_", "PYTHON"))}


def plain_scrapy(served: Served, folder: Path) -> Measured:
    """Plain Scrapy with a LinkExtractor on the server's first host."""
    command = [Path(sys.executable).with_name("scrapy"), "runspider", HERE / "plain.py"]
    command += ["-a", f"url=http://{served.hosts[0]}/"]
    return watch("plain Scrapy", command, served, env=bare(), cwd=folder)


def crawlee(served: Served, folder: Path, python: Path) -> Measured:
    """crawlee for Python on the server's first host."""
    command = [python, HERE / "crawlee_links.py", f"http://{served.hosts[0]}/", str(CONCURRENCY)]
    return watch("crawlee for Python", command, served, env=bare() | {"CRAWLEE_PURGE_ON_START": "true"}, cwd=folder)


@contextmanager
def crawlee_python(given: str = "") -> Iterator[Path | str]:
    """An interpreter that has crawlee, in a throw-away virtual environment; in words why there is none."""
    if given:
        yield Path(given)
        return
    with tempfile.TemporaryDirectory(prefix="rasoat-bench-crawlee-", ignore_cleanup_errors=True) as folder:
        python = Path(folder) / "bin" / "python"
        try:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, timeout=120)
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "crawlee[parsel]"],
                check=True,
                capture_output=True,
                timeout=INSTALL_SECONDS,
                env=bare(),
            )
        except (OSError, subprocess.SubprocessError) as fault:
            reason = getattr(fault, "stderr", b"") or str(fault).encode()
            last = reason.decode("utf-8", "replace").strip().splitlines()
            yield f"not installed: {last[-1][:120] if last else fault}"
            return
        yield python
