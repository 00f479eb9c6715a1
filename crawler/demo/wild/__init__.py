"""How the hosts of ``data/wild.yaml`` misbehave: known by name, each a function of the host and its site."""

from __future__ import annotations

from collections.abc import Callable

from crawler.demo.model import Host
from crawler.demo.site import Site
from crawler.demo.wild import floods, letters, spaces, walls, ways

Habit = Callable[[Host, Site], None]
Whole = Callable[[Host, str], None]

HABITS: dict[str, Habit] = {
    "calendars": spaces.calendars,
    "endless_path": spaces.endless_path,
    "soft_404": spaces.soft_404,
    "facets": spaces.facets,
    "session_links": spaces.session_links,
    "order_twins": spaces.order_twins,
    "spellings": spaces.spellings,
    "languages": spaces.languages,
    "cookieless": ways.cookieless,
    "cookies": ways.cookies,
    "mixed": ways.mixed,
    "https_links": ways.https_links,
    "every_name": ways.every_name,
    "loops": ways.loops,
    "floods": floods.floods,
    "bombs": floods.bombs,
    "drips": floods.drips,
    "lies": floods.lies,
    "charsets": letters.charsets,
    "broken": letters.broken,
    "crowded": letters.crowded,
    "asks_later": walls.asks_later,
}
"""Of a host with a site."""

WHOLE: dict[str, Whole] = {
    "silent": ways.silent,
    "circle": ways.circle,
    "chain": ways.chain,
    "dies": ways.dies,
    "resets": ways.resets,
    "captcha": walls.captcha,
    "captcha_403": walls.captcha_403,
    "cookie_wall": walls.cookie_wall,
    "maintenance": walls.maintenance,
}
"""Of any host."""
