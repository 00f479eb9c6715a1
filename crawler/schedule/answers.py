"""From what came back to what is said of it: a page, a miss with its cause, or "ask again"."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response

from crawler.documents.pages import page_of
from crawler.errors import ForbiddenAddress, InvalidUrl
from crawler.items import Link, Miss, Page
from crawler.page.robots import read as read_robots
from crawler.page.sitemap import read as read_sitemap
from crawler.schedule.dispatcher import Job
from crawler.store.frontier import Entry
from crawler.urls import clean, digest, parse

MAX_RETRY_AFTER = 3600
"""Seconds a server may ask us to wait; beyond it the host ends with that cause."""
MAX_CRAWL_DELAY = 10.0
_BUSY = (429, 503)
_REDIRECTS = (301, 302, 303, 307, 308)
_URL_FAULTS = ("port", "scheme", "credentials", "malformed_url")
"""Refusals that say nothing about the host."""
_CUTS = ("type_not_read", "too_large", "bomb_cut", "stalled", "dataloss", "partial")
_LISTS = ("sitemap", "guess", "feed")


@dataclass(frozen=True, slots=True)
class Again:
    """Ask again after ``wait`` seconds, or take ``instead`` when that was done often enough.

    ``counts`` is False for a mere change of scheme; ``fault`` marks faults of the network; ``leave`` ends the host.
    """

    name: str
    cause: str
    instead: Page | Miss
    wait: float = 0.0
    url: str = ""
    counts: bool = True
    fault: bool = False
    leave: str = ""


def read_answer(response: Response, job: Job, now: datetime) -> Page | Miss | Again:
    """Judge one HTTP answer."""
    entry = job.entry
    if _is_tried(entry) and response.status >= 400 and response.status not in _BUSY:
        return Miss(
            job.host.host,
            entry.digest,
            entry.url,
            "skipped",
            f"no_{'robots' if entry.via == 'robots' else 'sitemap'}",
        )
    page = _page(response, job, now)
    if response.status in _BUSY:
        return _busy(page, job, now)
    if response.status in _REDIRECTS:
        return _redirect(page, job)
    return page


def _is_tried(entry: Entry) -> bool:
    """Tell robots.txt and a guessed sitemap from the pages that robots.txt led to."""
    return entry.via in ("robots", "guess") and not entry.depth


def _page(response: Response, job: Job, now: datetime) -> Page:
    entry = job.entry
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]
    page = page_of(
        url=entry.url,
        status=response.status,
        headers=headers,
        body=response.body,
        fetched=now,
        host=job.host.host,
        stopped="type_not_read" in response.flags,
        refused=response.meta.get("document_too_large", ""),
    )
    page.digest, page.depth = entry.digest, entry.depth
    job.host.https = job.host.https or entry.url.startswith("https:")
    page.ip = str(response.ip_address or "")
    page.orphan = entry.via in ("sitemap", "guess", "robots", "seed", "feed", "script") and entry.depth > 0
    flag = next((flag for flag in _CUTS if flag in response.flags), "")
    page.cut = flag or page.cut if page.document else page.cut or flag
    if response.status == 200 and not page.document:
        _read_lists(page, job, response.body)
    return page


def _read_lists(page: Page, job: Job, body: bytes) -> None:
    """robots.txt, sitemaps and feeds lead to pages and have no text of their own."""
    via = job.entry.via
    if via == "robots" and _is_tried(job.entry):
        robots = read_robots(body, page.url)
        page.links = [Link(url, kind="sitemap") for url in robots.sitemaps]
        page.links += [Link(url, kind="robots") for url in robots.disallowed]
        page.link_count = len(page.links)
        if robots.crawl_delay:
            job.host.crawl_delay = min(robots.crawl_delay, MAX_CRAWL_DELAY)
    elif via in _LISTS or "xml" in page.type or "gzip" in page.type:
        listing = read_sitemap(body, page.url)
        if listing.kind != "none":
            page.links = listing.entries
            page.link_count = len(page.links)


def _redirect(page: Page, job: Job) -> Page | Again:
    """A redirect to the same page under the other scheme is followed at once; every other one is a page with a link."""
    target = next((redirect.url for redirect in page.redirects if redirect.kind == "http"), "")
    if not target:
        return page
    if digest(target) == job.entry.digest and target != job.entry.url:
        if target.startswith("https:"):
            job.host.prefer_https = True
        return Again("scheme", "redirects to the other scheme", page, url=target, counts=False)
    page.links = [Link(target, kind="redirect"), *page.links]
    page.link_count += 1
    return page


def _busy(page: Page, job: Job, now: datetime) -> Page | Again:
    """429 and 503 mean later: as the server says, else after 5, then 15 seconds."""
    asked = _retry_after(page, now)
    if asked is None:
        return Again("busy", f"answered {page.status}", page, wait=5.0 * 3**job.entry.tries)
    if asked > MAX_RETRY_AFTER:
        cause = f"answered {page.status} and asks to come back after {asked / 3600:.1f} hours"
        return Again("busy", cause, page, leave="blocked")
    return Again("busy", f"answered {page.status}", page, wait=asked)


def _retry_after(page: Page, now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 10.2.3: a number or a date), None when there is none to read."""
    text = next((value for name, value in page.headers if name.lower() == "retry-after"), "").strip()
    if text.isdecimal() and len(text) < 12:
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())


def read_failure(error: BaseException, job: Job) -> Miss | Again:
    """Judge a fault: what the guard refused and what was too large stays away, the network gets another try."""
    entry = job.entry
    miss = Miss(job.host.host, entry.digest, entry.url, "failed", "")
    forbidden = _forbidden(error)
    if forbidden is not None:
        if getattr(forbidden, "reason", "") not in _URL_FAULTS:
            job.host.refused = job.host.refused or clean(str(forbidden))
        return replace(miss, state="skipped", cause="forbidden_address")
    if isinstance(error, IgnoreRequest):
        return replace(miss, state="skipped", cause=clean(str(error) or "ignored"))
    cause = _cause(error)
    return Again(
        "fault",
        cause,
        replace(miss, cause=cause),
        wait=2.0 * 2**entry.tries,
        url=_other_scheme(job),
        fault=True,
    )


def _forbidden(error: BaseException) -> ForbiddenAddress | None:
    """The guard's refusal, wherever it stands in the chain of causes."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None or isinstance(seen, ForbiddenAddress):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _cause(error: BaseException) -> str:
    if isinstance(error, DownloadTimeoutError):
        return "timeout"
    if isinstance(error, CannotResolveHostError):
        return "DNS: the name does not resolve"
    if isinstance(error, DownloadConnectionRefusedError):
        return "connection refused"
    return clean(f"{type(error).__name__}: {error}", 160)


def _other_scheme(job: Job) -> str:
    """A home page that does not answer is asked under the other scheme too, unless the register names a port."""
    if job.entry.via != "home" or ":" in job.host.host.rpartition("]")[2]:
        return ""
    old, _, rest = job.entry.url.partition("://")
    try:
        return parse(f"{'https' if old == 'http' else 'http'}://{rest}").url
    except InvalidUrl:
        return ""
