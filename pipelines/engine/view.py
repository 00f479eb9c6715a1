"""A document laid out for matching: one string of all pieces in order of parts, folded once."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import idna

from pipelines.engine.document import HIDDEN, PAGE, POSTED, REDIRECTED, Document, Piece
from pipelines.engine.normal import SEPARATOR, Normal, normalise

MAX_PART = 1_000_000  # characters a part; what is longer loses its middle, as planted things stand at the ends
MAX_PIECES = 20_000
URL_PARTS = frozenset({"url", "path", "query", "link.target", "link.host", "redirect", "redirect.host"})
HIDDEN_PARTS = frozenset({"hidden", "tail", "comment"})
CODE_PARTS = frozenset({"script", "style", "header"})
POSTED_ZONE = "comments"
GROUPS = ("text", "code", "urls")
# Within a group what nobody sees comes first: a flood of visible words must not hide it.
FIRST = ("hidden", "tail", "comment", "title", "heading", "meta", "anchor", "alt", "form")


@dataclass(slots=True)
class Span:
    """Where a part stands: offsets into the text and into the folded bytes."""

    start: int
    end: int
    low: int = 0
    high: int = 0


@dataclass(slots=True)
class View:
    """The pieces in order, where each begins, and the parts' spans."""

    document: Document
    pieces: list[Piece] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    parts: dict[str, Span] = field(default_factory=dict)
    members: dict[str, range] = field(default_factory=dict)
    groups: dict[str, Span] = field(default_factory=dict)
    normal: Normal = field(default_factory=lambda: normalise(""))

    def piece_at(self, offset: int) -> int:
        """Number of the piece that holds an offset of the text."""
        return bisect_right(self.starts, offset) - 1

    def piece_text(self, number: int) -> tuple[int, int]:
        """Offsets of a piece's text."""
        start = self.starts[number]
        end = self.starts[number + 1] - 1 if number + 1 < len(self.starts) else len(self.normal.text)
        return start, end

    def folded(self, part: str) -> bytes:
        """The folded bytes of a part; nothing when no rule asks for it or the document has none."""
        span = self.parts.get(part)
        return self.normal.data[span.low : span.high] if span else b""

    def external(self, piece: Piece) -> bool:
        return bool(piece.target) and external(piece.target, self.document.host)


@lru_cache(maxsize=64)
def in_order(parts: frozenset[str]) -> tuple[str, ...]:
    """Parts by group, so that each group is one stretch of the text."""
    return tuple(sorted(parts, key=lambda part: (GROUPS.index(group_of(part)), part not in FIRST, part)))


@lru_cache(maxsize=64)
def group_of(part: str) -> str:
    """Parts of a group are searched for the same patterns, in one go."""
    if part in URL_PARTS:
        return "urls"
    return "code" if part in CODE_PARTS else "text"


def lay_out(document: Document, wanted: frozenset[str]) -> View:
    """Collect the wanted parts, given and derived, and fold them in one go."""
    groups: dict[str, list[Piece]] = {part: [] for part in in_order(wanted)}
    at_home = (f"http://{document.host}/", f"https://{document.host}/") if document.host else ()
    for piece in (*_own(document), *document.pieces):
        group = groups.get(piece.part)
        if group is not None:
            group.append(piece)
        if piece.target and not piece.target.startswith(at_home):  # most links, told apart at no cost
            _derive(piece, document.host, groups)
    view = View(document)
    texts: list[str] = []
    offset = 0
    for part, pieces in groups.items():
        if not pieces:
            continue
        first, start = len(view.pieces), offset
        for piece, text in zip(*_bounded(pieces), strict=True):
            view.pieces.append(piece)
            view.starts.append(offset)
            texts.append(text)
            offset += len(text) + 1
        view.members[part] = range(first, len(view.pieces))
        view.parts[part] = Span(start, offset - 1)
    view.normal = normalise(SEPARATOR.join(texts))
    _byte_spans(view)
    return view


def _bounded(pieces: list[Piece]) -> tuple[list[Piece], list[str]]:
    """The pieces of a part with their text, without the middle when there is too much of it."""
    if len(pieces) > MAX_PIECES:
        pieces = pieces[: MAX_PIECES // 2] + pieces[-MAX_PIECES // 2 :]
    texts = [piece.text for piece in pieces]
    if sum(map(len, texts)) <= MAX_PART:
        return pieces, texts
    half = MAX_PART // 2
    left, right, kept = half, half, {}
    for number, text in enumerate(texts):
        if left > 0:
            kept[number] = text[:left]
            left -= len(text)
    for number in range(len(texts) - 1, -1, -1):
        if right <= 0:
            break
        tail = texts[number][-right:]
        right -= len(tail)
        kept[number] = kept[number] + SEPARATOR + tail if number in kept else tail
    order = sorted(kept)
    return [pieces[number] for number in order], [kept[number] for number in order]


def _byte_spans(view: View) -> None:
    kept = view.normal.kept
    for part, span in view.parts.items():
        if kept is None:
            span.low, span.high = span.start, span.end
        else:
            span.low, span.high = (int(place) for place in kept.searchsorted((span.start, span.end)))
        whole = view.groups.setdefault(group_of(part), Span(span.start, span.end, span.low, span.high))
        whole.end, whole.high = span.end, span.high


def _own(document: Document) -> list[Piece]:
    """The document's own address as pieces."""
    if not document.url:
        return []
    try:
        parts = urlsplit(document.url)
    except ValueError:
        return []
    return [
        Piece("url", _plain(document.url), where="URL"),
        Piece("path", _plain(parts.path), where="URL"),
        Piece("query", _plain(parts.query), where="URL"),
    ]


def _derive(piece: Piece, own_host: str, groups: dict[str, list[Piece]]) -> None:
    """Destination pieces of an anchor or redirect that leads off the site."""
    kind = "redirect" if piece.part == "redirect" else "link"
    if f"{kind}.host" not in groups and f"{kind}.target" not in groups:
        return
    host = host_of(piece.target)
    if not host or same_host(host, own_host):
        return
    texts = [(f"{kind}.target", _plain(piece.target)), (f"{kind}.host", host)]
    if "xn--" in host:
        texts.append((f"{kind}.host", _spoken(host)))
    for part, text in texts:
        if part in groups and text:
            groups[part].append(Piece(part, text, piece.region, piece.where, piece.hidden, piece.target))


def _plain(url: str) -> str:
    """An address as it is read: percent signs undone, twice where they were coded twice."""
    for _ in range(2):
        if "%" not in url:
            break
        url = unquote(url)
    return url


@lru_cache(maxsize=4_096)
def _spoken(host: str) -> str:
    """A punycode host in its own letters, or nothing when it has none."""
    try:
        return idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return ""


@lru_cache(maxsize=16_384)
def host_of(url: str) -> str:
    """Host name of an absolute http(s) URL without port, or nothing. Total, and cheap: it sees every link."""
    scheme, found, rest = url.partition("://")
    if not found or scheme.lower() not in ("http", "https"):
        return ""
    for end in "/?#\\":
        rest = rest.partition(end)[0]
    name = rest.rpartition("@")[2].lower()
    return name.partition("]")[0].lstrip("[") if name.startswith("[") else name.partition(":")[0].rstrip(".")


def same_host(host: str, own: str) -> bool:
    """Whether a host is the document's own, with or without www and port."""
    own = own.partition(":")[0].lower()
    return bool(own) and host.removeprefix("www.") == own.removeprefix("www.")


def external(url: str, own_host: str) -> bool:
    host = host_of(url)
    return bool(host) and not same_host(host, own_host)


def scope_of(piece: Piece) -> str:
    """The scope that a piece belongs to."""
    if piece.part == "redirect" or piece.part == "redirect.host":
        return REDIRECTED
    if piece.hidden or piece.part in HIDDEN_PARTS:
        return HIDDEN
    return POSTED if zone(piece.region) == POSTED_ZONE else PAGE


def zone(region: str) -> str:
    """The zone of a template region: ``comments`` of ``comments>div#binh-luan``."""
    return region.partition(">")[0]
