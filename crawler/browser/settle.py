"""When a page has settled: it is loaded, waits for nothing, and stands still."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

from playwright.async_api import Error, Page

from crawler.browser.watch import Watch

LOAD_SECONDS = 6.0
SETTLE_SECONDS = 6.0
_QUIET, _AT_REST = 0.5, 0.1  # seconds without a stir: of a page that still has something before it, and of one without
_DELAYS = 1.5  # after the load: by then every delay of up to a minute has passed, see begin.js
_ANSWER = 3.0
_STEP = 0.05
_SCROLL = "scrollTo(0, 1e6), new Promise((done) => requestAnimationFrame(() => done(scrollTo(0, 0))))"


class Settling:
    """Waits for one page; ``name`` is under which it tells what it waits for."""

    def __init__(self, page: Page, watch: Watch, name: str) -> None:
        self._page = page
        self._watch = watch
        self._name = name

    async def load(self) -> None:
        """The load event, or the end of patience with it; then once down and up again, for what loads lazily."""
        with suppress(Error):
            await self._page.wait_for_load_state("load", timeout=LOAD_SECONDS * 1000)
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(_ANSWER):
                await self._page.evaluate(_SCROLL)

    async def quiet(self, seconds: float = SETTLE_SECONDS) -> bool:
        """Wait until the page is quiet, at most so long; False when its scripts do not answer any more."""
        started = monotonic()
        while monotonic() - started < seconds:
            state = await self.state()
            if state is None:
                return False
            if self._rests(state, monotonic() - started):
                return True
            await asyncio.sleep(_STEP)
        return True

    def _rests(self, state: dict[str, Any], passed: float) -> bool:
        if self._watch.edges.busy:
            return False
        still = min(float(state.get("still", 0)) / 1000, monotonic() - self._watch.edges.last)
        if not state.get("waiting") and not state.get("intervals"):
            return still >= _AT_REST
        return (passed >= _DELAYS and still >= _QUIET) or passed >= 2 * _DELAYS

    async def state(self) -> dict[str, Any] | None:
        """What the page waits for; {} between two documents, None when it hangs."""
        try:
            async with asyncio.timeout(_ANSWER):
                found = await self._page.evaluate(f"window[{self._name!r}] ? window[{self._name!r}]() : {{}}")
        except TimeoutError:
            return None
        except Error:
            return None if self._watch.crashed.is_set() or self._page.is_closed() else {}
        state = found if isinstance(found, dict) else {}
        self._watch.tell(state)
        return state
