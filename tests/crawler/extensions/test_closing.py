"""A stop that meets an item of ``start()`` in the pipelines ends the crawl: with Scrapy alone it waits for ever."""

import subprocess
import sys
from pathlib import Path

CRAWL = """
import asyncio, os, signal, sys
from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess

class Slow:
    async def process_item(self, item):
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.3)
        print("written", flush=True)
        return item

class One(Spider):
    name = "one"
    async def start(self):
        yield {"n": 1}
        await asyncio.sleep(60)

process = AsyncCrawlerProcess({
    "ITEM_PIPELINES": {Slow: 1},
    "EXTENSIONS": {"crawler.extensions.closing.Closing": 1},
    "TELNETCONSOLE_ENABLED": False,
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
})
process.crawl(One)
process.start()
"""


def test_a_stop_while_an_item_is_written_ends_the_crawl(tmp_path: Path) -> None:
    script = tmp_path / "crawl.py"
    script.write_text(CRAWL)
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, "written\n"), done.stderr
    assert "Spider closed (shutdown)" in done.stderr
