"""Why there is no answer: in words for a host's cause, and as a name under which a review counts URLs."""

import re

from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError

from crawler.errors import ForbiddenAddress
from crawler.urls import clean

TIMEOUT = "timeout"
REFUSED = "connection refused"
NO_NAME = "DNS: the name does not resolve"
INTERNAL = "internal error"
_FAILURE = re.compile(r"\[?<twisted\.python\.failure\.Failure (?:[\w]+\.)*(\w+): ([^>]*)>\]?")
_NAMES = {TIMEOUT: "timeout", REFUSED: "connection_refused", NO_NAME: "no_name", INTERNAL: "internal_error"}


def cause_of(error: BaseException) -> str:
    """What went wrong, in words."""
    if isinstance(error, DownloadTimeoutError):
        return TIMEOUT
    if isinstance(error, CannotResolveHostError):
        return NO_NAME
    if isinstance(error, DownloadConnectionRefusedError):
        return REFUSED
    return clean(_FAILURE.sub(r"\1: \2", f"{type(error).__name__}: {error}"), 160)


def name_of(cause: str) -> str:
    """A cause as a slug: everything that is not a name of its own was an answer that broke off."""
    return _NAMES.get(cause, "broken_answer")


def forbidden_in(error: BaseException) -> ForbiddenAddress | None:
    """The guard's refusal, wherever it stands in the chain of causes."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None or isinstance(seen, ForbiddenAddress):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
