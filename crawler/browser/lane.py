"""What one render may take from the network, and what it was refused."""

import asyncio
import secrets
from collections import defaultdict

MAX_CONNECTIONS = 400  # of one render, one after the other
MAX_OPEN = 40  # at once
MAX_BYTES = 48 * 1024 * 1024
_MAX_NOTES = 500
_PER_SERVER = 2  # plain requests to one server at once: what a server is owed


class Lane:
    """One render's way through the proxy: ``key`` is its user name there, ``refused`` says what was not let through.

    ``refused`` maps ``host:port`` to a slug of the guard, or ``no_name``, ``no_connection``, ``flood``.
    """

    def __init__(self) -> None:
        self.key = secrets.token_hex(16)
        self.secret = secrets.token_hex(16)
        self.refused: dict[str, str] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_PER_SERVER))
        self._connections = 0
        self._open = 0
        self._bytes = 0

    def enter(self) -> bool:
        """Count a connection to a server; False when this render had enough of them."""
        if self._connections >= MAX_CONNECTIONS or self._open >= MAX_OPEN or self._bytes >= MAX_BYTES:
            return False
        self._connections += 1
        self._open += 1
        return True

    def leave(self) -> None:
        """A connection counted by ``enter`` has ended."""
        self._open -= 1

    def carried(self, size: int) -> bool:
        """Count bytes from a server; False when this render had enough of them."""
        self._bytes += size
        return self._bytes < MAX_BYTES

    def refuse(self, host: str, port: int, reason: str) -> None:
        """Note why a target was not let through."""
        if len(self.refused) < _MAX_NOTES:
            self.refused[f"{host}:{port}"] = reason

    def close(self) -> None:
        """Cut every connection of this render."""
        for task in list(self.tasks):
            task.cancel()
