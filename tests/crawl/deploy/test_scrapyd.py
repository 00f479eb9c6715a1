"""Scheduled jobs under a real Scrapyd, out of the egg that ``scrapyd-deploy`` made."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from pymongo.synchronous.database import Database
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from crawler.demo import Host, Reply, Request, simple
from crawler.demo.files import pdf
from crawler.store.connection import Target, connect
from crawler.store.embedded import Embedded
from tests.conftest import ROOT, SCRAPY, Done
from tests.crawl.conftest import Crawl
from tests.crawl.deploy.conftest import Scrapyd

Crawls = Callable[..., Crawl]
BLOCK = (
    '<div style="position:absolute;left:-9999px"><a href="http://bong88vip.example/">nhà cái bong88</a> '
    '<a href="http://taixiu789.example/">tài xỉu đổi thưởng link vào</a></div>'
)
WORDS = "học sinh lớp trường thầy cô bài thi điểm năm tuần ngày hội thể thao văn nghệ thư viện".split()  # noqa: SIM905
PAGES = 30


def spiders() -> list[str]:
    settings = Settings()
    settings.setmodule("crawler.settings")
    return sorted(SpiderLoader.from_settings(settings).list())


def site(request: Request) -> Reply | None:
    """A tree of PAGES pages, of which one shows a hidden block, one is huge, and one leads to a document."""
    if request.path == "/van-ban.pdf":
        body = pdf("Văn bản", ["Kế hoạch năm học của nhà trường"], [("chi tiết", "http://bong88vip.example/")])
        return Reply(body, headers=[("Content-Type", "application/pdf")])
    text = request.path.strip("/")
    if (text and not text.isdecimal()) or int(text or 0) >= PAGES:
        return None
    number = int(text or 0)
    words = " ".join(random.Random(number).choices(WORDS, k=60))
    if number == 5:
        words = " ".join(random.Random(number).choices(WORDS, k=60_000))
    links = [f"/{number * 2 + 1}", f"/{number * 2 + 2}", *(["/van-ban.pdf"] if number == 3 else [])]
    reply = simple(f"Trang {number}", words, links)
    assert isinstance(reply.body, str)
    return Reply(reply.body.replace("</body>", f"</body>{BLOCK if number == 7 else ''}"))


def here(crawl: Crawl, **more: str) -> dict[str, str]:
    """Settings that lead a job to a test's province."""
    quick = {"RASOAT_SERVER_DELAY": "0", "RASOAT_SERVER_CONNECTIONS": "4"}
    return {**quick, "RASOAT_VIEW_BUDGET": "0", "RASOAT_RENDER_BUDGET": "0", **crawl.running.environment(), **more}


def served(crawls: Crawls) -> Crawl:
    crawl = crawls([Host("a.test", fallback=site)])
    crawl.register("a.test/")
    return crawl


def run_of(crawl: Crawl, job: str) -> dict[str, Any]:
    found = list(crawl.db["runs"].find({"job": job}))
    assert len(found) == 1, found
    return dict(found[0])


def test_the_project_is_in_the_egg_alone(scrapyd: Scrapyd, bare_environment: dict[str, str], tmp_path: Path) -> None:
    code = "import scrapy, hyperscan, pymongo; import crawler"
    done = subprocess.run(
        [scrapyd.python, "-c", code], cwd=tmp_path, env=bare_environment, capture_output=True, text=True, timeout=60
    )
    assert "No module named 'crawler'" in done.stderr
    assert scrapyd.ask("listspiders", "project=rasoat")["spiders"] == spiders()
    assert {"deep", "recheck"} <= set(spiders())


def test_every_spider_runs_scheduled(crawls: Crawls, scrapyd: Scrapyd, scrapy: Callable[..., Done]) -> None:
    crawl = served(crawls)
    version = scrapyd.ask("listversions", "project=rasoat")["versions"][-1]
    for spider in ["deep", *(name for name in spiders() if name != "deep")]:
        job = scrapyd.schedule(
            spider, here(crawl, RASOAT_READERS="1", RASOAT_VIEW_BUDGET="2", RASOAT_RENDER_BUDGET="2"), _version=version
        )
        scrapyd.wait(job)
        log = scrapyd.log(spider, job)
        run = run_of(crawl, job)
        assert (run["spider"], run["state"], run["version"]) == (spider, "finished", version), log
        assert " ERROR: " not in log, log
        assert Path(run["log"]).read_text(encoding="utf-8") == log
    stats = {item["name"]: item["n"] for item in crawl.db["runs"].find_one({"spider": "deep"})["stats"]}
    document = crawl.db["pages"].find_one({"url": {"$regex": "pdf$"}})
    assert stats["reading/apart"] >= 1, "a process out of the egg read the huge page"
    assert "Kế hoạch năm học" in str(document["text"]), "and another one the document"
    found = list(crawl.db["findings"].find({"vector": "planted"}))
    assert [(row["category"], row["vector"], row["state"]) for row in found] == [("gambling", "planted", "open")]
    assert crawl.db["hosts"].find_one({"_id": crawl.host("a.test")})["review"]["pages"] >= PAGES
    assert list(scrapyd.empty.iterdir()) == [], "something was written into the working directory"

    assert [line.split()[0] for line in scrapy("runs", "--job", job).stdout.splitlines()[2:] if line] == [run["_id"]]
    shown = scrapy("runs", "show", run["_id"]).stdout
    assert f"{job} (version {version})" in shown
    assert run["log"] in shown.replace("\n", "")


def with_curl(folder: Path) -> Path:
    """A folder with as much of curl as the README's lines need, for systems that have none."""
    script = folder / "curl"
    script.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request as web\nurl, data = sys.argv[2], '&'.join(sys.argv[4::2])\n"
        "opener = web.build_opener(web.ProxyHandler({}))\n"
        "sys.stdout.write(opener.open(url, data.encode() if data else None).read().decode())\n"
    )
    script.chmod(0o700)
    return folder


def test_the_lines_of_the_readme(
    scrapyd: Scrapyd, bare_environment: dict[str, str], database: Database[dict[str, Any]], tmp_path: Path
) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Through Scrapyd")[2].partition("\n## ")[0]
    lines = re.findall(r"^(?:[\d*][\S ]* )?((?:curl|scrapyd-client) .*)", section, re.MULTILINE)
    assert len(lines) == 5, lines
    before = {row["id"] for row in scrapyd.ask("listjobs")["finished"]}
    path = f"{SCRAPY.parent}:{os.environ['PATH']}"
    if not shutil.which("curl"):
        path = f"{with_curl(tmp_path)}:{path}"
    for line in lines:
        here = line.replace("http://localhost:6800/", scrapyd.url)
        done = subprocess.run(
            ["sh", "-c", here],
            cwd=scrapyd.project,
            env={**bare_environment, "PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if "grep" in line:
            assert (done.returncode, done.stdout, done.stderr) == (1, "", ""), "cron has nothing to mail"
            wrong = here.replace("project=rasoat", "project=other")
            done = subprocess.run(
                ["sh", "-c", wrong], env={"PATH": path}, capture_output=True, text=True, timeout=60, check=False
            )
            assert "not found" in done.stdout
        else:
            assert done.returncode == 0, done.stdout + done.stderr
            assert '"ok"' in done.stdout or "rasoat / recheck => " in done.stdout
    jobs = {row["id"]: row["spider"] for state in ("pending", "running") for row in scrapyd.ask("listjobs")[state]}
    scrapyd.wait(*jobs)
    done_ones = {row["id"]: row["spider"] for row in scrapyd.ask("listjobs")["finished"] if row["id"] not in before}
    assert sorted(done_ones.values()) == ["deep", "deep", "recheck", "recheck"]
    ends = []
    for job, spider in done_ones.items():
        log = scrapyd.log(spider, job)
        if spider == "deep":
            assert "the register is empty" in log
        else:
            ends += re.findall(r"Spider closed \((\w+)\)", log)
    # Once a day: whichever begins second finds the other one done, or at work.
    assert sorted(ends) in (["done", "finished"], ["at_work", "finished"])


def test_a_wrong_job_says_so_in_its_log(crawls: Crawls, scrapyd: Scrapyd) -> None:
    crawl = served(crawls)
    jobs = {
        "hosts=la.test: not in the register": scrapyd.schedule("recheck", here(crawl), hosts="la.test"),
        "cannot reach MongoDB": scrapyd.schedule(
            "deep", here(crawl, RASOAT_MONGO_URI="mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200")
        ),
    }
    scrapyd.wait(*jobs.values())
    for words, job in jobs.items():
        log = scrapyd.log("recheck" if "la.test" in words else "deep", job)
        faults = [line for line in log.splitlines() if " ERROR: " in line]
        assert len(faults) == 1, log
        assert words in faults[0]
        assert "Traceback" not in log
    assert crawl.running.seen("a.test") == []


def test_the_same_job_twice_does_no_harm(crawls: Crawls, scrapyd: Scrapyd) -> None:
    crawl = served(crawls)
    settings = here(crawl, RASOAT_SERVER_DELAY="0.05", RASOAT_SERVER_CONNECTIONS="2")
    slow = {"_id": crawl.host("a.test")}, {"$set": {"policy": {"delay": 2}}}
    crawl.db["hosts"].update_one(*slow)
    first = scrapyd.schedule("deep", settings)
    crawl.wait_for(lambda: len(crawl.running.seen("a.test")) > 1)
    idle, again = (scrapyd.schedule("deep", settings, **args) for args in ({"once": "month"}, {}))
    scrapyd.wait(idle)
    crawl.db["hosts"].update_one(slow[0], {"$unset": {"policy": ""}})
    assert f"run {run_of(crawl, first)['_id']} is at work" in scrapyd.log("deep", idle)
    assert " ERROR: " not in scrapyd.log("deep", idle)
    assert crawl.db["runs"].count_documents({"job": idle}) == 0
    scrapyd.wait(first, again)
    assert [run_of(crawl, job)["state"] for job in (first, again)] == ["finished", "finished"]
    rechecks = [scrapyd.schedule("recheck", settings) for _ in range(2)]
    scrapyd.wait(*rechecks)
    assert [run_of(crawl, job)["state"] for job in rechecks] == ["finished", "finished"]
    (found,) = crawl.db["findings"].find({"vector": "planted"})
    assert (found["state"], found["url_count"], len(found["history"]), found["recurrences"]) == ("open", 1, 1, 0)
    starts = sorted(visit.start for visit in crawl.running.log["127.77.1.1"])
    assert (starts[-1] - starts[0]) / (len(starts) - 1) >= 0.05 * 0.98, "together they went faster than one may"


def test_killed_jobs_and_the_embedded_server(crawls: Crawls, scrapyd: Scrapyd, tmp_path: Path) -> None:
    crawl = served(crawls)
    data = tmp_path / "data"
    settings = here(crawl, RASOAT_MONGO_URI="", RASOAT_DATA_DIR=str(data), RASOAT_SERVER_DELAY="0.1")
    register = {name: list(crawl.db[name].find()) for name in ("units", "sites", "hosts")}
    with connect(Target("", crawl.db.name, data)) as store:
        for name, rows in register.items():
            store.db[name].insert_many(rows)
    server = Embedded(data)
    assert not server.pid()
    job = scrapyd.schedule("deep", settings, once="month")
    crawl.wait_for(lambda: len(crawl.running.seen("a.test")) > 5)
    mongod = psutil.Process(server.pid())
    os.kill(scrapyd.state(job)[1], signal.SIGKILL)
    mongod.wait(60)  # the watcher came out of the egg, and outlived its job
    second = scrapyd.schedule("deep", {**settings, "RASOAT_SERVER_DELAY": "0"}, once="month")
    scrapyd.wait(second)
    with connect(Target("", crawl.db.name, data)) as store:
        (run,) = store.db["runs"].find()
        assert (run["state"], run["job"], run["pages"] >= PAGES) == ("finished", second, True)
        assert store.db["findings"].count_documents({"vector": "planted"}) == 1
    assert list(scrapyd.empty.iterdir()) == []
