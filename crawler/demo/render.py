"""HTML of a site's pages. Everything is made when it is asked for, and is the same each time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

from crawler.demo.boards import comment_list
from crawler.demo.layout import ON_HOME, frame, items, link, part
from crawler.demo.model import PORT, Reply, Request
from crawler.demo.styles import SECTIONS
from crawler.demo.tables import MARKS, Table
from crawler.demo.text import Topic, Writer, day

if TYPE_CHECKING:
    from crawler.demo.site import Article, Site

SERVER = ("Server", "nginx")
HANOI = timezone(timedelta(hours=7))
NEAR_PAGES = 2  # numbers that a pager shows on either side


def page(site: Site, request: Request, title: str, content: str, crumbs: Iterable[str] = ()) -> Reply:
    return Reply(frame(site, request, title, content, crumbs), headers=[SERVER])


def written(site: Site, article: Article) -> tuple[list[str | Table], Writer]:
    """What an article says: its sentences and tables, no sentence twice."""
    writer = site.writer(article.published, "body", article.topic, article.number)
    writer.memory.update(article.memory)
    made: list[str | Table] = []
    for line in article.lines:
        if line in MARKS:
            made.append(MARKS[line](site, article, writer))
        else:
            text = writer.write(line)
            text = text[:1].upper() + text[1:]
            if text not in made:
                made.append(text)
    return made, writer


def paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>"


def lines(site: Site, article: Article) -> tuple[list[str], Writer]:
    """The same as HTML, with the attached file and whatever else stands between the paragraphs."""
    made, writer = written(site, article)
    shown = [one.html() if isinstance(one, Table) else paragraph(one) for one in made]
    if article.inside:
        shown.insert(len(shown) // 2 + 1, article.inside)
    if article.file:
        name = article.file.rpartition("/")[2]
        shown.append(f'<p class="attach">Tệp đính kèm: <a href="{escape(article.file)}">{escape(name)}</a></p>')
    return shown, writer


def article(site: Site, article: Article, request: Request) -> Reply:
    made, writer = lines(site, article)
    same = site.by_section(article.section)
    place = same.index(article)
    section_link = link(site.path(site.style.section(article.section)), SECTIONS[article.section])
    time = f"{writer.random.randint(7, 20):02}:{writer.random.randint(0, 59):02}"
    image = f"{site.path(site.style.uploads)}/{article.number}.jpg"
    caption = writer.write("{chú thích ảnh}")
    content = part(
        site,
        "article",
        title=escape(article.title, quote=False),
        number=article.number,
        day=day(article.published),
        time=time,
        iso=f"{article.published.isoformat()}T{time}:00+07:00",
        author=escape(article.author),
        views=writer.random.randint(40, 4800),
        section=section_link,
        lead=made[0],
        picture="" if article.section == "van-ban" else f'<figure><img src="{image}" alt="{escape(caption)}"></figure>',
        body="\n".join(made[1:]),
        after=article.after + (comment_list(article.comments) if article.comments else ""),
        newer=_related(same[max(0, place - 3) : place]),
        older=_related(same[place + 1 : place + 6]),
    )
    html = frame(site, request, article.title, content, [section_link], site.footer(article))
    return Reply(html + site.tail(article), headers=[SERVER])


def _related(articles: Iterable[Article]) -> str:
    return items(f"{link(one.path, one.title)} <em>({day(one.published)})</em>" for one in articles)


def section(site: Site, name: str, number: int, last: int, request: Request) -> Reply:
    """One page of a section: entries, or a table of documents, and a pager."""
    size = site.style.per_page
    listed = site.by_section(name)[(number - 1) * size : number * size]
    entries = _documents(site, listed) if name == "van-ban" else "\n".join(_entry(site, one) for one in listed)
    title = SECTIONS[name] if number == 1 else f"{SECTIONS[name]} – Trang {number}"
    content = part(site, "list", title=title, entries=entries, pager=_pager(site, name, number, last))
    return page(site, request, title, content)


def _entry(site: Site, one: Article) -> str:
    first = written(site, one)[0][0]
    return part(
        site,
        "entry",
        path=escape(one.path),
        title=escape(one.title),
        link=link(one.path, one.title),
        number=one.number,
        day=day(one.published),
        lead=escape(first, quote=False) if isinstance(first, str) else "",
        thumb=f"{site.path(site.style.uploads)}/thumb/{one.number}.jpg",
    )


def _documents(site: Site, listed: Iterable[Article]) -> str:
    """Documents as the portals list them: number, day, summary, file."""
    rows = []
    for one in listed:
        kind, _, about = one.title.partition(" số ")
        number, _, about = about.partition(" ")
        cells = [
            escape(number),
            day(one.published),
            f"{link(one.path, f'{kind} {about}')}",
            link(one.file, "Tải về") if one.file else "",
        ]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{name}</th>" for name in ("Số, kí hiệu", "Ngày ban hành", "Trích yếu", "Tệp"))
    return (
        f'<table class="table table-striped laws"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _pager(site: Site, name: str, number: int, last: int) -> str:
    """First, last and the pages around this one, with ways back and on."""
    if last == 1:
        return ""

    def to(page: int, text: str) -> str:
        return f"<li>{link(site.path(site.style.section(name, page)), text)}</li>"

    shown = {1, last, *range(max(1, number - NEAR_PAGES), min(last, number + NEAR_PAGES) + 1)}
    numbers = [
        f'<li class="active"><span>{one}</span></li>' if one == number else to(one, str(one)) for one in sorted(shown)
    ]
    before = [to(number - 1, "Trang trước")] if number > 1 else []
    after = [to(number + 1, "Trang sau")] if number < last else []
    return f'<ul class="pagination page-numbers">{"".join(before + numbers + after)}</ul>'


def year(site: Site, number: int, request: Request) -> Reply:
    """All articles of a year, title by title."""
    listed = [one for one in site.articles if one.published.year == number]
    entries = items(f"{day(one.published)}: {link(one.path, one.title)}" for one in listed)
    title = f"Năm {number}"
    return page(site, request, title, part(site, "list", title=title, entries=f"<ul>{entries}</ul>", pager=""))


def home(site: Site, request: Request) -> Reply:
    blocks = []
    for name in site.sections():
        newest = site.by_section(name)[:ON_HOME]
        entries = items(f"{link(one.path, one.title)} <em>{day(one.published)}</em>" for one in newest)
        more = link(site.path(site.style.section(name)), SECTIONS[name])
        blocks.append(f'<div class="block"><h2>{more}</h2><ul>{entries}</ul></div>')
    welcome = f"<p>Chào mừng quý vị đến với trang thông tin điện tử của {escape(site.facts['trường'])}.</p>"
    return page(site, request, "Trang chủ", welcome + "\n".join(blocks))


def standing(site: Site, topic: Topic, request: Request) -> Reply:
    writer = site.writer(site.articles[0].published, "standing", topic.name)
    title = writer.write(topic.fields[0])
    text = "\n".join(paragraph(writer.write(line)) for line in topic.lines)
    if site.twin and topic.name == "lien-he":
        text += f"<p>Trang thông tin điện tử: {link(f'http://www.{site.host}:{PORT}/', 'www.' + site.host)}</p>"
    return page(site, request, title, f"<h1>{escape(title)}</h1>{text}")


def feed(site: Site, request: Request) -> Reply:
    """RSS 2.0 with the newest articles and what else stands in the site's feed."""
    entries = [(one.path, one.title, one.published) for one in site.articles[:10]] + site.feed
    listed = "".join(
        f"<item><title>{escape(title)}</title><link>{escape(site.url(path))}</link>"
        f"<pubDate>{format_datetime(datetime(at.year, at.month, at.day, 8, tzinfo=HANOI))}</pubDate></item>\n"
        for path, title, at in entries
    )
    xml = (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(site.facts['trường'])}</title><link>{site.url(site.path('/'))}</link>\n{listed}</channel></rss>"
    )
    return Reply(xml, headers=[SERVER, ("Content-Type", "application/rss+xml; charset=utf-8")])
