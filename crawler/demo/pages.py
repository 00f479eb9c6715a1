"""The pages of a site that are neither news nor prose: staff, timetables, plans of the week, albums."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from crawler.demo import tables
from crawler.demo.layout import items, link
from crawler.demo.model import Reply, Request
from crawler.demo.render import page, paragraph

if TYPE_CHECKING:
    from crawler.demo.site import Site

AFTERNOON = "Các tiết buổi chiều dành cho ôn tập, câu lạc bộ và môn tự chọn."
STAFF, TIMETABLES, PLANS, ALBUMS = "doi-ngu", "thoi-khoa-bieu", "ke-hoach-tuan", "thu-vien-anh"
NAMES = {
    STAFF: "Đội ngũ",
    TIMETABLES: "Thời khóa biểu",
    PLANS: "Kế hoạch tuần",
    ALBUMS: "Thư viện ảnh",
}
COUNTS = {TIMETABLES: 3, PLANS: 2, ALBUMS: 2}
"""How many pages of a kind stand below its list."""


def add(site: Site) -> None:
    """Give ``site`` these pages, as far as its menu names them."""
    ways = {TIMETABLES: timetable, PLANS: plan, ALBUMS: album}
    for slug, _ in site.tables():
        path = site.path(site.style.standing(slug))
        if slug == STAFF:
            site.pages[path] = partial(staff, site)
            continue
        site.pages[path] = partial(listing, site, slug)
        for number in range(1, COUNTS[slug] + 1):
            below = site.path(site.style.standing(f"{slug}-{number}"))
            site.pages[below] = partial(ways[slug], site, number)


def listing(site: Site, slug: str, request: Request) -> Reply:
    entries = items(
        link(site.path(site.style.standing(f"{slug}-{number}")), _title(site, slug, number))
        for number in range(1, COUNTS[slug] + 1)
    )
    return page(site, request, NAMES[slug], f"<h1>{NAMES[slug]}</h1><ul>{entries}</ul>")


def _title(site: Site, slug: str, number: int) -> str:
    writer = site.writer(site.articles[0].published, slug, number)
    if slug == TIMETABLES:
        return writer.write(f"Thời khóa biểu số {number} – lớp {{lớp}}, năm học {{năm học}}")
    if slug == PLANS:
        return writer.write(f"Kế hoạch công tác tuần {4 * number - 1} năm học {{năm học}}")
    return writer.write("{tên album}")


def staff(site: Site, request: Request) -> Reply:
    writer = site.writer(site.articles[0].published, "staff")
    title = writer.write("Đội ngũ cán bộ, viên chức năm học {năm học}")
    return page(site, request, title, f"<h1>{title}</h1>{tables.staff(site, writer).html()}")


def timetable(site: Site, number: int, request: Request) -> Reply:
    writer = site.writer(site.articles[0].published, "timetable", number)
    title = _title(site, TIMETABLES, number)
    note = paragraph(writer.write("Áp dụng từ ngày {ngày sau}. Giáo viên chủ nhiệm: {thầy cô}. " + AFTERNOON))
    return page(site, request, title, f"<h1>{title}</h1>{tables.timetable(site, writer).html()}{note}")


def plan(site: Site, number: int, request: Request) -> Reply:
    writer = site.writer(site.articles[0].published, "plan", number)
    title = _title(site, PLANS, number)
    note = paragraph(writer.write("Trực lãnh đạo: {thầy cô}. {việc lưu ý}"))
    return page(site, request, title, f"<h1>{title}</h1>{tables.plan(site, writer).html()}{note}")


def album(site: Site, number: int, request: Request) -> Reply:
    """Pictures with captions; the pictures themselves are not served."""
    writer = site.writer(site.articles[0].published, "album", number)
    title = _title(site, ALBUMS, number)
    folder = f"{site.path(site.style.uploads)}/albums/{number}"
    shown = []
    for place in range(1, writer.random.randint(6, 12)):
        caption = escape(writer.write("{chú thích ảnh}"))
        shown.append(
            f'<div class="photo"><a href="{folder}/{place}.jpg"><img src="{folder}/thumb-{place}.jpg" alt="{caption}">'
            f"</a><p>{caption}</p></div>"
        )
    return page(site, request, title, f'<h1>{escape(title)}</h1><div class="album">{"".join(shown)}</div>')
