"""Every fault of rule files, all at once, with file, line and rule."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.engine import RuleFaults, load
from pipelines.engine.yamlfile import Reader, parse

SIGNAL = """
w:
  family: subject
  parts: [text]
  terms: ["nhà cái"]
"""


def faults_of(text: str | bytes, folder: Path) -> list[str]:
    file = folder / "bad.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RuleFaults) as caught:
        load([file])
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a: [1", "not YAML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        ("rules: []", "must begin with"),
        ("format: 2\nkind: page\nrules: []", "format must be 1"),
        ("format: 1\nkind: pages\nrules: []", "not one of"),
        ("format: 1\nkind: page\nkind: page", "stands twice"),
        ("format: 1\nkind: page\nrules: &a [*a]", "anchors"),
        ("format: 1\nkind: page\nrules: !!python/object:os.system x", "not allowed"),
        ("format: 1\nkind: page\nextra: 1\nrules: []", "unknown key 'extra'"),
        ("format: 1\nkind: page\nrules: yes", "must be a list"),
        ("[" * 5000, "nested too deeply"),
        ("format: 1\nkind: page\nrules: [2020-01-01]", "not allowed bare"),
    ],
)
def test_a_bad_file_is_one_clear_line(text: str | bytes, said: str, tmp_path: Path) -> None:
    lines = faults_of(text, tmp_path)
    assert any(said in line for line in lines)
    assert all(line.startswith(f"{tmp_path / 'bad.yaml'}:") for line in lines)


def test_all_faults_come_at_once_with_line_and_rule(tmp_path: Path) -> None:
    text = """format: 1
kind: page
signals:
  w:
    family: subject
    parts: [text, nowhere]
    regex: ['(?<=a)b', 'ok', '(']
rules:
  - id: first-rule
    title: {vi: "Một", en: One}
    category: cooking
    vector: derive
    severity: high
    status: active
    basis: "O1"
    remedy: "Gỡ"
    falsepositives: []
    when: "w and x"
    colour: "red"
    examples: {positive: [{text: "a"}], negative: []}
"""
    lines = faults_of(text, tmp_path)
    expected = [
        (6, "", "'nowhere' is not one of"),
        (7, "", "(?<=a)b"),
        (7, "", "'('"),
        (10, "first-rule", "title en must be text in quotes"),
        (11, "first-rule", "category 'cooking'"),
        (18, "first-rule", "no signal is called 'x'"),
        (19, "first-rule", "unknown key 'colour'"),
        (20, "first-rule", "at least 3 positive"),
        (20, "first-rule", "at least 3 negative"),
    ]
    for line, rule, text in expected:
        start = f"bad.yaml:{line}: {rule}: " if rule else f"bad.yaml:{line}: "
        assert any(start in each and text in each for each in lines), (line, text, lines)


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        ("{family: subject, parts: [text]}", "exactly one of"),
        ('{family: subject, parts: [text], terms: ["a"], count: 1}', "exactly one of"),
        ('{family: subject, parts: [], terms: ["a"]}', "names no part"),
        (
            "{family: subject, parts: [text], terms: [bare]}",
            "no vocabulary is called bare; text itself stands in quotes",
        ),
        ('{family: subject, parts: [text], terms: ["a", "a"]}', "stands twice"),
        ('{family: subject, parts: [text], terms: ["\\u200b"]}', "nothing is left"),
        ('{family: subject, parts: [text], regex: ["a*"]}', "not a regex of the permitted kind"),
        ('{family: subject, parts: [text], regex: ["a"], form: exact}', "no accents"),
        ('{family: subject, parts: [text], terms: ["a"], times: 0}', "whole number"),
        ('{family: subject, parts: [text], terms: ["a"], word: "no"}', "true or false"),
        ('{family: subject, parts: [text], terms: ["a"], near: {signal: other, words: 3}}', "no signal is called"),
        ('{family: context, parts: [text], terms: ["a"]}', "cannot speak for a finding"),
    ],
)
def test_a_bad_signal_is_refused(
    signal: str, said: str, ruleset_of: Callable[..., object], rule: Callable[..., str]
) -> None:
    with pytest.raises(RuleFaults) as caught:
        ruleset_of(f"w: {signal}", rule("r", "w"))
    assert said in str(caught.value)


def test_equal_ids_name_both_places(ruleset_of: Callable[..., object], rule: Callable[..., str]) -> None:
    with pytest.raises(RuleFaults, match=r"the id stands already in .*rules.yaml:\d+"):
        ruleset_of(SIGNAL, rule("same", "w"), rule("same", "w"))


def test_a_missing_path_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(RuleFaults, match="no such file"):
        load([tmp_path / "none"])


def test_a_large_file_is_not_read() -> None:
    reader = Reader("big.yaml")
    assert parse(b"#" * (3 * 1024 * 1024), reader) is None
    assert "larger than" in reader.faults[0].text
