"""Response -> Page: the door of this room."""

import re
from collections.abc import Callable
from datetime import datetime

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode, SelectolaxError

from crawler.errors import InvalidUrl
from crawler.items import Block, Page
from crawler.page import dates, encoding, kinds, legacy, nesting, redirects, sitemap
from crawler.page.links import Reference, collect
from crawler.page.scope import Allowance, fold
from crawler.page.simhash import simhash
from crawler.page.walk import TAIL_MARK, Walk
from crawler.page.walls import wall_of
from crawler.urls import Base, Url, base_of, join

_ZONES = ("main", "comments", "header", "nav", "aside", "footer")
_NOWHERE = Base("", "", "", "", "")
_OPTIONS = int(LexborDocumentOptions.WO_EVENTS)  # its mutation events need quadratic time for many <option>
_END = re.compile(rb"</(?:body|html)[\s>/]", re.IGNORECASE)
_NOTHING = re.compile(rb"(?:</(?:body|html)\s*>|\s)*", re.IGNORECASE)
_OPEN_CLOSE = ((b"<script", b"</script"), (b"<!--", b"-->"), (b"<textarea", b"</textarea"))
_TAGS = re.compile(r"<[^<>]{0,2000}>")
_COMMENT_LINK = re.compile(
    r"<a\s[^<>]{0,500}?href\s*=\s*[\"']?([^\s\"'<>]{1,2000})[^<>]{0,500}>([^<]{0,300})", re.IGNORECASE
)
_MAX_PATH = 6
_RESTS = (300_000, 20_000)


def extract(
    *,
    url: str,
    status: int,
    headers: list[tuple[str, str]],
    body: bytes,
    fetched: datetime,
    host: str,
    look: str = "",
) -> Page:
    """Everything the rules and the crawl want to know about one response.

    HTML and XHTML give a full page; feeds and sitemaps their links and titles; plain text its text; other types only
    the facts of the response. ``body`` stays as it came. ``look`` is the attribute in which a rendered page says what
    is hidden (the names are those of ``crawler.page.hidden``). Never raises, whatever the bytes.
    """
    header = kinds.content_type(headers)
    page = Page(url=url, host=host, status=status, fetched=fetched, headers=headers, body=body)
    page.type = kinds.media_type(header)
    try:
        base = base_of(url)
    except InvalidUrl:
        base = _NOWHERE
    leads = list(redirects.from_headers(status, headers[:200]))
    references = [Reference(raw, "redirect", "", "", "", []) for _, raw, _ in leads]
    kind = kinds.kind_of(page.type, body)
    if kind == "html":
        page.type = page.type or "text/html"
        base = _html(page, header, base, leads, references, look)
    elif kind == "xml":
        _xml(page)
    elif kind == "text":
        _text(page, header)
    page.base = base.page
    page.redirects = redirects.resolve(leads, base, url)
    found, count, page.left_out = collect(references, base)
    page.links = found + page.links
    if page.encoding in legacy.KINDS:
        for link in page.links:
            link.text = legacy.modern(link.text, page.encoding)
    page.link_count = count + page.link_count
    page.wall = wall_of(page)
    return page


def _text(page: Page, header: str) -> None:
    data, page.encoding = encoding.to_utf8(page.body, header)
    text = data[:2_000_000].decode("utf-8", "replace").replace("\0", "")
    if block := Allowance().block("shown", Block("text", text, "main", "main")):
        page.blocks.append(block)
        page.encoding = legacy.modernise(page.blocks) or page.encoding
    page.simhash = simhash(block.text if block else "")


def _xml(page: Page) -> None:
    found = sitemap.read(page.body, page.url)
    page.cut = found.cut
    page.links, page.link_count = found.entries[:5_000], len(found.entries)
    titles = "\n".join([link.text for link in found.entries if link.text])
    if block := Allowance().block("shown", Block("text", titles, "feed", "titles")):
        page.blocks.append(block)


def _html(
    page: Page,
    header: str,
    base: Base,
    leads: list[tuple[str, str, str]],
    references: list[Reference],
    look: str,
) -> Base:
    """Fill the page from its HTML; gives the base that its references mean."""
    whole, page.encoding = encoding.to_utf8(page.body, header)
    data, page.cut = nesting.cut(whole)
    walk = Walk(look)
    try:
        walk.run(LexborHTMLParser(_marked(data), options=_OPTIONS), data)
        if page.cut:
            rest = TAIL_MARK + _rest(whole[len(data) :])
            walk.run(LexborHTMLParser(rest, options=_OPTIONS), rest)
    except (SelectolaxError, RuntimeError, ValueError):
        page.cut = page.cut or "unreadable"
    page.cut = page.cut or walk.cut
    page.title, page.lang = walk.title, walk.lang
    if walk.base and isinstance(found := join(walk.base, base), Url):
        base = base_of(found.url)
    leads += walk.redirects
    references += walk.references
    _comments(walk, references)
    page.blocks, main = _blocks(walk)
    if kind := legacy.modernise(page.blocks):
        page.encoding, page.title, main = kind, legacy.modern(page.title, kind), legacy.modern(main, kind)
    page.simhash = simhash(main) or simhash(f"{page.title}\n{main}")
    page.published = _published(walk, page, main)
    return base


def _rest(data: bytes) -> bytes:
    """The end of what was cut off: whoever can make a page be cut must not be able to hide its end that way."""
    for size in _RESTS:
        # The piece may begin inside a tag, whose attributes are no text.
        piece = data[-size:] if len(data) > size else data
        rest, cause = nesting.cut(piece[max(0, piece.find(b"<")) :])
        if not cause:
            break
    return rest


def _marked(data: bytes) -> bytes:
    """The bytes with a mark after the first real end of the body, when anything follows it."""
    for number, match in enumerate(_END.finditer(data)):
        place = match.start()
        if number < 8 and any(data.rfind(start, 0, place) > data.rfind(end, 0, place) for start, end in _OPEN_CLOSE):
            continue
        close = data.find(b">", place) + 1
        if not close or _NOTHING.fullmatch(data, close):
            return data
        return b"".join((data[:close], TAIL_MARK, data[close:]))
    return data


def _comments(walk: Walk, references: list[Reference]) -> None:
    """Links inside HTML comments, and those that scripts write, are evidence, and are not followed."""
    for reason, pieces in (("comment", walk.comments), ("written", walk.written)):
        for text, region in pieces:
            if "href" in text:
                for match in list(_COMMENT_LINK.finditer(text[:200_000]))[:500]:
                    references.append(Reference(match.group(1), "a", region, reason, "", [match.group(2)]))


def _blocks(walk: Walk) -> tuple[list[Block], str]:
    """All pieces of the page, the short and the hidden ones first, and the text of the main zone."""
    allowance, blocks = Allowance(), list[Block]()

    def add(purse: str, part: str, text: str, region: str = "", where: str = "", hidden: str = "") -> None:
        if text and (block := allowance.block(purse, Block(part, text, region, where, hidden))):
            blocks.append(block)

    add("shown", "title", walk.title, "head", "title")
    for name, content in walk.metas[:50]:
        add("shown", "meta", fold([content], 2000), "head", name)
    for level, region, parts in walk.headings[:300]:
        add("shown", "heading", fold(parts, 500), region, level)
    for node, sink, region, reason in walk.hidden:
        if sink.parts and (text := sink.text(100_000)):
            add("kept", "hidden", text, region, _path_of(node), reason)
    add("kept", "tail", walk.tail.text(200_000), "tail", "after the end of the page")
    main = walk.zones["main"].text(250_000)
    for zone in _ZONES:
        if zone in walk.zones:
            add("shown", "text", main if zone == "main" else walk.zones[zone].text(100_000), zone, zone)
    for zone, alts in walk.alts.items():
        add("shown", "alt", "\n".join([fold([alt], 200) for alt in alts]), zone, "img alt")
    for text, region in walk.comments:
        add("kept", "comment", fold([_TAGS.sub(" ", text[:50_000])], 5_000), region, "comment", "comment")
    for text, region in walk.written:
        add("kept", "hidden", fold([_TAGS.sub(" ", text)], 5_000), region, "written by a script", "written")
    for action, region, fields in walk.forms:
        add("shown", "form", " ".join([action, *fields]), region, "form")
    _code(walk, add)
    return blocks, main


def _code(walk: Walk, add: Callable[[str, str, str, str, str], None]) -> None:
    for text, region in walk.scripts:
        add("code", "script", text[:100_000], region, "script")
    add("code", "script", "\n".join(walk.sources), "", "script src")
    add("code", "style", "\n".join(walk.styles)[:100_000], "", "style")


def _path_of(node: LexborNode) -> str:
    """A CSS path that leads a person to an element: ``div#content>ul.links>li``."""
    names: list[str] = []
    current: LexborNode | None = node
    while current is not None and len(names) < _MAX_PATH:
        tag = current.tag or ""
        if tag in ("html", "body", "-document"):
            break
        attributes = current.attributes
        ident, classes = attributes.get("id") or "", (attributes.get("class") or "").split()
        names.append(f"{tag}#{ident[:60]}" if ident else f"{tag}.{classes[0][:60]}" if classes else tag)
        current = current.parent
    return ">".join(reversed(names))


def _published(walk: Walk, page: Page, main: str) -> datetime | None:
    for text, _ in walk.scripts:
        if "datePublished" in text and (found := dates.in_json_ld(text, page.fetched)):
            return found
    for text in walk.dates[:20]:
        if found := dates.read_iso(text, page.fetched):
            return found
    titles = [block.text for block in page.blocks if block.part == "heading"][:5]
    for title in [*titles, page.title]:
        if title and (found := dates.near_title(main, title, page.fetched)):
            return found
    return None
