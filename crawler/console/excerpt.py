"""Where a quote stands in a page's source: a few lines of it with the quote marked, safe to show."""

import html
import re

from crawler.urls import clean, defang

MOST = 2_000_000
"""Characters of a source that are searched."""
AROUND = 160
MAX_WORDS = 40
_GAP = r"(?:\s|\xa0|<[^<>]{0,300}>){1,12}"
_FEW = 4
_HOST = re.compile(r"(?i)https?://(?:www\.)?([^/?#\s]+)")


def excerpt(source: str, quote: str, target: str = "") -> str:
    """HTML of the surroundings of a quote (or of its destination) with ``<mark>``; "" where it is not found.

    Everything is escaped, and addresses are such that nothing makes a link of them.
    """
    text = html.unescape(source[:MOST])
    found = _find(text, quote)
    if found is None and (host := _HOST.match(target)):
        place = text.lower().find(host[1].lower())
        found = (place, place + len(host[1])) if place >= 0 else None
    if found is None:
        return ""
    start, end = found
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return (
        f"{'…' if start > AROUND else ''}{shown(before)}<mark>{shown(text[start:end])}</mark>{shown(after)}"
        f"{'…' if end + AROUND < len(text) else ''}"
    )


def shown(text: str) -> str:
    """A hostile text for an HTML page: escaped, defanged, its control characters visible, line breaks kept."""
    return "\n".join(html.escape(defang(line)) for line in re.split(r"\r\n|\r|\n", text))


def word(text: str, limit: int = 300) -> str:
    """The same on one line."""
    return html.escape(clean(defang(text), limit))


def _find(text: str, quote: str) -> tuple[int, int] | None:
    """Where the quote stands, whatever tags and spaces stand between its words; else the longest part of it."""
    words = quote.split()[:MAX_WORDS]
    # The first and the last word may be cut, and a quote may span what is written apart.
    for part in (words, words[1:-1], *(words[at : at + _FEW] for at in range(0, len(words) - _FEW + 1, 2))):
        if not part or (len(part) == 1 and len(part[0]) < _FEW):
            continue
        if found := re.search(_GAP.join(map(re.escape, part)), text, re.IGNORECASE):
            return found.span()
    return None
