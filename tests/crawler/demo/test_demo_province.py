import csv
import gzip
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from html import unescape
from io import BytesIO
from urllib.parse import urljoin, urlsplit
from zipfile import ZipFile

from crawler.demo import Host, Province, Request
from crawler.demo.build import areas
from crawler.demo.model import CANARY, PORT
from crawler.demo.plants import INNOCENTS, PLANTS, landings
from crawler.demo.plants.form import forms
from crawler.demo.styles import STYLES
from crawler.demo.text import topics
from crawler.demo.traps import TRAPS, WAYS
from crawler.demo.web import answer

DOCUMENTS = (".pdf", ".docx", ".xlsx", ".zip")
EVERYWHERE = ("footer_hidden",)  # in the template of all articles, the newest too
STATES = {"complete", "budget", "unreachable", "blocked", "refused", "redirected", "interrupted"}


def get(host: Host, target: str) -> tuple[int, str]:
    """Status and text of an answer; of a document only its links."""
    reply = answer(host, Request("GET", host.name, target, {}, 8080, 9))
    body = reply.body
    if isinstance(body, bytes):
        body = gzip.decompress(body).decode() if target.endswith(".gz") else "\n".join(targets(body))
    return reply.status, body.replace(PORT, "8080")


def targets(data: bytes) -> list[str]:
    """Where the links of a document of ours lead, as HTML."""
    found = [bytes.fromhex(url.decode()).decode() for url in re.findall(rb"/URI <([0-9A-F]+)>", data)]
    if data.startswith(b"PK"):
        with ZipFile(BytesIO(data)) as packed:
            for name in packed.namelist():
                inner = packed.read(name)
                if name.endswith(".docx"):
                    return targets(inner)
                if name.endswith(".rels"):
                    found += re.findall(r'Target="(http://[^"]+\.example[^"]*|http://[^"]+:8080[^"]*)"', inner.decode())
    return [f'<a href="{url}">' for url in found]


def reached(host: Host, seeds: list[str]) -> set[str]:
    """What a simple crawler finds from ``seeds`` through links, robots.txt, sitemaps and feeds; no calendar."""
    todo = [*seeds, "/robots.txt"]
    seen = set(todo)
    clue = re.compile(
        r"""(?:href|src|action)="([^"#]+)|<(?:loc|link)>([^<]+)|^(?:Sitemap|Disallow): (\S+)|trang: "([^"]+)""", re.M
    )
    while todo:
        target = todo.pop()
        reply = answer(host, Request("GET", host.name, target, {}, 8080, 9))
        moved = [value.replace(PORT, "8080") for name, value in reply.headers if name == "Location"]
        found = ["".join(groups) for groups in clue.findall(get(host, target)[1])]
        for link in map(unescape, moved + found):
            parts = urlsplit(urljoin(f"http://{host.name}:8080{target}", link))
            path = parts.path + (f"?{parts.query}" if parts.query and "PHPSESSID" not in parts.query else "")
            if parts.hostname == host.name and path not in seen and "/lich-cong-tac/" not in path:
                seen.add(path)
                todo.append(path)
    return seen


def seeds(province: Province, host: str) -> list[str]:
    sites = [site for unit in province.units for site in unit.websites if host in site]
    return [urlsplit(site if "//" in site else f"http://{site}").path or "/" for site in sites]


def test_the_province_is_as_large_as_it_has_to_be(province):
    assert len(province.units) >= 40
    assert len(province.truth.hosts) >= 40
    assert sum(len(pages.stored) for pages in province.truth.pages.values()) >= 3000
    assert any(len(unit.websites) == 2 for unit in province.units)
    assert [host.name for host in province.hosts if host.address == CANARY] == ["th-vachda.haiphong.edu.vn"]
    assert {end.state for end in province.truth.hosts} <= STATES
    assert {site["style"] for _, site in sites() if "style" in site} == set(STYLES)


def test_a_vendor_has_fifteen_schools_on_one_address_with_one_template(province):
    vendor = [site for _, site in sites() if site.get("address") == areas()["vendor"]["address"]]
    assert len(vendor) == 15
    assert {site["style"] for site in vendor} == {"portal"}
    assert sum("prefix" in site for site in vendor) >= 5
    assert len({site["host"] for site in vendor if "prefix" in site}) == 1
    assert len({site["host"] for site in vendor if "prefix" not in site}) >= 8


def sites() -> list[tuple[dict, dict]]:
    return [(unit, site) for unit in areas()["units"] for site in unit["sites"]]


def test_there_are_many_forms_of_every_vector_and_many_innocent_pages(province):
    violations = province.truth.violations
    assert {truth.vector for truth in violations} == {"planted", "posted", "redirected", "linked"}
    assert {"gambling", "adult", "loans"} <= {truth.category for truth in violations}
    forms = Counter(vector for vector, _ in {(truth.vector, truth.form) for truth in violations})
    assert min(forms.values()) >= 8, forms
    assert sum(forms.values()) >= 60
    assert {truth.form for truth in violations} == set(PLANTS)
    innocent = {one.form for one in province.truth.lookalikes}
    assert len(innocent) >= 20
    assert innocent == {topic.name for topic in topics("lookalikes.txt")} | set(INNOCENTS)


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
            if path.endswith(DOCUMENTS):
                continue
            status, text = get(hosts[key.split(":")[0]], path)
            assert status == 200
            assert re.search("<title>", text, re.I)
            assert unicodedata.is_normalized("NFC", text) or "kq-olympic" in path
            visible = re.sub(r"(?s)<(style|script).*?</\1>", "", text)
            assert not re.search(r"[{}$]", visible), (key, path)


def test_offences_are_exactly_where_the_truth_says(province):
    names = re.compile("|".join(re.escape(name) for name in landings()))
    told = {name for name, form in forms("offences").items() if names.search(form.html)}
    guilty = {url for truth in province.truth.violations for url in truth.urls if truth.form in told}
    for host in province.hosts:
        if host.name in landings() or host.name.startswith("www."):
            continue
        for path in host.pages:
            reply = answer(host, Request("GET", host.name, path, {}, 80, 9))
            shown = f"{reply.headers}{reply.body!r}"
            if isinstance(reply.body, bytes) and path.endswith(DOCUMENTS):
                shown = "\n".join(targets(reply.body))
            shown = re.sub(r"\?url=http[^<\"]+", "", shown)  # the address of an open redirect
            assert bool(names.search(shown)) == (f"http://{host.name}:{PORT}{path}" in guilty), path


def test_no_home_page_leads_to_an_offence_nor_is_one(province):
    hosts = {host.name: host for host in province.hosts}
    for truth in province.truth.violations:
        if truth.form in EVERYWHERE:
            continue
        host = hosts[truth.host.split(":")[0]]
        for home in seeds(province, host.name):
            page = get(host, home)[1]
            for url in truth.urls:
                path = url.split(PORT)[1]
                assert path != home
                assert f'href="{path}"' not in page, truth


def test_lookalikes_are_innocent_pages_that_exist(province):
    hosts = {host.name: host for host in province.hosts}
    guilty = {url for truth in province.truth.violations for url in truth.urls}
    for one in province.truth.lookalikes:
        assert one.url not in guilty
        status, text = get(hosts[one.host.split(":")[0]], one.url.split(PORT, 1)[1])
        assert status in (200, 302)
        if one.form not in INNOCENTS:
            assert len(text) > 3000


def test_the_same_seed_gives_the_same_province_in_every_process():
    code = "from crawler.demo import Province; print(Province.build(scale=0.1, wild=False, seen=False).digest())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "1", "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    here = Province.build(scale=0.1, wild=False, seen=False)
    assert done.stdout.strip() == here.digest()
    other = Province.build(seed=2, scale=0.1, wild=False, seen=False)
    assert other.truth.pages.keys() == here.truth.pages.keys()
    assert other.truth.pages != here.truth.pages


def test_scale_widens_the_province(province):
    larger = Province.build(scale=3.0, wild=False, seen=False)
    assert sum(len(pages.stored) for pages in larger.truth.pages.values()) > 2 * 3000
    assert len(larger.truth.violations) == len(province.truth.violations)


def test_every_name_in_the_data_is_known_and_used():
    used = {name for _, site in sites() for key in ("plants", "behaves") for name in site.get(key, ())}
    assert used == set(PLANTS) | set(TRAPS) | set(WAYS)


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
