"""What all spiders share: a run that ends well, by a fault, or at once because there is nothing to do."""

import logging
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Spider
from scrapy.exceptions import CloseSpider

from crawler.errors import NothingToDo, RasoatError
from crawler.urls import clean

logger = logging.getLogger(__name__)


class RunSpider(Spider):
    """A spider whose ``work`` is one run.

    Afterwards ``fatal`` holds the fault that ended it, ``idle`` why there was nothing to do.
    """

    fatal: RasoatError | None = None
    idle: NothingToDo | None = None

    def work(self) -> AsyncIterator[Any]:
        """Requests and items as they become due. Raises RasoatError to end the run."""
        raise NotImplementedError

    async def start(self) -> AsyncIterator[Any]:
        """The work; what it raises is kept for the command."""
        try:
            async for thing in self.work():
                yield thing
        except NothingToDo as word:
            self.idle = word
            logger.info("%s", clean(str(word), 1000))
            raise CloseSpider(word.reason) from word
        except RasoatError as error:
            self.fatal = error
            logger.error("%s", clean(str(error), 1000))
            raise CloseSpider("failed") from error
