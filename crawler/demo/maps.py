"""What a site tells machines: robots.txt and sitemaps, plain, as an index, or gzipped."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from crawler.demo.model import PORT, Reply, Request

if TYPE_CHECKING:
    from crawler.demo.site import Site

XML = ("Content-Type", "application/xml; charset=utf-8")
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
Entry = tuple[str, str]


def add(site: Site) -> None:
    """Give ``site`` its robots.txt and the sitemaps that it is meant to have."""
    articles = [(site.url(one.path), one.published.isoformat()) for one in site.articles]
    hidden = [(site.url(path), at.isoformat()) for path, _, at in site.listed]
    main = site.style.sitemap
    maps: list[str] = []
    if site.sitemap == "plain":
        maps = [main]
        site.pages[main] = partial(urls, articles + hidden)
    elif site.sitemap in ("index", "gz"):
        maps = [main]
        ending = ".gz" if site.sitemap == "gz" else ""
        parts = {f"{path}{ending}": entries for path, entries in zip(site.style.parts, (articles, hidden), strict=True)}
        for path, entries in parts.items():
            site.pages[path] = partial(urls, entries)
            site.unstored.append(path)
        index = [(site.url(path), site.articles[0].published.isoformat()) for path in parts]
        site.pages[main] = partial(_index, index)
    site.unstored += [*maps, "/robots.txt", site.path(site.style.feed)]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in ["/admin/", *site.disallowed])]
    lines += [f"Sitemap: {site.url(path)}" for path in [*maps, *site.sitemaps]]
    site.pages["/robots.txt"] = partial(_plain, "\n".join(lines) + "\n")


def _plain(text: str, request: Request) -> Reply:
    return Reply(text, headers=[("Content-Type", "text/plain; charset=utf-8")])


def urls(entries: Iterable[Entry], request: Request) -> Reply:
    """A sitemap of addresses and the days of their last change."""
    body = "".join(f"<url><loc>{escape(url)}</loc><lastmod>{at}</lastmod></url>\n" for url, at in entries)
    return _xml(f'<urlset xmlns="{NAMESPACE}">\n{body}</urlset>', request)


def _index(entries: Iterable[Entry], request: Request) -> Reply:
    body = "".join(f"<sitemap><loc>{escape(url)}</loc><lastmod>{at}</lastmod></sitemap>\n" for url, at in entries)
    return _xml(f'<sitemapindex xmlns="{NAMESPACE}">\n{body}</sitemapindex>', request)


def _xml(inner: str, request: Request) -> Reply:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{inner}\n'
    if not request.path.endswith(".gz"):
        return Reply(text, headers=[XML])
    packed = gzip.compress(text.replace(PORT, str(request.port)).encode(), 6, mtime=0)
    return Reply(packed, headers=[("Content-Type", "application/gzip")])
