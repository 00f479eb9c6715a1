"""What is wanted of one render, and the errors of this room."""

from dataclasses import dataclass

from scrapy.exceptions import IgnoreRequest

from crawler.errors import RasoatError


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """``request.meta["render"]``: how a page is to be rendered.

    ``frames`` are quotes, or addresses of links, to be framed in red on the screenshot; ``click`` allows the one
    click on an empty part of the page.
    """

    screenshot: bool = False
    frames: tuple[str, ...] = ()
    mobile: bool = False
    click: bool = True


class BrowserMissing(RasoatError, IgnoreRequest):
    """Raised for a render where no Chromium can be had; ``reason`` is a slug for counters, the text says what to do."""

    reason = "no_browser"
