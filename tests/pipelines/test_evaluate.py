"""make evaluate: shares with their intervals, and the documents that came out wrong."""

import gzip
import json
from pathlib import Path

import pytest

from pipelines.evaluate import half_of, main, wilson


def test_wilson_intervals() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(90, 100)
    assert (round(low, 3), round(high, 3)) == (0.826, 0.945)  # as in Wilson 1927
    assert wilson(0, 100)[0] == 0
    assert wilson(100, 100)[1] == pytest.approx(1)


def test_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = [
        ("g-1", "gambling", "vi", "text", "Nhà cái ABC88 uy tín, nạp đầu tặng 100k, link vào"),
        ("g-2", "gambling", "id", "text", "Selamat pagi, apa kabar?"),
        ("l-1", "loan", "vi", "html", "<h1>Vay nóng</h1><p>Không thẩm định, giải ngân trong ngày, lh zalo</p>"),
        ("b-1", "benign", "vi", "text", "Trường tổ chức lễ khai giảng năm học mới"),
    ]
    path = tmp_path / "d.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for values in documents:
            lines.write(json.dumps(dict(zip(("id", "label", "lang", "kind", "content"), values, strict=True))) + "\n")
    assert main([str(path)]) == 0
    told = capsys.readouterr().out
    rows = {tuple(line.split()[:2]): line.split()[2:5] for line in told.splitlines() if line}
    assert rows["gambling", "all"][:2] == ["2", "0.500"]
    assert rows["loan", "all"][:2] == ["1", "1.000"]
    assert rows["benign", "vi"][:2] == ["1", "0.000"]
    assert rows["gambling", "confirmed"][:2] == ["1", "1.000"]
    assert "g-2 [id] clean: Selamat pagi" in told
    assert "g-1" not in told


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"id": "1", "label": "benign", "kind": "text", "content": "a"}\n{"id": "2"}\n', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"d\.jsonl:2: field content is missing"):
        main([str(path)])


def test_halves_part_the_documents() -> None:
    halves = [half_of(f"document-{number}") for number in range(200)]
    assert 60 < halves.count("a") < 140
