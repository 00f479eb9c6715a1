"""Hosts outside of all schools: where offences lead, over which hops, and who serves scripts, data and honest ads."""

from __future__ import annotations

from functools import partial

from crawler.demo.model import Host, Reply, Request
from crawler.demo.render import SERVER
from crawler.demo.seen.slots import fill
from crawler.demo.seen.ways import MARK, TYPES
from crawler.demo.text import symbols

ADDRESS = "127.77.201.{}"
OPEN = ("Access-Control-Allow-Origin", "*")
REFUSES = "refuses"


def outside() -> dict[str, Host]:
    """Every ``[name]`` of ``data/seen/outside.txt``: ``>>> /path`` begins a page or file, ``>>> /path > URL`` moves.

    ``[name | refuses]`` has an address where nothing listens.
    """
    made = {}
    for number, (heading, lines) in enumerate(symbols("seen/outside.txt").items(), 1):
        name, _, kind = (field.strip() for field in heading.partition("|"))
        host = Host(name, ADDRESS.format(number), listening=kind != REFUSES)
        host.pages = {path: partial(_answer, path, text, to) for path, (text, to) in _places(lines).items()}
        made[name] = host
    return made


def _places(lines: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Path -> (text, target of a redirect)."""
    found: dict[str, tuple[str, str]] = {}
    path = ""
    for line in lines:
        if line.startswith(MARK):
            path, _, to = line.removeprefix(MARK).partition(" > ")
            found[path] = ("", to)
        else:
            text, to = found[path]
            found[path] = (f"{text}{line}\n", to)
    return found


def _answer(path: str, text: str, to: str, request: Request) -> Reply:
    if to:
        return Reply("", 302, [SERVER, ("Location", fill(to, request))])
    kind = TYPES.get(path.rpartition(".")[2], "text/html")
    return Reply(fill(text, request), headers=[SERVER, OPEN, ("Content-Type", f"{kind}; charset=utf-8")])
