"""The document of a page as a visitor has it, with its own frames in place; those of others are another's word."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from crawler.browser.leads import same_site
from crawler.browser.world import Frame, NoAnswer, World

_SECONDS = 4.0
_FRAME_SECONDS = 1.5
_LIMITS = {"size": 4_000_000, "nodes": 150_000, "depth": 2_000, "time": 2_500}
_FRAME_LIMITS = {"size": 400_000, "nodes": 20_000, "depth": 1_000, "time": 800}
_MAX_BYTES = 8 * 1024 * 1024
_MAX_FRAMED, _MAX_OTHERS = 400_000, 5
_BODY = re.compile(r"<body\b[^>]*>(.*)</body>", re.DOTALL | re.IGNORECASE)


class Document:
    """``body`` is HTML in UTF-8; ``look`` the attribute in which it says what is hidden; ``cut`` why it breaks off."""

    def __init__(
        self, body: bytes, look: str, cut: str, title: str, lang: str, frames: Sequence["Framed"] = ()
    ) -> None:
        self.body = body
        self.look = look
        self.cut = cut
        self.title = title
        self.lang = lang
        self.frames = frames


class Framed(NamedTuple):
    """What another host shows in a frame of the page; ``hidden`` why nobody sees the frame, or ""."""

    url: str
    title: str
    lang: str
    html: str
    hidden: str


async def read(world: World) -> Document:
    """Read the whole page; raises ``NoAnswer`` when the main document does not answer."""
    mark = f"look-{secrets.token_hex(12)}"
    top = await world.frames(_FRAME_SECONDS)
    found = await world.run(top, _SECONDS, "read", mark, _LIMITS)
    others: list[Framed] = []
    html = await _with_frames(world, top, str(found["html"]), mark, top.url, others)
    # The mark was a secret while the page ran; now equal pages are to have equal bytes.
    body = html.replace(mark, "").encode("utf-8", "replace")[:_MAX_BYTES]
    look = f"look-{hashlib.sha256(body).hexdigest()[:24]}"
    body = html.replace(mark, look).encode("utf-8", "replace")[:_MAX_BYTES]
    return Document(body, look, str(found["cut"]), str(found["title"]), str(found["lang"])[:20], others)


async def _with_frames(world: World, frame: Frame, html: str, mark: str, page: str, others: list[Framed]) -> str:
    """Put what stands in the site's own frames behind the elements that show them; the others go to ``others``."""
    texts: dict[int, str] = {}
    foreign: dict[int, Framed] = {}
    for child in frame.children:
        if child.url.startswith("chrome-error:"):
            continue  # the browser's own words about a frame that could not be had
        try:
            found = await world.run(child, _FRAME_SECONDS, "read", mark, _FRAME_LIMITS)
        except NoAnswer:
            continue
        inner = await _with_frames(world, child, str(found["html"]), mark, page, others)
        if child.url.startswith("http") and not same_site(child.url, page):
            plain = re.sub(rf' {mark}="[^"]*"', "", inner)[:_MAX_FRAMED]
            title, lang = str(found["title"])[:500], str(found["lang"])[:20].lower()
            foreign[child.number] = Framed(child.url[:2_000], title, lang, plain, "")
            continue
        body = _BODY.search(inner)
        texts[child.number] = body.group(1) if body else ""

    def put(place: re.Match[str]) -> str:
        number, hidden = int(place.group(1)), place.group(2)
        if number in foreign and len(others) < _MAX_OTHERS:
            others.append(foreign[number]._replace(hidden=hidden))
        text = texts.get(number, "")
        if not text.strip():
            return ""
        told = f' {mark}="{hidden}"' if hidden else ""
        return f'<section class="rasoat-frame"{told}>{text}</section>'

    return re.sub(rf"<!--{mark} frame (\d+) (\w*)-->", put, html)
