import csv
import gzip
import re
import subprocess
import sys
import unicodedata
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest

from crawler.demo import Host, Province, Request
from crawler.demo.model import CANARY, PORT
from crawler.demo.plants import PLANTS, landings
from crawler.demo.text import Writer, read, symbols, topics
from crawler.demo.traps import TRAPS, WAYS
from crawler.demo.web import answer

STATES = {"complete", "budget", "unreachable", "blocked", "refused", "redirected", "interrupted"}


@pytest.fixture(scope="module")
def province() -> Province:
    return Province.build(wild=False)


def get(host: Host, target: str) -> tuple[int, str]:
    reply = answer(host, Request("GET", host.name, target, {}, 8080, 9))
    body = reply.body
    if isinstance(body, bytes):
        body = gzip.decompress(body).decode() if target.endswith(".gz") else ""
    return reply.status, body.replace(PORT, "8080")


def reached(host: Host, seeds: list[str]) -> set[str]:
    """What a simple crawler finds from ``seeds`` through links, robots.txt, sitemaps and feeds; no calendar."""
    todo = [*seeds, "/robots.txt"]
    seen = set(todo)
    while todo:
        target = todo.pop()
        text = get(host, target)[1]
        found = re.findall(
            r"""(?:href|src)="([^"#]+)|<loc>([^<]+)|<link>([^<]+)|^(?:Sitemap|Disallow): (\S+)""", text, re.M
        )
        for link in (unescape("".join(groups)) for groups in found):
            parts = urlsplit(urljoin(f"http://{host.name}:8080{target}", link))
            path = parts.path + (f"?{parts.query}" if "page=" in parts.query else "")
            if parts.hostname == host.name and path not in seen and "/lich-cong-tac/" not in path:
                seen.add(path)
                todo.append(path)
    return seen


def seeds(province: Province, host: str) -> list[str]:
    sites = [site for unit in province.units for site in unit.websites if host in site]
    return [urlsplit(site if "//" in site else f"http://{site}").path or "/" for site in sites]


def test_the_province_is_as_large_as_it_has_to_be(province):
    assert len(province.units) >= 14
    assert len(province.truth.hosts) >= 17
    assert sum(len(pages.stored) for pages in province.truth.pages.values()) >= 850
    addresses = [
        host.address for host in province.hosts if host.name in {end.host.split(":")[0] for end in province.truth.hosts}
    ]
    assert addresses.count("127.77.2.2") == 3
    assert sum("cong.truonghocso.example" in site for unit in province.units for site in unit.websites) == 2
    assert any(len(unit.websites) == 2 for unit in province.units)
    assert [host.name for host in province.hosts if host.address == CANARY] == ["th-vachda.haiphong.edu.vn"]
    assert {truth.vector for truth in province.truth.violations} == {"planted", "posted", "redirected", "linked"}
    assert {truth.category for truth in province.truth.violations} == {"gambling", "adult", "loans"}
    assert len(province.truth.lookalikes) >= 4
    assert {end.state for end in province.truth.hosts} <= STATES


def test_every_page_of_the_truth_is_reachable_and_nothing_else_is_linked(province):
    hosts = {host.name: host for host in province.hosts}
    for key, pages in province.truth.pages.items():
        host = hosts[key.split(":")[0]]
        found = reached(host, seeds(province, host.name))
        assert set(pages.stored) <= found, (key, sorted(set(pages.stored) - found)[:5])
        skipped = [re.compile(pattern) for pattern, _ in pages.optional]
        for path in sorted(found - set(pages.stored)):
            status = get(host, path)[0]
            content = status == 200 and "<html" in get(host, path)[1]
            assert not content or any(one.fullmatch(path) for one in skipped), (key, path)


def test_pages_of_the_truth_answer_with_html_of_vietnamese_text(province):
    hosts = {host.name: host for host in province.hosts}
    for key, pages in province.truth.pages.items():
        for path in pages.stored:
            status, text = get(hosts[key.split(":")[0]], path)
            assert status == 200
            assert "<title>" in text
            assert unicodedata.is_normalized("NFC", text)
            visible = re.sub(r"(?s)<(style|script).*?</\1>", "", text)
            assert not re.search(r"[{}$]", visible), (key, path)


def test_offences_are_exactly_where_the_truth_says(province):
    guilty = {url for truth in province.truth.violations for url in truth.urls}
    names = re.compile("|".join(re.escape(name) for name in landings()))
    for host in province.hosts:
        if host.name in landings() or host.name.startswith("www."):
            continue
        for path in host.pages:
            reply = answer(host, Request("GET", host.name, path, {}, 80, 9))
            shown = f"{reply.headers}{reply.body!r}"
            assert bool(names.search(shown)) == (f"http://{host.name}:{PORT}{path}" in guilty), path


def test_no_menu_leads_to_an_offence_and_home_pages_are_clean(province):
    hosts = {host.name: host for host in province.hosts}
    for truth in province.truth.violations:
        host = hosts[truth.host.split(":")[0]]
        for home in seeds(province, host.name):
            menu = get(host, home)[1].split('class="breadcrumb')[0].split('class="path"')[0]
            for url in truth.urls:
                assert f'"{urlsplit(url).path}"' not in menu
                assert urlsplit(url).path != home


def test_lookalikes_are_innocent_pages_that_exist(province):
    hosts = {host.name: host for host in province.hosts}
    guilty = {url for truth in province.truth.violations for url in truth.urls}
    for one in province.truth.lookalikes:
        assert one.url not in guilty
        status, text = get(hosts[one.host.split(":")[0]], one.url.split(PORT, 1)[1])
        assert status == 200
        assert len(text) > 3000
    assert {one.form for one in province.truth.lookalikes} == {topic.name for topic in topics("lookalikes.txt")}


def test_the_same_seed_gives_the_same_province_in_every_process(province):
    code = "from crawler.demo import Province; print(Province.build(wild=False).digest())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert digests == {province.digest()}
    assert Province.build(seed=2, wild=False).digest() != province.digest()


def test_scale_widens_the_province(province):
    larger = Province.build(scale=3.0, wild=False)
    assert sum(len(pages.stored) for pages in larger.truth.pages.values()) > 2 * 1000
    assert len(larger.truth.violations) == len(province.truth.violations)


def test_every_name_in_the_data_is_known_and_used():
    named = re.findall(r"(?:plants|behaves): \[([^\]]+)\]", read("province.yaml"))
    used = {name.strip() for names in named for name in names.split(",")}
    assert used == set(PLANTS) | set(TRAPS) | set(WAYS)


@pytest.mark.parametrize("mark", ["mam_non", "tieu_hoc", "thcs", "thpt", "gdtx", "4"])
def test_every_line_of_every_grammar_can_be_written(mark):
    from random import Random

    known = dict.fromkeys(
        ("trường", "xã", "địa chỉ", "điện thoại", "email", "hiệu trưởng", "người kí", "lớp đầu cấp", "ngày"), "x"
    ) | dict.fromkeys(("ngày sau", "năm học", "tháng", "tuổi 20/11", "số lớp", "số học sinh", "viết tắt"), "x")
    written = [line for lines in symbols("words.txt").values() for line in lines]
    for name in ("news.txt", "pages.txt", "lookalikes.txt"):
        for topic in topics(name):
            written += [*topic.titles, *topic.leads, *(line for line in topic.lines if not line.startswith("#"))]
    for number, line in enumerate(written):
        for turn in range(5):
            text = Writer(Random(f"{number}{turn}"), known, (mark,)).write(line)
            assert "{" not in text
            assert "}" not in text
            assert not re.search(r"  |\s[,.;]", text), line


def test_a_symbol_that_nothing_knows_and_one_without_end_are_refused(monkeypatch):
    from random import Random

    with pytest.raises(KeyError):
        Writer(Random(1), {}).write("{không có}")
    with pytest.raises((ValueError, RecursionError)):
        Writer(Random(1), {"a": "{a}"}).write("{a}")


def test_the_register_has_the_columns_of_the_contract(province, tmp_path):
    with province.register_csv(tmp_path / "r.csv", 8080).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["Mã", "Tên đơn vị", "Cấp", "Xã/Phường", "Quận/Huyện", "Website", "Điện thoại", "Email"]
    assert len(rows) == len(province.units)
    assert all(":8080" in site for row in rows for site in row["Website"].split())
    assert len({row["Mã"] for row in rows}) == len(rows)
    assert len({row["Email"] for row in rows}) == len(rows)


def test_truth_is_plain_data_with_the_port_filled_in(province):
    truth = province.truth_at(8080)
    assert PORT not in repr(truth)
    assert truth["violations"][0]["url"].startswith("http://thcs-hoaphuongdo.haiphong.edu.vn:8080/")
    assert {end["state"] for end in truth["hosts"]} == {"complete", "unreachable", "refused", "redirected"}
