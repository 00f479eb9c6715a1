"""From a reading to a page: the text as part ``document``, the links as links, the dates where they can be true."""

from crawler.documents.kinds import type_of
from crawler.documents.reading import Reading
from crawler.errors import InvalidUrl
from crawler.items import Block, Page
from crawler.page import dates
from crawler.page.links import Reference, collect
from crawler.page.simhash import simhash
from crawler.urls import base_of

REGION = "document"
"""The template region of everything in a document: there is no template, so places go by the shape of the address."""
_TOGETHER = 100_000  # characters of one block
_SAID = ("author", "subject", "keywords")


def fill(page: Page, reading: Reading) -> None:
    """Put what was read into a page that has so far only the facts of the response; ``cut`` says what is missing."""
    page.document = reading.kind or page.document
    page.type = type_of(page.document) or page.type
    page.cut = reading.cause
    page.metadata = sorted(reading.meta.items())
    page.blocks = _blocks(reading)
    headings = [block.text for block in page.blocks if block.part == "heading"]
    page.title = reading.meta.get("title", "") or (headings[0][:300] if headings else "")
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
    found, count = collect(references, base)
    page.links += found
    page.link_count += count
