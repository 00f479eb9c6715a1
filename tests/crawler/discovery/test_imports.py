"""Files that know names: each format by its looks, each name with its line, each bad line told."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.discovery.imports import FORMATS, Fault, Seen, detect, read_names
from crawler.errors import BadInput

CT = [
    {
        "name_value": "*.haiphong.edu.vn\nth-a.haiphong.edu.vn",
        "not_before": "2021-01-02T03:04:05",
        "not_after": "2022-01-02T00:00:00",
    },
    {"common_name": 7},
]
FILES: dict[str, tuple[str, str, list[tuple[str, int]], list[int]]] = {
    "plain": (
        "plain",
        "# names\nTH-A.haiphong.edu.vn.\n\nhttps://th-b.haiphong.edu.vn:8080/x\nkhông phải tên miền\n10.0.0.1\n"
        "th-c.haiphong.edu.vn. A 1.2.3.4\ntrường.haiphong.edu.vn\n",
        [
            ("th-a.haiphong.edu.vn", 2),
            ("th-b.haiphong.edu.vn", 4),
            ("th-c.haiphong.edu.vn", 7),
            ("xn--trng-rib8295b.haiphong.edu.vn", 8),
        ],
        [5, 6],
    ),
    "zone": (
        "zone",
        "$ORIGIN haiphong.edu.vn.\n$TTL 60\n@ IN SOA ns a 1 1 1 1 1\n@ IN NS ns\n\nTH-A 300 IN A 1.2.3.4\n"
        "* IN A 1.1.1.1\n_dmarc IN TXT \"v=DMARC1\"\n  IN MX 10 x\nb.c IN CNAME th-a\n",
        [("haiphong.edu.vn", 4), ("th-a.haiphong.edu.vn", 6), ("b.c.haiphong.edu.vn", 10)],
        [],
    ),
    "ct": ("ct", json.dumps(CT, indent=1), [("th-a.haiphong.edu.vn", 2)], [2, 7]),
    "ct lines": ("ct", "\n".join(json.dumps(one) for one in CT), [("th-a.haiphong.edu.vn", 1)], [1, 2]),
    "cof": (
        "cof",
        '{"rrname": "th-a.haiphong.edu.vn.", "rrtype": "A", "rdata": "1.1.1.1", "time_first": 1600000000}\n{"rrname"\n',
        [("th-a.haiphong.edu.vn", 1)],
        [2],
    ),
    "subfinder": ("jsonl", '{"host":"th-a.haiphong.edu.vn","source":"x"}\n[1]\n', [("th-a.haiphong.edu.vn", 1)], [2]),
    "massdns": (
        "jsonl",
        '{"name":"th-a.haiphong.edu.vn.","type":"A","status":"NOERROR"}\n{"name":"b.vn.","status":"NXDOMAIN"}\n',
        [("th-a.haiphong.edu.vn", 1)],
        [],
    ),
    "csv": (
        "csv",
        'STT;Tên miền;Ngày đăng ký;Ngày hết hạn\n1;th-a.haiphong.edu.vn;02/01/2020;02/01/2030\n\n2;;;\n3;"b.vn";;\n',
        [("th-a.haiphong.edu.vn", 2), ("b.vn", 5)],
        [4],
    ),
    "bind log": (
        "log",
        "01-Jan-2026 client @0x7 10.0.0.1#53 (th-a.haiphong.edu.vn): query: th-a.haiphong.edu.vn IN A + (10.0.0.2)\n"
        "01-Jan-2026 client @0x7 10.0.0.1#53 (x): query: localhost IN A +\n",
        [("th-a.haiphong.edu.vn", 1)],
        [],
    ),
    "dnsmasq log": ("log", "dnsmasq: query[A] th-a.haiphong.edu.vn from 10.1\n", [("th-a.haiphong.edu.vn", 1)], []),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_its_looks_and_read_to_its_lines(name: str, tmp_path: Path) -> None:
    format_, text, names, faults = FILES[name]
    path = tmp_path / "names.txt"
    path.write_text(text, encoding="utf-8")
    assert detect(path) == format_
    found = list(read_names(path))
    assert [(one.name, one.line) for one in found if isinstance(one, Seen)] == names
    assert [one.line for one in found if isinstance(one, Fault)] == faults


def test_dates_come_along(tmp_path: Path) -> None:
    path = tmp_path / "names"
    for name, first in (
        ("ct", datetime(2021, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("cof", datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)),
        ("csv", datetime(2020, 1, 2, tzinfo=UTC)),
    ):
        path.write_text(FILES[name][1], encoding="utf-8")
        assert next(one for one in read_names(path) if isinstance(one, Seen)).first == first


def test_a_broken_zone_file_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.zone"
    path.write_text("$ORIGIN a.vn.\n$TTL 60\n@ IN SOA ns a 1 1 1 1 1\n\n; here\nb IN A nowhere\nc IN A 1.1.1.1\n")
    with pytest.raises(BadInput, match=r"x\.zone:6: "):
        list(read_names(path))


@pytest.mark.parametrize(
    "text", ["", "[", "[[[[", "{", "\0\0\0", "$INCLUDE /etc/passwd\n", "[" * 100_000, "a,b\n", "\x1b[31mx\n"]
)
@pytest.mark.parametrize("format_", ["", *FORMATS])
def test_hostile_files_end_in_a_fault_at_worst(text: str, format_: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    path.write_text(text, encoding="utf-8")
    found: list[Seen | Fault] = []
    told = ""
    try:
        found += read_names(path, format_)
    except BadInput as error:
        told = str(error)
    assert "root:" not in told
    assert not told or "hostile" in told
    assert not any(isinstance(one, Seen) for one in found)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary"
    path.write_bytes(b"a.vn\n\xff\xfe\n")
    with pytest.raises(BadInput, match="not UTF-8"):
        list(read_names(path))
