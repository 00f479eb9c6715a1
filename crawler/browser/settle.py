"""When a page has settled: it is loaded, waits for nothing, and stands still."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from time import monotonic
from typing import Any

from playwright.async_api import CDPSession, Error

from crawler.browser.watch import Watch

LOAD_SECONDS = 6.0
SETTLE_SECONDS = 6.0
_QUIET, _AT_REST = 0.5, 0.08  # seconds without a stir: of a page that still has something before it, and of one without
_DELAYS = 0.25  # after the load: a dozen turns and more of what repeats every second, see begin.js
_ANSWER = 3.0
_STEP = 0.08
_SCROLL = "scrollTo(0, 1e6), new Promise((done) => requestAnimationFrame(() => done(scrollTo(0, 0))))"


class Settling:
    """Waits for one page; ``name`` is under which its documents tell what they wait for.

    It asks through the browser's own protocol: Playwright's calls wait for a navigation that is being held.
    """

    def __init__(self, session: CDPSession, watch: Watch, name: str, *, tell: bool = True) -> None:
        """``tell`` hands what the page counts on to ``watch``; not so for the page it landed on."""
        self._tell = tell
        self._session = session
        self._watch = watch
        self._name = name

    async def load(self) -> bool:
        """The load event, or the end of patience with it; then once down and up again, for what loads lazily.

        False when the page does not answer.
        """
        if not await self.reach(("complete",), LOAD_SECONDS):
            return False
        state = await self.state()
        if state is None:
            return False
        if state.get("lazy"):
            with suppress(Error, TimeoutError):
                await self.ask(_SCROLL)
        return True

    async def reach(self, stages: Collection[str], seconds: float) -> bool:
        """Wait until the document has come to one of the stages of loading, at most so long; False when it hangs."""
        until = monotonic() + seconds
        while monotonic() < until:
            state = await self.state()
            if state is None:
                return False
            if state.get("ready") in stages:
                return True
            await asyncio.sleep(_STEP)
        return True

    async def quiet(self, seconds: float = SETTLE_SECONDS, delays: float = _DELAYS) -> bool:
        """Wait until the page is quiet, at most so long; False when its scripts do not answer any more.

        A page that always has something before it, as a clock, is given ``delays`` seconds.
        """
        started = monotonic()
        while monotonic() - started < seconds:
            state = await self.state()
            if state is None:
                return False
            if self._rests(state, monotonic() - started, delays):
                return True
            await asyncio.sleep(_STEP)
        return True

    def _rests(self, state: dict[str, Any], passed: float, delays: float) -> bool:
        if self._watch.edges.busy:
            return False
        still = min(float(state.get("still", 0)) / 1000, monotonic() - self._watch.edges.last)
        if not state.get("waiting") and not state.get("intervals"):
            return still >= _AT_REST
        if not state.get("waiting"):
            return passed >= delays  # something repeats, and does so for ever
        return (passed >= delays and still >= _QUIET) or passed >= 3 * delays

    async def state(self) -> dict[str, Any] | None:
        """What the page waits for; {} between two documents, None when it hangs."""
        try:
            found = await self.ask(f"window[{self._name!r}] ? window[{self._name!r}]() : {{}}")
        except TimeoutError:
            return None
        except Error:
            return None if self._watch.crashed.is_set() else {}
        state = found if isinstance(found, dict) else {}
        if self._tell:
            self._watch.tell(state)
        return state

    async def ask(self, expression: str) -> Any:
        """The value of an expression in the page; raises ``TimeoutError`` or Playwright's ``Error``."""
        told = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        async with asyncio.timeout(_ANSWER):
            return (await self._session.send("Runtime.evaluate", told))["result"].get("value")
