"""How hosts misbehave: traps inside a site, and ways in which a whole host answers. Known by name."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256
from random import Random

from crawler.demo import render
from crawler.demo.layout import items, link
from crawler.demo.model import PORT, Host, Reply, Request
from crawler.demo.site import TODAY, Article, Site
from crawler.demo.text import day

FIRST_YEAR, LAST_YEAR = 1970, 2099  # the calendar is large, yet not without end


def calendar(site: Site) -> None:
    """Months that each link to the one before and after, 1,560 pages with next to nothing on them."""
    base = site.path("/vi/lich-cong-tac/")
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            site.pages[f"{base}{year}-{month:02}/"] = partial(_month, site, base, date(year, month, 1))
    now = f"{base}{TODAY:%Y-%m}/"
    _beside(site, f"<h3>Lịch công tác</h3>{link(now, f'Tháng {TODAY:%m/%Y}')}")
    site.optional.append((base + ".*", "calendar"))


def _month(site: Site, base: str, month: date, request: Request) -> Reply:
    before = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    after = date(month.year + (month.month == 12), month.month % 12 + 1, 1)
    links = [
        link(f"{base}{other:%Y-%m}/", f"Tháng {other:%m/%Y}")
        for other in (before, after)
        if FIRST_YEAR <= other.year <= LAST_YEAR
    ]
    random = site.random("calendar", month)
    busy = sorted(random.sample(range(1, monthrange(month.year, month.month)[1] + 1), 3))
    rows = "".join(f"<li>{day(month.replace(day=number))}: họp giao ban</li>" for number in busy)
    title = f"Lịch công tác tháng {month:%m/%Y}"
    return render.page(site, request, title, f"<h1>{title}</h1><p>{' | '.join(links)}</p><ul>{rows}</ul>")


def sessions(site: Site) -> None:
    """Links in the side bar that carry a session id, another one on every page that is fetched."""
    targets = site.articles[:8]

    def links(request: Request) -> str:
        mark = sha256(f"{site.key}|{request.target}|{request.visit}".encode()).hexdigest()[:26]
        entries = (link(f"{one.path}?PHPSESSID={mark}", one.title) for one in targets)
        return f"<h3>Dành cho bạn</h3><ul>{items(entries)}</ul>"

    previous = site.sidebar
    site.sidebar = lambda request: previous(request) + links(request)


def prints(site: Site) -> None:
    """A print version beside every fourth article: the same text without a frame."""
    for article in [one for one in site.articles if "/vi/news/" in one.path][::4]:
        path = article.path.replace("/vi/news/", "/vi/news/print/", 1)
        site.pages[path] = partial(_print, site, article)
        article.after += f'<p class="tools">{link(path, "In ra")}</p>'
    site.optional.append((site.path("/vi/news/print/.*"), "near_duplicate"))


def _print(site: Site, article: Article, request: Request) -> Reply:
    text = "\n".join(render.lines(site, article)[0])
    head = f'<meta charset="utf-8"><meta name="robots" content="noindex"><title>{article.title}</title>'
    return Reply(f"<!doctype html><html><head>{head}</head><body><h1>{article.title}</h1>{text}</body></html>")


def _beside(site: Site, html: str) -> None:
    previous = site.sidebar
    site.sidebar = lambda request: previous(request) + html


TRAPS: dict[str, Callable[[Site], None]] = {"calendar": calendar, "sessions": sessions, "prints": prints}


def slow(host: Host, to: str) -> None:
    """0.3 to 1 s an answer, the same for the same address."""

    def wait(request: Request, reply: Reply) -> Reply:
        delay = Random(request.target).uniform(0.3, 1.0)  # noqa: S311 - not a secret
        return replace(reply, delay=delay)

    host.wrap = wait


def busy(host: Host, to: str) -> None:
    """503 with Retry-After of two seconds to the first request, and then all is well."""

    def first(request: Request, reply: Reply) -> Reply:
        if request.visit > 1:
            return reply
        return Reply("<h1>503 Máy chủ đang bận</h1>", 503, [render.SERVER, ("Retry-After", "2")])

    host.wrap = first


def deaf(host: Host, to: str) -> None:
    """Nothing listens at the address."""
    host.listening = False


def moved(host: Host, to: str) -> None:
    """Every address answers 301 with the same path on another site."""
    location = f"http://{to}:{PORT}"
    host.fallback = lambda request: Reply("", 301, [render.SERVER, ("Location", location + request.target)])


def default_page(host: Host, to: str) -> None:
    """A server that was set up and never got a site."""
    text = (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>IIS Windows Server</title></head><body>'
        '<div id="container"><a href="#"><img src="iisstart.png" alt="IIS" width="960" height="600"></a></div>'
        "</body></html>"
    )
    host.pages = {"/": Reply(text, headers=[("Server", "Microsoft-IIS/10.0")])}


WAYS: dict[str, Callable[[Host, str], None]] = {
    "slow": slow,
    "busy": busy,
    "deaf": deaf,
    "moved": moved,
    "default_page": default_page,
}
