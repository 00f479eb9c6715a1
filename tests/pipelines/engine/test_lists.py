"""Domain lists in four formats, looked up by suffix."""

import time
from pathlib import Path

import pytest

from pipelines.engine import Document, Engine, Fault, Piece, RuleFaults, load
from pipelines.engine.lists import Lists, domain, read_list


@pytest.mark.parametrize(
    ("form", "text", "found"),
    [
        ("plain", "# head\nabc88.com\n*.xyz.vip # why\nNHÀCÁI.vn\n", {"abc88.com", "xyz.vip", "xn--nhci-6qau.vn"}),
        (
            "hosts",
            "127.0.0.1 localhost\n::1 ip6-loopback\n0.0.0.0 abc88.com www.abc88.com\n",
            {"abc88.com", "www.abc88.com"},
        ),
        (
            "adblock",
            "! title\n[Adblock]\n||abc88.com^\n||x.vip^$third-party\n||y.com/path\nsite##.ad\n@@||ok.com^\n",
            {"abc88.com", "x.vip"},
        ),
        (
            "rpz",
            "$TTL 60\n@ SOA a b 1 2 3 4 5\nabc88.com CNAME .\n*.abc88.com CNAME .\nok.com CNAME rpz-passthru.\n",
            {"abc88.com"},
        ),
    ],
)
def test_each_format_is_read(form: str, text: str, found: set[str]) -> None:
    faults: list[Fault] = []
    got = read_list(text.encode(), form, "list", faults)
    assert not faults
    if form == "plain":
        assert {"abc88.com", "xyz.vip"} < got
        assert domain("NHÀCÁI.vn") in got
        assert len(got) == 3
    else:
        assert got == found


def test_a_wrong_format_is_a_fault_and_one_bad_line_is_not() -> None:
    faults: list[Fault] = []
    read_list(b"0.0.0.0 a.com\n0.0.0.0 b.com\n", "plain", "list", faults)
    assert "not of format plain" in str(faults[0])
    faults = []
    many = "\n".join(f"a{number}.com" for number in range(500)) + "\n<html>\n"
    assert len(read_list(many.encode(), "plain", "list", faults)) == 500
    assert not faults


@pytest.mark.parametrize("name", ["com", "", "a..b", "-x.com", "x" * 300 + ".com", "1.2.3.4", "a b.com"])
def test_what_is_no_domain_is_none(name: str) -> None:
    assert domain(name) == ""


def test_a_listed_domain_holds_for_its_subdomains() -> None:
    lists = Lists()
    lists.add("gambling", frozenset({"abc88.com"}))
    assert lists.match("m.www.abc88.com", "gambling") == "abc88.com"
    assert lists.match("xabc88.com", "gambling") == ""
    assert lists.match("com", "gambling") == ""
    assert lists.match("abc88.com", "adult") == ""


def test_two_hundred_thousand_domains_load_fast() -> None:
    text = "\n".join(f"name{number}.example{number % 97}.com" for number in range(200_000)).encode()
    start = time.process_time()
    assert len(read_list(text, "plain", "list", [])) == 200_000
    assert time.process_time() - start < 2  # 0.3 s on the machine it was written on; processor time, not the clock


def test_a_list_is_named_itself_when_a_manifest_knows_it(tmp_path: Path) -> None:
    (tmp_path / "daily.txt").write_text("abc88.com\n")
    with pytest.raises(RuleFaults, match="needs a manifest"):
        load([tmp_path / "daily.txt"])
    (tmp_path / "m.yaml").write_text(
        'format: 1\nkind: lists\nlists:\n  - {file: "daily.txt", category: gambling, format: plain}\n'
    )
    assert load([tmp_path / "daily.txt"]).lists.categories == {"gambling": frozenset({"abc88.com"})}


@pytest.mark.parametrize("name", ["../daily.txt", "none.txt"])
def test_a_list_elsewhere_or_nowhere_is_a_fault(name: str, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        f'format: 1\nkind: lists\nlists:\n  - {{file: "{name}", category: gambling, format: plain}}\n'
    )
    with pytest.raises(RuleFaults, match="no list"):
        load([tmp_path])


def test_lists_and_rules_have_digests_of_their_own(ruleset_of, rule) -> None:  # type: ignore[no-untyped-def]
    signal = "w: {family: links, parts: [link.host], domains: [gambling]}"
    first = ruleset_of(signal, rule("r", "w"), lists={"gambling": "a.com\nb.com\n"})
    second = ruleset_of(signal, rule("r", "w"), lists={"gambling": "b.com\n# new\na.com\n"})
    third = ruleset_of(signal, rule("r", "w"), lists={"gambling": "c.com\n"})
    assert first.lists_digest == second.lists_digest != third.lists_digest
    assert first.digest == third.digest
    document = Document("https://s.vn/", "s.vn", "html", [Piece("anchor", "x", target="https://m.c.com/")])
    assert Engine(third).judge(document)[0].keys == ("host:m.c.com",)
