"""Opening the database: synchronous for commands, asynchronous for the crawl."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, ConfigurationError, OperationFailure, PyMongoError
from pymongo.synchronous.database import Database
from scrapy.settings import BaseSettings

from crawler.errors import BadArgument, StoreError, StoreUnavailable
from crawler.store import schema
from crawler.store.embedded import Embedded

Document = dict[str, Any]
T = TypeVar("T")

SELECTION_TIMEOUT_MS = 5000
FIRST_WAIT = 0.2  # seconds before the first repetition
LONGEST_WAIT = 15.0
# What a server says while it goes down or comes up: not this program's fault, so it is worth a repetition.
PASSING_CODES = frozenset({11600, 11602, 91, 189, 10107, 13435, 13436})


@dataclass(frozen=True, slots=True)
class Target:
    """Which database: ``uri`` empty means the embedded server of ``data_dir``."""

    uri: str
    database: str
    data_dir: Path

    @classmethod
    def of(cls, settings: BaseSettings) -> "Target":
        """Read ``RASOAT_MONGO_URI``, ``RASOAT_MONGO_DATABASE`` and ``RASOAT_DATA_DIR``."""
        data_dir = str(settings.get("RASOAT_DATA_DIR") or "").strip()
        if not data_dir:
            raise BadArgument("RASOAT_DATA_DIR: is empty")
        return cls(
            str(settings.get("RASOAT_MONGO_URI") or "").strip(),
            str(settings.get("RASOAT_MONGO_DATABASE") or "rasoat").strip(),
            Path(data_dir).expanduser(),
        )

    @property
    def shown(self) -> str:
        """The server's name for a message, without user and password."""
        return urlsplit(self.uri).netloc.rpartition("@")[2] or "the embedded server"


@dataclass(slots=True)
class Store:
    """An open database for commands: a context manager that gives the embedded server back at its end."""

    client: MongoClient[Document]
    db: Database[Document]
    uri: str
    embedded: Embedded | None = None

    def close(self) -> None:
        """Close the client and leave the embedded server."""
        self.client.close()
        if self.embedded is not None:
            self.embedded.detach()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(slots=True)
class AsyncStore:
    """An open database for the crawl: ``await close()`` at its end, or ``async with``."""

    client: AsyncMongoClient[Document]
    db: AsyncDatabase[Document]
    uri: str
    embedded: Embedded | None = None
    _reviving: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def close(self) -> None:
        """Close the client and leave the embedded server."""
        await self.client.close()
        if self.embedded is not None:
            await asyncio.to_thread(self.embedded.detach)

    async def revive(self) -> None:
        """Start the embedded server again where it died; nothing to do for a server of its own."""
        if self.embedded is not None:
            async with self._reviving:
                await asyncio.to_thread(self.embedded.attach)

    async def retrying(
        self,
        call: Callable[[], Awaitable[T]],
        patience: float,
        on_wait: Callable[[float, Exception], None] | None = None,
    ) -> T:
        """``retrying`` with this store's ``revive``."""
        return await retrying(call, patience, on_wait, self.revive)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def open_store(settings: BaseSettings, *, prepare: bool = True) -> Store:
    """Open what the settings name, prepared; raises ``StoreUnavailable`` and ``StoreVersion``."""
    return connect(Target.of(settings), prepare=prepare)


def connect(target: Target, *, prepare: bool = True) -> Store:
    """``open_store`` from plain values; ``prepare=False`` leaves the database as it is (``db migrate``)."""
    _check(target)
    embedded = None if target.uri else Embedded(target.data_dir)
    uri = embedded.attach() if embedded else target.uri
    try:
        client: MongoClient[Document] = MongoClient(uri, **_options(uri))
    except PyMongoError as error:
        raise BadArgument(f"RASOAT_MONGO_URI: {_line(error)}") from error
    store = Store(client, client[target.database], uri, embedded)
    try:
        with _translated(target):
            client.admin.command("ping")
            if prepare:
                schema.prepare(store.db)
    except BaseException:
        store.close()
        raise
    return store


async def open_async_store(settings: BaseSettings) -> AsyncStore:
    """Open what the settings name for an event loop; raises ``StoreUnavailable`` and ``StoreVersion``."""
    return await connect_async(Target.of(settings))


async def connect_async(target: Target) -> AsyncStore:
    """``open_async_store`` from plain values; the schema is prepared by a short synchronous connection."""

    def _prepared() -> tuple[str, Embedded | None]:
        with connect(target):
            embedded = None if target.uri else Embedded(target.data_dir)
            return (embedded.attach() if embedded else target.uri), embedded

    uri, embedded = await asyncio.to_thread(_prepared)
    client: AsyncMongoClient[Document] = AsyncMongoClient(uri, **_options(uri))
    return AsyncStore(client, client[target.database], uri, embedded)


async def retrying(
    call: Callable[[], Awaitable[T]],
    patience: float,
    on_wait: Callable[[float, Exception], None] | None = None,
    revive: Callable[[], Awaitable[None]] | None = None,
) -> T:
    """Await ``call()``, again and again with growing pauses while the database is away.

    The call must be idempotent. ``patience`` is in seconds; ``on_wait`` hears each pause and its error.
    Raises ``StoreUnavailable`` when the database stays away longer; every other error passes through.
    """
    loop = asyncio.get_running_loop()
    limit = loop.time() + patience
    pause = FIRST_WAIT
    while True:
        try:
            return await call()
        except (AutoReconnect, OperationFailure) as error:
            if not is_passing(error):
                raise
            left = limit - loop.time()
            if left <= 0:
                raise StoreUnavailable(f"MongoDB stayed away for {patience:g} s: {_line(error)}") from error
            pause = min(pause, left)
            if on_wait is not None:
                on_wait(pause, error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_WAIT)
        if revive is not None:
            with contextlib.suppress(StoreError):  # the next turn tries again until the patience ends
                await revive()


def is_passing(error: Exception) -> bool:
    """Whether an error of MongoDB means that the server is away, not that the request is wrong."""
    if isinstance(error, AutoReconnect):  # NetworkTimeout, NotPrimary and ServerSelectionTimeout are of this kind
        return True
    return isinstance(error, OperationFailure) and error.code in PASSING_CODES


def _options(uri: str) -> Document:
    """Our options; a timeout that stands in the URI is the operator's and stays."""
    timeouts = ("serverSelectionTimeoutMS", "connectTimeoutMS")
    ours = {name: SELECTION_TIMEOUT_MS for name in timeouts if f"{name}=".lower() not in uri.lower()}
    return {"tz_aware": True, "appname": "rasoat", **ours}


def _check(target: Target) -> None:
    if target.uri and not target.uri.startswith(("mongodb://", "mongodb+srv://")):
        raise BadArgument("RASOAT_MONGO_URI: does not begin with mongodb:// or mongodb+srv://")
    name = target.database
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name):
        raise BadArgument(f"RASOAT_MONGO_DATABASE: {name[:80]!r} is not a name of letters, digits, _ and -")


@contextlib.contextmanager
def _translated(target: Target) -> Iterator[None]:
    """Errors of a first contact, as one line of ours."""
    try:
        yield
    except AutoReconnect as error:
        raise StoreUnavailable(f"cannot reach MongoDB at {target.shown}: {_line(error)}") from error
    except ConfigurationError as error:
        raise StoreUnavailable(f"MongoDB at {target.shown} is not usable: {_line(error)}") from error
    except OperationFailure as error:
        raise StoreUnavailable(f"MongoDB at {target.shown} refused: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split(", Timeout:")[0].split())[:300]
