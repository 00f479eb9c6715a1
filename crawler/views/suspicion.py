"""How suspicious a page is, by what is stored of it and of its neighbours. Pure."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from crawler.schedule.priority import is_upload

MIN_PAGES = 4
"""Pages of a host from which on it is known what its template is, and which hosts its pages usually name."""
_COMMON = 0.5
"""Share of a host's pages that a link of its template stands on."""
_RARE = 0.1
"""Share of a host's pages up to which a host that they name is rare."""
_SHELL = 200
"""Characters of text under which a page with scripts may be filled by them."""

WEIGHTS = {
    "suspected": 100,
    "confirmed": 70,
    "upload": 60,
    "off_template": 50,
    "foreign": 50,
    "orphan": 45,
    "new_script": 35,
    "shell": 30,
    "outside_sitemap": 20,
    "new_link": 15,
    "changed": 10,
    "new": 8,
}
"""reason → what it adds. What the rules suspect but cannot prove gains most by another view; what they have proven is
shown there by more than one page."""
ORDER = tuple(WEIGHTS)


@dataclass(frozen=True, slots=True)
class Row:
    """A stored page of the plain view. ``digest`` names it; ``runs`` are hosts of scripts and frames, ``targets`` hosts
    that it links to, ``menu`` the sketch of its inner links; ``unlinked``: no page's visible link leads to it."""

    digest: str
    url: str
    shape: str = ""
    depth: int = 0
    via: str = "a"
    status: int = 200
    readable: bool = True
    letters: int = 1000
    scripts: int = 0
    foreign: bool = False
    runs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    menu: tuple[int, ...] = ()
    changed: str = ""
    unlinked: bool = False
    finding: str = ""
    quotes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_home(self) -> bool:
        """True for the home page of a site."""
        return self.via == "home"

    @property
    def is_shell(self) -> bool:
        """True for a page that says little and leaves the rest to its scripts."""
        return self.readable and self.status == 200 and self.letters < _SHELL and self.scripts > 0


class Neighbours:
    """What is usual on one host: its template's links, the hosts that its pages name, its sitemap."""

    def __init__(self, rows: Sequence[Row], known: Collection[str], review_before: bool) -> None:
        pages = [row for row in rows if row.readable and row.status == 200]
        self._pages = len(pages)
        self._known = frozenset(known)
        self._again = review_before
        links = Counter(code for row in pages for code in row.menu)
        self._template = {code for code, n in links.items() if n >= _COMMON * self._pages}
        self._hosts = Counter(host for row in pages for host in {*row.runs, *row.targets})
        self._listed = 2 * sum(row.via == "sitemap" for row in pages) > len(pages)

    def reasons(self, row: Row) -> list[str]:
        """Why a page is suspicious, the weightiest first."""
        found = {row.finding} if row.finding else set()
        if is_upload(row.url):
            found.add("upload")
        if row.foreign:
            found.add("foreign")
        if row.unlinked and not row.is_home:
            found.add("orphan")
        if row.is_shell:
            found.add("shell")
        if self._is_off_template(row):
            found.add("off_template")
        if any(map(self._is_new, row.runs)):
            found.add("new_script")
        if any(map(self._is_new, row.targets)):
            found.add("new_link")
        if self._listed and row.via not in ("sitemap", "home", "robots"):
            found.add("outside_sitemap")
        if self._again and row.changed:
            found.add("new" if row.changed == "new" else "changed")
        return [name for name in ORDER if name in found]

    def _is_off_template(self, row: Row) -> bool:
        """True when hardly any of its links stands on many pages, on a host whose pages have such links."""
        if self._pages < MIN_PAGES or not row.readable or row.status != 200:
            return False
        return bool(self._template) and self._template.isdisjoint(row.menu)

    def _is_new(self, host: str) -> bool:
        if host in self._known:
            return False
        return self._pages >= MIN_PAGES and self._hosts[host] <= max(1, _RARE * self._pages)
