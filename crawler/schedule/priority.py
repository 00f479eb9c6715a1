"""Which URL of a host comes first: the newest and the most suspicious shapes."""

import re
from datetime import UTC, datetime
from math import log2

from crawler.documents.kinds import is_named

TOP = 1000
"""Home pages, robots.txt and sitemaps: they open the host."""
SEED = 900
"""What an operator named."""

# Words of addresses that planted pages use; they only order the queue, the rules judge.
_SUSPICIOUS = re.compile(
    r"(?i)slot|gacor|togel|judi|casino|bet(?![a-z])|\d{2,3}(?:bet|win|vip|club)|bong(?:da)?88|w88|nha-?cai|ca-?cuoc"
    r"|tai-?xiu|xoc-?dia|no-?hu|ban-?ca-?doi|soi-?cau|lo-?de|ty-?le-?keo|da-?ga|vay-?(?:nong|tien)|sex|gai-?goi"
    r"|viagra|bang-?gia|lam-?bang"
)
_UPLOAD = re.compile(
    r"(?i)/(?:uploads?|files?|userfiles|images|media|tmp|cache|public|assets)/.*\.(?:html?|php|aspx?)\b"
)
_YEAR_MONTH = re.compile(r"/(20\d\d)[/-](0?[1-9]|1[0-2])(?:[/-]|$)")
_CLUES = {"robots": 120, "sitemap": 40, "feed": 60, "script": 30, "redirect": 80, "form": -40}


def is_upload(url: str) -> bool:
    """True for a page in a folder that is there for uploads."""
    return bool(_UPLOAD.search(url))


def priority(
    url: str,
    *,
    via: str,
    anchor: str,
    hidden: str,
    depth: int,
    shape_count: int,
    lastmod: datetime | None,
    now: datetime,
) -> int:
    """Higher comes first. Only whole numbers, the same on every worker.

    A shape's first pages come before its thousandth (minus 12 for each doubling); suspicious addresses, upload
    folders with pages, links a visitor does not see and disallowed paths come before menus; new before old. Documents
    come later: they are large, many, and nearly all what they say they are.
    """
    score = 500 + _CLUES.get(via, 0)
    score -= round(12 * log2(shape_count + 1))
    score -= 3 * min(depth, 30)
    if _SUSPICIOUS.search(url) or (anchor and _SUSPICIOUS.search(anchor)):
        score += 200
    if is_upload(url):
        score += 120
    elif is_named(url.partition("?")[0]):
        score -= 60
    if hidden:
        score += 80
    if "%" in url:
        score += 10
    score += _freshness(url, lastmod, now)
    return score


def _freshness(url: str, lastmod: datetime | None, now: datetime) -> int:
    """Up to 60 for what changed in the last year."""
    if lastmod is None:
        dated = _YEAR_MONTH.search(url)
        if not dated:
            return 0
        lastmod = datetime(int(dated[1]), int(dated[2]), 1, tzinfo=UTC)
    days = (now - lastmod).days
    return max(0, 60 - max(0, days) // 6) if days < 366 else 0
