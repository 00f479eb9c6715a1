"""What a body is: by its Content-Type, and by its first bytes where that is missing or plainly wrong."""

import re

_HTML = frozenset(("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml", "text/htm"))
_XML = re.compile(r"(?:text|application)/(?:[\w.-]+\+)?xml")
_VAGUE = frozenset(("", "application/octet-stream", "unknown/unknown", "application/unknown", "*/*", "text"))
_LOOKS_HTML = re.compile(
    rb"\s*(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|script|div|table|h1|p|a|style|br)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_LOOKS_XML = re.compile(rb"\s*<(?:\?xml|rss|feed|urlset|sitemapindex|rdf)", re.IGNORECASE)


def content_type(headers: list[tuple[str, str]]) -> str:
    """The first Content-Type header as it was sent, or ""."""
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def media_type(header: str) -> str:
    """``text/html`` out of ``Text/HTML; charset=…``."""
    return header[:200].partition(";")[0].partition(",")[0].strip().lower()


def kind_of(media: str, body: bytes) -> str:
    """``html``, ``xml`` (feed or sitemap), ``text``, or "" for what is not read here."""
    head = body[:2048].removeprefix(b"\xef\xbb\xbf")
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    if media in _HTML:
        # some servers send everything as HTML; XHTML begins like XML too
        return "xml" if _LOOKS_XML.match(head) and b"<html" not in head.lower() else "html"
    if _XML.fullmatch(media):
        return "html" if b"<html" in head.lower() else "xml"
    if media in _VAGUE:
        if _LOOKS_XML.match(head):
            return "html" if b"<html" in head.lower() else "xml"
        if _LOOKS_HTML.match(head):
            return "html"
        return "" if (b"\0" in head and not wide) or not media else "text" if _printable(head) else ""
    if media in ("text/plain", "application/json", "text/csv", "application/ld+json"):
        return "text"
    return ""


def _printable(head: bytes) -> bool:
    return not any(byte < 9 for byte in head)
