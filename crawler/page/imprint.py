"""What a page says, as one number: equal for two pages that say the same under different addresses.

Unlike the simhash, which forgives differences, this one is strict: the answer of a site to an address that does not
exist must not swallow a page that merely resembles it. Only what depends on the address and on the moment is taken
out: the address itself where the page repeats it, and numbers.
"""

import hashlib
import re
from urllib.parse import unquote, urlsplit

from crawler.items import Page

_PARTS = frozenset(("title", "meta", "heading", "hidden", "tail", "comment", "form"))
_FRAMES = frozenset(("frame", "iframe"))
_SHORT = 20  # letters of the main text below which the other zones tell what the page is
_NUMBERS = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")
_MAX_TEXT = 100_000


def imprint(page: Page) -> int:
    """64 bits of SHA-256 over title, main text, hidden parts, frames, redirects and the number of links and scripts."""
    main = [block.text for block in page.blocks if block.part == "text" and block.where == "main"]
    pieces = [f"{block.part}\n{block.text}" for block in page.blocks if block.part in _PARTS]
    if len("".join(main)) < _SHORT:
        main = [block.text for block in page.blocks if block.part in ("text", "alt")]
    scripts = sum(block.part == "script" for block in page.blocks)
    pieces += [*main, *(link.url for link in page.links if link.kind in _FRAMES)]
    pieces += [redirect.url for redirect in page.redirects]
    text = _SPACE.sub(" ", _without_address("\n".join(pieces)[:_MAX_TEXT], page.url))
    whole = f"{page.status}\n{page.link_count}\n{scripts}\n{_NUMBERS.sub('0', text)}".lower()
    return int.from_bytes(hashlib.sha256(whole.encode("utf-8", "replace")).digest()[:8], "big")


def _without_address(text: str, url: str) -> str:
    """The text without the page's own address, in whole or in its last parts."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    wholes = (target, parts.path, target[1:], parts.path[1:], parts.path.rpartition("/")[2])
    forms = {form for whole in wholes for form in (whole, unquote(whole))}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) > 3:
            text = text.replace(form, "")
    return text
