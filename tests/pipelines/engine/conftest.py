"""Rules written inside tests."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.engine import Engine, Ruleset, load

EXAMPLES = """
    examples:
      positive: [{text: "a1"}, {text: "a2"}, {text: "a3"}]
      negative: [{text: "b1"}, {text: "b2"}, {text: "b3"}]
"""


def rule_text(name: str, when: str, unless: str = "", vector: str = "derive", status: str = "active") -> str:
    """A rule with everything that people read filled in."""
    spared = f'\n    unless: "{unless}"' if unless else ""
    return f"""
  - id: {name}
    title: {{vi: "Thử", en: "Try"}}
    category: gambling
    vector: {vector}
    severity: high
    status: {status}
    basis: "O1"
    remedy: "Gỡ."
    falsepositives: []
    when: "{when}"{spared}{EXAMPLES}"""


@pytest.fixture
def ruleset_of(tmp_path: Path) -> Callable[..., Ruleset]:
    """A ruleset of signals (YAML text) and rules (made by ``rule_text``)."""

    def make(signals: str, *rules: str, lists: dict[str, str] | None = None) -> Ruleset:
        head = "format: 1\nkind: page\nsignals:\n"
        body = head + textwrap.indent(textwrap.dedent(signals), "  ") + "\nrules:" + "".join(rules)
        (tmp_path / "rules.yaml").write_text(body, encoding="utf-8")
        if lists:
            entries = "".join(f'  - {{file: "{c}.txt", category: {c}, format: plain}}\n' for c in lists)
            (tmp_path / "lists.yaml").write_text("format: 1\nkind: lists\nlists:\n" + entries, encoding="utf-8")
            for category, text in lists.items():
                (tmp_path / f"{category}.txt").write_text(text, encoding="utf-8")
        return load([tmp_path])

    return make


@pytest.fixture
def engine_of(ruleset_of: Callable[..., Ruleset]) -> Callable[..., Engine]:
    return lambda *args, **more: Engine(ruleset_of(*args, **more))


@pytest.fixture(scope="session")
def rule() -> Callable[..., str]:
    return rule_text
