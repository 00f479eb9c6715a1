"""What of a page tells where to look more closely: a handful of small values, stored with every page. Pure."""

import re
from heapq import nsmallest
from typing import Any
from zlib import crc32

from crawler.items import Page

SKETCH = 8
"""Link hashes kept of a page: pages of one template share most of the smallest ones (a bottom-k sketch)."""
MAX_HOSTS = 20
MAX_SCANNED = 20_000
"""Characters of text in which foreign letters are looked for."""

_MAX_PATH = 80
MAX_CODE = 10_000
"""Characters of each end of a script in which is looked for what it can do."""
_ABILITIES = re.compile(
    r"\b(?:atob|fromCharCode|unescape|eval|location|createElement|attachShadow|XMLHttpRequest|setTimeout|innerHTML"
    r"|addEventListener|userAgent|referrer|cookie|write|open\(|fetch\()"
)

# Letters of neither the Latin nor the Greek alphabet: Cyrillic, Hebrew, Arabic, Thai, Kana, Chinese, Hangul.
_FOREIGN = re.compile("[\u0400-\u052f\u0590-\u06ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FEW = 5
"""A teacher's name for a language, a flag's caption."""
_FRAMES = ("frame", "iframe")
SOURCES = "script src"
"""Where a page says which script files it loads, one a line."""
_AWAY = re.compile(r"\s*(?:https?:)?//([^\s/?#@\\]{1,255})", re.IGNORECASE)


def signs(page: Page) -> dict[str, Any]:
    """``{letters, scripts, runs, menu}``: characters of text, scripts in it, hosts that scripts and frames come from
    with its own scripts (``src:…``) and what those in the page can do (``js:atob``), and a sketch of its links inside
    the host; ``foreign`` where it has letters of another writing.
    """
    own = (f"http://{page.host}/", f"https://{page.host}/")
    hosts, inside = dict[str, None](), set[str]()
    sources = [line for block in page.blocks if block.where == SOURCES for line in block.text.split("\n")]
    for link in page.links:
        if link.kind in _FRAMES:
            if not link.url.startswith(own):
                hosts[link.url.split("/", 3)[2]] = None
        elif link.kind == "a" and link.url.startswith(own):
            inside.add(link.url)
    files = dict[str, None]()
    for source in sources:
        match = _AWAY.match(source)
        if match and match[1].lower() != page.host:
            hosts[match[1].lower()] = None
        elif len(files) < MAX_HOSTS:
            files[f"src:{source.partition('?')[0][-_MAX_PATH:]}"] = None
    texts = [block.text for block in page.blocks if block.part == "text"]
    found: dict[str, Any] = {
        "letters": sum(map(len, texts)),
        "scripts": len(sources) + sum(block.part == "script" and block.where != SOURCES for block in page.blocks),
        "runs": [*list(hosts)[:MAX_HOSTS], *files, *abilities(page)],
        "menu": nsmallest(SKETCH, {crc32(url.encode()) for url in inside}),
    }
    if is_foreign(page.title, texts):
        found["foreign"] = True
    return found


def abilities(page: Page) -> list[str]:
    """What scripts that stand in a page can do, as far as it matters: decode, lead away, write, wait for a click."""
    found: dict[str, None] = {}
    for block in page.blocks:
        if block.part == "script" and block.where == "script":
            text = block.text
            text = text if len(text) <= 2 * MAX_CODE else text[:MAX_CODE] + text[-MAX_CODE:]
            found.update(dict.fromkeys(_ABILITIES.findall(text)))
    return [f"js:{name.rstrip('(').lower()}" for name in found]


def is_foreign(title: str, texts: list[str]) -> bool:
    """True for a title or a text with more than a few letters of another writing."""
    if _FOREIGN.search(title):
        return True
    room, met = MAX_SCANNED, 0
    for text in texts:
        if room <= 0:
            break
        if not text.isascii():
            met += sum(1 for _ in _FOREIGN.finditer(text[:room]))
            if met > _FEW:
                return True
        room -= len(text)
    return False
