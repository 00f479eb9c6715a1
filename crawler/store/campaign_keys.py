"""By what findings of several units are known to have one source: a destination, a landing page, an affiliate id.

Pure. What honest pages lead to as well joins nothing: a shared social network is no common source.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crawler.urls import owner

SHORTENERS = frozenset((
    "bit.ly", "t.co", "goo.gl", "tinyurl.com", "is.gd", "v.gd", "s.id", "ow.ly", "cutt.ly", "rb.gy", "rebrand.ly",
    "shorturl.at", "shorturl.asia", "short.gy", "tiny.cc", "buff.ly", "t.ly", "bom.so", "by.com.vn", "link1s.com",
    "urlvn.net",
    "shope.ee", "vn.link", "linktr.ee", "lnkd.in", "adf.ly", "ouo.io", "shrinkme.io", "ln.run", "clik.now",
))  # fmt: skip
"""Links here are one person's whole: the full link joins, the host does not."""
MESSENGERS = frozenset(("t.me", "telegram.me", "zalo.me", "wa.me", "m.me", "chat.zalo.me", "line.me"))
POPULAR = frozenset((
    "facebook.com", "fb.com", "fb.me", "messenger.com", "google.com", "google.com.vn", "googleapis.com", "gstatic.com",
    "youtube.com", "youtu.be", "zalo.me", "twitter.com", "x.com", "instagram.com", "tiktok.com", "linkedin.com",
    "pinterest.com", "telegram.org", "whatsapp.com", "apple.com", "microsoft.com", "bing.com", "yahoo.com",
    "coccoc.com",
    "wikipedia.org", "wikimedia.org", "github.com", "github.io", "cloudflare.com", "wordpress.com", "wordpress.org",
    "blogspot.com", "blogger.com", "medium.com", "reddit.com", "quora.com", "amazon.com", "amazonaws.com",
    "shopee.vn", "lazada.vn", "tiki.vn", "vnexpress.net", "tuoitre.vn", "thanhnien.vn", "dantri.com.vn", "zingnews.vn",
    "baomoi.com",
    "vietnamnet.vn", "gravatar.com", "w3.org", "jsdelivr.net", "unpkg.com", "archive.org", "scribd.com",
    "slideshare.net",
    "dropbox.com", "mediafire.com", "vimeo.com", "paypal.com", "googletagmanager.com", "google-analytics.com",
))  # fmt: skip
PUBLIC_ZONES = ("edu.vn", "gov.vn", "edu", "gov", "mil", "int")
"""Destinations of others' schools and authorities: victims, not sources."""
AFFILIATES = frozenset((
    "ref", "refcode", "ref_id", "referral", "aff", "affid", "aff_id", "affiliate", "affiliate_id", "a_aid", "btag",
    "agent", "uagt", "pid", "r", "inviter", "invite", "invitecode", "invite_code", "i_code", "code", "partner", "promo",
    "utm_source", "dl",
))  # fmt: skip
_SPECIFIC = re.compile(r"(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])[a-z0-9_-]{6,40}")
_SOURCE = re.compile(r"(?=[^0-9]*[0-9])[a-z0-9_-]{4,40}")
_EMPTY_TITLES = re.compile(
    r"404|403|50\d|not found|forbidden|access denied|just a moment|attention required|error|welcome to nginx|"
    r"index of|đang chuyển hướng|redirecting|loading|untitled|trang chủ|home",
)
MAX_TITLE = 200


def keys_of(finding: Mapping[str, Any]) -> set[str]:
    """The keys by which a finding (its ``keys``, ``evidence`` and ``landings``) can belong to a campaign.

    ``host:<registrable domain>``, ``link:<host/path>`` at shorteners and messengers, ``affiliate:<domain>?name=value``,
    ``affiliate:name=value`` where the value is telling by itself, ``landing:<title digest>``.
    """
    found: set[str] = set()
    for key in finding.get("keys") or ():
        name, _, value = str(key).partition(":")
        if name == "host":
            found |= _host(value)
        elif name == "affiliate" and _SPECIFIC.fullmatch(value.partition("=")[2].lower()):
            found.add(f"affiliate:{value.lower()}")
    for item in finding.get("evidence") or ():
        if item.get("target"):
            found |= set(_of_url(str(item["target"])))
    for landing in offending(finding):
        found |= set(_of_url(str(landing.get("url") or "")))
        found |= set(_title(str(landing.get("title") or "")))
    return found


def offending(finding: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The landing pages that belong to a finding: a page may also lead to honest places."""
    for landing in finding.get("landings") or ():
        if landing.get("verdict") in ("confirmed", "suspected") or finding.get("vector") == "redirected":
            yield landing


def is_shared(domain: str) -> bool:
    """True for a domain that honest pages lead to as well, or where everybody has pages."""
    return domain in POPULAR or domain in SHORTENERS or any(domain.endswith(f".{zone}") for zone in PUBLIC_ZONES)


def _host(host: str) -> set[str]:
    domain = owner(host, ())
    return set() if is_shared(domain) or "." not in domain else {f"host:{domain}"}


def _of_url(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url[:4000])
        host = (parts.hostname or "").removeprefix("www.")
        query = parse_qsl(parts.query, max_num_fields=50)
    except ValueError:
        return
    if not host or parts.scheme not in ("http", "https"):
        return
    path = parts.path.rstrip("/")
    domain = owner(host, ())
    if host in MESSENGERS or domain in SHORTENERS:
        if len(path) > 1:
            yield f"link:{host}{path[:200]}"
        return
    yield from _host(host)
    for name, value in query:
        name, value = name.lower(), value[:40]
        if name not in AFFILIATES or not value or (name == "utm_source" and not _SOURCE.fullmatch(value.lower())):
            continue
        if not is_shared(domain):
            yield f"affiliate:{domain}?{name}={value}"
        if _SPECIFIC.fullmatch(value.lower()):
            yield f"affiliate:{name}={value.lower()}"


def _title(title: str) -> Iterator[str]:
    """A landing page by its title, which its many domains share; only where that says something."""
    words = title.casefold().split()
    text = " ".join(words)[:MAX_TITLE]
    if len(words) >= 3 and len(text) >= 15 and not _EMPTY_TITLES.match(text):
        yield f"landing:{sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"
