"""Slots ``{{name}}`` and ``{{name:text}}`` of the forms: filled when a page is asked for, another time otherwise.

Some of them hide a text as the scripts of intruders do; the port of an address is filled in before that.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from random import Random

from crawler.demo.layout import items, link
from crawler.demo.model import PORT, Request
from crawler.demo.site import Site

_SLOT = re.compile(r"\{\{(\w+)(?::(.*?))?\}\}", re.DOTALL)
COUNTED = 481_200  # visits that a counter shows already when the province begins


def _articles(text: str, request: Request, site: Site | None) -> str:
    """Five articles in any order, others each time."""
    assert site is not None
    random = Random(f"{site.key}|{request.path}|{request.visit}")  # noqa: S311 - not a secret
    return items(link(one.path, one.title) for one in random.sample(site.articles, 5))


def _school(text: str, request: Request, site: Site | None) -> str:
    assert site is not None
    return site.facts["trường"]


def _uploads(text: str, request: Request, site: Site | None) -> str:
    assert site is not None
    return site.style.uploads


def _token(text: str, request: Request, site: Site | None) -> str:
    return sha256(f"{request.host}|{request.target}|{request.visit}".encode()).hexdigest()[:40]


SLOTS: dict[str, Callable[[str, Request, Site | None], str]] = {
    "b64": lambda text, request, site: b64encode(text.encode()).decode(),
    "codes": lambda text, request, site: ",".join(str(ord(letter)) for letter in text),
    "back": lambda text, request, site: text[::-1],
    "hex": lambda text, request, site: "".join(f"\\x{ord(letter):02x}" for letter in text),
    "query": lambda text, request, site: request.query,
    "visit": lambda text, request, site: f"{COUNTED + request.visit:,}".replace(",", "."),
    "online": lambda text, request, site: str(3 + request.visit * 7 % 23),
    "clock": lambda text, request, site: f"{request.hour:02}:{request.visit * 13 % 60:02}:{request.visit * 29 % 60:02}",
    "hour": lambda text, request, site: str(request.hour),
    "token": _token,
    "articles": _articles,
    "school": _school,
    "uploads": _uploads,
}


def fill(text: str, request: Request, site: Site | None = None) -> str:
    """``text`` with its slots filled for this request; raises KeyError for a slot that nobody knows."""
    ready = text.replace(PORT, str(request.port)) if "{{" in text else text
    return _SLOT.sub(lambda found: SLOTS[found[1]](found[2] or "", request, site), ready)
