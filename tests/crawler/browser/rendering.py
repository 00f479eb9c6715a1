"""A real crawl with the real Chromium in a process of its own: what it rendered, and what it left behind."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.items import Edge, Landing, Rendered
from tests.crawler.download.fetching import COMPONENTS

Meanwhile = Callable[[asyncio.subprocess.Process], Awaitable[None]]


@dataclass
class Seen:
    """One answer with what the browser saw, or the error why there is none."""

    url: str
    status: int = 0
    body: str = ""
    headers: dict[str, list[str]] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    rendered: Rendered = field(default_factory=Rendered)
    look: str = ""
    final: str = ""
    error: list[str] = field(default_factory=list)
    message: str = ""

    @property
    def causes(self) -> dict[str, str]:
        """Where the page led, and why."""
        return {landing.chain[0]: landing.cause for landing in self.rendered.landings}


@dataclass
class Renders:
    """``answers`` by URL; ``left`` how many pages and contexts were open at the end."""

    answers: dict[str, Seen]
    stats: dict[str, Any]
    left: int
    log: str

    def __getitem__(self, url: str) -> Seen:
        return self.answers[url]


async def render(
    urls: list[str],
    *,
    order: dict[str, Any] | None = None,
    limit: float = 120,
    meanwhile: Meanwhile | None = None,
    **settings: Any,
) -> Renders:
    """Render every URL once; ``order`` are the fields of the ``RenderOrder``, None fetches without the browser."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        __file__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    told = json.dumps({"urls": urls, "order": order or {}, "settings": settings}).encode()
    beside = asyncio.ensure_future(meanwhile(process)) if meanwhile else None
    try:
        out, log = await asyncio.wait_for(process.communicate(told), limit)
        if beside:
            await beside
    except BaseException:
        if process.returncode is None:
            process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, log.decode()
    result = json.loads(out)
    return Renders({raw["url"]: _seen(raw) for raw in result["answers"]}, result["stats"], result["left"], log.decode())


def _seen(raw: dict[str, Any]) -> Seen:
    told = raw.pop("rendered", None)
    seen = Seen(**raw)
    if told:
        seen.rendered = Rendered(
            told["state"],
            [Edge(**each) for each in told["edges"]],
            [
                Landing(**{**each, **{key: base64.b64decode(each[key]) for key in ("body", "screenshot")}})
                for each in told["landings"]
            ],
            told["counts"],
            base64.b64decode(told["raw"]),
            base64.b64decode(told["screenshot"]),
            told["framed"],
        )
    return seen


def main() -> None:
    from dataclasses import asdict

    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler.browser.browsers import browser_of
    from crawler.browser.order import RenderOrder

    told = json.load(sys.stdin)
    order = told["order"]
    if "frames" in order:
        order["frames"] = tuple(order["frames"])
    answers: list[dict[str, Any]] = []
    left: list[int] = []

    class Fetch(Spider):
        name = "fetch"

        async def start(self) -> Any:
            for url in told["urls"]:
                yield self.ask(url, told["settings"].get("TRIES", 1))

        def ask(self, url: str, tries: int) -> Request:
            meta = {"render": RenderOrder(**order), "download_timeout": 40}
            kwargs = {"asked": url, "tries": tries - 1}
            return Request(url, self.parse, errback=self.failed, cb_kwargs=kwargs, meta=meta, dont_filter=True)

        def parse(self, response: Any, asked: str, tries: int) -> None:
            answers.append(
                {
                    "url": asked,
                    "final": response.url,
                    "status": response.status,
                    "body": response.text,
                    "flags": response.flags,
                    "headers": {
                        name.decode("latin-1"): [value.decode("latin-1") for value in values]
                        for name, values in response.headers.items()
                    },
                    "rendered": asdict(response.meta["rendered"]),
                    "look": response.meta["look"],
                }
            )
            self.count()

        def failed(self, failure: Any) -> Any:
            asked, tries = failure.request.cb_kwargs["asked"], failure.request.cb_kwargs["tries"]
            if tries and "DownloadFailedError" in [kind.__name__ for kind in type(failure.value).__mro__]:
                return self.ask(asked, tries)
            names = [kind.__name__ for kind in type(failure.value).__mro__]
            answers.append({"url": asked, "error": names, "message": str(failure.value)})
            self.count()
            return None

        def count(self) -> None:
            if len(answers) == len(told["urls"]):
                keeper = browser_of(self.crawler)._keeper
                left.append(keeper.in_use if keeper else 0)

    settings = Settings()
    settings.setmodule("crawler.settings")
    settings.setdict(COMPONENTS, priority="cmdline")
    handler = "crawler.browser.handler.BrowserDownloadHandler"
    handlers = {**COMPONENTS["DOWNLOAD_HANDLERS"], "http": handler, "https": handler}
    settings.setdict({"DOWNLOAD_HANDLERS": handlers, **told["settings"]}, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Fetch)
    process.crawl(crawler)
    process.start()
    stats = {name: value for name, value in crawler.stats.get_stats().items() if isinstance(value, (int, str))}
    encode = {"default": lambda raw: base64.b64encode(raw).decode()}
    json.dump({"answers": answers, "stats": stats, "left": sum(left)}, sys.stdout, **encode)


if __name__ == "__main__":
    main()
