"""Types that are not read are recorded, and not downloaded past their headers. Documents are, up to their own size."""

from typing import Self
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Headers, Response
from scrapy.statscollectors import StatsCollector

from crawler.documents.kinds import family, is_declared

READ = frozenset(
    (
        "text/html",
        "application/xhtml+xml",
        "application/vnd.wap.xhtml+xml",
        "text/plain",
        "text/xml",
        "application/xml",
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
    )
)
# Read only where a sitemap is expected; servers hand out a .gz file under any of these.
GZIP = frozenset(("application/gzip", "application/x-gzip"))
# Servers say these when they do not know, or want a file to be saved: the first bytes decide.
UNKNOWN = frozenset(
    (
        "",
        "content/unknown",
        "unknown/unknown",
        "application/unknown",
        "*/*",
        "application/octet-stream",
        "binary/octet-stream",
        "application/force-download",
        "application/x-force-download",
        "application/x-download",
        "application/download",
    )
)
_GROUPS = {
    "application/json": "json",
    "application/ld+json": "json",
    "application/javascript": "script",
    "application/x-javascript": "script",
    "text/javascript": "script",
    "text/css": "style",
    "application/gzip": "archive",
    "application/x-gzip": "archive",
    "application/x-7z-compressed": "archive",
    "application/x-rar-compressed": "archive",
    "application/vnd.rar": "archive",
    "application/x-tar": "archive",
    "application/x-msdownload": "executable",
    "application/vnd.android.package-archive": "executable",
}
_PREFIXES = {
    "image/": "image",
    "video/": "video",
    "audio/": "audio",
    "font/": "font",
    "application/font": "font",
}
_MAGIC = {
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"Rar!": "archive",
    b"7z\xbc\xaf": "archive",
    b"\x1f\x8b": "archive",
    b"MZ\x90\x00": "executable",
    b"\x7fELF": "executable",
    b"ID3": "audio",
    b"OggS": "audio",
    b"wOF2": "font",
    b"wOFF": "font",
}
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")  # UTF-16 and UTF-32 text is full of zeros
_SNIFF = 1024  # bytes
DOCUMENT_SECONDS = 120.0
"""For the download of a document that comes steadily; it may be larger than a page."""


def media_of(content_type: str) -> str:
    """``application/pdf`` out of ``Application/PDF; charset=…``."""
    return content_type.partition(";")[0].strip().lower()


def by_header(content_type: str, url: str) -> str:
    """Name the group of a declared type that is not read; empty when it is read or the first bytes decide."""
    kind = media_of(content_type)
    if kind in READ or kind in UNKNOWN or is_declared(kind) or "/" not in kind:
        return ""
    if kind in GZIP and is_sitemap(url):
        return ""
    if kind.endswith("+xml") and kind != "image/svg+xml":
        return ""
    prefixed = (group for prefix, group in _PREFIXES.items() if kind.startswith(prefix))
    return _GROUPS.get(kind) or next(prefixed, "other")


def by_content(start: bytes, url: str) -> str:
    """Name the group of a body that is not text, from its first bytes; else empty."""
    if start.lstrip().startswith(b"<"):
        return ""  # a page, whatever bytes hide in it
    if family("", start):
        return ""
    if start.startswith(b"\x1f\x8b") and is_sitemap(url):
        return ""
    magic = next((group for mark, group in _MAGIC.items() if start.startswith(mark)), "")
    if magic:
        return magic
    if start[4:8] == b"ftyp":
        return "video"
    return "binary" if b"\x00" in start[:_SNIFF] and not start.startswith(_BOMS) else ""


def is_sitemap(url: str) -> bool:
    """Tell whether a compressed file at ``url`` is expected to be a sitemap or a feed."""
    path = urlsplit(url).path.lower()
    return path.endswith((".xml.gz", ".txt.gz", ".rss.gz")) or (path.endswith(".gz") and "sitemap" in path)


class TypesMiddleware:
    """Stops a download at its headers, or at its first bytes, when its type is not read.

    The answer reaches the spider with the flag ``type_not_read``; its group (``image``, ``archive`` …) is in
    ``request.meta["type_not_read"]`` and counted under ``types/not_read/<group>``. A document may have
    ``document_bytes`` and ``DOCUMENT_SECONDS``; one that says it is larger is not downloaded either, and gets the flag
    ``too_large`` (its family is in ``request.meta["document_too_large"]``).
    """

    def __init__(self, document_bytes: int, stats: StatsCollector) -> None:
        self._document_bytes = document_bytes
        self._stats = stats
        # Set while the start of a body is still to be looked at; the value is the start so far.
        self._starts: WeakKeyDictionary[Request, bytes] = WeakKeyDictionary()
        self._lengths: WeakKeyDictionary[Request, int] = WeakKeyDictionary()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats is not None
        types = cls(crawler.settings.getint("RASOAT_DOCUMENT_BYTES"), crawler.stats)
        crawler.signals.connect(types.headers_received, signals.headers_received)
        crawler.signals.connect(types.bytes_received, signals.bytes_received)
        return types

    def headers_received(self, headers: Headers, body_length: object, request: Request) -> None:
        """Raise ``StopDownload`` for a declared type that is not read."""
        self._starts.pop(request, None)
        for name in ("type_not_read", "document_too_large"):
            request.meta.pop(name, None)
        if request.meta.get("any_type"):
            return
        declared = headers.getlist("Content-Type")
        kind = declared[-1].decode("latin-1") if declared else ""
        if group := by_header(kind, request.url):
            self._stop(request, "type_not_read", group)
        self._lengths[request] = body_length if isinstance(body_length, int) else 0
        if is_declared(media_of(kind)):
            self._allow_document(request)
        encoded = (headers.get("Content-Encoding") or b"identity").strip().lower()
        # What is declared a page is shown as one, however it begins. Compressed bytes say nothing.
        if encoded == b"identity" and "html" not in kind.lower():
            self._starts[request] = b""

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Raise ``StopDownload`` when the first bytes are neither text nor a document."""
        start = self._starts.get(request)
        if start is None:
            return
        start = (start + data[:_SNIFF])[:_SNIFF]
        if group := by_content(start, request.url):
            self._stop(request, "type_not_read", group)
        if found := family("", start):
            self._starts.pop(request)
            self._allow_document(request, found)
        elif len(start) >= _SNIFF:
            del self._starts[request]
        else:
            self._starts[request] = start

    def process_response(self, request: Request, response: Response) -> Response:
        """Flag the answer, and drop the few bytes that came."""
        self._starts.pop(request, None)
        if "download_stopped" in response.flags and (group := request.meta.get("type_not_read")):
            self._stats.inc_value("types/not_read")
            self._stats.inc_value(f"types/not_read/{group}")
            return response.replace(body=b"", flags=[*response.flags, "type_not_read"])
        self._stats.inc_value("types/read")
        if request.meta.get("document_too_large"):
            return response.replace(body=b"", flags=[*response.flags, "too_large"])
        return response

    def _allow_document(self, request: Request, found: str = "unknown") -> None:
        """Let it be as large as documents may be; raise ``StopDownload`` when it says that it is larger."""
        request.meta["download_maxsize"] = self._document_bytes
        request.meta["body_seconds"] = DOCUMENT_SECONDS
        if self._lengths.get(request, 0) >= self._document_bytes:
            self._stop(request, "document_too_large", found)

    def _stop(self, request: Request, name: str, value: object) -> None:
        self._starts.pop(request, None)
        request.meta[name] = value
        raise StopDownload(fail=False)
