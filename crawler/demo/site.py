"""One school's site as a plan: its facts, articles, documents and pages by path. HTML is made in ``render``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

from crawler.demo import render
from crawler.demo.model import PORT, Reply, Request
from crawler.demo.styles import SECTIONS, STYLES, Style
from crawler.demo.text import Topic, Writer, days, slug, symbols, topics

TODAY = date(2026, 10, 15)  # the last day on which the schools of the demo wrote something
TIMETABLES = 4
Page = Callable[[Request], Reply]


@dataclass(slots=True)
class Article:
    """A dated page of a section.

    ``lines`` are grammar lines; ``memory`` is what the title chose; ``after`` is raw HTML that is set below the text.
    """

    number: int
    topic: str
    section: str
    title: str
    published: date
    author: str
    path: str
    lines: tuple[str, ...]
    memory: dict[str, str] = field(default_factory=dict)
    after: str = ""


@dataclass(slots=True)
class Site:
    """A site under construction; ``pages`` maps paths to what is answered there.

    ``feed`` and ``listed`` are (path, title, date) that stand in the feed and the sitemap beside the articles;
    ``optional`` are (pattern, why) of pages that a crawl may skip; with ``caseless`` any spelling of a path leads to
    its page; ``tail`` and ``footer`` put HTML on article pages.
    """

    key: str
    host: str
    prefix: str
    style: Style
    facts: dict[str, str]
    level: str
    sitemap: str = "none"
    twin: bool = False
    articles: list[Article] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)
    feed: list[tuple[str, str, date]] = field(default_factory=list)
    listed: list[tuple[str, str, date]] = field(default_factory=list)
    disallowed: list[str] = field(default_factory=list)
    optional: list[tuple[str, str]] = field(default_factory=list)
    unstored: list[str] = field(default_factory=list)
    caseless: bool = False
    tail: Callable[[Article], str] = field(default=lambda article: "")
    footer: Callable[[Article], str] = field(default=lambda article: "")
    sidebar: Callable[[Request], str] = field(default=lambda request: "")

    def path(self, below: str) -> str:
        return self.prefix + below

    def url(self, path: str) -> str:
        return f"http://{self.host}:{PORT}{path}"

    def random(self, *parts: object) -> Random:
        """A generator of its own for each thing, so that one page does not depend on the others."""
        return Random("|".join([self.key, *(str(part) for part in parts)]))  # noqa: S311 - not a secret

    def writer(self, moment: date, *parts: object) -> Writer:
        random = self.random(*parts)
        return Writer(random, {**self.facts, **days(moment, random)}, (self.level, str(moment.month)))

    def by_section(self, section: str) -> list[Article]:
        return [article for article in self.articles if article.section == section]

    def sections(self) -> list[str]:
        used = {article.section for article in self.articles}
        return [section for section in SECTIONS if section in used]


def plan(settings: dict[str, Any], unit: dict[str, Any], facts: dict[str, str], seed: int, scale: float) -> Site:
    """The site that ``settings`` (an entry of the province file) describe, with its articles but no pages yet."""
    prefix = settings.get("prefix", "")
    site = Site(
        key=f"{seed}|{settings['host']}{prefix}",
        host=settings["host"],
        prefix=prefix,
        style=STYLES[settings["style"]],
        facts=facts,
        level=unit["level"],
        sitemap=settings.get("sitemap", "none"),
        twin="twin" in settings,
    )
    chosen = _choose(site, max(12, round(settings["articles"] * scale)))
    extra = [topic for topic in topics("lookalikes.txt") if topic.name in settings.get("lookalikes", ())]
    drafts = [_draft(site, topic, index) for index, topic in enumerate(chosen)]
    drafts += [_draft(site, topic, topic.name) for topic in extra]
    drafts += [_document(site, index) for index in range(max(4, round(settings["articles"] * scale / 4)))]
    drafts.sort(key=lambda article: (article.published, article.topic, article.title))
    for number, article in enumerate(drafts, 1):
        article.number = 100 + 7 * number
        article.path = site.path(
            site.style.article(article.section, slug(article.title, 70), article.number, article.published)
        )
    site.articles = drafts[::-1]
    return site


def _choose(site: Site, count: int) -> list[Topic]:
    """``count`` topics that schools of this level write about, all of them before one comes again."""
    fitting = [topic for topic in topics("news.txt") if topic.fields[1] == "*" or site.level in topic.fields[1].split()]
    random = site.random("topics")
    chosen: list[Topic] = []
    while len(chosen) < count:
        chosen += random.sample(fitting, len(fitting))
    return chosen[:count]


def _draft(site: Site, topic: Topic, mark: object) -> Article:
    random = site.random("draft", mark)
    months = [int(month) for month in topic.fields[2].split(",")] if len(topic.fields) > 2 else [2, 3, 4]
    published = date(2026, 11, 1)
    while published > TODAY:
        published = date(random.randint(2023, 2026), random.choice(months), random.randint(1, 28))
    writer = Writer(random, {**site.facts, **days(published, random)}, (site.level, str(published.month)))
    which = random.randrange(len(topic.titles))
    title = writer.write(topic.titles[which])
    author = writer.write("{chữ ký}")
    lines = _lines(topic, which, random) if topic.leads else topic.lines
    title = title[:1].upper() + title[1:]
    return Article(0, topic.name, topic.fields[0], title, published, author, "", tuple(lines), writer.memory)


def _lines(topic: Topic, which: int, random: Random) -> list[str]:
    """The lead that goes with a title, tables, some of the topic's sentences mixed with general ones, an end."""
    words = symbols("words.txt")
    formal = " thông báo" if topic.fields[0] in ("thong-bao", "ban-tru") else ""
    tables = [line for line in topic.lines if line.startswith("#")]
    plain = [line for line in topic.lines if not line.startswith("#")]
    body = random.sample(plain, min(len(plain), random.randint(4, 6)))
    for line in random.sample(words["xen" + formal], random.randint(1, 4)):
        body.insert(random.randint(1, len(body)), line)
    return [topic.leads[min(which, len(topic.leads) - 1)], *tables, *body, random.choice(words["kết" + formal])]


def _document(site: Site, index: int) -> Article:
    random = site.random("document", index)
    published = TODAY - timedelta(days=random.randint(3, 900))
    writer = Writer(random, {**site.facts, **days(published, random)}, (site.level, str(published.month)))
    kind = random.choice(("Công văn", "Quyết định", "Kế hoạch", "Thông báo", "Hướng dẫn", "Báo cáo"))
    sign = {"Công văn": "CV", "Quyết định": "QĐ", "Kế hoạch": "KH", "Thông báo": "TB", "Hướng dẫn": "HD"}.get(
        kind, "BC"
    )
    about = writer.write("{nội dung văn bản}")
    title = f"{kind} số {random.randint(4, 320)}/{sign}-{site.facts['viết tắt']} {about}"
    lines = ("#trích yếu", *random.sample(symbols("words.txt")["câu văn bản"], random.randint(5, 8)), "#tệp")
    return Article(0, "document", "van-ban", title, published, site.facts["người kí"], "", lines)


def fill(site: Site) -> None:
    """Give the site its pages: home, sections, articles, standing pages, tables, feed."""
    site.pages[site.path("/")] = partial(render.home, site)
    for section in site.sections():
        listed = site.by_section(section)
        last = -(-len(listed) // site.style.per_page)
        for number in range(1, last + 1):
            path = site.path(site.style.section(section, number))
            site.pages[path] = partial(render.section, site, section, number, last)
    for article in site.articles:
        site.pages[article.path] = partial(render.article, site, article)
    for topic in topics("pages.txt"):
        path = site.path(site.style.standing(topic.name))
        site.pages[path] = partial(render.standing, site, topic)
    site.pages[site.path(site.style.standing("doi-ngu"))] = partial(render.staff, site)
    site.pages[site.path(site.style.standing("thoi-khoa-bieu"))] = partial(render.timetables, site, TIMETABLES)
    for number in range(1, TIMETABLES + 1):
        path = site.path(site.style.standing(f"thoi-khoa-bieu-{number}"))
        site.pages[path] = partial(render.timetable, site, number)
