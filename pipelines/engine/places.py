"""Selectors: where on the page a piece stands, by the elements that its region and its place name.

A region names the nearest container with an id or class, without numbers (``footer>div#links``), the place of a
hidden part the way to it (``div#content>ul.links>li``). A selector is one step of such a way.
"""

import re
from functools import lru_cache

SELECTOR = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[#.][\w-]+)|[a-z][a-z0-9]*")
_STEP = re.compile(r"([a-z][a-z0-9]*)?([#.].+)?")


@lru_cache(maxsize=4096)
def stands_in(selector: str, region: str, where: str) -> bool:
    """Whether a piece of this region and place stands in an element that the selector means."""
    steps = [*region.split(">")[1:], *where.split(">")]
    return any(_fits(selector, step) for step in steps)


def _fits(selector: str, step: str) -> bool:
    wanted, found = _STEP.fullmatch(selector), _STEP.fullmatch(step)
    if wanted is None or found is None:
        return False
    return (not wanted[1] or wanted[1] == found[1]) and (not wanted[2] or wanted[2] == found[2])
