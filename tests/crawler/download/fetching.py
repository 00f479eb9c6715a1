"""A real crawl in a process of its own: standard input names URLs and settings, standard output is what came."""

import asyncio
import base64
import json
import sys
from dataclasses import dataclass, field
from typing import Any

COMPONENTS = {
    "TWISTED_DNS_RESOLVER": "crawler.dns.scrapy_resolver.GuardedNameResolver",
    "DOWNLOAD_HANDLERS": {
        "http": "crawler.download.handler.GuardedDownloadHandler",
        "https": "crawler.download.handler.GuardedDownloadHandler",
        "data": None,
        "file": None,
        "ftp": None,
        "s3": None,
    },
    "DOWNLOADER_MIDDLEWARES": {
        "crawler.middlewares.guard.GuardMiddleware": 10,
        "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
        "crawler.middlewares.compression.CompressionMiddleware": 590,
        "crawler.middlewares.types.TypesMiddleware": 910,
    },
    "SPIDER_MODULES": [],
    "ADDONS": {},
    "EXTENSIONS": {},
    "ITEM_PIPELINES": {},
    "SPIDER_MIDDLEWARES": {},
    "SCHEDULER": "scrapy.core.scheduler.Scheduler",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Fetched:
    """One answer, or the error why there is none (names of its classes, nearest first)."""

    url: str
    status: int = 0
    body: bytes = b""
    flags: list[str] = field(default_factory=list)
    headers: dict[str, list[str]] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    ip: str = ""
    error: list[str] = field(default_factory=list)
    message: str = ""


@dataclass
class Crawl:
    answers: dict[str, Fetched]
    stats: dict[str, Any]
    log: str

    def __getitem__(self, url: str) -> Fetched:
        return self.answers[url]


async def crawl(urls: list[str], limit: float = 60, **settings: Any) -> Crawl:
    """Fetch every URL once with our settings and handlers; ``settings`` win."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told = json.dumps({"urls": urls, "settings": settings}).encode()
    try:
        out, log = await asyncio.wait_for(process.communicate(told), limit)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, log.decode()
    result = json.loads(out)
    answers = {}
    for raw in result["answers"]:
        raw["body"] = base64.b64decode(raw["body"])
        answers[raw["url"]] = Fetched(**raw)
    return Crawl(answers, result["stats"], log.decode())


def main() -> None:
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler.download import pool

    told = json.load(sys.stdin)
    pool.IDLE_SECONDS = told["settings"].get("IDLE_SECONDS", pool.IDLE_SECONDS)
    answers: list[dict[str, Any]] = []

    class Fetch(Spider):
        name = "fetch"

        async def start(self) -> Any:
            for url in told["urls"]:
                timeout = told["settings"].get("TIMEOUTS", {}).get(url)
                meta = dict(told["settings"].get("META", {}))
                if timeout:
                    meta["download_timeout"] = timeout
                yield Request(url, self.parse, errback=self.failed, cb_kwargs={"asked": url}, meta=meta)

        def parse(self, response: Any, asked: str) -> None:
            answers.append(
                {
                    "url": asked,
                    "status": response.status,
                    "body": base64.b64encode(response.body).decode(),
                    "flags": response.flags,
                    "headers": {
                        name.decode("latin-1"): [value.decode("latin-1") for value in values]
                        for name, values in response.headers.items()
                    },
                    "meta": {"type_not_read": response.meta.get("type_not_read", "")},
                    "ip": str(response.ip_address or ""),
                }
            )

        def failed(self, failure: Any) -> None:
            answers.append(
                {
                    "url": failure.request.cb_kwargs["asked"],
                    "body": "",
                    "error": [kind.__name__ for kind in type(failure.value).__mro__],
                    "message": str(failure.value),
                }
            )

    settings = Settings()
    settings.setmodule("crawler.settings")
    settings.setdict(COMPONENTS, priority="cmdline")
    settings.setdict(told["settings"], priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Fetch)
    process.crawl(crawler)
    process.start()
    stats = {name: value for name, value in crawler.stats.get_stats().items() if isinstance(value, (int, str))}
    json.dump({"answers": answers, "stats": stats}, sys.stdout)


if __name__ == "__main__":
    main()
