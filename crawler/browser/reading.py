"""The document of a page as a visitor has it, with its frames in place."""

import hashlib
import re
import secrets

from crawler.browser.world import Frame, NoAnswer, World

_SECONDS = 4.0
_FRAME_SECONDS = 1.5
_LIMITS = {"size": 4_000_000, "nodes": 150_000, "depth": 2_000, "time": 2_500}
_FRAME_LIMITS = {"size": 400_000, "nodes": 20_000, "depth": 1_000, "time": 800}
_MAX_BYTES = 8 * 1024 * 1024
_BODY = re.compile(r"<body\b[^>]*>(.*)</body>", re.DOTALL | re.IGNORECASE)


class Document:
    """``body`` is HTML in UTF-8; ``look`` the attribute in which it says what is hidden; ``cut`` why it breaks off."""

    def __init__(self, body: bytes, look: str, cut: str, title: str, lang: str) -> None:
        self.body = body
        self.look = look
        self.cut = cut
        self.title = title
        self.lang = lang


async def read(world: World) -> Document:
    """Read the whole page; raises ``NoAnswer`` when the main document does not answer."""
    mark = f"look-{secrets.token_hex(12)}"
    top = await world.frames(_FRAME_SECONDS)
    found = await world.run(top, _SECONDS, "read", mark, _LIMITS)
    html = await _with_frames(world, top, str(found["html"]), mark)
    # The mark was a secret while the page ran; now equal pages are to have equal bytes.
    body = html.replace(mark, "").encode("utf-8", "replace")[:_MAX_BYTES]
    look = f"look-{hashlib.sha256(body).hexdigest()[:24]}"
    body = html.replace(mark, look).encode("utf-8", "replace")[:_MAX_BYTES]
    return Document(body, look, str(found["cut"]), str(found["title"]), str(found["lang"])[:20])


async def _with_frames(world: World, frame: Frame, html: str, mark: str) -> str:
    """Put what stands in the frames behind the elements that show them."""
    texts: dict[int, str] = {}
    for child in frame.children:
        if child.url.startswith("chrome-error:"):
            continue  # the browser's own words about a frame that could not be had
        try:
            found = await world.run(child, _FRAME_SECONDS, "read", mark, _FRAME_LIMITS)
        except NoAnswer:
            continue
        inner = await _with_frames(world, child, str(found["html"]), mark)
        body = _BODY.search(inner)
        texts[child.number] = body.group(1) if body else ""

    def put(place: re.Match[str]) -> str:
        text, hidden = texts.get(int(place.group(1)), ""), place.group(2)
        if not text.strip():
            return ""
        told = f' {mark}="{hidden}"' if hidden else ""
        return f'<section class="rasoat-frame"{told}>{text}</section>'

    return re.sub(rf"<!--{mark} frame (\d+) (\w*)-->", put, html)
