"""A form of offence as the data files describe it, and what all ways of planting share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from zlib import crc32

from crawler.demo.layout import NEWEST, ON_HOME
from crawler.demo.model import PORT, Planted
from crawler.demo.site import Article, Site
from crawler.demo.text import symbols, topics

OLD = date(2025, 1, 1)


@dataclass(slots=True, frozen=True)
class Form:
    """One ``[name | category | vector | way | option=value | ...]`` section and its lines."""

    name: str
    category: str
    vector: str
    way: str
    options: Mapping[str, str]
    lines: tuple[str, ...]

    @property
    def html(self) -> str:
        return "\n".join(self.lines)

    def path(self, site: Site) -> str:
        """Where a page of this form lies; ``{uploads}`` and ``{page:slug}`` are as the platform writes them."""
        text = self.options["path"].replace("{uploads}", site.style.uploads)
        before, mark, rest = text.partition("{page:")
        if mark:
            slug, _, after = rest.partition("}")
            text = before + site.style.standing(slug) + after
        return site.path(text)

    def truth(self, site: Site, paths: list[str]) -> list[Planted]:
        urls = tuple(site.url(path) for path in paths)
        views, may = (tuple(self.options.get(name, "").split()) for name in ("views", "may"))
        return [Planted(f"{site.host}:{PORT}", urls[0], self.category, self.vector, self.name, urls, views, may)]

    def pick(self, articles: list[Article]) -> Article:
        """One of ``articles``: another one for each form, the same each time."""
        return articles[crc32(self.name.encode()) % len(articles)]


@cache
def forms(name: str) -> Mapping[str, Form]:
    """All forms of a data file or folder by name; raises ValueError for a heading that lacks a field."""
    found = {}
    for heading, lines in symbols(name).items():
        if heading.startswith("landing."):
            continue
        form, category, vector, way, *given = (field.strip() for field in heading.split("|"))
        options = {key: value for key, _, value in (one.partition("=") for one in given)}
        found[form] = Form(form, category, vector, way, options, lines)
    return found


def old(site: Site) -> list[Article]:
    """Articles that only paging, a sitemap or another old article leads to, newest first."""
    innocent = {topic.name for topic in topics("lookalikes.txt")}
    shown = {id(one) for section in site.sections() for one in site.by_section(section)[:ON_HOME]}
    shown |= {id(one) for one in site.articles[:NEWEST]}
    fitting = [one for one in site.articles if one.section != "van-ban" and one.topic not in innocent]
    deep = [one for one in fitting if id(one) not in shown]
    return [one for one in deep if one.published < OLD] or deep or fitting[-3:]
