"""Decodes answers in place of Scrapy's middleware, which throws bombs and falsely labelled pages away."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.responsetypes import responsetypes
from scrapy.statscollectors import StatsCollector

from crawler.download.decode import decode

ACCEPTED = b"gzip, deflate, br, zstd"


class CompressionMiddleware:
    """Undoes Content-Encoding up to ``limit`` bytes; the flags ``bomb_cut`` and ``encoding_broken`` say more."""

    def __init__(self, limit: int, stats: StatsCollector) -> None:
        self._limit = limit
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats is not None
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"), crawler.stats)

    def process_request(self, request: Request) -> None:
        """Ask for the encodings a browser asks for."""
        request.headers.setdefault("Accept-Encoding", ACCEPTED)

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the answer with its body as the author wrote it; without its Content-Encoding header."""
        encodings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not encodings or not response.body or request.method == "HEAD":
            return response
        limit = request.meta.get("download_maxsize", self._limit) or self._limit
        decoded = decode(response.body, encodings.split(","), limit)
        del response.headers["Content-Encoding"]
        for flag, happened in (("bomb_cut", decoded.cut), ("encoding_broken", decoded.broken)):
            if happened:
                response.flags.append(flag)
                self._stats.inc_value(f"download/{flag}")
        self._stats.inc_value("download/decoded")
        kind = responsetypes.from_args(headers=response.headers, url=response.url, body=decoded.body)
        return response.replace(cls=kind, body=decoded.body)
