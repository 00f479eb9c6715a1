"""HTML and plain text inside archives: words and links, without the distinctions that pages get."""

import unicodedata

from selectolax.lexbor import LexborHTMLParser

from crawler.documents.scribe import Scribe

_LINKS = {"a": "href", "area": "href", "iframe": "src", "frame": "src"}


def page(data: bytes, scribe: Scribe) -> None:
    """The text of a page and where it leads; deep nesting costs the child its time, not the crawler."""
    tree = LexborHTMLParser(decoded(data))
    for name, attribute in _LINKS.items():
        for node in tree.css(f"{name}[{attribute}]"):
            scribe.link(node.attributes.get(attribute) or "", node.text(deep=True)[:1000])
    tree.strip_tags(["script", "style", "noscript", "template"])
    if tree.body is not None:
        scribe.text(tree.body.text(deep=True, separator=" "))


def plain(data: bytes, scribe: Scribe) -> None:
    """The lines of a text file."""
    text = decoded(data)
    for start in range(0, len(text), 4000):
        scribe.text(text[start : start + 4000])


def decoded(data: bytes) -> str:
    """UTF-16 by its mark, else UTF-8, else what Windows used for Vietnamese."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return unicodedata.normalize("NFC", data.decode("cp1258", "replace"))
