"""How the platforms of the demo write their addresses: one small class a platform, known by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(slots=True, frozen=True)
class Style:
    """The addresses of a site below its prefix; ``layout`` is its file below ``data/layouts``."""

    layout: str
    feed: str
    uploads: str
    per_page: int

    def article(self, section: str, slug: str, number: int, published: date) -> str:
        raise NotImplementedError

    def section(self, section: str, page: int = 1) -> str:
        raise NotImplementedError

    def standing(self, slug: str) -> str:
        raise NotImplementedError


class NukeViet(Style):
    def article(self, section: str, slug: str, number: int, published: date) -> str:
        return f"/vi/news/{section}/{slug}-{number}.html"

    def section(self, section: str, page: int = 1) -> str:
        return f"/vi/news/{section}/" if page == 1 else f"/vi/news/{section}/page-{page}/"

    def standing(self, slug: str) -> str:
        return f"/vi/about/{slug}.html"


class WordPress(Style):
    def article(self, section: str, slug: str, number: int, published: date) -> str:
        return f"/{published:%Y/%m}/{slug}-{number}/"

    def section(self, section: str, page: int = 1) -> str:
        return f"/category/{section}/" if page == 1 else f"/category/{section}/page/{page}/"

    def standing(self, slug: str) -> str:
        return f"/{slug}/"


class Portal(Style):
    def article(self, section: str, slug: str, number: int, published: date) -> str:
        return f"/{section}/{slug}/ctmb/{len(section)}/{number}"

    def section(self, section: str, page: int = 1) -> str:
        return f"/{section}/c{len(section)}" + ("" if page == 1 else f"?page={page}")

    def standing(self, slug: str) -> str:
        return f"/trang/{slug}.htm"


STYLES: dict[str, Style] = {
    "nukeviet": NukeViet("nukeviet.html", "/vi/news/rss/", "/uploads", 6),
    "wordpress": WordPress("wordpress.html", "/feed/", "/wp-content/uploads", 5),
    "portal": Portal("portal.html", "/rss.ashx", "/upload", 8),
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
