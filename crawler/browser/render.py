"""One page in the browser, from its address to everything it did; whatever it does, this ends."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urljoin

from playwright.async_api import CDPSession, Error, Page, Request, Response

from crawler.browser import landing as landings
from crawler.browser import picture, scripts
from crawler.browser.edges import Edges
from crawler.browser.lane import Lane
from crawler.browser.leads import Leads
from crawler.browser.order import RenderOrder
from crawler.browser.reading import read
from crawler.browser.settle import Settling
from crawler.browser.watch import Watch
from crawler.browser.world import NoAnswer, World
from crawler.items import Landing, Rendered

GO_SECONDS = 15.0
ALL_SECONDS = 22.0  # for everything that happens on the page; the keeper cuts a little later
_CLICK_SETTLE, _CLICK_DELAYS = 1.5, 0.1  # a click seldom has something to wait for
_RAW_SECONDS = 2.0
_MAX_RAW = 8 * 1024 * 1024


@dataclass(slots=True)
class Sight:
    """What one render gives: the main document's ``status`` and ``headers``, ``url`` where it stood, ``body`` its DOM.

    ``look`` is the attribute in which ``body`` says what is hidden, "" when ``body`` is what the server sent.
    """

    url: str
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    ip: str = ""
    body: bytes = b""
    look: str = ""
    cut: str = ""
    rendered: Rendered = field(default_factory=Rendered)


class Render:
    """Drives one fresh page; ``run`` raises Playwright's ``Error`` when there was no document at all."""

    def __init__(self, page: Page, order: RenderOrder, url: str, lane: Lane, *, referer: str = "") -> None:
        self._page = page
        self._order = order
        self._url = url
        self._referer = referer
        self._name = f"r{secrets.token_hex(10)}"
        self._leads = Leads(url)
        self._edges = Edges(lane)
        self._watch = Watch(page.context, page, self._leads, self._edges, pictures=order.screenshot)
        self._sight = Sight(url)
        self._settling: Settling
        self._document = True
        self._raw: asyncio.Task[bytes] | None = None

    async def run(self) -> Sight:
        """See the page."""
        session = await self._prepare()
        seen, opened = self._sight.rendered, False
        try:
            async with asyncio.timeout(ALL_SECONDS):
                await self._open()
                opened = True
                if self._readable():
                    await self._see(session)
        except TimeoutError:
            if not opened:
                raise
            seen.state = "timeout"
        except (Error, NoAnswer):
            if not opened:
                raise
            seen.state = "crashed" if self._watch.crashed.is_set() else "timeout"
        await self._watch.stop()
        await self._finish()
        return self._sight

    async def _prepare(self) -> CDPSession:
        context = self._page.context
        _, _, session = await asyncio.gather(
            context.add_init_script(scripts.call("begin", self._name) + ";"),
            self._watch.start(),
            context.new_cdp_session(self._page),
        )
        session.on("Network.requestWillBeSent", self._edges.told)
        session.on("Network.webSocketCreated", self._edges.told)
        self._edges.flooded = lambda: session.send("Network.setBlockedURLs", {"urls": ["*"]})
        await asyncio.gather(session.send("Network.enable"), session.send("DOM.enable"))
        self._settling = Settling(session, self._watch, self._name)
        return session

    async def _open(self) -> None:
        """Go there; what redirects led away from the site is a landing, and not a page of it."""
        try:
            response = await self._page.goto(
                self._url, referer=self._referer or None, wait_until="commit", timeout=GO_SECONDS * 1000
            )
        except Error:
            if not self._watch.documents or self._edges.refusal(self._url):
                raise
            await self._without_document()
            return
        if response is None:
            raise Error("no answer")
        chain = landings.chain_of(response.request)
        first = await self._first_answer(response.request)
        off = next((url for url in chain if self._leads.offsite(url)), "")
        await self._facts(first if off and first is not None else response)
        if off:
            found = Landing(self._page.url, chain[: landings.MAX_HOPS + 1], "load", response.status)
            self._sight.rendered.landings.append(found)
            if len(chain) <= landings.MAX_HOPS + 1:
                await landings.fingerprint(self._page, found, self._watch, self._name, shot=self._order.screenshot)
            return
        self._sight.url = self._page.url if self._page.url.startswith("http") else self._url
        self._raw = asyncio.ensure_future(_body(response))

    async def _without_document(self) -> None:
        """A download, an answer without a body, or a chain of redirects that ends nowhere."""
        self._document = False
        documents = self._watch.documents
        await self._facts(documents[0])
        moved = [each for each in documents if 300 <= each.status < 400]
        if not moved and self._saved():
            self._watch.counts["download"] = max(1, self._watch.counts["download"])
        if moved:
            target = urljoin(moved[-1].url, moved[-1].headers.get("location", ""))
            if self._leads.offsite(target):
                chain = [*(each.url for each in moved), target][: landings.MAX_HOPS + 1]
                self._sight.rendered.landings.append(Landing(target, chain, "load"))

    async def _first_answer(self, request: Request) -> Response | None:
        while request.redirected_from is not None:
            request = request.redirected_from
        return await request.response()

    async def _facts(self, response: Response) -> None:
        self._sight.status = response.status
        self._sight.url = response.url
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(3):
                self._sight.headers = [(each["name"], each["value"]) for each in await response.headers_array()]

    def _saved(self) -> bool:
        """Whether the server wants its answer to be saved in place of shown."""
        return self._header("content-disposition").lower().startswith("attachment") or not self._is_html()

    def _readable(self) -> bool:
        """Whether a document of the site is open."""
        return self._document and not self._sight.rendered.landings and self._is_html()

    def _is_html(self) -> bool:
        kind = self._header("content-type").partition(";")[0].strip().lower()
        return kind in ("text/html", "application/xhtml+xml", "")

    def _header(self, name: str) -> str:
        return next((value for key, value in self._sight.headers if key.lower() == name), "")

    async def _see(self, session: CDPSession) -> None:
        seen, world = self._sight.rendered, World(session)
        alive = await self._settling.load() and await self._settling.quiet()
        if not alive:
            await self._interrupt(session)
        if self._leads.reloads:
            await self._facts(self._watch.documents[-1])
        await self._read(session, world)
        if self._order.screenshot:
            top = await world.frames(2.0)
            seen.screenshot, seen.framed = await picture.shoot(session, world, top, self._order.frames)
        if self._order.click and seen.state != "timeout":
            await self._layers(world)
            await self._click(world)
        await self._land()

    async def _read(self, session: CDPSession, world: World) -> None:
        """The document; of a page that is too busy to answer as it stands when its scripts are stopped."""
        try:
            document = await read(world)
        except NoAnswer:
            await self._interrupt(session)
            document = await read(world)
        self._sight.body, self._sight.look, self._sight.cut = document.body, document.look, document.cut
        if document.cut:
            self._sight.rendered.state = "cut"
        self._sight.rendered.landings += [
            Landing(
                framed.url,
                [framed.url],
                "hidden_frame" if framed.hidden else "frame",
                200,
                framed.title,
                framed.lang,
                framed.html.encode("utf-8", "replace"),
            )
            for framed in document.frames
            if not self._edges.refusal(framed.url)
        ]

    async def _interrupt(self, session: CDPSession) -> None:
        """Stop the scripts of a page that does not come to rest."""
        if self._watch.crashed.is_set():
            raise NoAnswer("the page crashed")
        self._sight.rendered.state = "timeout"
        for method, told in (
            ("Runtime.terminateExecution", {}),
            ("Emulation.setScriptExecutionDisabled", {"value": True}),
            ("Page.stopLoading", {}),
            ("Runtime.terminateExecution", {}),
        ):
            with suppress(TimeoutError, Error):
                async with asyncio.timeout(1):
                    await session.send(method, told)

    async def _layers(self, world: World) -> None:
        """Links that lie unseen over the whole page are clicked by whoever clicks anywhere: nobody has to."""
        with suppress(NoAnswer):
            for url in await world.run(await world.frames(2.0), 1.0, "layer") or ():
                self._leads.note(str(url), "click")

    async def _click(self, world: World) -> None:
        """One click and touch on an empty part of the page, if anything in it waits for one."""
        state = await self._settling.state()  # what came before the click is not its work
        if not (state or {}).get("clicks"):
            return
        top = await world.frames(2.0)
        at = await world.run(top, 2.0, "point")
        if not at:
            return
        self._watch.clicked = True
        async with asyncio.timeout(4):
            if self._order.mobile:
                await self._page.touchscreen.tap(at[0], at[1])
            else:
                await self._page.mouse.click(at[0], at[1])
                await world.run(top, 1.0, "touch", at[0], at[1])
        await self._settling.quiet(_CLICK_SETTLE, _CLICK_DELAYS)

    async def _land(self) -> None:
        """Follow the first way off the site; the others are only named."""
        first = self._leads.first_offsite
        if first is None:
            return
        self._sight.rendered.landings.append(
            await landings.visit(
                self._page.context,
                self._watch,
                first,
                self._sight.url,
                self._name,
                shot=self._order.screenshot,
            )
        )

    async def _finish(self) -> None:
        sight, seen = self._sight, self._sight.rendered
        if self._raw is not None:
            with suppress(Error, TimeoutError):
                async with asyncio.timeout(_RAW_SECONDS):
                    seen.raw = await self._raw
        followed = {each.chain[0] for each in seen.landings}
        seen.landings += [
            Landing(lead.url, [lead.url], lead.cause) for lead in self._leads.found if lead.url not in followed
        ]
        seen.edges = self._edges.found()
        seen.counts = {kind: count for kind, count in sorted(self._watch.counts.items()) if count}
        if not sight.body and self._readable():
            sight.body, sight.look = seen.raw, ""


async def _body(response: Response) -> bytes:
    try:
        return (await response.body())[:_MAX_RAW]
    except Error:
        return b""
