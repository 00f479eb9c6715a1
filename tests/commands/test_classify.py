"""``scrapy classify`` and ``scrapy rules`` as an operator calls them: no database, no network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.demo import files

ROOT = Path(__file__).parents[2]
SPAM = "Nhà cái ABC88 uy tín, khuyến mãi nạp đầu 100%, link vào mới nhất"


def scrapy(*args: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "scrapy", *args],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "RASOAT_MONGO_URI": "mongodb://127.0.0.1:1/", "PYTHONIOENCODING": "utf-8", **env},
    )


def write_lines(path: Path, *records: object) -> Path:
    lines = [record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_documents_are_answered_in_order_and_bad_lines_in_their_place(tmp_path: Path) -> None:
    source = write_lines(
        tmp_path / "in.jsonl",
        {"id": "a", "kind": "text", "content": SPAM},
        {"id": "b", "kind": "text", "content": "Khai giảng năm học mới"},
        "{broken",
        {"id": "c", "kind": "pdf", "content": "x"},
        {"id": "d", "kind": "html", "content": "<a href='https://x.example/' style='display:none'>slot gacor</a>"},
        {"id": "e", "kind": "html", "content": "<a href='https://s.vn/nha-cai'>nhà cái</a>", "url": "https://s.vn/"},
        [1],
        {"id": "f", "kind": "text", "content": "x", "url": "https://user:secret@s.vn/"},
    )
    done = scrapy("classify", "--jsonl", str(source), "--out", str(tmp_path / "out.jsonl"))
    answers = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert done.returncode == 2
    assert [answer["id"] for answer in answers] == ["a", "b", None, "c", "d", "e", None, "f"]
    assert [answer.get("verdict", "error") for answer in answers] == [
        "confirmed", "clean", "error", "error", "confirmed", "suspected", "error", "error",
    ]  # fmt: skip
    finding = answers[0]["findings"][0]
    assert set(finding) == {"rule", "category", "vector", "severity", "confidence", "evidence"}
    assert (finding["category"], finding["vector"], finding["confidence"]) == ("gambling", "posted", "confirmed")
    assert "Nhà cái ABC88" in finding["evidence"][0]["quote"]
    assert answers[4]["findings"][0]["vector"] == "planted"
    assert f"{source}:3:" in done.stderr
    assert "secret" not in done.stderr + json.dumps(answers)
    assert done.stdout == ""


def test_all_good_lines_exit_zero_and_explain(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", {"id": 1, "kind": "text", "content": "nhà cái " + SPAM})
    done = scrapy("classify", "--jsonl", str(source), "--out", "-", "--explain")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["explain"][0]["fired"]
    assert any(outcome["missing"] == "" for outcome in answer["explain"])


def test_a_file_is_explained_to_a_person(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(f"<p>{SPAM}</p><a href='https://s.example/'>nhà cái</a><p>\x1b[2J vay nóng</p>", encoding="utf-8")
    done = scrapy("classify", "--explain", str(page))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{page}: confirmed"
    assert "  gambling-promotion in what visitors see: confirmed, planted" in lines
    assert any("no finding" in line for line in lines)
    assert "missing: its condition does not hold (not seen: " in done.stdout
    assert "\x1b" not in done.stdout
    assert "explain" in json.loads(scrapy("classify", "--explain", "--json", str(page)).stdout)


def test_files_and_folders_are_listed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f"<title>{SPAM}</title><p>{SPAM}</p>", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Thông báo nghỉ lễ", encoding="utf-8")
    done = scrapy("classify", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "gambling-promotion" in done.stdout
    assert "clean" in done.stdout
    rows = [json.loads(line) for line in scrapy("classify", "--json", str(tmp_path)).stdout.splitlines()]
    assert [row["verdict"] for row in rows] == ["confirmed", "clean"]


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("--jsonl", "x"),
        ("none.html",),
        ("--jsonl", "none.jsonl", "--out", "-"),
        ("a", "--jsonl", "x", "--out", "y"),
        ("--what",),
    ],
)
def test_nonsense_is_refused_in_one_line(args: tuple[str, ...]) -> None:
    done = scrapy("classify", *args)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_rules_check_test_and_list() -> None:
    assert scrapy("rules", "check").returncode == 0
    tested = scrapy("rules", "test")
    assert (tested.returncode, tested.stdout.rstrip().endswith("0 failures")) == (0, True), tested.stderr
    rows = [json.loads(line) for line in scrapy("rules", "list", "--json").stdout.splitlines()]
    assert "gambling-promotion" in [row["id"] for row in rows]


def test_rules_of_the_operator_are_added_and_their_faults_listed(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("format: 1\nkind: page\nrules:\n  - id: gambling-links\n    colour: red\n", encoding="utf-8")
    done = scrapy("rules", "check", RASOAT_RULES=str(bad))
    assert done.returncode == 2
    assert f"{bad}:5: gambling-links: unknown key 'colour'" in done.stderr
    assert len(done.stderr.splitlines()) > 5
    (tmp_path / "m.yaml").write_text(
        'format: 1\nkind: lists\nlists:\n  - {file: "l.txt", category: gambling, format: hosts}\n'
    )
    (tmp_path / "l.txt").write_text("0.0.0.0 listed.example\n")
    bad.unlink()
    (tmp_path / "p.html").write_text("<meta http-equiv='refresh' content='0;url=https://m.listed.example/'>")
    done = scrapy("classify", "--json", str(tmp_path / "p.html"), "-s", f"RASOAT_RULES={tmp_path}")
    finding = json.loads(done.stdout)["findings"][0]
    assert (finding["rule"], finding["vector"], finding["confidence"]) == (
        "gambling-redirect",
        "redirected",
        "confirmed",
    )


def test_documents_are_read_as_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(files.pdf("Tin", [SPAM]))
    (tmp_path / "b.bin").write_bytes(files.docx("Tin", ["Khai giảng"], [("nhà cái uy tín", "https://x.example/")]))
    (tmp_path / "c.pdf").write_bytes(files.scanned_pdf("Quyết định"))
    done = scrapy("classify", str(tmp_path), "--json")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(Path(answer["id"]).name, answer["verdict"]) for answer in answers] == [
        ("a.pdf", "confirmed"),
        ("b.bin", "confirmed"),
        ("c.pdf", "clean"),
    ]
    first, second = (answer["findings"][0] for answer in answers[:2])
    assert (first["vector"], second["vector"]) == ("planted", "linked")
    assert any(item["part"] == "document" and item["where"] == "page 1" for item in first["evidence"])
    assert f"{tmp_path / 'c.pdf'}: not read, or not to its end: no_text" in done.stderr
    assert done.returncode == 0
