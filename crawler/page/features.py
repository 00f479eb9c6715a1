"""What of a page matters when two views of it are compared: lines, links by region, hosts, title, ways off.

Numbers, dates, times and tokens are folded away, so that counters, clocks and CSRF tokens make no difference.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import urlsplit

from crawler.items import Page
from crawler.urls import host_of, owner

MAX_LINES = 5_000
MAX_LINKS = 5_000
_MAX_LINE = 2_000  # characters of one line that count
_MAX_LETTERS = 20_000
_MAX_CODE_HOSTS = 200
_TELLING = 8  # characters of a link's text that stand for it inside a line
_MAX_REMOVED = 500
SHELL = 200
"""Characters of visible text below which a page with scripts is a shell that only a browser fills."""

# Days and moments in words, as school sites write them beside everything: "Thứ hai, 5 phút trước".
_MOMENT = re.compile(
    r"\b(?:thứ (?:hai|ba|tư|năm|sáu|bảy)|chủ nhật|(?:mon|tues|wednes|thurs|fri|satur|sun)day|sáng|chiều|tối|[ap]m"
    r"|vừa xong|vừa mới|hôm nay|hôm qua|(?:giây|phút|giờ|ngày|tuần|tháng|năm) trước"
    r"|(?:second|minute|hour|day|week|month|year)s? ago|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?"
    r"|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_TOKEN = re.compile(r"[\w+/=-]{12,}+")
_OPAQUE = re.compile(r"[\w+=]{16,}+")  # in a path, whose numbers say which article it is
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d(?:[\d.,:/\s-]*\d)?")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[a-z\u00c0-\u024f\u1e00-\u1eff]", re.IGNORECASE)
_VIETNAMESE = re.compile(r"[ăâđêôơư\u1ea0-\u1ef9]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of visible text: its weight in characters, and its slot (the region of a link, or the zone)."""

    weight: int
    slot: str


@dataclass(frozen=True, slots=True)
class Features:
    """What matters of one fetch. Texts and links are 64-bit hashes of their folded forms.

    ``links`` are by region, ``leads`` the domains off the site that each region leads to; ``menu`` the site's own
    links outside the main zone; ``redirects`` the targets off the site by domain; ``code`` the domains off the site
    of scripts and frames. ``foreign`` and ``vietnamese`` are shares of letters, -1.0 where there are too few.
    """

    status: int
    wall: str
    shell: bool
    title: frozenset[str]
    lines: Mapping[int, Line]
    hidden: Mapping[int, int]
    links: Mapping[str, frozenset[int]]
    leads: Mapping[str, frozenset[str]]
    menu: frozenset[int]
    redirects: Mapping[str, str]
    code: frozenset[str]
    foreign: float
    vietnamese: float

    @property
    def weight(self) -> int:
        """Characters of visible text."""
        return sum(line.weight for line in self.lines.values())

    @property
    def domains(self) -> frozenset[str]:
        """All domains off the site that the page names."""
        return frozenset({*self.redirects, *self.code}.union(*self.leads.values()))


def features(page: Page) -> Features:
    """The features of a page; pure, bounded, never raises."""
    own = domain(page.host)
    links: dict[str, set[int]] = {}
    leads: dict[str, set[str]] = {}
    anchors: dict[int, str] = {}
    menu: set[int] = set()
    code = {name for name in _sources(page) if name != own}
    for link in page.links[:MAX_LINKS]:
        if link.kind in ("frame", "iframe"):
            code.add(domain(host_of(link.url)))
            continue
        if link.kind not in ("a", "area"):
            continue
        target = _target(link.url)
        links.setdefault(link.region, set()).add(key(f"{target}|{folded(link.text)}"))
        if (name := domain(host_of(link.url))) != own:
            leads.setdefault(link.region, set()).add(name)
        elif not link.region.startswith("main"):
            menu.add(key(target))
        if link.text and not link.hidden:
            anchors.setdefault(key(folded(link.text)), link.region)
    lines: dict[int, Line] = {}
    for text, zone in shown(page):
        form = folded(text)
        line = key(form)
        lines.setdefault(line, Line(len(form), anchors.get(line, zone)))
    foreign, vietnamese = _letters(page)
    return Features(
        status=page.status,
        wall=page.wall,
        shell=sum(line.weight for line in lines.values()) < SHELL and _has_script(page),
        title=frozenset(_WORD.findall(page.title[:500].lower())),
        lines=lines,
        hidden={key(form): len(form) for form in map(folded, _hidden(page)) if form},
        links={region: frozenset(found) for region, found in links.items()},
        leads={region: frozenset(found) for region, found in leads.items()},
        menu=frozenset(menu),
        redirects={name: way.url for way in page.redirects if (name := domain(host_of(way.url))) != own},
        code=frozenset(sorted(code - {own, ""})[:_MAX_CODE_HOSTS]),
        foreign=foreign,
        vietnamese=vietnamese,
    )


def shown(page: Page) -> Iterator[tuple[str, str]]:
    """The lines of visible text as they are written, with their zones."""
    left = MAX_LINES
    for block in page.blocks:
        if block.part not in ("text", "document"):
            continue
        for line in block.text.splitlines():
            if left <= 0:
                return
            left -= 1
            if line.strip():
                yield line, block.region.partition(">")[0]


def without(page: Page, regions: Collection[str]) -> Page:
    """The page without the links of some regions and the text that is theirs; judged by nobody yet."""
    links = [link for link in page.links if link.region not in regions]
    gone = {link.text for link in page.links if link.region in regions and link.text} - {link.text for link in links}
    long = sorted((text for text in gone if len(text) >= _TELLING), key=len, reverse=True)[:_MAX_REMOVED]
    blocks = [
        replace(block, text=_removed(block.text, gone, long)) if block.part in ("text", "heading", "alt") else block
        for block in page.blocks
    ]
    return replace(page, blocks=blocks, links=links, violations=[], shadow=[], ruleset="", lists="")


def _removed(text: str, whole: Collection[str], parts: Iterable[str]) -> str:
    """The lines that are none of ``whole``, with none of ``parts`` in them (several links may stand in one line)."""
    text = "\n".join(line for line in text.splitlines() if line not in whole)
    for part in parts:
        text = text.replace(part, " ")
    return text


def folded(text: str) -> str:
    """A line without what changes by itself: case, white space, numbers, dates, moments and tokens."""
    text = " ".join(text[:_MAX_LINE].lower().split())
    return _NUMBER.sub("0", _TOKEN.sub(_token, _MOMENT.sub("0", text)))


def _token(match: re.Match[str]) -> str:
    """Nothing of a long word with digits; words of letters stay."""
    return "*" if _DIGIT.search(match[0]) else match[0]


def key(text: str) -> int:
    """A 64-bit hash, the same on every worker."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


@lru_cache(maxsize=4096)
def domain(host: str) -> str:
    """The registrable domain of a host, or the host where there is none."""
    return owner(host.partition(":")[0], ()) or host


def _target(url: str) -> str:
    """Where a link leads, without tokens and the values of its query."""
    parts = urlsplit(url)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")[:50] if pair})
    path = _OPAQUE.sub(_token, parts.path.partition(";")[0])
    return f"{parts.netloc}{path}?{'&'.join(names)}"


def _hidden(page: Page) -> Iterator[str]:
    lines = (line for block in page.blocks if block.part in ("hidden", "tail") for line in block.text.splitlines())
    for _, line in zip(range(MAX_LINES), lines, strict=False):
        yield line


def _sources(page: Page) -> Iterator[str]:
    """Domains of the scripts that the page loads."""
    for block in page.blocks:
        if block.part == "script" and block.where == "script src":
            for source in block.text.splitlines()[:_MAX_CODE_HOSTS]:
                host = _host(source if "://" in source[:8] else f"http:{source}")
                if host:
                    yield domain(host)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _has_script(page: Page) -> bool:
    return any(block.part == "script" for block in page.blocks)


def _letters(page: Page) -> tuple[float, float]:
    """Shares of letters that are not Latin, and of those that only Vietnamese has; -1.0 for fewer than 200."""
    main = [block.text for block in page.blocks if block.part == "text" and block.region == "main"]
    text = "\n".join(main)[:_MAX_LETTERS]
    letters = len(_LETTER.findall(text))
    if letters < 200:
        return -1.0, -1.0
    latin, own = len(_LATIN.findall(text)), len(_VIETNAMESE.findall(text))
    return 1 - latin / letters, own / letters
