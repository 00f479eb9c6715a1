"""``scrapy findings``: what was found, why it counts, and a person's word against it."""

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.console.command import FAILED, OK, Action, Options, RasoatCommand, tell
from crawler.errors import BadArgument

if TYPE_CHECKING:
    from crawler.store.queries.evidence import Kept
    from pipelines.replay import Replayed

SHOWN_SIGHTINGS, SAVED_SIGHTINGS = 20, 10_000
NOTHING = "nothing is kept that could be judged again"


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
            "campaigns": Action(self._campaigns, "list what several units have from one source", _campaign_options),
            "verify": Action(self._verify, "read all evidence and follow the chains: is it what was stored?"),
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
        from crawler.console.dossier import gather
        from crawler.console.finding import show_finding
        from crawler.console.output import json_line
        from crawler.store.connection import open_store
        from crawler.store.queries.dismissals import end_dismissals
        from crawler.store.queries.findings import find_finding

        with open_store(self.given) as store:
            end_dismissals(store.db, datetime.now(UTC))
            finding = find_finding(store.db, opts.id)
            texts = self._rule_texts(finding["rule"])
            known, kept = gather(store.db, finding, texts, SHOWN_SIGHTINGS)
            replayed = self._replay(store.db, finding, kept) if opts.replay else None
            if opts.format == "json":
                more = {} if replayed is None else {"replay": [asdict(each) for each in replayed]}
                print(json_line({**known, **more}))  # noqa: T201 - the command's answer
            elif replayed is None:
                show_finding(known)
            else:
                self._tell_replay(replayed)
            if opts.save is not None:
                known, kept = gather(store.db, finding, texts, SAVED_SIGHTINGS)
                self._save(store.db, known, kept, opts.save)
        for fault in known["evidence_faults"]:
            tell(self.name, fault)
        judged = [each for each in replayed or () if not each.compared]
        silent = replayed is not None and not (judged and all(each.fires for each in judged))
        return FAILED if silent or (known["evidence_faults"] and (opts.save or opts.replay)) else OK

    def _replay(self, db: Any, finding: dict[str, Any], kept: "Kept") -> "list[Replayed]":
        """What the rules of today say of the stored bytes; of damaged ones nothing fires."""
        from crawler.console.stored_documents import readers
        from crawler.errors import StoreError
        from crawler.store.queries.findings import read_snapshot
        from pipelines.replay import Replayed, bare, replay
        from pipelines.rulesets import engine_from_settings

        read, engine = partial(read_snapshot, db), engine_from_settings(self.given)
        found: list[Replayed] = []
        records = dict(kept.records)
        with readers(self.given) as documents:
            for row in kept.files:
                name = row["sha256"]
                try:
                    if row["kind"] == "warc" and not row["record"]:
                        records[name] = bare(name, finding, read)
                    if name in records:
                        found += replay(finding, {name: records[name]}, read, engine, documents)
                except StoreError as error:
                    tell(self.name, str(error))
                    found.append(Replayed(name, row["url"], row["view"], "", "", ""))
        return found

    def _tell_replay(self, replayed: "list[Replayed]") -> None:
        from crawler.console.output import Column, listing

        columns = [
            Column("rule", "rule"),
            Column("view", "view"),
            Column("page", "url", "url", ratio=1),
            Column("then", "before"),
            Column("now", lambda row: row["now"] or ("needs the other views" if row["compared"] else "silent")),
            Column("record", lambda row: row["record"][:12]),
        ]
        listing([asdict(each) for each in replayed], columns, "table")
        judged = [each for each in replayed if not each.compared]
        firing = sum(each.fires for each in judged)
        tell(self.name, f"{firing} of {len(judged)} still fire on the stored bytes" if judged else NOTHING)

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

    def _save(self, db: Any, known: dict[str, Any], kept: "Kept", path: Path) -> None:
        """Write the folder; what is missing or damaged stands among the faults already."""
        from crawler.console.finding_folder import INDEX, Folder
        from crawler.console.stored_documents import readers
        from crawler.store.queries.findings import read_snapshot
        from pipelines.replay import source_of

        read = partial(read_snapshot, db)
        folder = Folder(path, known["_id"])
        with readers(self.given) as documents:
            folder.write(known, kept.records, read, lambda record: source_of(record, read, documents))
        tell(self.name, f"written: {path / INDEX}")

    def _campaigns(self, opts: Options) -> None:
        from crawler.console.finding_list import CAMPAIGN_COLUMNS
        from crawler.console.limits import limit_of, limited
        from crawler.store.connection import open_store
        from crawler.store.queries.campaigns import list_campaigns

        limit = limit_of(opts.limit, opts.format)
        with open_store(self.given) as store:
            rows = partial(list_campaigns, store.db)
            limited(self.name, "campaign", rows, CAMPAIGN_COLUMNS, opts.format, limit)

    def _verify(self, opts: Options) -> int:
        from crawler.store.connection import open_store
        from crawler.store.queries.evidence import all_faults

        count = 0
        with open_store(self.given) as store:
            for fault in all_faults(store.db):
                tell(self.name, fault)
                count += 1
        tell(self.name, f"faults: {count}" if count else "all evidence is intact · bằng chứng nguyên vẹn")
        return FAILED if count else OK

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
    parser.add_argument("--save", metavar="DIR", type=Path, help="write a folder to open offline: index.html, files")
    parser.add_argument(
        "--replay", action="store_true", help="judge the stored bytes again: 0 when each rule still fires"
    )
    parser.add_argument("--json", dest="format", action="store_const", const="json", default="table", help="one object")


def _campaign_options(parser: argparse.ArgumentParser) -> None:
    from crawler.console.limits import limit_option
    from crawler.console.output import format_options

    limit_option(parser)
    format_options(parser)


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
