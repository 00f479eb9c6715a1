"""The rules of an installation: the built-in ones and what RASOAT_RULES adds."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.errors import BadRules
from pipelines.engine import Engine, RuleFaults, kept, load
from pipelines.judge import Judge


def engine_from_settings(settings: BaseSettings) -> Engine:
    """The engine of these settings, compiled once per process; raises BadRules with all faults, one a line.

    What takes long to compile is kept in ``RASOAT_DATA_DIR`` for the next process.
    """
    data = str(settings.get("RASOAT_DATA_DIR") or "").strip()
    kept.keep_in(Path(data).expanduser() / "compiled-rules" if data else None)
    return _engine(tuple(str(path) for path in settings.getlist("RASOAT_RULES") if str(path).strip()))


def judge_from_crawler(crawler: Crawler) -> Judge:
    """The judge of a crawl; raises BadRules."""
    return Judge(engine_from_settings(crawler.settings))


@lru_cache(maxsize=4)
def _engine(extra: tuple[str, ...]) -> Engine:
    try:
        return Engine(load([files("rules"), *(Path(path.strip()) for path in extra)]))
    except RuleFaults as error:
        raise BadRules(str(error)) from error
