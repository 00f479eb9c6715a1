"""Offences on pages of their own: doorways, boards where anybody writes, files in the upload folder."""

from __future__ import annotations

from functools import partial
from html import escape

from crawler.demo import files, maps, render
from crawler.demo.boards import BOARDS
from crawler.demo.documents import reply
from crawler.demo.model import Planted, Reply, Request
from crawler.demo.plants.clues import make_known
from crawler.demo.plants.form import OLD, Form
from crawler.demo.site import TODAY, Site


def page(form: Form, site: Site) -> list[Planted]:
    """A page that is nothing but the form's HTML."""
    path = form.path(site)
    site.pages[path] = partial(_html, form.html)
    make_known(form, site, path)
    return form.truth(site, [path])


def _html(text: str, request: Request) -> Reply:
    return Reply(text, headers=[render.SERVER])


def framed(form: Form, site: Site) -> list[Planted]:
    """The form's HTML in the layout of the site; its first line is the title."""
    path = form.path(site)
    title, content = form.lines[0], "\n".join(form.lines[1:])
    site.pages[path] = partial(_framed, site, title, content)
    make_known(form, site, path)
    return form.truth(site, [path])


def _framed(site: Site, title: str, content: str, request: Request) -> Reply:
    return render.page(site, request, title, f"<h1>{escape(title)}</h1>{content}")


def board(form: Form, site: Site) -> list[Planted]:
    """A place where visitors write, with the form's entries (author | text) among honest ones."""
    path = form.path(site)
    kind = BOARDS[form.options["board"]]
    writer = site.writer(OLD, form.name)
    honest = [kind.honest(writer) for _ in range(4)]
    planted = [kind.entry(writer, *writer.write(line).split(" | ", 1)) for line in form.lines]
    content = kind.html([*honest[:2], *planted, *honest[2:]])
    site.pages[path] = partial(_framed, site, kind.title, content)
    make_known(form, site, path)
    return form.truth(site, [path])


def doorways(form: Form, site: Site) -> list[Planted]:
    """One address, as many pages as there are brands (first line), and a sitemap of their own."""
    brands = form.lines[0].split()
    html = "\n".join(form.lines[1:])
    paths = []
    for brand in brands:
        path = site.path(form.options["path"].replace("{brand}", brand))
        site.pages[path] = partial(_html, html.replace("{brand}", brand.upper()))
        paths.append(path)
    listing = site.path(form.options["sitemap"])
    site.pages[listing] = partial(maps.urls, [(site.url(path), TODAY.isoformat()) for path in paths])
    site.sitemaps.append(listing)
    site.unstored.append(listing)
    return form.truth(site, paths)


def file(form: Form, site: Site) -> list[Planted]:
    """A document: its title, its paragraphs, and lines ``URL text`` as links."""
    path = form.path(site)
    title, *lines = form.lines
    links = [(text, url) for url, _, text in (line.partition(" ") for line in lines if line.startswith("http"))]
    texts = [line for line in lines if not line.startswith("http")]
    kind = path.rpartition(".")[2]
    site.pages[path] = partial(_file, kind, _built(kind, title, texts, links))
    make_known(form, site, path)
    return form.truth(site, [path])


def _built(kind: str, title: str, texts: list[str], links: list[tuple[str, str]]) -> bytes:
    if kind == "xlsx":
        return files.xlsx(title, [[text] for text in texts], links)
    if kind == "zip":
        return files.archive({"tai-lieu/huong-dan.docx": files.docx(title, texts, links)})
    build = {"pdf": files.pdf, "docx": files.docx, "pptx": files.pptx}[kind]
    return build(title, texts, links)


def _file(kind: str, data: bytes, request: Request) -> Reply:
    return reply(kind, data)
