"""Work beside the main loop: the first fault of any task is kept, and whoever waits for something is told."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from crawler.errors import RasoatError

logger = logging.getLogger(__name__)


class Background:
    """Tasks of one crawl. ``wake`` is set whenever something may have changed; ``fault`` ends the crawl."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.fault: RasoatError | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiters: list[asyncio.Future[None]] = []

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine; a fault of ours in it is logged with its traceback."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._reap)

    def _reap(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self.wake.set()
        elif isinstance(error, RasoatError):
            self.fail(error)
        else:
            logger.error("A task of the crawl failed", exc_info=error)
            self.fail(RasoatError(f"internal error: {type(error).__name__}: {error}"))

    def fail(self, error: RasoatError) -> None:
        """Keep the first fault."""
        self.fault = self.fault or error
        self.wake.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that an answer or a flush brings about."""
        while not holds():
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter

    def tell(self) -> None:
        """Let everybody in ``until`` look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def close(self) -> None:
        """Cancel what still runs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
