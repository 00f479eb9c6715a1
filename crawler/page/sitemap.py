"""Sitemaps, sitemap indexes, RSS and Atom: links with dates, out of XML that may be hostile or broken."""

import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

from defusedxml.ElementTree import DefusedXMLParser

from crawler.errors import InvalidUrl
from crawler.items import Link
from crawler.page.dates import read_iso
from crawler.urls import Base, Url, base_of, join

MAX_UNPACKED = 50 * 1024 * 1024
MAX_ENTRIES = 50_000
_CHUNK = 64 * 1024
_MAX_TEXT = 5_000
_FAR = datetime(9000, 1, 1, tzinfo=UTC)
_ENTRIES = {"url": "urlset", "sitemap": "index", "item": "feed", "entry": "feed"}
_ROOTS = {"urlset": "urlset", "sitemapindex": "index", "rss": "feed", "feed": "feed", "RDF": "feed"}
_DATES = frozenset(("lastmod", "pubDate", "updated", "published", "date", "publication_date"))
_LOC = re.compile(rb"<(?:\w+:)?loc>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]{1,2100})", re.IGNORECASE)


@dataclass(slots=True)
class Sitemap:
    """``kind`` is ``index``, ``urlset``, ``feed``, ``text`` or ``none``; entries in the order of the file."""

    kind: str = "none"
    entries: list[Link] = field(default_factory=list)
    cut: str = ""


def read(body: bytes, url: str) -> Sitemap:
    """Read a sitemap or feed, gzip included. Never raises; entities are refused, 50 MB and 50,000 entries at most."""
    body, cut = unpack(body)
    try:
        base = base_of(url)
    except InvalidUrl:
        return Sitemap()
    head = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    found = _read_xml(body, base) if head.startswith(b"<") or b"\0" in head[:40] else _read_text(body, base)
    found.cut = found.cut or cut
    return found


def unpack(body: bytes) -> tuple[bytes, str]:
    """The content of a gzip body, at most 50 MB of it (``size``); anything else as it is."""
    for _ in range(2):  # servers do pack a packed file once more
        if not body.startswith(b"\x1f\x8b"):
            break
        unpacker = zlib.decompressobj(wbits=31)
        try:
            plain = unpacker.decompress(body, MAX_UNPACKED)
        except zlib.error:
            plain = _unpack_slowly(body)
        if unpacker.unconsumed_tail:
            return plain, "size"
        body = plain
    return body[:MAX_UNPACKED], "size" if len(body) > MAX_UNPACKED else ""


def _unpack_slowly(body: bytes) -> bytes:
    """What can be had from a damaged gzip file."""
    unpacker = zlib.decompressobj(wbits=31)
    plain = bytearray()
    try:
        for start in range(0, len(body), 1024):
            plain += unpacker.decompress(body[start : start + 1024], MAX_UNPACKED - len(plain))
            if len(plain) >= MAX_UNPACKED:
                break
    except zlib.error:
        pass
    return bytes(plain)


class _Full(Exception):
    """Raised inside the parser's events when enough entries were read."""


class _Target:
    """Receives the parser's events; no tree is built."""

    def __init__(self, base: Base) -> None:
        self.found = Sitemap()
        self.base = base
        self.entry = ""
        self.depth = 0
        self.values: dict[str, str] = {}
        self.text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self.depth += 1
        if self.depth == 1:
            self.found.kind = _ROOTS.get(name, "none")
        if self.depth > 200:
            raise _Full
        if not self.entry and name in _ENTRIES:
            self.entry, self.values = name, {}
        elif name == "link" and self.entry and attributes.get("href"):
            # Atom; RSS has the address as text
            self.values.setdefault(
                "link" if attributes.get("rel", "alternate") == "alternate" else "-", attributes["href"]
            )
        self.text = []

    def data(self, data: str) -> None:
        if self.text is not None and len(self.text) < _MAX_TEXT:
            self.text.append(data)

    def end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        self.depth -= 1
        if self.entry and name != self.entry and self.text:
            value = "".join(self.text).strip()[:_MAX_TEXT]
            if value:
                self.values.setdefault("date" if name in _DATES else name, value)
        elif name == self.entry:
            self._finish()
            self.entry = ""
        self.text = None

    def close(self) -> Sitemap:
        return self.found

    def _finish(self) -> None:
        values = self.values
        raw = values.get("loc") or values.get("link") or _permalink(values)
        url = join(raw, self.base) if raw else ""
        if isinstance(url, Url):
            title = " ".join(unescape(values.get("title", "")).split())[:200]
            kind = "feed" if self.entry in ("item", "entry") else "sitemap"
            self.found.entries.append(Link(url.url, title, kind, kind, lastmod=_date(values.get("date", ""))))
            if self.found.kind == "none":
                self.found.kind = _ENTRIES[self.entry]
            if len(self.found.entries) >= MAX_ENTRIES:
                self.found.cut = "entries"
                raise _Full


def _permalink(values: dict[str, str]) -> str:
    guid = values.get("guid") or values.get("id", "")
    return guid if guid.startswith(("http://", "https://")) else ""


def _read_xml(body: bytes, base: Base) -> Sitemap:
    """Through expat with entities forbidden; a file that is broken in the middle gives what ``<loc>`` still says."""
    target = _Target(base)
    parser = DefusedXMLParser(target=target, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        for start in range(0, len(body), _CHUNK):
            parser.feed(body[start : start + _CHUNK])
        parser.close()
    except _Full:
        pass
    except Exception as fault:  # expat's own, defusedxml's, and LookupError or ValueError of odd encodings
        target.found.cut = "entities" if "Entit" in type(fault).__name__ else "broken"
        if target.found.cut == "broken":
            _rescue(body, target.found, base)
    return target.found


def _rescue(body: bytes, found: Sitemap, base: Base) -> None:
    known = {link.url for link in found.entries}
    for match in _LOC.finditer(body):
        if len(found.entries) >= MAX_ENTRIES:
            return
        url = join(unescape(match.group(1).decode("utf-8", "replace")), base)
        if isinstance(url, Url) and url.url not in known:
            known.add(url.url)
            found.entries.append(Link(url.url, kind="sitemap", region="sitemap"))
    if found.entries and found.kind == "none":
        found.kind = "index" if b"<sitemapindex" in body[:5000] else "urlset"


def _read_text(body: bytes, base: Base) -> Sitemap:
    """A text sitemap: one absolute URL a line; anything else is none."""
    entries: list[Link] = []
    wrong = 0
    for line in body[: 4 * MAX_ENTRIES * 100].splitlines()[: 2 * MAX_ENTRIES]:
        text = line.decode("utf-8", "replace").strip().lstrip("\ufeff")
        if not text:
            continue
        url = join(text, base) if text.startswith(("http://", "https://")) else ""
        if isinstance(url, Url) and len(entries) < MAX_ENTRIES:
            entries.append(Link(url.url, kind="sitemap", region="sitemap"))
        else:
            wrong += 1
            if wrong > 10 + len(entries):
                break
    return Sitemap("text", entries) if entries and wrong <= len(entries) else Sitemap()


def _date(text: str) -> datetime | None:
    """ISO 8601 of sitemaps and Atom, RFC 822 of RSS; UTC."""
    if not text:
        return None
    text = text[:100].strip()
    if text[:4].isdigit():
        return read_iso(text, _FAR)
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return read_iso(text, _FAR)
