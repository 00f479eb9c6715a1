"""``scrapy reclassify``: judge stored pages again by the rules of today, without fetching anything."""

import argparse
import asyncio
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime

from crawler.console.command import Action, Options, RasoatCommand, tell
from crawler.console.output import Column, format_options, listing

COLUMNS = (
    Column("Change", "kind"),
    Column("Category", "category"),
    Column("Vector", "vector"),
    Column("Host", "host"),
    Column("URL", "url", "url", ratio=1),
    Column("Rule", "rule"),
    Column("Detail", "detail"),
)


class Reclassify(RasoatCommand):
    """Thin: reads, judges, prints the difference, writes."""

    summary = "Judge stored pages again, without fetching"

    def actions(self) -> dict[str, Action]:
        return {
            "": Action(
                self._run, "print what the rules of today change about the stored pages, then write it", _options
            )
        }

    def _run(self, opts: Options) -> None:
        asyncio.run(self._reclassify(opts))

    async def _reclassify(self, opts: Options) -> None:
        from crawler.store.connection import open_async_store
        from crawler.store.rejudging import Rejudging
        from pipelines.reclassify import judge_again
        from pipelines.rulesets import engine_from_settings

        engine = engine_from_settings(self.given)
        async with await open_async_store(self.given) as store:
            rejudging = Rejudging(store.db)
            if not opts.dry_run:
                await rejudging.refuse_while_crawling(datetime.now(UTC))
            judged = await judge_again(rejudging, engine, opts.rules == "all")
            changes = await rejudging.difference(judged)
            listing((asdict(change) for change in changes), COLUMNS, opts.format)
            told = ", ".join(
                f"{count} {kind}" for kind, count in sorted(Counter(each.kind for each in changes).items())
            )
            if not opts.dry_run:
                ruleset = engine.ruleset
                await rejudging.write(judged, ruleset.digest, ruleset.lists_digest, datetime.now(UTC))
        done = "nothing was written" if opts.dry_run else "written"
        tell(self.name, f"{len(judged)} pages judged again: {told or 'no difference'}; {done}")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rules", choices=("changed", "all"), default="changed", help="pages that other rules judged [changed], or all"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the difference and write nothing")
    format_options(parser)
