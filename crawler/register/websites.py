"""The cell with a unit's websites: full URLs with or without a path, host names or addresses, with a port."""

import re
from dataclasses import dataclass

from crawler.errors import InvalidUrl
from crawler.register.names import fold
from crawler.urls import clean, hostname, is_address, parse

MAX_WEBSITES = 50
_SEPARATORS = re.compile(r"[\s,;|]+")
_NONE = frozenset(("", "khong", "khong co", "chua", "chua co", "none", "no", "n a", "na"))
_HOME = re.compile(r"(?:index|default|home|homepage|main|trang-?chu)(?:\.[a-z]{2,5})?", re.IGNORECASE)
_FILE = re.compile(r".+\.(?:html?|php\d?|aspx?|jspx?|cgi|do)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Website:
    """A host or a path on one; ``prefix`` without slashes around it, ``scheme`` where the cell gave one."""

    host: str
    prefix: str = ""
    scheme: str = ""

    @property
    def key(self) -> str:
        """``_id`` in ``sites``: "host[:port]/prefix"."""
        return f"{self.host}/{self.prefix}"

    @property
    def shown(self) -> str:
        """As an export writes it: read again, it gives the same website."""
        start = f"{self.scheme}://" if self.scheme else ""
        return f"{start}{self.host}/{self.prefix}" if self.prefix else f"{start}{self.host}"


def read_websites(cell: str) -> list[Website]:
    """The websites of a cell in its order, each once; none for a cell such as "không có".

    Raises ``InvalidUrl`` with a reason that never shows credentials.
    """
    if fold(cell) in _NONE:
        return []
    found: dict[str, Website] = {}
    for token in _SEPARATORS.split(cell.strip()):
        if token:
            website = read_website(token)
            found.setdefault(website.key, website)
    if len(found) > MAX_WEBSITES:
        raise InvalidUrl(f"more than {MAX_WEBSITES} websites")
    return list(found.values())


def read_website(token: str) -> Website:
    """One website, canonical. Raises ``InvalidUrl``."""
    token = token.strip("<>()[]\"'") if not token.startswith("[") else token
    if "@" in token.partition("?")[0]:
        raise InvalidUrl("credentials in a URL, or an e-mail address, are refused")
    scheme = token.partition("://")[0].lower() if "://" in token else ""
    if scheme not in ("", "http", "https"):
        raise InvalidUrl(f"{clean(scheme, 20)}:// is not a web address")
    assumed = "https" if re.match(r"[^/?#]+:443(?:$|[/?#])", token) else "http"
    try:
        url = parse(token if scheme else f"{assumed}://{token.lstrip('/')}")
    except InvalidUrl as error:
        raise InvalidUrl(f"{clean(token, 80)!r}: {error}") from None
    name = hostname(url.host)
    if "." not in name and not is_address(name.strip("[]")):
        raise InvalidUrl(f"{clean(token, 80)!r}: not a host name")
    prefix = _prefix(url.path)
    if url.query and prefix:
        raise InvalidUrl(f"{clean(token, 80)!r}: a website is a host or a path on one, without a question mark")
    return Website(url.host, prefix, scheme)


def _prefix(path: str) -> str:
    """The path that all pages of the site have in common: a home page's own name is not part of it."""
    parts = path.strip("/").split("/")
    if _HOME.fullmatch(parts[-1]) or _FILE.fullmatch(parts[-1]):
        parts.pop()
    return "/".join(parts)
