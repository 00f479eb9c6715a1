"""scrapy findings show, --save, --replay, campaigns and verify: can a finding be defended, and does a change show?"""

import json
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pymongo.synchronous.database import Database

from crawler.store.connection import Target
from crawler.store.queries.findings import read_snapshot
from tests.commands.proof import DOM, HOSTS, LANDING, PATH, RAW, Proof, png, written
from tests.commands.stored import Stored
from tests.conftest import Done, Mongo

Scrapy = Callable[..., Done]
Db = Database[dict[str, Any]]
CHROMIUM = "/usr/bin/chromium"


@pytest.fixture
def proof(mongo: Mongo, database: Db, stored: Stored) -> Proof:
    """A doorway at three schools, seen plain and in the browser; at the first one also as ``stored`` has it."""
    return written(Target(mongo.uri, database.name, mongo.data_dir), *HOSTS)


@pytest.fixture
def run(refused: Scrapy) -> Scrapy:
    """``scrapy findings …`` in this process, which spares each call the start and the rules."""
    return lambda *args: refused("findings", *map(str, args))


def damage(database: Db, finding: str, part: str) -> str:
    """Change one byte of what the finding's rendered record names, or of the record itself; gives its SHA-256."""
    sighting = database["sightings"].find_one({"finding": finding, "view": "rendered"})
    assert sighting is not None
    record = json.loads(read_snapshot(database, sighting["snapshot"]))
    name = str(record.get(part) or sighting["snapshot"])
    row = database["snapshots.files"].find_one({"filename": name})
    assert row is not None
    chunk = database["snapshots.chunks"].find_one({"files_id": row["_id"]})
    assert chunk is not None
    data = bytearray(chunk["data"])
    data[len(data) // 2] ^= 1
    database["snapshots.chunks"].update_one({"_id": chunk["_id"]}, {"$set": {"data": bytes(data)}})
    return name


def test_show_tells_views_ways_digests_and_the_common_source(run: Scrapy, database: Db, proof: Proof) -> None:
    done = run("show", proof.findings["HP-001"])
    assert (done.code, done.stderr) == (0, "")
    known = database["runs"].find_one({"_id": proof.run})
    assert known is not None
    for words in (
        "evidence    intact · bằng chứng nguyên vẹn (7 files read",
        f"{known['chain']['head']} (link 6 of run {proof.run})",
        "cùng nguồn với 2 trường khác (3 hosts; leads to chuyen[.]example, kubet77[.]example)",
        "plain · khách thường                   shows it · có hiện vi phạm",
        "bot · robot tìm kiếm                   not looked at · chưa xem",
        "hxxps://chuyen[.]example/HP-001 → hxxps://kubet77[.]example/dang-ky?aff=hp88x1 (delay, Kubet77 nhà cái",
        "200 from 203.0.113.7",
        "popup 2",
        "screenshot",
    ):
        assert words in done.stdout, words
    assert "https://" not in done.stdout
    (found,) = [json.loads(line) for line in run("show", proof.findings["HP-001"], "--json").stdout.splitlines()]
    assert {row["kind"] for row in found["snapshots"]} == {"record", "warc", "dom", "screenshot"}
    assert [record["view"] for record in found["records"]] == ["plain", "rendered"]
    assert {row["view"]: row["outcome"] for row in found["looks"]}["mobile"] == "not_looked_at"


def test_looks_tell_what_a_view_was_given(run: Scrapy, database: Db, proof: Proof) -> None:
    seen = [{"view": "search", "wall": "", "fetched": None}, {"view": "bot", "wall": "captcha", "fetched": None}]
    unseen = [{"view": "mobile", "cause": "timeout"}]
    change = {"$set": {"seen": seen, "unseen": unseen}}
    database["pages"].update_many({"url": f"http://{HOSTS['HP-001']}{PATH}"}, change)
    shown = run("show", proof.findings["HP-001"], "--json").stdout
    looks = {row["view"]: row["outcome"] for row in json.loads(shown)["looks"]}
    assert looks == {
        "plain": "shown",
        "search": "not_shown",
        "bot": "wall",
        "mobile": "not_looked_at",
        "rendered": "shown",
    }
    assert "not looked at · chưa xem · timeout" in run("show", proof.findings["HP-001"]).stdout


def test_a_saved_folder_opens_offline_and_is_harmless(run: Scrapy, proof: Proof, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = run("show", proof.findings["HP-001"], "--save", folder)
    assert (done.code, done.stderr) == (0, f"scrapy findings: written: {folder / 'index.html'}\n")
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "01-plain/page.warc.gz",
        "01-plain/record.json",
        "01-plain/source.html.txt",
        "02-rendered/dom.html.gz",
        "02-rendered/dom.html.txt",
        "02-rendered/landing-1.png",
        "02-rendered/page.warc.gz",
        "02-rendered/record.json",
        "02-rendered/screenshot.png",
        "SHA256SUMS",
        "finding.json",
        "index.html",
    }
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: sha256((folder / name).read_bytes()).hexdigest() for name in names - {"SHA256SUMS"}}
    assert (folder / "02-rendered/screenshot.png").read_bytes() == png()
    assert (folder / "02-rendered/dom.html.txt").read_text(encoding="utf-8") == DOM

    text = (folder / "index.html").read_text(encoding="utf-8")
    assert "default-src 'none'; img-src 'self'" in text
    for words in ("Trường THCS Nguyễn Trãi", "Cùng nguồn với 2 trường khác", "Bằng chứng nguyên vẹn", "chưa xem"):
        assert words in text
    assert "<mark>Nhà cái uy tín kubet77</mark>" in text
    assert not any(
        danger in text.lower() for danger in ("<script", "<a ", 'href="', "onerror=alert(1)>", "https://", "http://")
    )


def test_chromium_shows_a_saved_folder(run: Scrapy, proof: Proof, tmp_path: Path) -> None:
    assert run("show", proof.findings["HP-001"], "--save", tmp_path / "out").code == 0
    # Were something loaded or run, this page would say so in its title.
    page = tmp_path / "out" / "index.html"
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1000,1400",
        f"--user-data-dir={tmp_path}/c",
    ]
    shot = tmp_path / "shot.png"
    command = [CHROMIUM, *options, "--proxy-server=127.0.0.1:9", f"--screenshot={shot}", f"file://{page}"]
    subprocess.run(command, check=True, capture_output=True, timeout=90)
    assert shot.stat().st_size > 20_000
    command = [CHROMIUM, *options, "--proxy-server=127.0.0.1:9", "--dump-dom", f"file://{page}"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=90, encoding="utf-8")
    assert "Hồ sơ vi phạm" in done.stdout


def test_a_folder_with_other_things_is_left_alone(run: Scrapy, proof: Proof, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    other = tmp_path / "out" / "note.txt"
    other.write_text("mine")
    finding = proof.findings["HP-001"]
    done = run("show", finding, "--save", tmp_path / "out")
    assert done.code == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["note.txt"]

    for _ in range(2):
        assert run("show", finding, "--save", tmp_path / "again").code == 0
    assert len(list((tmp_path / "again").rglob("*.warc.gz"))) == 2
    done = run("show", proof.findings["HP-002"], "--save", tmp_path / "again")
    assert done.code == 2, "that of another finding"
    assert json.loads((tmp_path / "again" / "finding.json").read_text(encoding="utf-8"))["_id"] == finding


def test_replay_judges_the_stored_bytes(run: Scrapy, database: Db, proof: Proof) -> None:
    finding = proof.findings["HP-001"]
    done = run("show", finding, "--replay")
    assert done.code == 0, done.stderr
    assert "2 of 2 still fire" in done.stderr
    assert done.stdout.count("confirmed   confirmed") == 2
    told = json.loads(run("show", finding, "--replay", "--json").stdout)["replay"]
    assert [(each["rule"], each["view"], each["now"]) for each in told] == [
        ("gambling-promotion", "plain", "confirmed"),
        ("gambling-promotion", "rendered", "confirmed"),
    ]
    damage(database, finding, "dom")
    done = run("show", finding, "--replay")
    assert done.code == 1
    assert "is damaged" in done.stderr


def test_replay_tells_when_the_words_do_not_carry_the_rule(run: Scrapy, stored: Stored) -> None:
    """The loans finding has no evidence kept; that of ``stored`` names a rule which its bytes alone carry."""
    done = run("show", stored.loans, "--replay")
    assert (done.code, done.stderr) == (1, "scrapy findings: nothing is kept that could be judged again\n")


@pytest.mark.parametrize("kind", ["warc", "dom", "screenshot", "record"])
def test_any_changed_byte_is_told(run: Scrapy, database: Db, proof: Proof, tmp_path: Path, kind: str) -> None:
    finding = proof.findings["HP-001"]
    name = damage(database, finding, kind)
    done = run("show", finding, "--save", tmp_path / "out")
    assert done.code == 1
    assert name in done.stderr
    assert "is damaged" in done.stderr
    assert "DAMAGED · bằng chứng không còn nguyên vẹn" in done.stdout
    assert "không còn nguyên vẹn" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    done = run("verify")
    assert done.code == 1
    assert name in done.stderr


def test_a_lost_record_and_a_changed_chain_are_told(run: Scrapy, database: Db, proof: Proof) -> None:
    finding = proof.findings["HP-001"]
    assert run("verify").stderr == "scrapy findings: all evidence is intact · bằng chứng nguyên vẹn\n"
    row = database["chain"].find_one({"run": proof.run, "n": 2})
    assert row is not None
    database["chain"].update_one({"_id": row["_id"]}, {"$set": {"head": "0" * 64}})
    done = run("show", finding)
    assert done.code == 0
    assert f"the chain of run {proof.run} is broken at link 2" in done.stderr
    assert f"the chain of run {proof.run} is broken at link 2" in run("verify").stderr
    database["chain"].replace_one({"_id": row["_id"]}, row)
    record = database["findings"].find_one({"_id": finding})
    assert record is not None
    database["snapshots.files"].delete_one({"filename": record["evidence"][0]["snapshot"]})
    assert "is not kept any more" in run("show", finding).stderr
    assert "is not kept any more" in run("verify").stderr


def test_findings_of_one_source(run: Scrapy, database: Db, proof: Proof) -> None:
    (campaign,) = [json.loads(line) for line in run("campaigns", "--json").stdout.splitlines()]
    assert campaign["units"] == sorted(HOSTS)
    assert campaign["landing"]["url"] == LANDING
    assert campaign["landing"]["verdict"] == "confirmed"
    listed = run("--campaign", campaign["_id"][:8], "--json").stdout.splitlines()
    assert {json.loads(line)["_id"] for line in listed} >= set(proof.findings.values())
    assert len(listed) == campaign["finding_count"] < database["findings"].count_documents({})
    table = run("campaigns").stdout
    assert "kubet77[.]example" in table
    done = run("--campaign", "ffff")
    assert (done.code, done.stderr) == (2, "scrapy findings: --campaign: ffff: no such campaign\n")


def test_a_raw_answer_of_an_earlier_version_is_still_evidence(
    run: Scrapy, database: Db, proof: Proof, tmp_path: Path
) -> None:
    """It had no record: the WARC file itself was named."""
    finding = proof.findings["HP-002"]
    plain = {"metadata.kind": "warc", "metadata.view": "plain", "metadata.url": f"http://{HOSTS['HP-002']}{PATH}"}
    warc = database["snapshots.files"].find_one(plain)
    assert warc is not None
    change = {"$set": {"evidence.$[].snapshot": warc["filename"]}}
    database["findings"].update_one({"_id": finding}, change)
    database["sightings"].update_many({"finding": finding}, {"$set": {"snapshot": warc["filename"]}})
    done = run("show", finding, "--replay", "--save", tmp_path / "out")
    assert (done.code, "1 of 1 still fire" in done.stderr) == (0, True), done.stderr
    assert [path.name for path in (tmp_path / "out").glob("*.warc.gz")] == [f"{warc['filename'][:16]}.warc.gz"]
    assert RAW not in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
