"""One way of planting for all forms that depend on who looks: what is shown, to whom, on which pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape

from crawler.demo import render
from crawler.demo.model import Planted, Reply, Request
from crawler.demo.plants.clues import make_known
from crawler.demo.plants.form import Form, old
from crawler.demo.seen.eyes import WHO
from crawler.demo.seen.slots import fill
from crawler.demo.site import Article, Page, Site

MARK = ">>> "
"""Begins a line that says what the lines below it are: ``page`` or ``file /path``."""
FEW = 3
TYPES = {"js": "text/javascript", "json": "application/json", "html": "text/html"}
_BEGIN = re.compile(r"</h1>|<p>Chào mừng[^<]*</p>")
_TITLE = re.compile(r"(?s)<title>.*?</title>")


@dataclass(slots=True)
class Parts:
    """A form's lines taken apart: what is ``shown``, the honest ``page`` (title first), ``files`` by path."""

    shown: list[str] = field(default_factory=list)
    page: list[str] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)


def parts(lines: tuple[str, ...]) -> Parts:
    found = Parts()
    into = found.shown
    for line in lines:
        if not line.startswith(MARK):
            into.append(line)
        elif line == f"{MARK}page":
            into = found.page
        else:
            into = found.files.setdefault(line.removeprefix(f"{MARK}file "), [])
    return found


def plant(form: Form, site: Site) -> list[Planted]:
    """``to`` whom of WHO (anyone) something of SHOWS is shown, ``on`` which pages of PLACES.

    Where robots.txt, a link or something else leads to a page of its own says ``known``, as with all offences. With
    ``unstored`` a plain look finds no page there.
    """
    given = parts(form.lines)
    served = [_serve(site, path, "\n".join(lines)) for path, lines in given.files.items()]
    paths = PLACES[form.options["on"]](form, site, given.page)
    cloak = partial(_cloaked, site, WHO[form.options.get("to", "anyone")], SHOWS[form.way], form, given.shown)
    for path in paths:
        site.cloaks.setdefault(path, []).append(cloak)
    if "unstored" in form.options:
        site.unstored += paths
    told = [site.path("/"), *(one.path for one in _news(site))] if paths == ["*"] else paths
    return form.truth(site, [*told, *(place for place in served if place.endswith(".html"))])


def _cloaked(
    site: Site, who: Callable[[Request], bool], show: Show, form: Form, lines: list[str], page: Page, request: Request
) -> Reply:
    reply = page(request)
    if not who(request):
        return reply
    return show(form, [fill(line, request, site) for line in lines], reply, request)


def _serve(site: Site, path: str, text: str) -> str:
    """A script or its data on the school's own host, or a frame, which is as guilty as its page; where it lies."""
    place = site.path(path.replace("{uploads}", site.style.uploads))
    kind = f"{TYPES.get(place.rpartition('.')[2], 'text/html')}; charset=utf-8"

    def answer(request: Request) -> Reply:
        return Reply(fill(text, request, site), headers=[render.SERVER, ("Content-Type", kind)])

    site.pages[place] = answer
    site.unstored.append(place)
    return place


Show = Callable[[Form, list[str], Reply, Request], Reply]


def _whole(form: Form, lines: list[str], reply: Reply, request: Request) -> Reply:
    """The lines are the page, or its only line where somebody is turned away (option ``status``)."""
    return Reply("\n".join(lines), int(form.options.get("status", "200")), [render.SERVER])


def _away(form: Form, lines: list[str], reply: Reply, request: Request) -> Reply:
    """By HTTP to the first line; a ``cookie`` remembers who has been there."""
    cookie = [("Set-Cookie", f"{form.options['cookie']}=1; path=/")] if "cookie" in form.options else []
    return Reply("", int(form.options.get("status", "302")), [render.SERVER, ("Location", lines[0]), *cookie])


def _into(reply: Reply, html: str, begin: bool) -> Reply:
    """``html`` at the beginning or the end of a page; what is no page stays what it is."""
    body = reply.body
    if not isinstance(body, str) or "</body>" not in body:
        return reply
    found = _BEGIN.search(body) if begin else None
    place = found.end() if found else body.rindex("</body>")
    return replace(reply, body=f"{body[:place]}\n{html}\n{body[place:]}")


def _block(form: Form, lines: list[str], reply: Reply, request: Request) -> Reply:
    return _into(reply, "\n".join(lines), begin=True)


def _tail(form: Form, lines: list[str], reply: Reply, request: Request) -> Reply:
    return _into(reply, "\n".join(lines), begin=False)


def _titled(form: Form, lines: list[str], reply: Reply, request: Request) -> Reply:
    """The first line is the title, the others a block."""
    made = _into(reply, "\n".join(lines[1:]), begin=True)
    title = f"<title>{escape(lines[0], quote=False)}</title>"
    return replace(made, body=_TITLE.sub(lambda found: title, str(made.body), count=1))


def _rotate(form: Form, lines: list[str], reply: Reply, request: Request) -> Reply:
    """One line after another, each time the next."""
    return _into(reply, lines[request.visit % len(lines)], begin=True)


SHOWS: dict[str, Show] = {
    "whole": _whole,
    "away": _away,
    "block": _block,
    "tail": _tail,
    "titled": _titled,
    "rotate": _rotate,
}


def _own(form: Form, site: Site, lines: list[str]) -> list[str]:
    """A page of its own, in the site's layout where the form gives one."""
    path = form.path(site)
    site.pages[path] = partial(_honest, site, lines) if lines else _empty
    make_known(form, site, path)
    return [path]


def _empty(request: Request) -> Reply:
    return Reply("", 404)


def _honest(site: Site, lines: list[str], request: Request) -> Reply:
    title, *content = lines
    return render.page(site, request, title, f"<h1>{escape(title)}</h1>" + fill("\n".join(content), request, site))


def _news(site: Site) -> list[Article]:
    return [one for one in site.articles if one.section != "van-ban"]


def _some(form: Form, site: Site, count: int) -> list[str]:
    found = old(site)
    start = found.index(form.pick(found))
    return sorted(one.path for one in (found[start:] + found[:start])[:count])


PLACES: dict[str, Callable[[Form, Site, list[str]], list[str]]] = {
    "own": _own,
    "home": lambda form, site, lines: [site.path("/")],
    "one": lambda form, site, lines: _some(form, site, 1),
    "few": lambda form, site, lines: _some(form, site, FEW),
    "news": lambda form, site, lines: [site.path("/"), *(one.path for one in _news(site))],
    "everywhere": lambda form, site, lines: ["*"],
}
