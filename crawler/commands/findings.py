"""``scrapy findings``: what was found, why it counts, and a person's word against it."""

import argparse
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from crawler.console.command import FAILED, OK, Action, Options, RasoatCommand, tell
from crawler.errors import BadArgument

SHOWN_SIGHTINGS, SAVED_SIGHTINGS = 20, 10_000


class Findings(RasoatCommand):
    """List, show and dismiss findings."""

    summary = "List findings, show what one stands on, dismiss one"

    def actions(self) -> dict[str, Action]:
        return {
            "": Action(self._list, "list findings, most serious first", _list_options),
            "show": Action(self._show, "show one finding with its evidence", _show_options),
            "dismiss": Action(
                self._dismiss,
                "say that a finding (or all of a page or host) is none, for good or until a day",
                _dismiss_options,
            ),
        }

    def _list(self, opts: Options) -> None:
        from crawler.console.finding_list import checked, columns, wanted_of
        from crawler.console.limits import limit_of, limited
        from crawler.store.connection import open_store
        from crawler.store.queries.dismissals import end_dismissals
        from crawler.store.queries.findings import list_findings

        limit, wanted = limit_of(opts.limit, opts.format), wanted_of(opts)
        with open_store(self.given) as store:
            end_dismissals(store.db, datetime.now(UTC))
            wanted = checked(store.db, wanted)
            rows = partial(list_findings, store.db, wanted)
            limited(self.name, "finding", rows, columns(opts.format), opts.format, limit)

    def _show(self, opts: Options) -> int:
        from crawler.console.finding import show_finding
        from crawler.console.output import json_line
        from crawler.store.connection import open_store
        from crawler.store.queries.dismissals import end_dismissals
        from crawler.store.queries.findings import find_finding

        status = OK
        with open_store(self.given) as store:
            end_dismissals(store.db, datetime.now(UTC))
            finding = find_finding(store.db, opts.id)
            known = self._gathered(store.db, finding, SHOWN_SIGHTINGS)
            if opts.format == "json":
                print(json_line(known))  # noqa: T201 - the command's answer
            else:
                show_finding(known)
            if opts.save is not None:
                status = self._save(store.db, self._gathered(store.db, finding, SAVED_SIGHTINGS), opts.save)
        return status

    def _gathered(self, db: Any, finding: dict[str, Any], limit: int) -> dict[str, Any]:
        """The finding with what stands elsewhere about it."""
        from crawler.store.queries.findings import sightings, snapshot_names, snapshot_sizes
        from crawler.store.queries.units import unit_name

        seen, count = sightings(db, finding["_id"], limit)
        names = snapshot_names(db, finding)
        sizes = snapshot_sizes(db, names)
        return {
            **finding,
            "unit_name": unit_name(db, finding.get("unit")),
            "rule_texts": self._rule_texts(finding["rule"]),
            "sightings": seen,
            "sighting_count": count,
            "snapshots": [{"sha256": name, "size": sizes.get(name)} for name in names],
        }

    def _rule_texts(self, rule: str) -> dict[str, str]:
        """A rule's words for people, as the rule files have them now; empty for a rule that is no more."""
        from importlib.resources import files

        from pipelines.cloaking import WORDS
        from pipelines.engine import RuleFaults, load

        added = [Path(path.strip()) for path in self.given.getlist("RASOAT_RULES") if path.strip()]
        try:
            rules = load([files("rules"), *added]).rules
        except RuleFaults as error:
            tell(self.name, f"the rule files cannot be read, so titles are missing: {str(error).splitlines()[0]}")
            return {}
        found = next((known for known in rules if known.id == rule), None)
        return {"title": found.title_vi, "basis": found.basis, "remedy": found.remedy} if found else WORDS.get(rule, {})

    def _save(self, db: Any, known: dict[str, Any], folder: Path) -> int:
        """Write finding.json and every snapshot; 1 when one is missing or damaged."""
        import json

        from crawler.console.output import plain
        from crawler.errors import StoreError
        from crawler.store.queries.findings import read_snapshot

        if folder.exists() and not folder.is_dir():
            raise BadArgument(f"--save: {folder} is not a folder")
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(plain(known), ensure_ascii=False, indent=2)
        _write(folder / "finding.json", f"{text}\n".encode())
        status = OK
        for snapshot in known["snapshots"]:
            name = snapshot["sha256"]
            if snapshot["size"] is None:
                tell(self.name, f"snapshot {name} is not kept any more")
                status = FAILED
                continue
            try:
                _write(folder / f"{name}.warc.gz", read_snapshot(db, name))
            except StoreError as error:
                tell(self.name, str(error))
                status = FAILED
        return status

    def _dismiss(self, opts: Options) -> None:
        from crawler.console.times import parse_time
        from crawler.store.connection import open_store
        from crawler.store.queries.dismissals import dismiss
        from crawler.store.queries.findings import find_finding

        until = parse_time(opts.until, end=True) if opts.until else None
        now = datetime.now(UTC)
        if sum(map(bool, (opts.id, opts.page, opts.host))) != 1:
            raise BadArgument("name a finding's ID, or --page URL, or --host HOST")
        with open_store(self.given) as store:
            if not opts.id:
                self._except(store.db, opts, until, now)
                return
            finding = find_finding(store.db, opts.id)
            dismiss(store.db, finding, reason=opts.reason, by=opts.by, until=until, now=now)
        tell(self.name, f"{finding['short']} ({finding['category']}, {finding['host']}) is dismissed")

    def _except(self, db: Any, opts: Options, until: datetime | None, now: datetime) -> None:
        from crawler.console.words import CATEGORIES
        from crawler.errors import InvalidUrl
        from crawler.store.queries.dismissals import except_place
        from crawler.urls import digest, parse

        if opts.category and opts.category not in CATEGORIES:
            raise BadArgument(f"--category: {opts.category} is none of {', '.join(CATEGORIES)}")
        try:
            url = parse(opts.page or f"http://{opts.host}/")
        except InvalidUrl as error:
            raise BadArgument(f"--{'page' if opts.page else 'host'}: {error}") from error
        count = except_place(
            db,
            host=url.host,
            page=digest(url.url) if opts.page else "",
            url=url.url if opts.page else "",
            category=opts.category or "",
            reason=opts.reason,
            by=opts.by,
            until=until,
            now=now,
        )
        tell(self.name, f"{url.url if opts.page else url.host} is excepted; findings dismissed: {count}")


def _list_options(parser: argparse.ArgumentParser) -> None:
    from crawler.console.finding_list import options

    options(parser)


def _show_options(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("--save", metavar="DIR", type=Path, help="write finding.json and the WARC snapshots there")
    parser.add_argument("--json", dest="format", action="store_const", const="json", default="table", help="one object")


def _dismiss_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", nargs="?", help="short id, whole id or its unique beginning")
    parser.add_argument("--page", metavar="URL", help="all that is found on a page, now and later")
    parser.add_argument("--host", metavar="HOST", help="all that is found on a host, now and later")
    parser.add_argument("--category", metavar="NAME", help="with --page or --host: only of this category")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why this is no violation")
    parser.add_argument("--by", metavar="NAME", required=True, help="who says so")
    parser.add_argument("--until", metavar="DATE", help="the last day it holds; without it, for good")


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="short id, whole id or its unique beginning")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)
