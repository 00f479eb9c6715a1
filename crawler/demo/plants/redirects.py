"""Offences that lead a visitor away by HTTP; those inside of a page are pages like others."""

from __future__ import annotations

from functools import partial

from crawler.demo import render
from crawler.demo.model import Planted, Reply, Request
from crawler.demo.plants.clues import make_known
from crawler.demo.plants.form import Form
from crawler.demo.site import Site


def http(form: Form, site: Site) -> list[Planted]:
    """An address that answers with a redirect (option ``status``) to the form's only line."""
    path = form.path(site)
    headers = [render.SERVER, ("Location", form.lines[0])]
    site.pages[path] = partial(_answer, Reply("", int(form.options["status"]), headers))
    site.unstored.append(path)
    make_known(form, site, path)
    return form.truth(site, [path])


def refresh(form: Form, site: Site) -> list[Planted]:
    """A page with a Refresh header to the first line; the other lines are what it shows meanwhile."""
    path = form.path(site)
    target, *lines = form.lines
    headers = [render.SERVER, ("Refresh", f"0; url={target}")]
    site.pages[path] = partial(_answer, Reply("\n".join(lines), headers=headers))
    make_known(form, site, path)
    return form.truth(site, [path])


def _answer(reply: Reply, request: Request) -> Reply:
    return reply
