"""``scrapy demo``: the whole way on the demo province, in a database and a data folder of its own."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawler.console.command import Action, RasoatCommand
from crawler.errors import RasoatError

DELAY = "0.05"
"""Seconds between two requests to a server of the demo: they are this machine's own."""
TIMEOUT = "10"
"""Seconds for an answer: some servers of the demo never give one, and nobody wants to wait for them."""
RENDERS = "10"
"""Pages of a host that the browser sees: there are eighty hosts, and this one machine both serves and visits them."""
ALL, ALIKE, VIEWS = "all", "alike", "views"
"""Parts of the demo: everything; schools that show everybody the same, and no looks in other views; the others only."""
BUDGETS = {
    ALL: {"RASOAT_RENDER_BUDGET": RENDERS},
    ALIKE: {"RASOAT_VIEW_BUDGET": "0", "RASOAT_RENDER_BUDGET": "0"},
    VIEWS: {"RASOAT_RENDER_BUDGET": RENDERS},
}

FEW = "20"
"""Findings that are listed, the most serious first; all of them would push the summary off the screen."""


class Command(RasoatCommand):
    """Serve the province, import its register, review it, compare with the planted truth."""

    summary = "Review the demo province and compare with what was planted there"

    def actions(self) -> Mapping[str, Action]:
        """One action, without a name."""
        return {"": Action(self._demo, self.summary, _options)}

    def _demo(self, opts: argparse.Namespace) -> int:
        from crawler.demo.check import compare
        from crawler.demo.finds_check import compare_finds, show_finds
        from crawler.demo.summary import show
        from crawler.store.connection import Target, connect
        from crawler.store.outcome import read_finds, read_outcome

        target = Target.of(self.given)
        own = Target(target.uri, f"{target.database}_demo", target.data_dir / "demo")
        with connect(own, prepare=False) as store:
            store.client.drop_database(own.database)
            with tempfile.TemporaryDirectory(prefix="rasoat-demo-") as folder, _province(Path(folder), opts) as served:
                environment = {
                    **os.environ,
                    "RASOAT_SERVER_DELAY": DELAY,
                    **BUDGETS[opts.part],
                    **served["environment"],
                    "RASOAT_MONGO_URI": store.uri,
                    "RASOAT_MONGO_DATABASE": own.database,
                    "RASOAT_DATA_DIR": str(own.data_dir),
                }
                self._step(environment, "register", "import", f"{folder}/register.csv")
                truth = json.loads((Path(folder) / "truth.json").read_text(encoding="utf-8"))
                hosts = only_views(truth) if opts.part == VIEWS else []
                chosen = ["-a", f"hosts={','.join(hosts)}"] if hosts else []
                self._step(environment, "crawl", "deep", "-s", f"DOWNLOAD_TIMEOUT={TIMEOUT}", *chosen)
                self._step(environment, "findings", "--limit", FEW)
                outcome = read_outcome(store.db)
                if not hosts:
                    self._step(environment, "crawl", "discover", "-s", f"DOWNLOAD_TIMEOUT={TIMEOUT}")
                    self._step(environment, "hosts", "--state", "discovered")
            verdict = compare(outcome, truth)
            found = compare_finds(read_finds(store.db), truth["finds"])
        where = f"-s RASOAT_MONGO_DATABASE={own.database}"
        if not own.uri:
            where += f" -s RASOAT_DATA_DIR={own.data_dir}"
        canary, cookies = served["canary"], served["cookies"]
        show(verdict, canary, cookies, f"scrapy findings {where}")
        right = verdict.is_right and not (canary or cookies)
        if not hosts:
            show_finds(found)
            right = right and found.is_right
        return 0 if right else 1

    def _step(self, environment: Mapping[str, str], *words: str) -> None:
        """Run one of the commands an operator would run, and show it."""
        shown = " ".join(Path(word).name if word.startswith("/") else word for word in words)
        print(f"\n$ scrapy {shown}", flush=True)  # noqa: T201
        done = subprocess.run([sys.executable, "-m", "scrapy", *words], env=dict(environment), check=False)  # noqa: S603
        if done.returncode:
            raise RasoatError(f"scrapy {shown} ended with status {done.returncode}")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=None, help="another province: the same size, other content")
    parser.add_argument(
        "--part",
        choices=(ALL, ALIKE, VIEWS),
        default=ALL,
        help="all [default]; alike: schools that show everybody the same, by plain visits; views: the others",
    )
    parser.add_argument("--scale", type=float, default=1.0, help="times the articles of each site")


@contextmanager
def _province(folder: Path, opts: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Serve the province in a process of its own; what it saw is added to the facts at the end."""
    words = [sys.executable, "-m", "crawler.demo", "--scale", str(opts.scale)]
    words += ["--alike"] if opts.part == ALIKE else []
    words += ["--seed", str(opts.seed)] if opts.seed is not None else []
    words += ["--register", str(folder / "register.csv"), "--truth", str(folder / "truth.json")]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RasoatError("the demo province did not start")
        facts: dict[str, Any] = json.loads(line)
        print(  # noqa: T201
            f"The demo province is up: {facts['units']} units, {facts['hosts']} hosts, {facts['pages']} pages.",
            flush=True,
        )
        yield facts
        process.stdin.close()
        facts |= json.loads(process.stdout.readline() or "{}")
    finally:
        if not process.stdin.closed:  # something went wrong on the way
            process.kill()
            process.stdin.close()
        process.wait()
        process.stdout.close()


def only_views(truth: dict[str, Any]) -> list[str]:
    """Leave of the truth what concerns schools that do not show everybody the same; gives their hosts, sorted."""
    told = [*truth["violations"], *truth["lookalikes"]]
    hosts = {item["host"] for item in told if item.get("views") or item.get("cloaking")}
    for name in ("violations", "lookalikes", "hosts"):
        truth[name] = [item for item in truth[name] if item["host"] in hosts]
    truth["pages"] = {host: pages for host, pages in truth["pages"].items() if host in hosts}
    return sorted(hosts)
