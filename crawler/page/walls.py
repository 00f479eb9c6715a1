"""Pages that stand before a site instead of being part of it: captchas, checks of the browser, maintenance notices.

Only a short page with hardly any links of its own can be one: an article about maintenance stands in a template full
of menus. One page that is taken for a wall by mistake does no harm, because a wall is judged and followed like any
page; it only does not count as a page of the site that could be read.
"""

import re
import unicodedata
from collections.abc import Iterable

from crawler.items import Page
from crawler.urls import host_of

CAPTCHA, BROWSER_CHECK, COOKIE, MAINTENANCE, SUSPENDED = (
    "captcha",
    "browser_check",
    "cookie",
    "maintenance",
    "suspended",
)
KINDS = (CAPTCHA, BROWSER_CHECK, COOKIE, MAINTENANCE, SUSPENDED)
_MAX_TEXT = 1_500  # characters of title, headings and text; the longest notice of a provider seen had 900
_MAX_LINKS = 8
_MAX_SILENT = 40  # characters that a page with nothing but a script may show
_MAX_SCRIPT = 20_000

_SITE = (
    r"(?:website|web site|trang (?:web|tin|thong tin)(?: dien tu)?|site|cong thong tin(?: dien tu)?|he thong|may chu)"
)
_WORDS = {
    CAPTCHA: re.compile(
        r"captcha|khong phai la? ?(?:nguoi ?may|robot|may)|(?:i.?m|you are) not a robot"
        r"|(?:verify|prove)\W[^.]{0,30}human"
        r"|xac (?:minh|nhan)[^.]{0,30}(?:la con nguoi|truy cap)|unusual traffic|luu luong bat thuong"
    ),
    BROWSER_CHECK: re.compile(
        r"just a moment\.\.\.|checking (?:if the site|your browser)|enable javascript and cookies|ddos protection by"
        r"|attention required|(?:dang )?kiem tra trinh duyet|performing security verification"
    ),
    MAINTENANCE: re.compile(
        rf"{_SITE}[^.]{{0,60}}(?:bao tri|nang cap)|(?:dang|tam ngung|tam dung)[^.]{{0,30}}(?:de )?(?:bao tri|nang cap)"
        r"|(?:under|down for|scheduled|in) maintenance|maintenance mode|be (?:right )?back soon"
    ),
    SUSPENDED: re.compile(
        rf"account[^.]{{0,20}}suspended|(?:{_SITE}|tai khoan|hosting|ten mien|dich vu)[^.]{{0,40}}"
        r"(?:tam ngung|tam ngung hoat dong|bi (?:tam )?khoa|het han|dinh chi)|bandwidth limit exceeded"
    ),
}
_MARKS = {
    BROWSER_CHECK: re.compile(r"/cdn-cgi/challenge-platform|challenges\.cloudflare\.com|slowAES\.decrypt"),
    CAPTCHA: re.compile(r"recaptcha/api\.js|hcaptcha\.com/1/api\.js|google\.com/recaptcha"),
}
_SETS_COOKIE = re.compile(r"document\s*\.\s*cookie\s*=")
_GOES_ON = re.compile(r"location\s*(?:=|\.\s*(?:reload|replace|assign|href))|\.submit\s*\(")


def wall_of(page: Page) -> str:
    """The kind of wall that a page is (one of ``KINDS``), or ""."""
    shown = [block.text for block in page.blocks if block.part in ("title", "heading", "text")]
    if sum(map(len, shown)) > _MAX_TEXT or not page.blocks:
        return ""
    if sum(link.kind == "a" and host_of(link.url) == page.host for link in page.links) > _MAX_LINKS:
        return ""
    text = _plain(shown)
    found = next((kind for kind, words in _WORDS.items() if words.search(text)), "")
    return found or _by_script(page, text)


def notice_of(page: Page) -> str:
    """The words by which a wall of words is known, as they are written."""
    shown = [block.text for block in page.blocks if block.part in ("title", "heading", "text")]
    lines = [line for text in shown for line in text.splitlines()]
    return next((line for line in lines if _WORDS[page.wall].search(_plain([line]))), page.title)


def _by_script(page: Page, text: str) -> str:
    """A wall that says little and leaves the rest to its script."""
    script = "\n".join(block.text for block in page.blocks if block.part == "script")[:_MAX_SCRIPT]
    if not script:
        return ""
    found = next((kind for kind, marks in _MARKS.items() if marks.search(script)), "")
    if found or len(text) > _MAX_SILENT:
        return found
    return COOKIE if _SETS_COOKIE.search(script) and _GOES_ON.search(script) else ""


def _plain(pieces: Iterable[str]) -> str:
    """One line in small letters without accents."""
    text = " ".join(" ".join(pieces).lower().replace("đ", "d").split())
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
