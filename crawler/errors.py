"""The error tree: who raises what, and when.

RasoatError
├── BadInput            something a person wrote is wrong; exit status 2
│   ├── BadRegister     a register file that cannot be read at all
│   ├── BadRules        one or more faults in rule files or lists
│   └── BadArgument     a command-line or spider argument
├── InvalidUrl          a reference that is not a usable http(s) URL
├── ForbiddenAddress    the network guard refused an address, port or scheme
├── NothingToDo         the job is at work already or was done: no fault, exit status 0
└── StoreError          the database: exit status 1
    ├── StoreUnavailable  it cannot be reached, or stayed away too long
    └── StoreVersion      it was written by a newer program, or needs ``scrapy db migrate``
"""


class RasoatError(Exception):
    """Base of all errors of this project; its text is one line for a person."""


class BadInput(RasoatError):
    """Something a person wrote is wrong. The text names file, line and field."""


class BadRegister(BadInput):
    """Raised by the register reader when a file cannot be read at all; nothing was written."""


class BadRules(BadInput):
    """Raised by the rule loader with all faults at once, one a line."""


class BadArgument(BadInput):
    """Raised by commands and spiders for an argument that has no meaning."""


class InvalidUrl(RasoatError, ValueError):
    """Raised by ``crawler.urls`` for a reference that is not a usable http(s) URL; the text never holds credentials."""


class ForbiddenAddress(RasoatError):
    """Raised by the network guard before a connection is opened."""


class NothingToDo(RasoatError):
    """Raised when a run is taken up whose job another process does, or was done; ``reason`` is a finish reason."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class StoreError(RasoatError):
    """Base of the database's errors."""


class StoreUnavailable(StoreError):
    """Raised when MongoDB cannot be reached, or stayed away longer than ``RASOAT_MONGO_PATIENCE``."""


class StoreVersion(StoreError):
    """Raised when the database was written by a newer program, or by an older one and was not migrated."""
