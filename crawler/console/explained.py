"""``scrapy classify --explain`` for a person: what fired where, what spared it, what is missing."""

from collections.abc import Mapping
from typing import Any

from crawler.console.output import console
from crawler.urls import clean, defang

_LAYERS = {
    "page": "what visitors see",
    "posted": "comments",
    "hidden": "what is hidden",
    "redirected": "redirects",
}


def show_explained(answer: Mapping[str, Any]) -> None:
    """Print an answer of ``classify`` with its ``explain``: first the rules that find, then those that nearly do."""
    found = {finding["rule"]: finding for finding in answer["findings"]}
    _line(f"{answer['id']}: {answer['verdict']}")
    for outcome in sorted(answer["explain"], key=lambda outcome: (not _holds(outcome), outcome["rule"])):
        finding = found.get(outcome["rule"]) if _holds(outcome) else None
        result = "no finding" if not _holds(outcome) else "suspected" if outcome["missing"] else "confirmed"
        vector = f", {finding['vector']}" if finding else ""
        _line(f"  {outcome['rule']} in {_LAYERS.get(outcome['scope'], outcome['scope'])}: {result}{vector}")
        if outcome["missing"]:
            spared = f": {', '.join(outcome['spared_by'])}" if outcome["spared_by"] else ""
            _line(f"      missing: {outcome['missing']}{spared}")
        for fired in outcome["fired"]:
            _line(f"      {fired['signal']} in {fired['part']}: “{defang(fired['quote'])}”")
    if not answer["explain"]:
        _line("  no sign of any rule was seen")


def _holds(outcome: Mapping[str, Any]) -> bool:
    return bool(outcome["when"]) and not outcome["spared_by"]


def _line(text: str) -> None:
    console().print(clean(text, 1000), soft_wrap=True)
