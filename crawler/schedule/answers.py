"""From what came back to what is said of it: a page, a miss with its cause, or "ask again"."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.browser.order import BrowserMissing
from crawler.download.headers import pairs_of
from crawler.errors import InvalidUrl
from crawler.items import Link, Miss, Page
from crawler.page.robots import read as read_robots
from crawler.page.sitemap import read as read_sitemap
from crawler.schedule.access import BUSY_STATUS, MAX_WAIT
from crawler.schedule.faults import cause_of, forbidden_in
from crawler.schedule.groups import Job
from crawler.schedule.hosts import HTML, HostState
from crawler.schedule.looks import NO_BROWSER
from crawler.store.frontier import Entry
from crawler.urls import MAX_LENGTH, clean, digest, parse
from crawler.views.views import EVIDENCE, PLAIN

MAX_CRAWL_DELAY = 10.0
_REDIRECTS = (301, 302, 303, 307, 308)
_URL_FAULTS = ("port", "scheme", "credentials", "malformed_url")
"""Refusals that say nothing about the host."""
_CUTS = ("type_not_read", "too_large", "bomb_cut", "stalled", "dataloss", "partial")
_LISTS = ("sitemap", "guess", "feed")
_NOTHING = {"robots": "no_robots", "guess": "no_sitemap", "probe": "probe"}
"""What it is called when the crawl asked of its own accord and there was nothing."""


@dataclass(frozen=True, slots=True)
class Again:
    """Ask again after ``wait`` seconds, or take ``instead`` when that was done often enough.

    ``url`` is the URL from then on, where that is another one, and ``ask`` what is asked in its place. ``counts`` is
    False for a mere change of scheme; ``fault`` marks faults of the network; ``leave`` ends the host.
    """

    name: str
    cause: str
    instead: Page | Miss
    wait: float = 0.0
    url: str = ""
    ask: str = ""
    counts: bool = True
    fault: bool = False
    leave: str = ""


def missing_list(response: Response, job: Job) -> Miss | None:
    """What to say of a robots.txt or a sitemap that was only asked for on the chance, and is not there."""
    entry = job.entry
    if entry.is_clue and response.status >= 400 and response.status not in BUSY_STATUS:
        return _nothing(job)
    return None


def _nothing(job: Job) -> Miss:
    entry = job.entry
    return Miss(job.host.host, entry.digest, entry.url, "skipped", _NOTHING.get(entry.via, ""))


def facts_of(response: Response, job: Job, now: datetime) -> dict[str, Any]:
    """The arguments of ``crawler.documents.pages.page_of``: plain data, which any process can read."""
    return {
        "url": job.entry.url,
        "status": response.status,
        "headers": pairs_of(response),
        "body": response.body,
        "fetched": now,
        "host": job.host.host,
        "stopped": "type_not_read" in response.flags,
        "refused": response.meta.get("document_too_large", ""),
    }


def judge_answer(page: Page, response: Response, job: Job, now: datetime) -> Page | Miss | Again:
    """Judge one HTTP answer by what was read out of it."""
    entry = job.entry
    _complete(page, response, job)
    if entry.is_clue and entry.via != "probe" and response.status == 200 and page.type in HTML and not page.wall:
        return _nothing(job)  # whatever it is, it is no robots.txt and no sitemap
    if response.status in BUSY_STATUS and not entry.is_look:
        return _busy(page, job, now)
    if response.status in _REDIRECTS:
        return _redirect(page, job)
    return page


def _complete(page: Page, response: Response, job: Job) -> None:
    """What the page itself does not say: how it was found and how it came."""
    entry = job.entry
    page.digest, page.depth, page.via = entry.page, entry.depth, entry.via
    page.view, page.entry, page.again = entry.seen_as, entry.digest, entry.look > 1
    page.evidence = entry.view != PLAIN and entry.reason.endswith(EVIDENCE)
    job.host.https = job.host.https or entry.url.startswith("https:")
    job.host.plain = job.host.plain or entry.url.startswith("http:")
    page.ip = str(response.ip_address or "")
    page.orphan = entry.via in ("sitemap", "guess", "robots", "seed", "feed", "script") and entry.depth > 0
    flag = next((flag for flag in _CUTS if flag in response.flags), "")
    page.cut = flag or page.cut if page.document else page.cut or flag
    if response.status == 200 and not page.document:
        _read_lists(page, job, response.body)


def _read_lists(page: Page, job: Job, body: bytes) -> None:
    """robots.txt, sitemaps and feeds lead to pages and have no text of their own."""
    via = job.entry.via
    if via == "robots" and job.entry.is_clue:  # and no page that robots.txt names
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
    """A redirect to the same page is followed at once; every other one is a page with a link."""
    entry = job.entry
    target = next((redirect.url for redirect in page.redirects if redirect.kind == "http"), "")
    if not target:
        return page
    if digest(target) == entry.page and target != entry.url:
        _change_scheme(job.host, target)
        return Again("scheme", "redirects to the other scheme", page, url=target, counts=False)
    session = _with_session(page, entry) if target == entry.url else ""
    if session:
        return Again("session", "redirects to an address with a session id", page, ask=session)
    page.links = [Link(target, kind="probe" if entry.via == "probe" else "redirect"), *page.links]
    page.link_count += 1
    return page


def _change_scheme(host: HostState, target: str) -> None:
    """A host that redirects to https is asked there from now on, unless it redirects back for other pages."""
    if target.startswith("https:"):
        host.scheme = "" if host.plain_too else "https"
    else:
        host.scheme, host.plain_too = "", True


def _with_session(page: Page, entry: Entry) -> str:
    """The target of a redirect as it is written, when it is the same page but for a session id."""
    written = next((value for name, value in page.headers if name.lower() == "location"), "")
    try:
        session = urljoin(entry.url, written.strip())
    except ValueError:
        return ""
    return session if session not in (entry.url, entry.ask) and len(session) <= MAX_LENGTH else ""


def _busy(page: Page, job: Job, now: datetime) -> Page | Again:
    """429 and 503 mean later: as the server says, else after 5, then 15 seconds."""
    asked = _retry_after(page, now)
    wait = 5.0 * 3**job.entry.tries if asked is None else asked
    if wait > MAX_WAIT:
        cause = f"answered {page.status} and asks to come back after {wait / 3600:.1f} hours"
        return Again("busy", cause, page, leave="blocked")
    if job.host.access.busy(wait):
        return Again("busy", f"answered {page.status} and asks to come back, again and again", page, leave="blocked")
    return Again("busy", f"answered {page.status}", page, wait=wait)


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
    forbidden = forbidden_in(error)
    if forbidden is not None:
        if getattr(forbidden, "reason", "") not in _URL_FAULTS:
            job.host.refused = job.host.refused or clean(str(forbidden))
        return replace(miss, state="skipped", cause="forbidden_address")
    if isinstance(error, BrowserMissing):
        return replace(miss, state="skipped", cause=NO_BROWSER)
    if isinstance(error, IgnoreRequest):
        return replace(miss, state="skipped", cause=clean(str(error) or "ignored"))
    cause = cause_of(error)
    spoken = _spoken_scheme(job)
    if spoken:
        return Again("scheme", cause, replace(miss, cause=cause), url=spoken, counts=False)
    return Again(
        "fault",
        cause,
        replace(miss, cause=cause),
        wait=2.0 * 2**entry.tries,
        url=_other_scheme(job),
        fault=True,
    )


def _spoken_scheme(job: Job) -> str:
    """The URL under the scheme that the host answers, when it has never answered the one that was asked."""
    host, (scheme, _, rest) = job.host, job.entry.url.partition(":")
    other = "http" if scheme == "https" else "https"
    if (host.https, host.plain) != (other == "https", other == "http"):
        return ""
    host.scheme = other
    return f"{other}:{rest}"


def _other_scheme(job: Job) -> str:
    """A page without links to it that does not answer is asked under the other scheme too, unless a port is named."""
    if job.entry.via not in ("home", "recheck") or ":" in job.host.host.rpartition("]")[2]:
        return ""
    old, _, rest = job.entry.url.partition("://")
    try:
        return parse(f"{'https' if old == 'http' else 'http'}://{rest}").url
    except InvalidUrl:
        return ""
