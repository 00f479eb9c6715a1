"""What a demo province is made of: units, hosts and the answers they give. Pure description, no sockets."""

from __future__ import annotations

from asyncio import StreamWriter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

PORT = "__PORT__"
"""Stands in str bodies, headers and truth for the web port, which is only known when the province is served."""

NOON = 12
"""What the clock of the province shows until somebody turns it."""

CANARY = "127.66.6.6"
"""An address outside 127.77.0.0/16: whoever connects to it has passed by the network guard."""


@dataclass(slots=True, frozen=True)
class Request:
    """One request as a page's function sees it.

    ``target`` is path and query as sent; ``visit`` counts the requests to this host name since the start, from 1;
    ``secure`` says that it came inside TLS. ``again`` counts the GETs of this client address for this target, from 1;
    ``hour`` is what the clock of the province shows (0 to 23), which stands still until somebody turns it.
    """

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    port: int
    visit: int
    secure: bool = False
    again: int = 1
    hour: int = NOON

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(slots=True)
class Reply:
    """One answer; a ``str`` body is sent as UTF-8 with ``__PORT__`` filled in, ``bytes`` go out untouched.

    ``delay`` is in seconds before the first byte. ``length`` replaces the honest Content-Length. ``stream`` takes
    the connection over: it writes whatever it likes, status line included, and the connection closes after it.
    """

    body: str | bytes = ""
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    delay: float = 0.0
    length: int | None = None
    stream: Callable[[StreamWriter], Awaitable[None]] | None = None


Handler = Callable[[Request], "Reply | str | None"]
Answer = Reply | str | bytes | tuple[int, Mapping[str, str], str | bytes] | Handler


@dataclass(slots=True)
class Host:
    """A host name, where it resolves to, and its pages by path (with query, or without to take any query).

    A ``name`` that begins with ``*.`` stands for every name below it. An ``address`` of "" means NXDOMAIN; with
    ``listening`` false nothing answers at the address, and after ``lives`` answers (0: never) nothing does any more.
    ``tls`` lets the address speak TLS too, on the same port. ``fallback`` is asked for paths that are not in
    ``pages``; None from it means 404. ``wrap`` may change every answer; ``delay`` (seconds) precedes every answer.
    """

    name: str
    address: str = "127.77.1.1"
    pages: Mapping[str, Answer] = field(default_factory=dict)
    fallback: Handler | None = None
    wrap: Callable[[Request, Reply], Reply] | None = None
    delay: float = 0.0
    listening: bool = True
    lives: int = 0
    tls: bool = False
    gzip: bool = False
    records: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Unit:
    """One row of the register; ``websites`` are written as a person would, ``__PORT__`` where a port belongs."""

    code: str
    name: str
    level: str = "thcs"
    commune: str = ""
    district: str = ""
    websites: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""


@dataclass(slots=True, frozen=True)
class Planted:
    """A violation that the province holds: ``url`` is one page that shows it, ``urls`` all of them.

    ``views`` are the ways of looking that show it (``plain``, ``search``, ``bot``, ``mobile``, ``rendered``,
    ``repeat``), none where every way does. ``may`` are those in which it is not shown, and yet told by who reads more
    than is shown: the bytes of a script are the same for everybody.
    """

    host: str
    url: str
    category: str
    vector: str
    form: str
    urls: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class LookAlike:
    """An innocent page that looks like an offence; ``form`` says which kind.

    With ``cloaking`` it looks like cloaking because it is never twice the same, and must not even be suspected.
    """

    host: str
    url: str
    form: str
    cloaking: bool = False


@dataclass(slots=True, frozen=True)
class End:
    """How a deep run has to end on a host: state of the review, and words that its cause contains.

    ``skipped`` holds (cause, at least so many URLs) that the review must count; ``most`` is the number of pages that
    it may store at most (0: any).
    """

    host: str
    state: str
    cause: str = ""
    skipped: tuple[tuple[str, int], ...] = ()
    most: int = 0


@dataclass(slots=True, frozen=True)
class Pages:
    """What a deep run of one host must store (``stored``, paths), and what it may store or skip.

    ``optional`` holds (regular expression over path and query, why it may be skipped). With ``caseless`` any spelling
    of a path will do.
    """

    stored: tuple[str, ...] = ()
    optional: tuple[tuple[str, str], ...] = ()
    caseless: bool = False


@dataclass(slots=True)
class Truth:
    """What a review of the province has to find, and what it must leave alone.

    ``hosts`` names every registered host. ``pages`` is keyed by host. Hosts and URLs carry ``:__PORT__`` until
    ``Running.truth`` fills the port in.
    """

    violations: list[Planted] = field(default_factory=list)
    lookalikes: list[LookAlike] = field(default_factory=list)
    hosts: list[End] = field(default_factory=list)
    pages: dict[str, Pages] = field(default_factory=dict)
