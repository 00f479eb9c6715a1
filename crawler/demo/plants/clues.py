"""What alone leads to a planted page: a sitemap, the feed, robots.txt, an old link, a form, a script, a document."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

from crawler.demo import files, render
from crawler.demo.documents import reply
from crawler.demo.layout import link
from crawler.demo.model import PORT, Reply, Request
from crawler.demo.plants.form import OLD, Form, old
from crawler.demo.site import TODAY, Site


def sitemap(form: Form, site: Site, path: str, words: str) -> None:
    site.listed.append((path, "", TODAY))


def feed(form: Form, site: Site, path: str, words: str) -> None:
    site.feed.append((path, words, OLD))


def robots(form: Form, site: Site, path: str, words: str) -> None:
    site.disallowed.append(path)


def linked(form: Form, site: Site, path: str, words: str) -> None:
    """A sentence below an old article."""
    form.pick(old(site)).after += f"<p>{link(path, words)}.</p>"


def moved(form: Form, site: Site, path: str, words: str) -> None:
    """An address of the site's last platform, which still answers, and to which an old article still points."""
    was = site.path(f"/index.php?Itemid=54&id={len(form.name) * 7}&option=com_content")
    site.pages[was] = lambda request: Reply("", 301, [render.SERVER, ("Location", site.url(path))])
    site.unstored.append(was)
    linked(form, site, was, words)


def searched(form: Form, site: Site, path: str, words: str) -> None:
    """A form for searching that stands below an old article."""
    field = '<input type="text" name="sbd" placeholder="Số báo danh"><button type="submit">Tra cứu</button>'
    form.pick(old(site)).after += f'<form method="get" action="{escape(path)}"><p>{words}</p>{field}</form>'


def scripted(form: Form, site: Site, path: str, words: str) -> None:
    """An address in a script of an old article."""
    form.pick(old(site)).after += f'<script>var cauHinh = {{tieuDe: "{words}", trang: "{path}"}};</script>'


def folder(form: Form, site: Site, path: str, words: str) -> None:
    """The listing of an upload folder that robots.txt would rather not have visited."""
    place = path.rpartition("/")[0] + "/"
    site.disallowed.append(place)
    site.pages[place] = partial(_index, place, path)


def _index(place: str, path: str, request: Request) -> Reply:
    names = ["DSC_0182.jpg", "DSC_0183.jpg", "bang-diem-hk1.rar", path.rpartition("/")[2], "thongbao.jpg"]
    rows = "".join(
        f'<tr><td><a href="{name}">{name}</a></td><td align="right">2024-03-{number + 11} 02:1{number}</td></tr>\n'
        for number, name in enumerate(names)
    )
    title = f"Index of {place}"
    head = f'<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><head><title>{title}</title></head>'
    table = (
        f'<table><tr><th>Name</th><th>Last modified</th></tr><tr><td><a href="..">Parent Directory</a></td></tr>{rows}'
    )
    return Reply(f"{head}<body><h1>{title}</h1>{table}</table></body></html>", headers=[("Server", "Apache/2.4.29")])


def documented(form: Form, site: Site, path: str, words: str) -> None:
    """A Word file below an old article; only inside of it stands the address."""
    article = form.pick(old(site))
    at = site.path(f"{site.style.uploads}/huong-dan-{article.number}.docx")
    site.pages[at] = partial(_guide, site, path, words)
    article.after += f"<p>{link(at, 'Tải tệp hướng dẫn')}.</p>"


def _guide(site: Site, path: str, words: str, request: Request) -> Reply:
    url = site.url(path).replace(PORT, str(request.port))  # bytes go out as they are
    return reply("docx", files.docx("Hướng dẫn tra cứu", [f"Kính gửi quý phụ huynh. {words}:"], [(words, url)]))


CLUES: dict[str, Callable[[Form, Site, str, str], None]] = {
    "sitemap": sitemap,
    "feed": feed,
    "robots": robots,
    "link": linked,
    "moved": moved,
    "form": searched,
    "script": scripted,
    "folder": folder,
    "document": documented,
}


def make_known(form: Form, site: Site, path: str) -> None:
    """Lead to ``path`` in the way the form asks for, with its words."""
    CLUES[form.options["known"]](form, site, path, form.options.get("words", "Xem chi tiết tại đây"))
