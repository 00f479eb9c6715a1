"""What flows from spiders to pipelines: plain dataclasses, no behaviour."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Link:
    """One reference from a page, already absolute and canonical.

    ``kind`` is how it was written (``a``, ``area``, ``frame``, ``iframe``, ``form``, ``link``, ``meta_refresh``,
    ``script``, ``sitemap``, ``feed``, ``robots``, ``redirect``); ``region`` the template region that holds it;
    ``hidden`` the reason a visitor does not see it, empty when it is visible.
    """

    url: str
    text: str = ""
    kind: str = "a"
    region: str = ""
    hidden: str = ""
    rel: str = ""
    lastmod: datetime | None = None


@dataclass(slots=True)
class Block:
    """A piece of a page with its place.

    ``part`` is a part of the rule format (``title``, ``meta``, ``heading``, ``text``, ``hidden``, ``tail``,
    ``comment``, ``script``, ``style``, ``alt``, ``form``, ``document``); ``region`` is stable over all pages of one
    template; ``where`` says to a person where it stands.
    """

    part: str
    text: str
    region: str = ""
    where: str = ""
    hidden: str = ""


@dataclass(slots=True)
class Redirect:
    """An automatic way off a page: ``kind`` is ``http``, ``refresh`` (header), ``meta`` or ``script``."""

    kind: str
    url: str
    where: str = ""


@dataclass(slots=True)
class Evidence:
    """What a finding stands on: the quote as it is written on the page, and where."""

    part: str
    quote: str
    where: str = ""
    target: str = ""
    snapshot: str = ""


@dataclass(slots=True)
class Violation:
    """One rule that fired on one page, in one place."""

    rule: str
    category: str
    vector: str
    severity: str
    confidence: str
    place: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Edge:
    """A sub-request that the browser made for a page: ``initiator`` is the URL of the script, frame or page that asked.

    ``kind`` is the browser's word for it (``script``, ``document``, ``xhr``, ``websocket`` …); ``refused`` why it was
    not let through, "" when it was.
    """

    url: str
    kind: str
    initiator: str = ""
    status: int = 0
    refused: str = ""


@dataclass(slots=True)
class Landing:
    """Where a page led the browser off its site: the chain of addresses and what stands at its end.

    ``cause`` is what led there (``load``, ``delay``, ``click``, ``popup``); ``screenshot`` a PNG or nothing.
    ``verdict`` (and ``category``) is what the rules say of its body, ``snapshot`` the SHA-256 of its screenshot.
    """

    url: str
    chain: list[str] = field(default_factory=list)
    cause: str = ""
    status: int = 0
    title: str = ""
    lang: str = ""
    body: bytes = b""
    screenshot: bytes = b""
    verdict: str = ""
    category: str = ""
    snapshot: str = ""


@dataclass(slots=True)
class Snapshot:
    """Bytes to be kept behind a finding: ``name`` is their SHA-256, ``kind`` warc, dom, screenshot or record."""

    name: str
    kind: str
    type: str
    data: bytes


@dataclass(slots=True)
class Rendered:
    """What the browser saw beside the document: ``state`` is ``settled``, ``timeout``, ``crashed`` or ``cut``.

    ``counts`` says how often the page tried what it may not (``dialog``, ``popup``, ``download``, ``print`` …);
    ``raw`` is the answer of the server before any script ran; ``framed`` says which quotes the screenshot frames;
    ``look`` is the attribute in which the document says what is hidden, "" when it is what the server sent.
    """

    state: str = "settled"
    edges: list[Edge] = field(default_factory=list)
    landings: list[Landing] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    raw: bytes = b""
    screenshot: bytes = b""
    framed: list[str] = field(default_factory=list)
    look: str = ""


@dataclass(slots=True)
class Discovery:
    """A URL that goes to the frontier, or the cause why it does not (``skip``).

    ``view`` is how it is to be seen; for all but plain ones ``digest`` has the view's name behind it (``…~search``).
    ``reason`` is why it is worth more than the plain view; ``frames`` are quotes that a screenshot is to show.
    """

    url: str
    host: str
    digest: str
    priority: int
    shape: str
    via: str
    depth: int
    skip: str = ""
    view: str = "plain"
    reason: str = ""
    frames: tuple[str, ...] = ()


@dataclass(slots=True)
class Page:
    """One fetched URL as it was seen in one view.

    ``document`` is the kind of a document (``pdf``, ``docx``, … a family where no more is known), "" for pages;
    ``metadata`` what the file says of itself. ``links`` are bounded: ``left_out`` references
    found no room. ``wall`` says what stands before the site in place of a page of it (``captcha``, ``maintenance`` …).
    ``ruleset`` and ``lists`` are the digests of what judged it, ``known`` what other pages said of its destinations
    then; ``shadow`` the rules on trial that fired.
    ``evidence``: fetched once more for a picture of what is known; what it does not show is not gone for that.
    ``rendered`` is there when a browser saw it: ``body`` is then the document after its scripts ran. ``again`` when
    the same view is fetched a second time because the first one differed; ``differs`` when it shows what plain ones
    do not, beyond their own noise.
    ``snapshots`` are what is kept of it as evidence, ``snapshot`` the name of the record that ties them.
    """

    url: str
    host: str
    status: int
    fetched: datetime
    view: str = "plain"
    headers: list[tuple[str, str]] = field(default_factory=list)
    type: str = ""
    document: str = ""
    encoding: str = ""
    body: bytes = b""
    cut: str = ""
    title: str = ""
    lang: str = ""
    published: datetime | None = None
    metadata: list[tuple[str, str]] = field(default_factory=list)
    simhash: int = 0
    wall: str = ""
    blocks: list[Block] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    link_count: int = 0
    left_out: int = 0
    redirects: list[Redirect] = field(default_factory=list)
    base: str = ""
    evidence: bool = False
    rendered: Rendered | None = None
    landings: list[Landing] = field(default_factory=list)
    again: bool = False
    # added on the way
    run: str = ""
    digest: str = ""
    depth: int = 0
    ip: str = ""
    site: str = ""
    unit: str = ""
    orphan: bool = False
    via: str = ""
    entry: str = ""  # the frontier's, where it is not the page's digest
    discovered: list[Discovery] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    shadow: list[str] = field(default_factory=list)
    differs: bool = False
    ruleset: str = ""
    lists: str = ""
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    snapshot: str = ""
    snapshots: list[Snapshot] = field(default_factory=list)
    body_id: str = ""
    packed: bytes = b""


@dataclass(slots=True)
class Miss:
    """A URL of the frontier that gave no page: ``state`` is ``skipped`` or ``failed``, ``cause`` says why.

    ``gone`` when the answer proves that nothing is there any more.
    """

    host: str
    digest: str
    url: str
    state: str
    cause: str
    gone: bool = False


@dataclass(slots=True)
class Source:
    """How a host was found: ``technique`` is a slug (``transfer``, ``nsec``, ``record``, ``link``, ``name`` …)."""

    technique: str
    detail: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None


@dataclass(slots=True)
class Host:
    """What a discovery run learnt about one host; None and empty values change nothing in the store.

    ``facts`` are further fields of the host's document, by name.
    """

    host: str
    seen: datetime
    sources: list[Source] = field(default_factory=list)
    dns: dict[str, object] | None = None
    liveness: str = ""
    recognised: str = ""
    verdicts: list[dict[str, object]] | None = None
    attribution: dict[str, object] | None = None
    facts: dict[str, object] = field(default_factory=dict)
