"""Addresses without end, and many addresses of one page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice
from urllib.parse import parse_qsl, urlencode

from crawler.demo import render
from crawler.demo.model import Host, Reply, Request
from crawler.demo.site import TODAY, Site
from crawler.demo.wild.parts import beside, framed, listed, matching, prose


def calendars(host: Host, site: Site) -> None:
    """Three calendars that go on for ever in both directions: months in the path, in the query, days in the query."""
    matching(host, r"/lich-thang/(-?\d+)-(\d+)/", lambda request, found: _months(site, request, found))
    matching(host, r"/lich\.php\?nam=(-?\d+)&thang=(\d+)", lambda request, found: _months(site, request, found))
    matching(host, r"/su-kien/xem\?date=(\d{4}-\d\d-\d\d)", lambda request, found: _days(site, request, found[1]))
    year, month = TODAY.year, TODAY.month
    starts = [
        (f"/lich-thang/{year}-{month}/", "Lịch công tác tháng"),
        (f"/lich.php?nam={year}&thang={month}", "Lịch giảng dạy"),
        (f"/su-kien/xem?date={TODAY}", "Sự kiện trong ngày"),
    ]
    beside(site, "Lịch", lambda request: starts)
    site.optional += [(pattern, "calendar") for pattern in (r"/lich-thang/.*", r"/lich\.php.*", r"/su-kien/xem.*")]


def _months(site: Site, request: Request, found: re.Match[str]) -> Reply:
    year, month = int(found[1]), int(found[2])
    links = []
    for step, words in ((-1, "Tháng trước"), (1, "Tháng sau"), (-12, "Năm trước"), (12, "Năm sau")):
        number = year * 12 + month - 1 + step
        target = f"{found[0][: found.start(1)]}{number // 12}{found[0][found.end(1) : found.start(2)]}{number % 12 + 1}"
        links.append((target + found[0][found.end(2) :], words))
    title = f"Lịch tháng {month} năm {year}"
    return framed(site, request, title, listed(links) + prose(site, request.target))


def _days(site: Site, request: Request, text: str) -> Reply | None:
    try:
        today = date.fromisoformat(text)
        links = [(f"?date={today + timedelta(days=step)}", f"{step:+} ngày") for step in (-1, 1, -7, 7)]
    except (ValueError, OverflowError):
        return None
    return framed(site, request, f"Sự kiện ngày {today:%d/%m/%Y}", listed(links) + prose(site, text))


def endless_path(host: Host, site: Site) -> None:
    """A folder whose relative links lead ever deeper: /thu-muc/a/a/b/…, with other text at every step."""

    def page(request: Request, found: re.Match[str]) -> Reply:
        links = [("a/", "Thư mục a"), ("b/", "Thư mục b"), ("./", "Thư mục này")]
        return framed(site, request, f"Thư mục {found[1] or 'gốc'}", listed(links) + prose(site, found[1]))

    matching(host, r"/thu-muc/((?:[ab]/)*)", page)
    beside(site, "Tài liệu", lambda request: [("/thu-muc/", "Thư mục dùng chung")])
    site.optional.append((r"/thu-muc/.*", "path_repeat"))


DEAD = 30


def soft_404(host: Host, site: Site) -> None:
    """Any address that is none answers 200 with the same words, the address among them, and relative links.

    A box on every page leads to articles that are gone.
    """

    def page(request: Request) -> Reply:
        links = [("gioi-thieu/", "Giới thiệu"), ("tin-tuc/", "Tin tức"), ("lien-he/", "Liên hệ")]
        words = f"<p>Không tìm thấy trang {request.path}. Mời quý vị quay lại sau hoặc chọn mục khác.</p>"
        menu = listed(links)
        text = f'<html lang="vi"><head><meta charset="utf-8"><title>{site.facts["trường"]}</title></head>'
        return Reply(f"<!doctype html>{text}<body>{menu}<h1>Không tìm thấy</h1>{words}</body></html>")

    host.fallback = page
    dead = [(f"/bai-cu/{2005 + number % 9}/tin-{number}.html", f"Tin cũ số {number}") for number in range(DEAD)]
    beside(site, "Lưu trữ", lambda request: dead)
    site.optional.append((r"/bai-cu/.*", "soft_404"))


FILTERS = {
    "khoi": ("10", "11", "12"),
    "mon": ("toan", "van", "anh", "ly", "hoa", "sinh", "su", "dia", "tin", "gdcd", "qpan", "td"),
    "nam": tuple(str(year) for year in range(2014, 2026)),
}


def facets(host: Host, site: Site) -> None:
    """A library whose three filters can be combined in every way, each combination with a list of its own."""
    path = site.path("/thu-vien-de-thi")

    def page(request: Request) -> Reply:
        chosen = dict(parse_qsl(request.query))
        links = []
        for name, values in FILTERS.items():
            for value in values:
                combined = {key: text for key, text in chosen.items() if key != name} | {name: value}
                links.append((f"{path}?{urlencode(combined)}", f"{name}: {value}"))
        title = "Thư viện đề thi " + " ".join(chosen.values())
        return framed(site, request, title.strip(), prose(site, request.query, lines=3) + listed(links))

    site.pages[path] = page
    beside(site, "Thư viện", lambda request: [(path, "Thư viện đề thi")])
    site.optional.append((re.escape(path) + r"\?.*", "parameter_combinations"))


def session_links(host: Host, site: Site) -> None:
    """Links that carry a session id in every known way, another one on every page; the server takes them all."""
    targets = [article.path for article in site.articles[:6]]

    def links(request: Request) -> list[tuple[str, str]]:
        mark = sha256(f"{site.key}|{request.target}|{request.visit}".encode()).hexdigest()
        forms = [
            f"{targets[0]}?PHPSESSID={mark[:26]}",
            f"{targets[1]};jsessionid={mark[:32].upper()}",
            f"/(S({mark[:24]})){targets[2]}",
            f"{targets[3]}?sid={mark[:32]}",
            f"{targets[4]}?utm_source=menu&fbclid={mark}",
            f"{targets[5]}?ASPSESSIONIDABCD={mark[:20].upper()}",
        ]
        return [(url, f"Bài đang đọc {number}") for number, url in enumerate(forms, 1)]

    def page(request: Request, found: re.Match[str]) -> Reply | None:
        path = re.sub(r";jsessionid=\w+|/\(S\(\w+\)\)", "", request.path)
        answer = host.pages.get(path) if path != request.path else None
        return answer(request) if callable(answer) else None  # type: ignore[return-value]

    matching(host, r".*(?:;jsessionid=|\(S\().*", page)
    beside(site, "Đang đọc", links)


def order_twins(host: Host, site: Site) -> None:
    """The same parameters in two orders, on every page."""
    path = site.path("/tra-cuu-van-ban")
    kinds = ("cong-van", "quyet-dinh", "ke-hoach")

    def page(request: Request) -> Reply:
        kind = dict(parse_qsl(request.query)).get("loai", kinds[0])
        links = [(f"{path}?loai={one}&nam=2026", one) for one in kinds]
        links += [(f"{path}?nam=2026&loai={one}", one) for one in kinds]
        return framed(site, request, f"Tra cứu văn bản: {kind}", prose(site, kind) + listed(links))

    site.pages[path] = page
    for kind in kinds:
        site.pages[f"{path}?loai={kind}&nam=2026"] = page
    beside(site, "Tra cứu", lambda request: [(path, "Tra cứu văn bản")])


def spellings(host: Host, site: Site) -> None:
    """A server that does not tell upper from lower case, and links that write every second word with a capital."""

    def shout(path: str) -> str:
        return "/".join(part.title() for part in path.split("/"))

    def page(request: Request) -> Reply | None:
        plain = replace(request, target=request.target.lower())
        answer = host.pages.get(plain.path)
        return answer(plain) if callable(answer) and plain != request else None  # type: ignore[return-value]

    host.fallback = page

    # Each page shows some of them, so that they are found one after the other.
    def links(request: Request) -> list[tuple[str, str]]:
        chosen = site.random("spellings", request.path.lower()).sample(site.articles, 3)
        return [(shout(article.path), article.title) for article in chosen]

    beside(site, "Bạn đọc quan tâm", links)
    site.caseless = True


def languages(host: Host, site: Site) -> None:
    """Copies of twelve articles under /en/ and /fr/: another frame of words around the same text."""
    for article in islice(site.articles, 12):
        for language in ("en", "fr"):
            path = f"/{language}{article.path.removeprefix('/vi')}"
            text = "\n".join(render.lines(site, article)[0])
            words = f"<p>This page is only available in Vietnamese ({language}).</p>{text}"
            site.pages[path] = partial(_copy, site, article.title, words)
        others = [(f"/{one}{article.path.removeprefix('/vi')}", one.upper()) for one in ("en", "fr")]
        article.after += f'<div class="lang">{listed(others)}</div>'


def _copy(site: Site, title: str, words: str, request: Request) -> Reply:
    return framed(site, request, title, words)
