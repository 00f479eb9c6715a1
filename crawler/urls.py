"""Canonical URLs: one string for one page, and what follows from it; pure.

Canonical means: scheme and host in lower case, names in punycode, addresses as a browser reads them, no default
port, dot segments resolved, no fragment, percent-encoding in one form (unreserved characters plain, hexadecimal in
upper case, everything else that a browser would encode encoded as UTF-8), no tracking parameters and no session
ids, no empty query. Parameters are sorted by name (stably: equal names keep their order) when every one of them
has the form ``name=value``; a query with a bare word in it (``?page/2``, ``?123``) may mean its order and keeps it.
A change to any of this must raise ``CANON_VERSION``, because digests in the database are made from it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from crawler import hostnames, shapes
from crawler.errors import InvalidUrl
from crawler.hostnames import hostname, is_address, twin

__all__ = [
    "CANON_VERSION",
    "MAX_LENGTH",
    "Base",
    "Url",
    "base_of",
    "clean",
    "defang",
    "digest",
    "host_of",
    "hostname",
    "is_address",
    "is_media",
    "join",
    "owner",
    "parse",
    "shape",
    "trap",
    "twin",
]

CANON_VERSION = 1
MAX_LENGTH = 2083

_EDGES = "".join(map(chr, range(33)))
_BREAKS = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ODD_PATH = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/-]|/\.|;(?i:jsessionid|phpsessid|sid)=|/\([A-Za-z]\(")
_ODD_QUERY = re.compile(r"[^A-Za-z0-9._~!$&()*+,;=:@/?-]|&&|^&|&$")
_UNSAFE = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/-]")
_UNSAFE_QUERY = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&()*+,;=:@/?-]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_COOKIELESS = re.compile(r"/\((?:[A-Za-z]\([^()/]*\))+\)(?=/|$)")
_DROPPED = re.compile(
    r"(?:utm_[a-z_]+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ttclid|twclid|srsltid|igshid|mibextid"
    r"|_ga|_gl|_gac|mc_cid|mc_eid|_hsenc|_hsmi|fb_action_ids|fb_action_types|fb_source|fb_ref|zarsrc|gidzl"
    r"|phpsessid|jsessionid|aspsessionid[a-z]*|asp\.net_sessionid|cfid|cftoken)=.*"
    r"|(?:sid|s|sess|session|sessionid|session_id)=[0-9a-f]{16,}",
    re.IGNORECASE | re.DOTALL,
)
_WATCHED = re.compile(r"(?:^|&)(?:utm_|[fgdy]\w*clid|g\w+|ms|tt|tw|sr|ig|mi|_|mc_|fb_|z|ph|js|asp|cf|s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Url:
    """A canonical URL and its parts; ``path`` begins with a slash, ``query`` is without its question mark."""

    url: str
    scheme: str
    host: str
    path: str
    query: str


class Base(NamedTuple):
    """What references on one page are resolved against; made by ``base_of``."""

    scheme: str
    origin: str
    folder: str
    page: str
    query: str


_NOWHERE = Base("", "", "", "", "")


def parse(raw: str, base: str = "") -> Url:
    """The canonical URL of a reference, relative to ``base`` when one is given.

    Raises ``InvalidUrl`` for anything that is not a usable http(s) URL; its text never holds credentials.
    """
    found = join(raw, base_of(base) if base else _NOWHERE)
    if isinstance(found, str):
        raise InvalidUrl(found)
    return found


@lru_cache(maxsize=1024)
def base_of(url: str) -> Base:
    """The base for references on a page. Raises ``InvalidUrl``."""
    page = parse(url)
    origin = f"{page.scheme}://{page.host}"
    return Base(page.scheme, origin, origin + page.path[: page.path.rfind("/") + 1], origin + page.path, page.query)


def join(raw: str, base: Base) -> Url | str:
    """Like ``parse`` for many references of one page, but a cause in words instead of an exception.

    Root-relative and absolute references are remembered by origin and text, so a menu costs one look-up a page.
    """
    if len(raw) > 4 * MAX_LENGTH:
        return "the URL is too long"
    start = raw[:1]
    if start == "/":
        if raw[1:2] in ("/", "\\"):
            return _remembered(f"{base.scheme}:{raw}", "") if base.scheme else "a relative URL without a base"
        return _remembered(raw, base.origin)
    if raw.startswith(("https://", "http://")):
        return _remembered(raw, "")
    return _odd(raw, base)


def _odd(raw: str, base: Base) -> Url | str:
    """References that are neither root-relative nor plainly absolute."""
    text = raw.strip(_EDGES)
    if "\n" in text or "\t" in text or "\r" in text:
        text = _BREAKS.sub("", text)
    start = text[:1]
    if start in ("/", "\\"):
        return join("/" + text[1:] if start == "\\" else text, base) if text != raw else _odd_slash(text, base)
    if match := _SCHEME.match(text):
        scheme = match.group()[:-1].lower()
        if scheme not in ("http", "https"):
            return f"not a web address ({clean(scheme, 20)}:)"
        rest = text[match.end() :]
        if scheme != base.scheme or rest.startswith("//"):
            return _remembered(f"{scheme}://{rest.lstrip('/' + chr(92))}", "")
        return join(rest, base) if not _SCHEME.match(rest) else _remembered("./" + rest, base.folder)
    if not base.scheme:
        return "a relative URL without a base"
    if not text or start == "#":
        return _remembered(base.page + (f"?{base.query}" if base.query else ""), "")
    if start == "?":
        return _remembered(base.page + text, "")
    return _remembered(text, base.folder)


def _odd_slash(text: str, base: Base) -> Url | str:
    return join("/" + text[1:], base)


@lru_cache(maxsize=16384)
def _remembered(raw: str, prefix: str) -> Url | str:
    """The canonical form of ``prefix + raw``: an absolute http(s) URL except for what a person may have written."""
    if not prefix and raw[:1] == "/":
        return "a relative URL without a base"
    if "\t" in raw or "\n" in raw or "\r" in raw:
        raw = _BREAKS.sub("", raw)
    text = (prefix + raw.rstrip(_EDGES)).partition("#")[0]
    text, _, query = text.partition("?")
    if "\\" in text:
        text = text.replace("\\", "/")
    scheme, _, rest = text.partition(":")
    authority, slash, path = rest.lstrip("/").partition("/")
    if "@" in authority:
        return "credentials in a URL are refused"
    host = hostnames.normalise(authority, scheme)
    if not host:
        return "not a host name"
    path = slash + path
    path = "/" if not path else _path(path) if _ODD_PATH.search(path) else path
    if query:
        query = _query(query)
    url = f"{scheme}://{host}{path}?{query}" if query else f"{scheme}://{host}{path}"
    return Url(url, scheme, host, path, query) if len(url) <= MAX_LENGTH else "the URL is too long"


def _encode(match: re.Match[str]) -> str:
    """One form for one character: unreserved plain, a valid escape in upper case, everything else escaped."""
    escape = match.group(1)
    if escape is None:
        return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogatepass"))
    letter = chr(int(escape, 16))
    return letter if letter in _UNRESERVED else f"%{escape.upper()}"


def _path(path: str) -> str:
    path = _UNSAFE.sub(_encode, path)
    if ";" in path:
        path = _PATH_SESSION.sub("", path)
    if "/(" in path:
        path = _COOKIELESS.sub("", path) or "/"
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path[1:].split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    if _ODD_QUERY.search(query):
        query = _UNSAFE_QUERY.sub(_encode, query)
    if "&" not in query:
        return "" if _WATCHED.match(query) and _DROPPED.fullmatch(query) else query
    pairs = [pair for pair in query.split("&") if pair]
    if _WATCHED.search(query):
        pairs = [pair for pair in pairs if not _DROPPED.fullmatch(pair)]
    if len(pairs) > 1 and all("=" in pair for pair in pairs):
        pairs.sort(key=_parameter_name)
    return "&".join(pairs)


def _parameter_name(pair: str) -> str:
    return pair[: pair.index("=")]


def digest(url: str) -> str:
    """32 hexadecimal characters that name a canonical URL; http and https are one page."""
    return hashlib.sha256(f"v{CANON_VERSION}|{url.partition('://')[2]}".encode()).hexdigest()[:32]


def host_of(url: str) -> str:
    """``host`` or ``host:port`` of a canonical URL."""
    return url.partition("://")[2].partition("/")[0]


def _parts(url: str) -> tuple[str, str]:
    path, _, query = url.partition("://")[2].partition("?")
    return path[path.find("/") :] if "/" in path else "/", query


def owner(host: str, zones: Sequence[str]) -> str:
    """Who is responsible for a host: one label below a zone of the authority, else the registrable domain."""
    return hostnames.owner(host, zones)


def shape(url: str) -> str:
    """The shape of a canonical URL's path and query; see ``crawler.shapes.shape_of``."""
    return shapes.shape_of(*_parts(url))


def trap(url: str) -> str:
    """Why a canonical URL looks like an endless space, or ""; see ``crawler.shapes.trap_of``."""
    return shapes.trap_of(url, *_parts(url))


def is_media(url: str) -> str:
    """The kind of file that is never worth a request, by the ending of the path, or ""."""
    return shapes.media_of(_parts(url)[0])


# C0 and C1 controls, line separators, soft hyphen, zero-width and directional marks, tags: what moves a cursor or
# hides text. Lone surrogates cannot be written to a terminal at all.
_INVISIBLE = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_HOSTLIKE = re.compile(r"(?<![\w@.-])(?:[\w-]{1,63}\.){1,12}[^\W\d_][\w-]{1,62}(?![\w@-])")
_PROTOCOL = re.compile(r"(?i)htt(ps?:)")
_AUTHORITY = re.compile(r"(?<=//)[^\s/?#]+")


def clean(text: str, limit: int = 200) -> str:
    """A hostile text for a log or a terminal: one line, invisible characters escaped, at most ``limit`` long."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return _INVISIBLE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def defang(text: str) -> str:
    """A text in which no terminal or mail program finds a link: hxxp://exa[.]mple, controls escaped."""
    text = _PROTOCOL.sub(lambda match: f"hxx{match.group(1).lower()}", text)
    text = _AUTHORITY.sub(lambda match: match.group().replace(".", "[.]"), text)
    text = _HOSTLIKE.sub(lambda m: m.group().replace(".", "[.]"), text)
    return clean(text, max(len(text), 1))
