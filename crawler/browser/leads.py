"""Where a page wants to take its visitor: noted, and never followed by the page itself."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

MAX_LEADS = 20
_MAX_RELOADS = 2


@dataclass(slots=True)
class Lead:
    """An address that the page went for by itself; ``cause`` is ``load``, ``delay``, ``click`` or ``popup``."""

    url: str
    cause: str
    offsite: bool
    follow: bool = True


@dataclass(slots=True)
class Leads:
    """Decides about navigations of the page of ``url``, and remembers where they were to go."""

    url: str
    found: list[Lead] = field(default_factory=list)
    reloads: int = 0
    tries: int = 0

    def may_reload(self, url: str) -> bool:
        """Whether this is the page itself once more, as after a script has set a cookie; not for ever."""
        if _place(url) != _place(self.url) or self.reloads >= _MAX_RELOADS:
            return False
        self.reloads += 1
        return True

    def note(self, url: str, cause: str, *, follow: bool = True) -> None:
        """Remember an address; the same one counts once, the cause is the first one."""
        self.tries += 1
        url = url[:2_000]
        if url.startswith(("http:", "https:")) and len(self.found) < MAX_LEADS and not self._knows(url):
            self.found.append(Lead(url, cause, self.offsite(url), follow))

    def offsite(self, url: str) -> bool:
        """Whether an address lies on a host other than the page's own and its www twin."""
        return not same_site(url, self.url)

    @property
    def first_offsite(self) -> Lead | None:
        """The one that is followed."""
        return next((lead for lead in self.found if lead.offsite and lead.follow), None)

    def _knows(self, url: str) -> bool:
        return any(lead.url == url for lead in self.found)


def same_site(one: str, other: str) -> bool:
    """Whether two addresses lie on one host, or on it and its www twin."""
    return _host(one) == _host(other)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")
    except ValueError:
        return ""


def _place(url: str) -> tuple[str, str]:
    try:
        return _host(url), urlsplit(url).path or "/"
    except ValueError:
        return "", url
