"""How the platforms of the demo write their addresses: one small class a platform, known by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zlib import crc32


@dataclass(slots=True, frozen=True)
class Style:
    """The addresses of a site below its prefix.

    ``layout`` is its folder below ``data/layouts``; ``sitemap`` the file that robots.txt names; ``parts`` the names
    of what an index leads to: the articles, and everything else.
    """

    layout: str
    feed: str
    uploads: str
    per_page: int
    sitemap: str = "/sitemap.xml"
    parts: tuple[str, str] = ("/sitemap-bai-viet.xml", "/sitemap-khac.xml")

    def article(self, section: str, slug: str, number: int, published: date) -> str:
        raise NotImplementedError

    def section(self, section: str, page: int = 1) -> str:
        raise NotImplementedError

    def standing(self, slug: str) -> str:
        raise NotImplementedError

    def year(self, year: int) -> str:
        """The address of a year's archive; "" on platforms that have none."""
        return ""


class NukeViet(Style):
    def article(self, section: str, slug: str, number: int, published: date) -> str:
        if section == "van-ban":
            return f"/vi/laws/detail/{slug}-{number}/"
        return f"/vi/news/{section}/{slug}-{number}.html"

    def section(self, section: str, page: int = 1) -> str:
        base = "/vi/laws/" if section == "van-ban" else f"/vi/news/{section}/"
        return base if page == 1 else f"{base}page-{page}/"

    def standing(self, slug: str) -> str:
        return f"/vi/about/{slug}.html"


class WordPress(Style):
    def article(self, section: str, slug: str, number: int, published: date) -> str:
        return f"/{published:%Y/%m}/{slug}-{number}/"

    def section(self, section: str, page: int = 1) -> str:
        return f"/category/{section}/" if page == 1 else f"/category/{section}/page/{page}/"

    def standing(self, slug: str) -> str:
        return f"/{slug}/"

    def year(self, year: int) -> str:
        return f"/{year}/"


class DotNetNuke(Style):
    """Pages are tabs with a number of their own; news stand in a module, and their addresses hold no title."""

    def article(self, section: str, slug: str, number: int, published: date) -> str:
        return f"/{_tab(section)}/ctl/ChiTiet/mid/{_number(section) + 311}/ItemID/{number}/Default.aspx"

    def section(self, section: str, page: int = 1) -> str:
        base = f"/{_tab(section)}"
        return f"{base}/Default.aspx" if page == 1 else f"{base}/currentpage/{page}/Default.aspx"

    def standing(self, slug: str) -> str:
        return f"/{_tab(slug)}/Default.aspx"


def _number(slug: str) -> int:
    return 57 + crc32(slug.encode()) % 900


def _tab(slug: str) -> str:
    name = "".join(word.capitalize() for word in slug.split("-"))
    return f"{name}/tabid/{_number(slug)}"


class Portal(Style):
    def article(self, section: str, slug: str, number: int, published: date) -> str:
        return f"/{section}/{slug}/ctmb/{len(section)}/{number}"

    def section(self, section: str, page: int = 1) -> str:
        return f"/{section}/c{len(section)}" + ("" if page == 1 else f"?page={page}")

    def standing(self, slug: str) -> str:
        return f"/trang/{slug}.htm"


STYLES: dict[str, Style] = {
    "nukeviet": NukeViet("nukeviet", "/vi/news/rss/", "/uploads", 6),
    "wordpress": WordPress(
        "wordpress",
        "/feed/",
        "/wp-content/uploads",
        6,
        "/wp-sitemap.xml",
        ("/wp-sitemap-posts-post-1.xml", "/wp-sitemap-posts-page-1.xml"),
    ),
    "dotnetnuke": DotNetNuke(
        "dotnetnuke",
        "/DesktopModules/TinTuc/RSS.aspx?mid=455&portalid=0&tabid=101",  # parameters as a crawler sorts them
        "/Portals/0",
        8,
        "/SiteMap.aspx",
    ),
    "portal": Portal("portal", "/rss.ashx", "/upload", 8),
}

SECTIONS: dict[str, str] = {
    "tin-tuc": "Tin tức – Sự kiện",
    "thong-bao": "Thông báo",
    "hoat-dong": "Hoạt động giáo dục",
    "chuyen-mon": "Chuyên môn",
    "thi-dua": "Thi đua – Khen thưởng",
    "y-te": "Y tế học đường",
    "ban-tru": "Bán trú",
    "van-ban": "Văn bản – Công văn",
}
