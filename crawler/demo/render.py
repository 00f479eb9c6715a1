"""HTML of a site's pages. Everything is made when it is asked for, and is the same each time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from string import Template
from typing import TYPE_CHECKING

from crawler.demo.model import PORT, Reply, Request
from crawler.demo.styles import SECTIONS
from crawler.demo.tables import MARKS
from crawler.demo.tables import staff as staff_table
from crawler.demo.tables import timetable as timetable_table
from crawler.demo.text import Topic, Writer, day, read, topics

if TYPE_CHECKING:
    from crawler.demo.site import Article, Site

HONEST = (
    ("http://so-gddt-demo.example/", "Sở Giáo dục và Đào tạo"),
    ("http://thu-vien-so-demo.example/", "Thư viện số dùng chung"),
    ("http://hoc-lieu-demo.example/bai-giang/", "Kho bài giảng điện tử"),
    ("http://tuoi-tre-demo.example/", "Báo thiếu nhi"),
)
SERVER = ("Server", "nginx")
AFTERNOON = "Các tiết buổi chiều dành cho ôn tập, câu lạc bộ và môn tự chọn."
HANOI = timezone(timedelta(hours=7))


def link(path: str, text: str, extra: str = "") -> str:
    return f'<a href="{escape(path)}"{extra}>{escape(text, quote=False)}</a>'


def items(links: Iterable[str]) -> str:
    return "".join(f"<li>{one}</li>\n" for one in links)


def frame(site: Site, request: Request, title: str, content: str, crumbs: Iterable[str] = (), footer: str = "") -> str:
    """A whole page in the site's layout around ``content``."""
    facts = site.facts
    values = {
        "title": escape(title),
        "description": escape(f"{title}. {facts['trường']}, {facts['địa chỉ']}"),
        "school": escape(facts["trường"]),
        "address": escape(facts["địa chỉ"]),
        "phone": facts["điện thoại"],
        "email": facts["email"],
        "principal": escape(facts["người kí"]),
        "canonical": escape(site.url(request.path)),
        "feed": site.path(site.style.feed),
        "home": site.path("/"),
        "head": "",
        "menu": _menu(site),
        "crumbs": items([link(site.path("/"), "Trang nhất"), *crumbs]),
        "content": content,
        "sidebar": _sidebar(site, request),
        "footer": footer,
    }
    return Template(read(f"layouts/{site.style.layout}")).substitute(values)


def _menu(site: Site) -> str:
    style = site.style
    about = items(link(site.path(style.standing(topic.name)), topic.fields[-1]) for topic in topics("pages.txt"))
    entries = [
        link(site.path("/"), "Trang chủ"),
        link(site.path(style.standing("gioi-thieu-chung")), "Giới thiệu") + f"<ul>{about}</ul>",
        *(link(site.path(style.section(section)), SECTIONS[section]) for section in site.sections()),
        link(site.path(style.standing("doi-ngu")), "Đội ngũ"),
        link(site.path(style.standing("thoi-khoa-bieu")), "Thời khóa biểu"),
    ]
    return items(entries)


def _sidebar(site: Site, request: Request) -> str:
    newest = items(link(article.path, article.title) for article in site.articles[:6])
    random = site.random("sidebar", request.path)
    liked = random.sample(site.articles[:20], min(5, len(site.articles)))
    read_most = items(link(article.path, article.title) for article in liked)
    honest = items(link(url, text, ' rel="noopener"') for url, text in HONEST)
    visits = random.randint(12_000, 980_000)
    return (
        f'<div class="widget"><h3>Tin mới nhất</h3><ul>{newest}</ul></div>'
        f'<div class="widget"><h3>Xem nhiều</h3><ul>{read_most}</ul></div>'
        f'<div class="widget"><h3>Liên kết website</h3><ul>{honest}</ul></div>'
        f'<div class="widget counter">Tổng lượt truy cập: {visits:,}</div>{site.sidebar(request)}'
    )


def page(site: Site, request: Request, title: str, content: str, crumbs: Iterable[str] = ()) -> Reply:
    return Reply(frame(site, request, title, content, crumbs), headers=[SERVER])


def lines(site: Site, article: Article) -> tuple[list[str], Writer]:
    """The paragraphs of an article as HTML; no sentence twice."""
    writer = site.writer(article.published, "body", article.topic, article.number)
    writer.memory.update(article.memory)
    made: list[str] = []
    for line in article.lines:
        text = MARKS[line](site, article, writer) if line in MARKS else _paragraph(writer.write(line))
        if text not in made:
            made.append(text)
    return made, writer


def _paragraph(text: str) -> str:
    return f"<p>{escape(text[:1].upper() + text[1:], quote=False)}</p>"


def article(site: Site, article: Article, request: Request) -> Reply:
    made, writer = lines(site, article)
    same = site.by_section(article.section)
    place = same.index(article)
    related = same[place + 1 : place + 6] + same[max(0, place - 2) : place]
    section_link = link(site.path(site.style.section(article.section)), SECTIONS[article.section])
    time = f"{writer.random.randint(7, 20):02}:{writer.random.randint(0, 59):02}"
    image = f"{site.path(site.style.uploads)}/{article.number}.jpg"
    picture = f'<figure><img src="{image}" alt="{escape(article.title)}"></figure>'
    content = (
        f'<article class="post-{article.number}"><h1 class="title">{escape(article.title, quote=False)}</h1>'
        f'<div class="entry-meta"><time datetime="{article.published.isoformat()}T{time}:00+07:00">'
        f"{day(article.published)} {time}</time> · Đăng bởi: {escape(article.author)} · "
        f"Lượt xem: {writer.random.randint(40, 4800)}</div>\n"
        f'<div class="hometext">{made[0]}</div>{picture}<div class="bodytext" id="news-bodyhtml">\n'
        + "\n".join(made[1:])
        + f"</div>{article.after}</article>"
        f'<div class="related"><h3>Tin liên quan</h3><ul>'
        + items(f"{link(one.path, one.title)} <em>({day(one.published)})</em>" for one in related)
        + "</ul></div>"
    )
    html = frame(site, request, article.title, content, [section_link], site.footer(article))
    return Reply(html + site.tail(article), headers=[SERVER])


def section(site: Site, name: str, number: int, last: int, request: Request) -> Reply:
    size = site.style.per_page
    listed = site.by_section(name)[(number - 1) * size : number * size]
    entries = []
    for one in listed:
        lead = escape(lines(site, one)[0][0][3:-4], quote=False) if not one.lines[0].startswith("#") else ""
        entries.append(
            f'<div class="news_column"><h3>{link(one.path, one.title)}</h3>'
            f'<span class="date">{day(one.published)}</span><p>{lead}</p></div>'
        )
    numbers = [
        f'<li class="active"><span>{page}</span></li>'
        if page == number
        else f"<li>{link(site.path(site.style.section(name, page)), str(page))}</li>"
        for page in range(1, last + 1)
    ]
    title = SECTIONS[name] if number == 1 else f"{SECTIONS[name]} – Trang {number}"
    pages = f'<ul class="pagination">{"".join(numbers)}</ul>' if last > 1 else ""
    return page(site, request, title, f"<h1>{title}</h1>\n" + "\n".join(entries) + pages)


def home(site: Site, request: Request) -> Reply:
    blocks = []
    for name in site.sections():
        newest = site.by_section(name)[:4]
        entries = items(f"{link(one.path, one.title)} <em>{day(one.published)}</em>" for one in newest)
        more = link(site.path(site.style.section(name)), SECTIONS[name])
        blocks.append(f'<div class="block"><h2>{more}</h2><ul>{entries}</ul></div>')
    welcome = f"<p>Chào mừng quý vị đến với trang thông tin điện tử của {escape(site.facts['trường'])}.</p>"
    return page(site, request, "Trang chủ", welcome + "\n".join(blocks))


def standing(site: Site, topic: Topic, request: Request) -> Reply:
    writer = site.writer(site.articles[0].published, "standing", topic.name)
    title = writer.write(topic.fields[0])
    text = "\n".join(_paragraph(writer.write(line)) for line in topic.lines)
    if site.twin and topic.name == "lien-he":
        text += f"<p>Trang thông tin điện tử: {link(f'http://www.{site.host}:{PORT}/', 'www.' + site.host)}</p>"
    return page(site, request, title, f"<h1>{escape(title)}</h1>{text}")


def staff(site: Site, request: Request) -> Reply:
    writer = site.writer(site.articles[0].published, "staff")
    title = writer.write("Đội ngũ cán bộ, giáo viên năm học {năm học}")
    return page(site, request, title, f"<h1>{title}</h1>{staff_table(site, writer)}")


def timetables(site: Site, count: int, request: Request) -> Reply:
    paths = [site.path(site.style.standing(f"thoi-khoa-bieu-{number}")) for number in range(1, count + 1)]
    entries = items(link(path, f"Thời khóa biểu số {number}") for number, path in enumerate(paths, 1))
    return page(site, request, "Thời khóa biểu", f"<h1>Thời khóa biểu</h1><ul>{entries}</ul>")


def timetable(site: Site, number: int, request: Request) -> Reply:
    writer = site.writer(site.articles[0].published, "timetable", number)
    title = writer.write(f"Thời khóa biểu số {number} – lớp {{lớp}}, năm học {{năm học}}")
    note = _paragraph(writer.write("Áp dụng từ ngày {ngày sau}. Giáo viên chủ nhiệm: {thầy cô}. " + AFTERNOON))
    return page(site, request, title, f"<h1>{title}</h1>{timetable_table(site, writer)}{note}")


def feed(site: Site, request: Request) -> Reply:
    """RSS 2.0 with the newest articles and what else stands in the site's feed."""
    entries = [(one.path, one.title, one.published) for one in site.articles[:10]] + site.feed
    body = "".join(
        f"<item><title>{escape(title)}</title><link>{escape(site.url(path))}</link>"
        f"<pubDate>{format_datetime(datetime(at.year, at.month, at.day, 8, tzinfo=HANOI))}</pubDate></item>\n"
        for path, title, at in entries
    )
    xml = (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(site.facts['trường'])}</title><link>{site.url(site.path('/'))}</link>\n{body}</channel></rss>"
    )
    return Reply(xml, headers=[SERVER, ("Content-Type", "application/rss+xml; charset=utf-8")])
