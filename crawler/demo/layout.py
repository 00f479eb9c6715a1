"""The frame of a site's pages: layout files, menu, side bar, footer. What all pages share is made once a site."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from html import escape
from string import Template
from typing import TYPE_CHECKING

from crawler.demo.model import Request
from crawler.demo.styles import SECTIONS
from crawler.demo.text import read

if TYPE_CHECKING:
    from crawler.demo.site import Site

NEWEST = 10
"""Articles that side bars may show; the first ``ON_HOME`` of each section stand on the home page."""
ON_HOME = 4
HONEST = (
    ("http://so-gddt-demo.example/", "Sở Giáo dục và Đào tạo"),
    ("http://thu-vien-so-demo.example/", "Thư viện số dùng chung"),
    ("http://hoc-lieu-demo.example/bai-giang/", "Kho bài giảng điện tử"),
    ("http://tuoi-tre-demo.example/", "Báo thiếu nhi"),
    ("http://dich-vu-cong-demo.example/tuyen-sinh", "Dịch vụ công trực tuyến"),
    ("http://cong-doan-nganh-demo.example/", "Công đoàn ngành Giáo dục"),
    ("http://an-toan-mang-demo.example/tre-em", "Bảo vệ trẻ em trên mạng"),
    ("http://khuyen-hoc-demo.example/", "Hội Khuyến học thành phố"),
    ("http://csdl-nganh-demo.example/", "Cơ sở dữ liệu ngành"),
)
POLLS = (
    ("Bạn thấy giao diện trang thông tin thế nào?", ("Dễ dùng", "Bình thường", "Cần cải tiến")),
    ("Bạn quan tâm nhất chuyên mục nào?", ("Tin hoạt động", "Thông báo", "Văn bản", "Thư viện ảnh")),
    ("Gia đình nhận thông tin của trường qua đâu?", ("Trang thông tin", "Sổ liên lạc điện tử", "Nhóm của lớp")),
)


def link(path: str, text: str, extra: str = "") -> str:
    return f'<a href="{escape(path)}"{extra}>{escape(text, quote=False)}</a>'


def items(links: Iterable[str]) -> str:
    return "".join(f"<li>{one}</li>\n" for one in links)


@cache
def template(name: str) -> Template:
    """A file below ``data/layouts``."""
    return Template(read(f"layouts/{name}.html"))


def part(site: Site, name: str, **values: object) -> str:
    """A part of the site's layout (article, entry, list, widget) with its values, which are HTML already."""
    return template(f"{site.style.layout}/{name}").substitute(values)


def frame(site: Site, request: Request, title: str, content: str, crumbs: Iterable[str] = (), footer: str = "") -> str:
    """A whole page in the site's layout around ``content``."""
    shared = site.shared
    if not shared:
        shared.update(_shared(site))
    values = {
        **shared,
        "title": escape(title),
        "description": escape(f"{title}. {site.facts['trường']}, {site.facts['địa chỉ']}"),
        "canonical": escape(site.url(request.path)),
        "crumbs": items([link(site.path("/"), "Trang nhất"), *crumbs]),
        "content": content,
        "sidebar": shared["sidebar"] + _read_most(site, request) + site.sidebar(request),
        "footer": footer,
    }
    return template(f"{site.style.layout}/page").substitute(values)


def _shared(site: Site) -> dict[str, str]:
    """What stands on every page of the site."""
    facts = site.facts
    return {
        "school": escape(facts["trường"]),
        "address": escape(facts["địa chỉ"]),
        "phone": facts["điện thoại"],
        "email": facts["email"],
        "principal": escape(facts["người kí"]),
        "feed": escape(site.path(site.style.feed)),
        "home": site.path("/"),
        "head": "",
        "menu": menu(site),
        "sidebar": _sidebar(site),
        "viewstate": b64encode(site.random("viewstate").randbytes(420)).decode(),
    }


def menu(site: Site) -> str:
    style = site.style
    about = items(link(site.path(style.standing(topic.name)), topic.fields[1]) for topic in site.standings())
    entries = [
        link(site.path("/"), "Trang chủ"),
        link(site.path(style.standing(site.standings()[0].name)), "Giới thiệu") + f"<ul>{about}</ul>",
        *(link(site.path(style.section(section)), SECTIONS[section]) for section in site.sections()),
        *(link(site.path(style.standing(slug)), name) for slug, name in site.tables()),
    ]
    return items(entries)


def widget(site: Site, kind: str, title: str, body: str) -> str:
    return part(site, "widget", kind=kind, title=title, body=body)


def _sidebar(site: Site) -> str:
    """The boxes that are the same on every page: newest, documents or categories, a poll, honest links."""
    random = site.random("sidebar")
    newest = items(link(article.path, article.title) for article in site.articles[:6])
    boxes = [widget(site, "recent-posts", "Tin mới nhất", f"<ul>{newest}</ul>")]
    if site.style.layout == "wordpress":
        boxes += [widget(site, "categories", "Chuyên mục", _categories(site)), _archive(site)]
    else:
        documents = site.by_section("van-ban")[:4]
        listed = items(link(one.path, one.title) for one in documents)
        boxes.append(widget(site, "laws", "Văn bản mới", f"<ul>{listed}</ul>"))
    if random.random() < 0.5:
        boxes.append(_poll(site, *random.choice(POLLS)))
    honest = random.sample(HONEST, 5)
    linked = items(link(url, text, ' rel="noopener"') for url, text in honest)
    boxes.append(widget(site, "links", "Liên kết website", f"<ul>{linked}</ul>"))
    return "\n".join(boxes)


def _poll(site: Site, question: str, answers: Iterable[str]) -> str:
    nested = site.style.layout == "dotnetnuke"  # there the whole page is one form already
    opening, closing = ("<div>", "</div>") if nested else ('<form method="post" action="#">', "</form>")
    ticks = "".join(f'<div><label><input type="radio" name="option"> {one}</label></div>' for one in answers)
    body = f'{opening}<p>{question}</p>{ticks}<input type="button" value="Biểu quyết">{closing}'
    return widget(site, "voting", "Thăm dò ý kiến", body)


def _categories(site: Site) -> str:
    counted = [
        f"{link(site.path(site.style.section(name)), SECTIONS[name])} ({len(site.by_section(name))})"
        for name in site.sections()
    ]
    return f"<ul>{items(counted)}</ul>"


def _archive(site: Site) -> str:
    years = items(link(site.path(site.style.year(year)), f"Năm {year}") for year in site.years())
    return widget(site, "archive", "Lưu trữ", f"<ul>{years}</ul>")


def _read_most(site: Site, request: Request) -> str:
    random = site.random("read most", request.path)
    liked = random.sample(site.articles[:NEWEST], min(5, len(site.articles)))
    body = f"<ul>{items(link(article.path, article.title) for article in liked)}</ul>"
    visits = f"Đang truy cập: {random.randint(1, 40)}<br>Tổng lượt truy cập: {random.randint(12_000, 980_000):,}"
    return widget(site, "popular", "Xem nhiều", body) + widget(site, "counter", "Thống kê", visits)
