"""The screenshot: the whole page, the parts a finding stands on framed in red."""

import asyncio
import base64

from playwright.async_api import CDPSession, Error

from crawler.browser.world import Frame, NoAnswer, World

MAX_HEIGHT = 8_000
MAX_BYTES = 6 * 1024 * 1024
_SECONDS = 8.0
_HIDDEN = "Phần bị ẩn, người xem không thấy: "


async def frame(world: World, top: Frame, wanted: tuple[str, ...]) -> tuple[list[str], int, int]:
    """Draw the frames: gives what was framed, and width and height of the page in pixels; raises ``NoAnswer``."""
    drawn = await world.run(top, 4.0, "frame", [each[:2_000] for each in wanted[:20]], _HIDDEN)
    return [str(each) for each in drawn["framed"]], int(drawn["width"]), int(drawn["height"])


async def take(session: CDPSession, width: int, height: int) -> bytes:
    """A PNG of at most ``MAX_HEIGHT`` pixels and ``MAX_BYTES``: what is too large loses its lower end; b"" if none."""
    height = max(1, min(height, MAX_HEIGHT))
    for _ in range(4):
        told = {
            "format": "png",
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": max(1, min(width, 2_000)), "height": height, "scale": 1},
        }
        try:
            async with asyncio.timeout(_SECONDS):
                shot = base64.b64decode((await session.send("Page.captureScreenshot", told))["data"])
        except (TimeoutError, Error):
            return b""
        if len(shot) <= MAX_BYTES:
            return shot
        height = max(600, height // 2)
    return b""


async def shoot(session: CDPSession, world: World, top: Frame, wanted: tuple[str, ...]) -> tuple[bytes, list[str]]:
    """The screenshot, and which of the quotes it frames."""
    try:
        framed, width, height = await frame(world, top, wanted)
    except (NoAnswer, KeyError, TypeError, ValueError):
        framed, width, height = [], 1280, 2_000
    return await take(session, width, height), framed
