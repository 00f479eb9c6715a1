"""The rule engine: strict loading, normalising, matching, explaining. It knows neither Scrapy nor MongoDB."""

from pipelines.engine.document import Document, Match, Piece, Quote, Verdict
from pipelines.engine.engine import Engine
from pipelines.engine.errors import Fault, RuleFaults
from pipelines.engine.ruleset import Ruleset, load

__all__ = [
    "Document",
    "Engine",
    "Fault",
    "Match",
    "Piece",
    "Quote",
    "RuleFaults",
    "Ruleset",
    "Verdict",
    "load",
]
