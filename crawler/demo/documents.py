"""The files that are attached to articles: real PDF, Word and Excel files that say what their page says."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import partial
from typing import TYPE_CHECKING

from crawler.demo import files
from crawler.demo.model import Reply, Request
from crawler.demo.render import SERVER, written
from crawler.demo.tables import Table
from crawler.demo.text import day, slug

if TYPE_CHECKING:
    from crawler.demo.site import Article, Site

OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "zip": "application/zip",
}
SCAN = "scan"
KINDS = ("pdf", "pdf", "pdf", "docx", "docx", "xlsx", SCAN)
"""What schools attach, in about this proportion; a scan is a PDF without a letter of text."""


def attach(site: Site, article: Article) -> None:
    """Put a file beside the article."""
    kind = site.random("file", article.number).choice(KINDS)
    ending = "pdf" if kind == SCAN else kind
    folder = f"{site.path(site.style.uploads)}/{article.published:%Y/%m}"
    article.file = f"{folder}/{slug(article.title, 36)}-{article.number}.{ending}"
    site.pages[article.file] = partial(_serve, site, article, kind)
    if kind == SCAN:
        site.unstored.append(article.file)


def reply(kind: str, data: bytes) -> Reply:
    return Reply(data, headers=[SERVER, ("Content-Type", TYPES[kind])])


def _serve(site: Site, article: Article, kind: str, request: Request) -> Reply:
    when = datetime.combine(article.published, time(2), UTC)
    if kind == SCAN:
        return reply("pdf", files.scanned_pdf(article.title, when=when))
    author = site.facts["người kí"]
    made, _ = written(site, article)
    place = site.facts["xã"]
    head = [site.facts["trường"].upper(), f"{place[:1].upper()}{place[1:]}, ngày {day(article.published)}"]
    if kind == "xlsx":
        rows = [[line] for line in head]
        for one in made:
            rows += [list(row) for row in (one.head, *one.rows)] if isinstance(one, Table) else [[one]]
        return reply(kind, files.xlsx(article.title, rows, author=author, when=when))
    lines = [*head]
    for one in made:
        lines += one.lines() if isinstance(one, Table) else [one]
    lines += [site.facts["chức danh kí"], author]
    build = files.docx if kind == "docx" else files.pdf
    return reply(kind, build(article.title, lines, author=author, when=when))
