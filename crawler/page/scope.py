"""What the walk over a page carries: sinks collect text, scopes say what holds below an element."""

from crawler.items import Block

_BREAK = "\x1e"  # between blocks; it cannot stand in text that lexbor hands out in one piece with meaning
MAX_PIECES = 1_000  # of one kind on one page: comments, scripts, headings, pictures


class Sink:
    """Collects the text of one zone or one hidden part, with a line break between block elements."""

    __slots__ = ("last", "parts")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.last = 0

    def add(self, text: str, block: int) -> None:
        """Append a text node that stands in the block element ``block``."""
        if block != self.last:
            self.parts.append(_BREAK)
            self.last = block
        self.parts.append(text)

    def text(self, limit: int) -> str:
        """The lines, white space folded, at most ``limit`` characters."""
        whole = "".join(self.parts)
        if len(whole) > 8 * limit:
            whole = whole[: 8 * limit]
        lines = [" ".join(line.split()) for line in whole.split(_BREAK)]
        return "\n".join([line for line in lines if line])[:limit]


class Scope:
    """What holds for the children of an element."""

    __slots__ = ("anchor", "block", "heading", "hidden", "region", "sink", "zone")

    def __init__(
        self,
        sink: Sink | None,
        block: int,
        zone: str,
        region: str,
        hidden: str,
        anchor: list[str] | None,
        heading: list[str] | None,
    ) -> None:
        self.sink = sink
        self.block = block
        self.zone = zone
        self.region = region
        self.hidden = hidden
        self.anchor = anchor
        self.heading = heading


def fold(parts: list[str], limit: int) -> str:
    """Text nodes as one line, white space folded, at most ``limit`` characters."""
    text = parts[0] if len(parts) == 1 else "".join(parts[:200])
    return " ".join(text[: 20 * limit].split())[:limit]


class Allowance:
    """How much text a page may still give, by part; what is over is dropped from the end of the page."""

    def __init__(self) -> None:
        self.left = {"shown": 600_000, "kept": 400_000, "code": 400_000}

    def block(self, purse: str, block: Block, limit: int = 250_000) -> Block | None:
        """The block with its text bounded, or None when nothing is left of it."""
        size = min(self.left[purse], limit)
        if len(block.text) > size:
            block.text = block.text[:size]
        self.left[purse] -= len(block.text)
        return block if block.text else None
