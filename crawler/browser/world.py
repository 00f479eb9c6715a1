"""A world of our own in every frame: scripts of ours see the page's document there, and its scripts cannot see ours."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import CDPSession

from crawler.browser import scripts

_NAME = "rasoat"
_MAX_FRAMES = 30
_MAX_DEPTH = 4
_REMEMBER = "function(n){(globalThis.rasoatFrames ||= new Map()).set(this, n)}"


class NoAnswer(Exception):
    """Raised when a page does not answer in time, or a script of ours failed in it."""


@dataclass(slots=True)
class Frame:
    """A frame's place in the tree: ``number`` is how its owner is remembered in the world of its parent."""

    id: str
    url: str
    number: int
    world: int = 0
    children: list["Frame"] = field(default_factory=list)


class World:
    """Runs scripts of ours in the frames of one page, each call bounded in time."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def frames(self, seconds: float) -> Frame:
        """The tree of frames, a world prepared in each; those that cannot be reached are left out."""
        tree = await self._send("Page.getFrameTree", {}, seconds)
        top = _frame(tree["frameTree"], 0)
        top.world = await self._enter(top.id, seconds)
        left = [_MAX_FRAMES]
        await self._prepare(top, tree["frameTree"], seconds, left, 0)
        return top

    async def _prepare(self, frame: Frame, tree: dict[str, Any], seconds: float, left: list[int], depth: int) -> None:
        for child in tree.get("childFrames", ()):
            if left[0] <= 0 or depth >= _MAX_DEPTH:
                return
            left[0] -= 1
            below = _frame(child, _MAX_FRAMES - left[0])
            try:
                below.world = await self._enter(below.id, seconds)
                await self._remember(frame, below, seconds)
            except NoAnswer:
                continue
            frame.children.append(below)
            await self._prepare(below, child, seconds, left, depth + 1)

    async def _enter(self, frame: str, seconds: float) -> int:
        made = await self._send("Page.createIsolatedWorld", {"frameId": frame, "worldName": _NAME}, seconds)
        return int(made["executionContextId"])

    async def _remember(self, parent: Frame, frame: Frame, seconds: float) -> None:
        """Let the parent's world know which element shows the frame."""
        owner = await self._send("DOM.getFrameOwner", {"frameId": frame.id}, seconds)
        where = {"backendNodeId": owner["backendNodeId"], "executionContextId": parent.world}
        element = await self._send("DOM.resolveNode", where, seconds)
        call = {
            "functionDeclaration": _REMEMBER,
            "objectId": element["object"]["objectId"],
            "arguments": [{"value": frame.number}],
        }
        await self._send("Runtime.callFunctionOn", call, seconds)

    async def run(self, frame: Frame, seconds: float, name: str, *arguments: object) -> Any:
        """What the function of ``name``.js gives in a frame; raises ``NoAnswer``."""
        told = {
            "expression": scripts.call(name, *arguments),
            "contextId": frame.world,
            "returnByValue": True,
            "timeout": int(seconds * 1000),
        }
        done = await self._send("Runtime.evaluate", told, seconds + 1)
        if "exceptionDetails" in done:
            raise NoAnswer(
                str(done["exceptionDetails"].get("exception", {}).get("description", "a script failed"))[:300]
            )
        return done["result"].get("value")

    async def _send(self, method: str, told: dict[str, Any], seconds: float) -> dict[str, Any]:
        from playwright.async_api import Error

        try:
            async with asyncio.timeout(seconds):
                return dict(await self._session.send(method, told))
        except (TimeoutError, Error) as fault:
            raise NoAnswer(f"{method}: {fault}"[:300]) from None


def _frame(tree: dict[str, Any], number: int) -> Frame:
    return Frame(str(tree["frame"]["id"]), str(tree["frame"].get("url", "")), number)
