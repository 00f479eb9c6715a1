"""What stands where a page leads to: seen once, as far as it takes to recognise it."""

import asyncio
from contextlib import suppress

from playwright.async_api import BrowserContext, Error, Page, Request

from crawler.browser.leads import Lead
from crawler.browser.picture import take
from crawler.browser.settle import Settling
from crawler.browser.watch import Watch
from crawler.items import Landing

MAX_HOPS = 10
MAX_BODY = 512 * 1024
_GO_SECONDS = 8.0
_READY_SECONDS = 4.0
_SETTLE_SECONDS = 1.5
_SHOT_HEIGHT = 2_000
_PRINT = f"""[
    document.title, document.documentElement.lang || '', document.documentElement.outerHTML.slice(0, {MAX_BODY})
]"""


async def visit(context: BrowserContext, watch: Watch, lead: Lead, referer: str, name: str, *, shot: bool) -> Landing:
    """Follow one way off the site, at most ``MAX_HOPS`` redirects, and fingerprint its end. Never raises for a page."""
    landing = Landing(lead.url, [lead.url], lead.cause)
    page: Page | None = None
    with suppress(Error, TimeoutError):
        page = await context.new_page()
        watch.land(page)
        async with asyncio.timeout(_GO_SECONDS + _READY_SECONDS):
            await _follow(page, landing, referer)
            if landing.status:
                await fingerprint(page, landing, watch, name, shot=shot)
    if page is not None:
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(3):
                await page.close()
    return landing


async def _follow(page: Page, landing: Landing, referer: str) -> None:
    enough = asyncio.Event()

    def count(request: Request) -> None:
        if request.is_navigation_request() and len(chain_of(request)) > MAX_HOPS + 1:
            enough.set()

    page.on("request", count)
    going = asyncio.ensure_future(
        page.goto(landing.url, referer=referer, wait_until="commit", timeout=_GO_SECONDS * 1000)
    )
    stopping = asyncio.ensure_future(enough.wait())
    try:
        await asyncio.wait((going, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not going.done():
            going.cancel()
    if enough.is_set() or not going.done():
        with suppress(Error, asyncio.CancelledError):
            await going
        return
    response = going.result()
    if response is not None:
        landing.chain = chain_of(response.request)
        landing.status = response.status
        landing.url = page.url[:2_000]


async def fingerprint(page: Page, landing: Landing, watch: Watch, name: str, *, shot: bool) -> None:
    """Title, language, HTML and, when wanted, a picture of the page that is open."""
    session = await page.context.new_cdp_session(page)
    settling = Settling(session, watch, name, tell=False)
    await settling.reach(("interactive", "complete"), _READY_SECONDS)
    await settling.quiet(_SETTLE_SECONDS)
    told = await settling.ask(_PRINT)
    if isinstance(told, list) and len(told) == 3:
        landing.title, landing.lang = str(told[0])[:500], str(told[1])[:20].lower()
        landing.body = str(told[2]).encode("utf-8", "replace")[:MAX_BODY]
    if shot:
        landing.screenshot = await take(session, 1280, _SHOT_HEIGHT)


def chain_of(request: Request) -> list[str]:
    """The addresses of a request and of what redirected to it, in the order they were asked."""
    chain = [request.url[:2_000]]
    before = request.redirected_from
    while before is not None and len(chain) < 40:
        chain.append(before.url[:2_000])
        before = before.redirected_from
    return chain[::-1]
