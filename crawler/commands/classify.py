"""``scrapy classify``: judge files or JSON lines by the rules, without database and network."""

import argparse
import asyncio
import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

from crawler.console.command import BAD, OK, Action, Options, RasoatCommand, tell
from crawler.console.explained import show_explained
from crawler.console.output import Column, listing
from crawler.errors import BadArgument, BadInput, InvalidUrl
from crawler.items import Page

if TYPE_CHECKING:
    from crawler.documents.reader import DocumentReader
    from crawler.documents.reading import Reading
    from pipelines.engine import Document, Engine

MAX_LINE = 64 * 1024 * 1024
MAX_FILE = 64 * 1024 * 1024
COLUMNS = (
    Column("Path", "id", ratio=1),
    Column("Verdict", "verdict"),
    Column("Rule", "rule"),
    Column("Vector", "vector"),
    Column("Severity", "severity"),
    Column("Quote", "quote", ratio=2),
)


class Command(RasoatCommand):
    """Thin: reads, judges, writes."""

    summary: ClassVar[str] = "Judge files or JSON lines by the rules"

    def actions(self) -> Mapping[str, Action]:
        return {"": Action(self._run, "judge files or folders, or the documents of a JSON lines file", _options)}

    def _run(self, options: Options) -> int:
        _refuse_nonsense(options)
        from crawler.documents.reader import DocumentReader
        from pipelines.rulesets import engine_from_settings

        assert self.settings is not None
        engine = engine_from_settings(self.settings)
        if options.jsonl:
            return _lines(engine, options)
        return asyncio.run(_paths(engine, options, DocumentReader.from_settings(self.settings)))


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="HTML, text, PDF or Office files, or folders of them")
    parser.add_argument("--jsonl", metavar="IN", help='one {"id", "kind": "html"|"text", "content", "url"?} a line')
    parser.add_argument("--out", metavar="OUT", help="where the verdicts go, one a line in the same order")
    parser.add_argument("--explain", action="store_true", help="say which signals fired, and what is missing")
    parser.add_argument("--json", action="store_true", help="JSON lines instead of text")


def _refuse_nonsense(options: Options) -> None:
    if bool(options.paths) == bool(options.jsonl):
        raise BadArgument("name either files, or --jsonl IN --out OUT")
    if bool(options.jsonl) != bool(options.out):
        raise BadArgument("--jsonl and --out belong together")
    if options.jsonl and options.jsonl != "-" and Path(options.jsonl).resolve() == Path(options.out).resolve():
        raise BadArgument("--out is the file that is being read")


def _lines(engine: "Engine", options: Options) -> int:
    """Judge line by line; a bad one gets an error in its place."""
    status = OK
    with _reading(options.jsonl) as source, _writing(options.out) as target:
        for number, raw in enumerate(iter(lambda: source.readline(MAX_LINE + 1), b""), 1):
            if not raw.strip():
                continue
            answer = judged_line(engine, raw, number, options.explain)
            if "error" in answer:
                status = BAD
                tell("classify", f"{options.jsonl}:{number}: {answer['error']}")
            target.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return status


def judged_line(engine: "Engine", raw: bytes, number: int, explain: bool = False) -> dict[str, Any]:
    """The answer to one line of JSON, never an exception for what is written in it."""
    identity: Any = None
    try:
        if len(raw) > MAX_LINE:
            raise BadInput("the line is too long")
        record = json.loads(raw)
        identity = record.get("id") if isinstance(record, dict) else None
        document = _document(record)
    except (BadInput, InvalidUrl) as error:
        return {"id": identity, "error": str(error)}
    except (ValueError, RecursionError) as error:
        return {"id": identity, "error": f"not JSON: {error}"}
    return {"id": identity, **answer_for(engine, document, explain)}


def _document(record: Any) -> "Document":
    from crawler.urls import parse
    from pipelines.judge import html_document, text_document

    if not isinstance(record, dict):
        raise BadInput("not an object")
    for field, kind in (("id", (str, int)), ("kind", str), ("content", str)):
        if not isinstance(record.get(field), kind):
            raise BadInput(f"field {field} is missing or of the wrong type")
    if record["kind"] not in ("html", "text"):
        raise BadInput("field kind must be html or text")
    url = record.get("url")
    if url is not None and not isinstance(url, str):
        raise BadInput("field url must be text")
    if url:
        url = parse(url).url
    if record["kind"] == "text":
        return text_document(record["content"], url or "")
    return html_document(record["content"].encode("utf-8", "replace"), url or "", "text/html; charset=utf-8")


def answer_for(engine: "Engine", document: "Document", explain: bool = False) -> dict[str, Any]:
    """Verdict and findings as the contract has them."""
    verdict = engine.verdict(document)
    answer: dict[str, Any] = {
        "verdict": verdict.word,
        "findings": [
            {
                "rule": match.rule,
                "category": match.category,
                "vector": match.vector,
                "severity": match.severity,
                "confidence": match.confidence,
                "evidence": [
                    {"part": quote.part, "quote": quote.quote, "where": quote.where, "target": quote.target}
                    for quote in match.evidence
                ],
            }
            for match in verdict.matches
        ],
    }
    if explain:
        answer["explain"] = [
            {
                "rule": outcome.rule,
                "scope": outcome.scope,
                "fired": [{"signal": name, "part": quote.part, "quote": quote.quote} for name, quote in outcome.fired],
                "when": outcome.when,
                "spared_by": list(outcome.spared),
                "families": list(outcome.families),
                "missing": outcome.missing,
            }
            for outcome in engine.explain(document)
        ]
    return answer


async def _paths(engine: "Engine", options: Options, reader: "DocumentReader") -> int:
    answers = []
    try:
        for path in _files(options.paths):
            document = await _file_document(path, _content(path), reader)
            answers.append({"id": str(path), **answer_for(engine, document, options.explain)})
    finally:
        await reader.close()
    for answer in answers if options.json or options.explain else ():
        if options.json:
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        else:
            show_explained(answer)
    if options.json or options.explain:
        return OK
    listing((row for answer in answers for row in _rows(answer)), COLUMNS, "table")
    return OK


def _content(path: Path) -> bytes:
    body = path.read_bytes()
    if len(body) > MAX_FILE:
        raise BadInput(f"{path}: larger than {MAX_FILE} bytes")
    return body


async def _file_document(path: Path, body: bytes, reader: "DocumentReader") -> "Document":
    """A file as what it is; a document that cannot be read is told on standard error and judged by what was read."""
    from crawler.documents.kinds import family
    from pipelines.judge import html_document, text_document

    if path.suffix.lower() in (".html", ".htm", ".xhtml") or body[:256].lstrip().startswith(b"<"):
        return html_document(body)
    if not family("", body):
        return text_document(body.decode("utf-8", "replace"))
    reading = await reader.read(body)
    if reading.cause:
        tell("classify", f"{path}: not read, or not to its end: {reading.cause}")
    return file_document(reading)


def file_document(reading: "Reading") -> "Document":
    """The engine's document of a PDF or Office file without an address: every link counts as external."""
    from crawler.documents.pages import fill
    from pipelines.judge import NOWHERE, document

    page = Page(f"http://{NOWHERE}/", NOWHERE, 200, datetime.now(UTC))
    fill(page, reading)
    return replace(document(page), url=None)


def _rows(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if not answer["findings"]:
        yield {"id": answer["id"], "verdict": answer["verdict"]}
    for finding in answer["findings"]:
        quote = finding["evidence"][0]["quote"] if finding["evidence"] else ""
        yield {"id": answer["id"], "verdict": finding["confidence"], **finding, "quote": quote}


def _files(names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from sorted(child for child in path.rglob("*") if child.is_file())
        elif path.is_file():
            yield path
        else:
            raise BadArgument(f"{name}: no such file or folder")


@contextmanager
def _reading(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
        return
    if not Path(name).is_file():
        raise BadArgument(f"{name}: no such file")
    with open(name, "rb") as source:
        if not name.endswith(".gz"):
            yield source
            return
        with gzip.GzipFile(fileobj=source) as unpacked:
            yield cast(IO[bytes], unpacked)


@contextmanager
def _writing(name: str) -> Iterator[IO[str]]:
    if name == "-":
        yield sys.stdout
        return
    with open(name, "w", encoding="utf-8") as target:
        yield target
