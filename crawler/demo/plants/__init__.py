"""How offences are planted: every form of ``data/offences`` by name; each returns the truth about what it did.

Innocent pages that are no articles are described in the same way, in ``data/innocents.txt``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from crawler.demo.model import Planted
from crawler.demo.plants.blocks import block, comments, head
from crawler.demo.plants.form import Form, forms
from crawler.demo.plants.pages import board, doorways, file, framed, page
from crawler.demo.plants.redirects import http, refresh
from crawler.demo.site import Site
from crawler.demo.text import symbols

WAYS: dict[str, Callable[[Form, Site], list[Planted]]] = {
    "block": block,
    "head": head,
    "comments": comments,
    "page": page,
    "framed": framed,
    "board": board,
    "doorways": doorways,
    "file": file,
    "http": http,
    "refresh": refresh,
}

Plant = Callable[[Site], list[Planted]]


def _plants(name: str) -> Mapping[str, Plant]:
    return {form.name: partial(WAYS[form.way], form) for form in forms(name).values()}


PLANTS = _plants("offences")
INNOCENTS = _plants("innocents.txt")


def landings() -> dict[str, str]:
    """The destinations of all offences: host name -> title of its landing page."""
    prefix = "landing."
    found = symbols("offences")
    return {name.removeprefix(prefix): lines[0] for name, lines in found.items() if name.startswith(prefix)}
