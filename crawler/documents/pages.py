"""Pages of documents: what an answer is, and how a reading becomes text, links and dates where they can be true."""

from datetime import datetime

from crawler.documents.kinds import family, is_declared, is_markup, type_of
from crawler.documents.reading import Reading
from crawler.errors import InvalidUrl
from crawler.items import Block, Page
from crawler.page import dates, extract, kinds, legacy
from crawler.page.links import Reference, collect
from crawler.page.simhash import simhash
from crawler.urls import base_of

REGION = "document"
"""The template region of everything in a document: there is no template, so places go by the shape of the address."""
_TOGETHER = 100_000  # characters of one block
_SAID = ("author", "subject", "keywords")


def page_of(
    *,
    url: str,
    status: int,
    headers: list[tuple[str, str]],
    body: bytes,
    fetched: datetime,
    host: str,
    stopped: bool = False,
    refused: str = "",
) -> Page:
    """The page in an answer: as ``crawler.page.extract`` has it, or a document that is still to be read.

    ``stopped`` says that the body was not downloaded for its type, ``refused`` is the family of a document that was
    not for its size. A document has ``document``, its body and, when there is nothing to read, ``cut``.
    """
    media = kinds.media_type(kinds.content_type(headers))
    found = family(media, body) if status == 200 and not stopped else ""
    declared = not found and not stopped and (is_declared(media) or bool(refused))
    if not found and not declared:
        return extract(url=url, status=status, headers=headers, body=body, fetched=fetched, host=host)
    if declared and (status != 200 or is_markup(body)):  # a login form, a table that calls itself a workbook
        shown = [(name, "text/html" if name.lower() == "content-type" else value) for name, value in headers]
        page = extract(url=url, status=status, headers=shown, body=body, fetched=fetched, host=host)
        page.headers = headers
        return page
    page = extract(url=url, status=status, headers=headers, body=b"", fetched=fetched, host=host)
    page.body, page.document = body, found or refused or "unknown"
    page.cut = "" if found else "unknown_format" if body else "no_text"
    return page


def fill(page: Page, reading: Reading) -> None:
    """Put what was read into a page that has so far only the facts of the response; ``cut`` says what is missing."""
    page.document = reading.kind or page.document
    page.type = type_of(page.document) or page.type
    page.cut = reading.cause
    page.metadata = sorted(reading.meta.items())
    page.blocks = _blocks(reading)
    page.encoding = legacy.modernise(page.blocks)
    headings = [block.text for block in page.blocks if block.part == "heading"]
    page.title = legacy.modern(reading.meta.get("title", ""), page.encoding) or (headings[0][:300] if headings else "")
    created, modified = (dates.read_iso(reading.meta.get(name, ""), page.fetched) for name in ("created", "modified"))
    page.published = created or modified
    page.simhash = simhash("\n".join(block.text for block in page.blocks if block.part == "document")[:250_000])
    _links(page, reading)


def _blocks(reading: Reading) -> list[Block]:
    """Paragraphs of one page, sheet or file stand together, so that a rule can ask what is near."""
    blocks = [Block("meta", reading.meta[name], "head", name) for name in _SAID if name in reading.meta]
    last: dict[str, Block] = {}
    for part, where, text in reading.texts:
        block = last.get(part)
        if part == "document" and block and block.where == where and len(block.text) + len(text) < _TOGETHER:
            block.text += "\n" + text
            continue
        last[part] = Block(part, text, REGION, where)
        blocks.append(last[part])
    return blocks


def _links(page: Page, reading: Reading) -> None:
    try:
        base = base_of(page.url)
    except InvalidUrl:
        return
    references = [Reference(url, "a", REGION, "", "", [text]) for url, text, _ in reading.links]
    found, count, page.left_out = collect(references, base)
    for link in found:
        link.text = legacy.modern(link.text, page.encoding)
    page.links += found
    page.link_count += count
