"""``scrapy rules``: check the rule files, run them against their examples, list them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from crawler.console.command import BAD, OK, Action, Options, RasoatCommand, tell
from crawler.console.output import Column, format_options, listing

if TYPE_CHECKING:
    from pipelines.engine import Document, Engine
    from pipelines.engine.rule import Example

COLUMNS = (
    Column("Rule", "id"),
    Column("Category", "category"),
    Column("Vector", "vector"),
    Column("Severity", "severity"),
    Column("Status", "status"),
    Column("Title", "title", ratio=1),
    Column("File", "file", wide=True),
)


class Command(RasoatCommand):
    """Thin: loads, asks the engine, prints."""

    summary: ClassVar[str] = "Check, test or list the rules"

    def actions(self) -> Mapping[str, Action]:
        return {
            "check": Action(self._check, "read all rule files and lists, and print every fault"),
            "test": Action(self._test, "run every rule against its examples and the honest ones of all others"),
            "list": Action(self._list, "list the rules", format_options),
        }

    def _engine(self) -> "Engine":
        from pipelines.rulesets import engine_from_settings

        assert self.settings is not None
        return engine_from_settings(self.settings)

    def _check(self, _options: Options) -> int:
        from crawler.discovery.host_rules import signatures, weights

        ruleset = self._engine().ruleset
        weights()
        domains = sum(len(names) for names in ruleset.lists.categories.values())
        print(f"{len(ruleset.rules)} rules and {domains} listed domains are in order")  # noqa: T201
        print(f"{len(signatures())} signatures of hosts are in order")  # noqa: T201
        print(f"ruleset {ruleset.digest}\nlists   {ruleset.lists_digest}")  # noqa: T201
        return OK

    def _test(self, _options: Options) -> int:
        from pipelines.engine.selftest import failures

        engine = self._engine()
        found = failures(engine, example_document)
        for fault in found:
            tell(self.name, str(fault))
        rules = [rule for rule in engine.ruleset.rules if rule.status != "retired"]
        examples = sum(len(rule.positive) + len(rule.negative) for rule in rules)
        print(f"{len(rules)} rules, {examples} examples, {len(found)} failures")  # noqa: T201
        return BAD if found else OK

    def _list(self, options: Options) -> int:
        rows = (
            {
                "id": rule.id,
                "category": rule.category,
                "vector": rule.vector,
                "severity": rule.severity,
                "status": rule.status,
                "title": rule.title_vi,
                "title_en": rule.title_en,
                "remedy": rule.remedy,
                "basis": rule.basis,
                "file": rule.file,
                "line": rule.line,
                "digest": rule.digest,
            }
            for rule in self._engine().ruleset.rules
        )
        listing(rows, COLUMNS, options.format)
        return OK


def example_document(example: "Example") -> "Document":
    """The document of a rule's example."""
    from pipelines.judge import html_document, text_document

    if example.kind == "text":
        found = text_document(example.content, example.url)
    else:
        found = html_document(example.content.encode(), example.url, "text/html; charset=utf-8")
    found.known = {host: frozenset(standings) for host, standings in example.known}
    return found
