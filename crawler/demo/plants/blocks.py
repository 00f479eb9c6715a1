"""Offences in pages that are honest otherwise: blocks in articles, comments under them, another title."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from crawler.demo.boards import comment
from crawler.demo.model import Planted, Request
from crawler.demo.plants.form import Form, old
from crawler.demo.site import Article, Site

FEW = 3


def _all(form: Form, site: Site) -> list[Article]:
    return [article for article in site.articles if article.section != "van-ban"]


def _few(form: Form, site: Site) -> list[Article]:
    found = old(site)
    start = found.index(form.pick(found))
    return (found[start:] + found[:start])[:FEW]


WHICH: dict[str, Callable[[Form, Site], list[Article]]] = {
    "old": lambda form, site: old(site),
    "all": _all,
    "few": _few,
    "one": lambda form, site: [form.pick(old(site))],
}


def block(form: Form, site: Site) -> list[Planted]:
    """The form's HTML ``where`` in ``which`` articles."""
    chosen = WHICH[form.options["which"]](form, site)
    PLACES[form.options["where"]](site, chosen, form.html)
    return form.truth(site, sorted(article.path for article in chosen))


def _inside(site: Site, chosen: list[Article], html: str) -> None:
    for article in chosen:
        article.inside += html


def _after(site: Site, chosen: list[Article], html: str) -> None:
    for article in chosen:
        article.after += f"\n{html}\n"


def _tail(site: Site, chosen: list[Article], html: str) -> None:
    marked, before = {article.path for article in chosen}, site.tail
    site.tail = lambda article: before(article) + (f"\n{html}\n" if article.path in marked else "")


def _footer(site: Site, chosen: list[Article], html: str) -> None:
    marked, before = {article.path for article in chosen}, site.footer
    site.footer = lambda article: before(article) + (html if article.path in marked else "")


def _sidebar(site: Site, chosen: list[Article], html: str) -> None:
    marked, before = {article.path for article in chosen}, site.sidebar

    def shown(request: Request) -> str:
        return before(request) + (html if request.path in marked else "")

    site.sidebar = shown


def _head(site: Site, chosen: list[Article], html: str) -> None:
    for article in chosen:
        site.rewrites[article.path] = lambda page: page.replace("</head>", f"{html}\n</head>", 1)


PLACES: dict[str, Callable[[Site, list[Article], str], None]] = {
    "inside": _inside,
    "after": _after,
    "tail": _tail,
    "footer": _footer,
    "sidebar": _sidebar,
    "head": _head,
}


def head(form: Form, site: Site) -> list[Planted]:
    """An article whose text is as it was, under a title and description that are not."""
    (article,) = WHICH["one"](form, site)
    title, description = (escape(line) for line in form.lines)

    def change(page: str) -> str:
        page = re.sub(r"(?s)<title>.*?</title>", lambda match: f"<title>{title}</title>", page, count=1)
        meta = re.compile(r'(<meta [^>]*name="description" content=")[^"]*', re.IGNORECASE)
        return meta.sub(lambda match: match[1] + description, page, count=1)

    site.rewrites[article.path] = change
    return form.truth(site, [article.path])


def comments(form: Form, site: Site) -> list[Planted]:
    """Advertising among honest comments under one old article; its neighbours have honest ones alone."""
    articles = old(site)
    spammed = form.pick(articles)
    for article in {id(one): one for one in (spammed, *articles[::3])}.values():
        writer = site.writer(article.published, "comments", article.number)
        if not article.comments:
            honest = [(writer.write("{người}"), writer.write("{lời bạn đọc}")) for _ in range(2)]
            article.comments += [comment(writer, *said) for said in honest]
        if article is spammed:
            article.comments += [comment(writer, *_said(writer.write(line))) for line in form.lines]
    return form.truth(site, [spammed.path])


def _said(line: str) -> tuple[str, str]:
    author, _, text = line.partition(" | ")
    return author, text
