"""One site as a plan: its facts, articles, documents and pages by path. HTML is made in ``render``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

from crawler.demo import documents, pages, render
from crawler.demo.model import PORT, Reply, Request
from crawler.demo.styles import SECTIONS, STYLES, Style
from crawler.demo.text import Topic, Writer, days, slug, symbols, topics

TODAY = date(2026, 10, 15)  # the last day on which the schools of the demo wrote something
LEVELS = {"lien_cap": ("tieu_hoc", "thcs")}
"""Levels that write about what others write about."""
OFFICE = "phong"
"""The level of offices: they have no pupils, so only what is meant for them fits."""
FILE = "#tệp"
"""The line of a topic that asks for an attached file."""
KINDS = {
    "CV": "Công văn",
    "QĐ": "Quyết định",
    "KH": "Kế hoạch",
    "TB": "Thông báo",
    "HD": "Hướng dẫn",
    "BC": "Báo cáo",
}
"""Kinds of documents, by what stands in their numbers."""
OPTIONAL_PAGES = 3  # standing pages beside those that every site has
Page = Callable[[Request], Reply]
Cloak = Callable[[Page, Request], Reply]


@dataclass(slots=True)
class Article:
    """A dated page of a section.

    ``lines`` are grammar lines; ``memory`` is what the title chose; ``file`` is the path of an attached file.
    ``inside`` and ``after`` are raw HTML between the paragraphs and below the text, ``comments`` what readers wrote.
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
    file: str = ""
    inside: str = ""
    after: str = ""
    comments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Site:
    """A site under construction; ``pages`` maps paths to what is answered there.

    ``feed`` and ``listed`` are (path, title, date) that stand in the feed and the sitemap beside the articles;
    ``sitemaps`` are further ones that robots.txt names; ``optional`` are (pattern, why) of pages that a crawl may
    skip; ``tail`` and ``footer`` put HTML on article pages, ``rewrites`` changes the HTML of a path as a whole,
    ``cloaks`` (``*``: of every path) the answer by who asks.
    With ``caseless`` any spelling of a path leads to its page.
    ``span`` are the years in which it wrote. ``shared`` keeps what all its pages have in common once it is made.
    """

    key: str
    host: str
    prefix: str
    style: Style
    facts: dict[str, str]
    level: str
    sitemap: str = "none"
    twin: bool = False
    span: tuple[int, int] = (2023, 2026)
    articles: list[Article] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)
    feed: list[tuple[str, str, date]] = field(default_factory=list)
    listed: list[tuple[str, str, date]] = field(default_factory=list)
    disallowed: list[str] = field(default_factory=list)
    optional: list[tuple[str, str]] = field(default_factory=list)
    unstored: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)
    rewrites: dict[str, Callable[[str], str]] = field(default_factory=dict)
    cloaks: dict[str, list[Cloak]] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
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

    def years(self) -> list[int]:
        return sorted({article.published.year for article in self.articles}, reverse=True)

    def standings(self) -> list[Topic]:
        """The prose pages of this site: those that every site of its level has, and some of the others."""
        fitting = [topic for topic in topics("pages.txt") if _fits(topic.fields[2:3], self.level)]
        others = [topic for topic in fitting if topic.fields[3:] == ("some",)]
        chosen = self.random("standing").sample(others, min(OPTIONAL_PAGES, len(others)))
        return [topic for topic in fitting if topic not in others or topic in chosen]

    def tables(self) -> list[tuple[str, str]]:
        """The pages of tables and pictures: (slug, name in the menu)."""
        return [(slug, name) for slug, name in pages.NAMES.items() if self.level != OFFICE or slug != pages.TIMETABLES]


def _fits(levels: tuple[str, ...], level: str) -> bool:
    """Whether what is meant for ``levels`` (one field, words) is written by a site of ``level``."""
    words = levels[0].split() if levels else ["*"]
    return (level != OFFICE and "*" in words) or any(one in words for one in LEVELS.get(level, (level,)))


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
        span=tuple(settings.get("span", (2023, 2026))),
    )
    chosen = _choose(site, "news", max(12, round(settings["articles"] * scale)))
    extra = [topic for topic in topics("lookalikes.txt") if topic.name in settings.get("lookalikes", ())]
    drafts = [_draft(site, topic, index) for index, topic in enumerate(chosen)]
    drafts += [_draft(site, topic, topic.name) for topic in extra]
    papers = _choose(site, "documents.txt", max(4, round(settings["articles"] * scale / 4)))
    drafts += [_document(site, topic, index) for index, topic in enumerate(papers)]
    drafts.sort(key=lambda article: (article.published, article.topic, article.title))
    for number, article in enumerate(drafts, 1):
        article.number = 100 + 7 * number
        article.path = site.path(
            site.style.article(article.section, slug(article.title, 70), article.number, article.published)
        )
        if article.file:
            documents.attach(site, article)
    site.articles = drafts[::-1]
    return site


def _choose(site: Site, name: str, count: int) -> list[Topic]:
    """``count`` topics of a file that schools of this level write about, all of them before one comes again."""
    fitting = [topic for topic in topics(name) if _fits(topic.fields[1:2], site.level)]
    random = site.random(name)
    chosen: list[Topic] = []
    while len(chosen) < count:
        chosen += random.sample(fitting, len(fitting))
    return chosen[:count]


def _draft(site: Site, topic: Topic, mark: object) -> Article:
    random = site.random("draft", mark)
    months = [int(month) for month in topic.fields[2].split(",")] if len(topic.fields) > 2 else [2, 3, 4]
    published = date(2026, 11, 1)
    while published > TODAY:
        published = date(random.randint(*site.span), random.choice(months), random.randint(1, 28))
    writer = Writer(random, {**site.facts, **days(published, random)}, (site.level, str(published.month)))
    which = random.randrange(len(topic.titles))
    title = writer.write(topic.titles[which])
    author = writer.write("{chữ ký}")
    lines = _lines(site, topic, which, random) if topic.leads else [line for line in topic.lines if line != FILE]
    title = title[:1].upper() + title[1:]
    draft = Article(0, topic.name, topic.fields[0], title, published, author, "", tuple(lines), writer.memory)
    draft.file = FILE if FILE in topic.lines else ""
    return draft


def _lines(site: Site, topic: Topic, which: int, random: Random) -> list[str]:
    """The lead that goes with a title, tables, some of the topic's sentences mixed with general ones, an end."""
    words = symbols("words")
    formal = " thông báo" if topic.fields[0] in ("thong-bao", "ban-tru") else ""
    tables = [line for line in topic.lines if line.startswith("#") and line != FILE]
    plain = [line for line in topic.lines if not line.startswith("#")]
    body = random.sample(plain, min(len(plain), random.randint(4, 6)))
    asides = words.get(f"xen@{site.level}", words["xen" + formal])
    for line in random.sample(asides, random.randint(1, 4)):
        body.insert(random.randint(1, len(body)), line)
    ends = words.get(f"kết@{site.level}", words["kết" + formal])
    return [topic.leads[min(which, len(topic.leads) - 1)], *tables, *body, random.choice(ends)]


def _document(site: Site, topic: Topic, index: int) -> Article:
    """A document with a number, its own articles mixed with what all documents say, and a file."""
    random = site.random("document", index)
    published = date(site.span[1], TODAY.month, TODAY.day) - timedelta(days=random.randint(3, 900))
    writer = Writer(random, {**site.facts, **days(published, random)}, (site.level, str(published.month)))
    sign = random.choice(topic.fields[0].split())
    about = writer.write(random.choice(topic.titles))
    title = f"{KINDS[sign]} số {random.randint(4, 320)}/{sign}-{site.facts['viết tắt']} {about}"
    body = random.sample(topic.lines, random.randint(3, len(topic.lines)))
    body += random.sample(symbols("words")["câu văn bản"], random.randint(2, 3))
    lines = ("#trích yếu", *body)
    return Article(0, "document", "van-ban", title, published, site.facts["người kí"], "", lines, file=FILE)


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
    for topic in site.standings():
        path = site.path(site.style.standing(topic.name))
        site.pages[path] = partial(render.standing, site, topic)
    for year in site.years():
        if path := site.style.year(year):
            site.pages[site.path(path)] = partial(render.year, site, year)
    pages.add(site)
    for path, change in site.rewrites.items():
        site.pages[path] = partial(_rewritten, site.pages[path], change)
    for path in list(site.pages):
        for cloak in (*site.cloaks.get(path, ()), *site.cloaks.get("*", ())):
            site.pages[path] = partial(cloak, site.pages[path])


def _rewritten(page: Page, change: Callable[[str], str], request: Request) -> Reply:
    reply = page(request)
    assert isinstance(reply.body, str)
    return replace(reply, body=change(reply.body))
