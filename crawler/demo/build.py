"""From the data files to a province: plans the sites, plants the offences, lists the truth."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, partial
from random import Random
from typing import Any

from ruamel.yaml import YAML

from crawler.demo import maps, render
from crawler.demo.layout import items, link
from crawler.demo.model import PORT, End, Host, LookAlike, Pages, Reply, Request, Truth, Unit
from crawler.demo.plants import INNOCENTS, PLANTS, landings
from crawler.demo.province import Province
from crawler.demo.seen import CLOAKED, DYNAMIC
from crawler.demo.seen.outside import outside
from crawler.demo.site import Site, fill, plan
from crawler.demo.text import Writer, parts, read, slug, topics
from crawler.demo.traps import TRAPS, WAYS
from crawler.demo.wild import HABITS, WHOLE

LANDING = "127.77.200.{}"


def build(seed: int, scale: float, wild: bool = True, seen: bool = False) -> Province:
    """The province of ``data/province``, and with ``wild`` the misbehaving hosts of ``data/wild.yaml``.

    With ``seen`` come the schools of ``data/seen.yaml``, whose pages are not the same for everybody.

    Raises KeyError for a name that nothing knows.
    """
    data = areas()
    units = [*data["units"], *(_read("wild.yaml")["units"] if wild else ())]
    if not seen:
        return assemble(units, data["vendor"]["name"], seed, scale)
    made = assemble([*units, *_read("seen.yaml")["units"]], data["vendor"]["name"], seed, scale)
    made.hosts += outside().values()
    return made


def assemble(described: list[dict[str, Any]], vendor: str, seed: int, scale: float) -> Province:
    """A province of units as the data files describe them; ``vendor`` runs the portals. Raises KeyError as above."""
    hosts: dict[str, Host] = {}
    truth = Truth()
    units = []
    portals: dict[str, list[Site]] = {}
    for number, unit in enumerate(described, 1):
        facts = _facts(unit, seed, number)
        units.append(_unit(unit, facts, number))
        for settings in unit["sites"]:
            host = hosts.setdefault(
                settings["host"],
                Host(settings["host"], settings.get("address", ""), {}, gzip=settings.get("gzip", False)),
            )
            _end(truth, settings)
            if "style" not in settings:
                _ways(host, settings, None)
                continue
            _site(truth, site := plan(settings, unit, facts, seed, scale), settings)
            portals.setdefault(site.host, []).append(site)
            _ways(host, settings, site)
            host.pages = {**host.pages, **site.pages}
            hosts.update(_twin(host, settings))
    complete = {end.host for end in truth.hosts if end.state == "complete"}
    for name, sites in portals.items():
        hosts[name].pages = {**_portal(sites, vendor), **hosts[name].pages}
        if f"{name}:{PORT}" in complete:
            truth.pages[f"{name}:{PORT}"] = _known(hosts[name], sites)
    hosts.update(_landings())
    truth.lookalikes.sort(key=lambda one: one.url)
    return Province(list(hosts.values()), units, truth)


@cache
def areas() -> dict[str, Any]:
    """The files of ``data/province`` as one: the vendor, and the units of all areas."""
    found: dict[str, Any] = {"units": []}
    for text in parts("province"):
        area = YAML(typ="safe", pure=True).load(text)
        found["units"] += area.pop("units")
        found |= area
    return found


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(read(name))
    return found


def _facts(unit: dict[str, Any], seed: int, number: int) -> dict[str, str]:
    """What every text of a school knows about it."""
    writer = Writer(Random(f"{seed}|{unit['code']}"), {}, (unit["level"],))  # noqa: S311 - not a secret
    commune = unit["commune"]
    polite = writer.write("{ông|bà}" if unit["level"] == "phong" else "{thầy|cô}")
    name = writer.write("{họ} {tên nam}" if polite in ("thầy", "ông") else "{họ} {tên nữ}")
    classes = writer.random.randint(8, 16) if unit["level"] == "mam_non" else writer.random.randint(18, 42)
    words = unit["name"].split()
    return {
        "trường": unit["name"],
        "viết tắt": "".join(word[0] for word in words if word[0].isupper())[-4:],
        "xã": commune[0].lower() + commune[1:],
        "địa chỉ": f"{unit['street']}, {commune[0].lower() + commune[1:]}, thành phố Hải Phòng",
        "điện thoại": f"0225.3{700 + number}.{writer.random.randint(100, 999)}",
        "email": f"{slug(unit['name']).removeprefix('truong-').replace('-', '')}@haiphong.edu.vn",
        "số lớp": str(classes),
        "số học sinh": str(classes * writer.random.randint(31, 38) - 7),
        "hiệu trưởng": f"{polite} {name}",
        "người kí": name,
        "chức danh kí": {"phong": "TRƯỞNG PHÒNG", "gdtx": "GIÁM ĐỐC", "khac": "GIÁM ĐỐC"}.get(
            unit["level"], "HIỆU TRƯỞNG"
        ),
        "lớp đầu cấp": {"thcs": "lớp 6", "tieu_hoc": "lớp 1", "thpt": "lớp 10"}.get(unit["level"], "các lớp đầu cấp"),
    }


def _unit(unit: dict[str, Any], facts: dict[str, str], number: int) -> Unit:
    """The row of the register; websites in the several ways that people write them."""
    forms = (f"http://{{}}:{PORT}/", f"{{}}:{PORT}", f"http://{{}}:{PORT}")
    websites = []
    for settings in unit["sites"]:
        prefix = settings.get("prefix", "")
        form = forms[0] if prefix else forms[number % len(forms)]
        websites.append(form.format(settings["host"]) + prefix.removeprefix("/") + ("/" if prefix else ""))
    return Unit(
        code=unit["code"],
        name=unit["name"],
        level=unit["level"],
        commune=unit["commune"],
        district=unit["district"],
        websites=tuple(websites),
        phone=facts["điện thoại"],
        email=facts["email"],
    )


def _site(truth: Truth, site: Site, settings: dict[str, Any]) -> None:
    """Plant what the settings name, then make the pages; what is to be found there goes into the truth."""
    guilty: set[str] = set()
    for name in settings.get("plants", ()):
        planted = (CLOAKED[name] if name in CLOAKED else PLANTS[name])(site)
        guilty.update(url for one in planted for url in one.urls)
        truth.violations += planted
    for name in settings.get("lookalikes", ()):
        if name in INNOCENTS:
            truth.lookalikes += [LookAlike(one.host, one.url, one.form) for one in INNOCENTS[name](site)]
        elif name in DYNAMIC:
            urls = (url for one in DYNAMIC[name](site) for url in one.urls if url not in guilty)
            truth.lookalikes += [LookAlike(f"{site.host}:{PORT}", url, name, cloaking=True) for url in urls]
    for name in settings.get("behaves", ()):
        if name in TRAPS:
            TRAPS[name](site)
    fill(site)
    site.pages[site.path(site.style.feed)] = partial(render.feed, site)
    if not site.prefix:
        maps.add(site)
    else:
        site.unstored.append(site.path(site.style.feed))
    truth.lookalikes += _lookalikes(site)


def _ways(host: Host, settings: dict[str, Any], site: Site | None) -> None:
    for name in settings.get("behaves", ()):
        if name in WAYS:
            WAYS[name](host, settings.get("to", ""))
        elif name in WHOLE:
            WHOLE[name](host, settings.get("to", ""))
        elif name in HABITS and site is not None:
            HABITS[name](host, site)
        elif name not in TRAPS:
            raise KeyError(f"{settings['host']}: nothing behaves like {name}")


def _end(truth: Truth, settings: dict[str, Any]) -> None:
    end = End(
        f"{settings['host']}:{PORT}",
        settings.get("end", "complete"),
        settings.get("cause", ""),
        tuple(settings.get("skipped", {}).items()),
        settings.get("most", 0),
    )
    if end not in truth.hosts:  # two schools on one portal are one host
        truth.hosts.append(end)


def _twin(host: Host, settings: dict[str, Any]) -> dict[str, Host]:
    kind = settings.get("twin")
    if kind is None:
        return {}
    twin = Host(f"*.{host.name}" if kind == "every" else f"www.{host.name}", host.address)
    if kind == "redirect":
        WAYS["moved"](twin, host.name)
    else:
        twin.pages, twin.wrap, twin.gzip = host.pages, host.wrap, host.gzip
    return {twin.name: twin}


def _lookalikes(site: Site) -> Iterable[LookAlike]:
    forms = {topic.name for topic in topics("lookalikes.txt")}
    host = f"{site.host}:{PORT}"
    return [LookAlike(host, site.url(one.path), one.topic) for one in site.articles if one.topic in forms]


def _portal(sites: list[Site], vendor: str) -> dict[str, Any]:
    """The front page of a host that holds schools under paths; nothing for a school's own host."""
    if not sites[0].prefix:
        return {}
    schools = items(link(site.path("/"), site.facts["trường"]) for site in sites)
    title = f"Cổng thông tin các trường – {vendor}"
    head = f'<meta charset="utf-8"><title>{title}</title>'
    text = f'<!doctype html><html lang="vi"><head>{head}</head><body><h1>{title}</h1><ul>{schools}</ul></body></html>'
    robots = Reply("User-agent: *\nDisallow: /admin/\n", headers=[("Content-Type", "text/plain; charset=utf-8")])
    return {"/": text, "/robots.txt": robots}


def _known(host: Host, sites: list[Site]) -> Pages:
    """Which pages of a host a deep run must store, and which it may skip."""
    optional = [entry for site in sites for entry in site.optional]
    unstored = {path for site in sites for path in site.unstored} | {"/robots.txt"}
    if sites[0].prefix:
        optional.append(("/", "the front page of the portal belongs to no school"))
    skipped = [re.compile(pattern) for pattern, _ in optional]
    stored = [path for path in host.pages if path not in unstored and not any(one.fullmatch(path) for one in skipped)]
    return Pages(tuple(stored), tuple(optional), any(site.caseless for site in sites))


def _landings() -> dict[str, Host]:
    """The destinations, each with an address and a page of its own; a review has no business there."""
    made = {}
    for number, (name, title) in enumerate(landings().items(), 1):
        text = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        made[name] = Host(name, LANDING.format(number), fallback=partial(_landing, text))
    return made


def _landing(text: str, request: Request) -> Reply:
    return Reply(text, headers=[render.SERVER])
