"""Answers as WARC records (ISO 28500), written and read back."""

from dataclasses import dataclass
from io import BytesIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.errors import StoreError
from crawler.items import Page

_CODINGS = ("content-encoding", "transfer-encoding")
_ARCHIVED = "X-Archive-Orig-"
MOST = 64 * 1024 * 1024
"""Bytes of a payload that are read back: no more was ever fetched."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, as it was kept: ``kind`` is ``response``, or ``conversion`` for a document of the browser."""

    kind: str
    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def warc_of(page: Page) -> bytes:
    """The page's answer as one gzip member with a WARC/1.1 record, and one for each landing page behind it.

    The payload is the body after transfer and content coding were undone, so ``Content-Encoding`` and
    ``Transfer-Encoding`` are named ``X-Archive-Orig-…`` as web archives do. For a page that the browser saw it is
    what the server sent before any script ran; where that is not known, the document itself as a ``conversion``.
    """
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    facts = {"WARC-Date": page.fetched.strftime("%Y-%m-%dT%H:%M:%SZ")}
    source = {**facts, **({"WARC-IP-Address": page.ip} if page.ip else {})}
    if page.rendered is not None and not page.rendered.raw:
        _add(writer, page.url, "conversion", page.body, {**source, "Content-Type": "text/html; charset=utf-8"})
    else:
        body = page.body if page.rendered is None else page.rendered.raw
        headers = [(_archived(name), value) for name, value in page.headers]
        record = writer.create_warc_record(
            page.url,
            "response",
            payload=BytesIO(body),
            length=len(body),
            http_headers=StatusAndHeaders(str(page.status), headers, protocol="HTTP/1.1"),
            warc_headers_dict=source,
        )
        writer.write_record(record)
    for landing in page.landings:
        if landing.body:
            _add(writer, landing.url, "resource", landing.body, {**facts, "Content-Type": "text/html; charset=utf-8"})
    return out.getvalue()


def answer_of(content: bytes) -> Answer:
    """The page's answer out of its WARC file. Raises ``StoreError`` for what is none."""
    try:
        for record in ArchiveIterator(BytesIO(content)):
            if record.rec_type not in ("response", "conversion"):
                continue
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            http = record.http_headers
            if record.rec_type == "conversion" or http is None:
                headers, status = [("Content-Type", "text/html; charset=utf-8")], 200
            else:
                headers = [(name.removeprefix(_ARCHIVED), value) for name, value in http.headers]
                status = int(http.get_statuscode())
            # Not content_stream(): nothing is coded any more.
            return Answer(record.rec_type, url, status, headers, record.raw_stream.read(MOST))
    except (ArchiveLoadFailed, OSError, ValueError, EOFError) as error:
        raise StoreError(f"a WARC record cannot be read: {error}") from error
    raise StoreError("a WARC file holds no answer")


def landings_of(content: bytes) -> dict[str, bytes]:
    """URL → document of the landing pages in a WARC file. Raises ``StoreError`` for what is none."""
    try:
        return {
            record.rec_headers.get_header("WARC-Target-URI") or "": record.raw_stream.read(MOST)
            for record in ArchiveIterator(BytesIO(content))
            if record.rec_type == "resource"
        }
    except (ArchiveLoadFailed, OSError, ValueError, EOFError) as error:
        raise StoreError(f"a WARC record cannot be read: {error}") from error


def _add(writer: WARCWriter, url: str, kind: str, body: bytes, headers: dict[str, str]) -> None:
    """One record without HTTP headers."""
    record = writer.create_warc_record(url, kind, payload=BytesIO(body), length=len(body), warc_headers_dict=headers)
    writer.write_record(record)


def _archived(name: str) -> str:
    return f"{_ARCHIVED}{name}" if name.lower() in _CODINGS else name
