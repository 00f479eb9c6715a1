"""Says who we are to the sites of the register, so that a vendor can recognise and allow us."""

import re
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

from crawler.errors import BadArgument
from crawler.views.views import OPEN, PLAIN

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,60}): ?([\x20-\x7e]{1,200})")
_CONTACT = re.compile(r"[^\s@<>]{1,100}@[^\s@<>]{1,100}|https?://[\x21-\x7e]{1,180}")


def audit_headers(settings: BaseSettings) -> dict[str, str]:
    """Headers out of ``RASOAT_CONTACT`` (mail or page, as ``From``) and ``RASOAT_AUDIT_HEADER`` (``Name: value``).

    Raises BadArgument for a value that is neither.
    """
    headers = {}
    contact = str(settings.get("RASOAT_CONTACT") or "").strip()
    header = str(settings.get("RASOAT_AUDIT_HEADER") or "").strip()
    if contact:
        if not _CONTACT.fullmatch(contact):
            raise BadArgument("RASOAT_CONTACT: neither a mail address nor a web page")
        headers["From"] = contact
    if header:
        found = _HEADER.fullmatch(header)
        if not found:
            raise BadArgument("RASOAT_AUDIT_HEADER: not of the form 'Name: value'")
        headers[found[1]] = found[2]
    return headers


class AuditMiddleware:
    """Adds the headers to views in which we say who we are; those that imitate a visitor go without."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        headers = audit_headers(crawler.settings)
        if not headers:
            raise NotConfigured  # without words: nothing is wrong
        return cls(headers)

    def process_request(self, request: Request) -> None:
        """Set the headers unless the request plays a visitor."""
        if request.meta.get("view", PLAIN) in OPEN:
            for name, value in self._headers.items():
                request.headers.setdefault(name, value)
