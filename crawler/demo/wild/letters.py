"""Pages whose bytes are hard to read: wrong and old encodings, broken HTML, elements and links without measure."""

from __future__ import annotations

import unicodedata
from functools import partial

from crawler.demo import render
from crawler.demo.model import Host, Reply, Request
from crawler.demo.site import Site
from crawler.demo.wild.parts import beside, framed, listed, prose

# TCVN 5712:1993 as the ".VnTime" fonts show it: one byte a letter with its marks, lower case only.
_TCVN3 = {
    "à": 0xB5, "ả": 0xB6, "ã": 0xB7, "á": 0xB8, "ạ": 0xB9, "ằ": 0xBB, "ẳ": 0xBC, "ẵ": 0xBD, "ắ": 0xBE, "ặ": 0xC6,
    "ầ": 0xC7, "ẩ": 0xC8, "ẫ": 0xC9, "ấ": 0xCA, "ậ": 0xCB, "è": 0xCC, "ẻ": 0xCE, "ẽ": 0xCF, "é": 0xD0, "ẹ": 0xD1,
    "ề": 0xD2, "ể": 0xD3, "ễ": 0xD4, "ế": 0xD5, "ệ": 0xD6, "ì": 0xD7, "ỉ": 0xD8, "ĩ": 0xDC, "í": 0xDD, "ị": 0xDE,
    "ò": 0xDF, "ỏ": 0xE1, "õ": 0xE2, "ó": 0xE3, "ọ": 0xE4, "ồ": 0xE5, "ổ": 0xE6, "ỗ": 0xE7, "ố": 0xE8, "ộ": 0xE9,
    "ờ": 0xEA, "ở": 0xEB, "ỡ": 0xEC, "ớ": 0xED, "ợ": 0xEE, "ù": 0xEF, "ủ": 0xF1, "ũ": 0xF2, "ú": 0xF3, "ụ": 0xF4,
    "ừ": 0xF5, "ử": 0xF6, "ữ": 0xF7, "ứ": 0xF8, "ự": 0xF9, "ỳ": 0xFA, "ỷ": 0xFB, "ỹ": 0xFC, "ý": 0xFD, "ỵ": 0xFE,
    "Ă": 0xA1, "Â": 0xA2, "Ê": 0xA3, "Ô": 0xA4, "Ơ": 0xA5, "Ư": 0xA6, "Đ": 0xA7, "ă": 0xA8, "â": 0xA9, "ê": 0xAA,
    "ô": 0xAB, "ơ": 0xAC, "ư": 0xAD, "đ": 0xAE,
}  # fmt: skip
# VNI for Windows: a letter, then one byte for all of its marks.
_VNI_TONES = {"\u0300": 0xF8, "\u0301": 0xF9, "\u0309": 0xFB, "\u0303": 0xF5, "\u0323": 0xEF}
_VNI_HATS = {
    "\u0302": {"": 0xE2, "\u0301": 0xE1, "\u0300": 0xE0, "\u0309": 0xE5, "\u0303": 0xE3, "\u0323": 0xE4},
    "\u0306": {"": 0xEA, "\u0301": 0xE9, "\u0300": 0xE8, "\u0309": 0xFA, "\u0303": 0xFC, "\u0323": 0xEB},
}
_VNI_WHOLE = {
    "đ": 0xF1, "Đ": 0xD1, "ơ": 0xF4, "Ơ": 0xD4, "ư": 0xF6, "Ư": 0xD6, "í": 0xED, "ì": 0xEC, "ỉ": 0xE6, "ĩ": 0xF3,
    "ị": 0xF2, "ỵ": 0xEE,
}  # fmt: skip


def tcvn3(text: str) -> bytes:
    """Text as a page of the nineties has it in TCVN3; capital letters with tone marks come out small."""
    return b"".join(_one_tcvn3(letter) for letter in unicodedata.normalize("NFC", text))


def _one_tcvn3(letter: str) -> bytes:
    code = _TCVN3.get(letter) or _TCVN3.get(letter.lower())
    return bytes((code,)) if code else letter.encode("ascii", "replace")


def vni(text: str) -> bytes:
    """Text in VNI for Windows."""
    return b"".join(_one_vni(letter) for letter in unicodedata.normalize("NFC", text))


def _one_vni(letter: str) -> bytes:
    if letter in _VNI_WHOLE or letter.lower() in _VNI_WHOLE:
        return bytes((_VNI_WHOLE.get(letter) or _VNI_WHOLE[letter.lower()],))
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if "\u031b" in marks:  # the horn has a letter of its own, and a tone follows it
        horned = unicodedata.normalize("NFC", base + "\u031b")
        tone = next((_VNI_TONES[mark] for mark in marks if mark in _VNI_TONES), None)
        return bytes((_VNI_WHOLE[horned],)) + (bytes((tone,)) if tone else b"")
    hat = next((mark for mark in marks if mark in _VNI_HATS), "")
    tone_mark = next((mark for mark in marks if mark in _VNI_TONES), "")
    code = _VNI_HATS[hat][tone_mark] if hat else _VNI_TONES.get(tone_mark)
    return base.encode("ascii", "replace") + (bytes((code,)) if code else b"")


def cp1258(text: str) -> bytes:
    """Text in Windows-1258: letters with hats in one byte, tone marks after them."""
    made = []
    for letter in unicodedata.normalize("NFC", text):
        whole = letter
        try:
            whole.encode("cp1258")
        except UnicodeEncodeError:
            base, *marks = list(unicodedata.normalize("NFD", letter))
            tone = next((mark for mark in marks if mark in _VNI_TONES), "")
            whole = unicodedata.normalize("NFC", base + "".join(mark for mark in marks if mark != tone)) + tone
        made.append(whole)
    return "".join(made).encode("cp1258", "replace")


def charsets(host: Host, site: Site) -> None:
    """The same kind of page as UTF-8 under a wrong header, as Windows-1258, TCVN3, VNI and UTF-16."""
    title = "Thư ngỏ của Ban Giám hiệu nhà trường"
    text = prose(site, "charsets")
    page = f'<html lang="vi"><head><title>{title}</title></head><body><h1>{title}</h1>\n{text}</body></html>'
    fonts = page.replace("<body>", "<body><font face='{}'>").replace("</body>", "</font></body>")
    plain = "text/html"
    bodies = {
        "/chu/sai-dau-trang.html": (page.encode(), "text/html; charset=iso-8859-1"),
        "/chu/sai-meta.html": (page.replace("<title>", "<meta charset='us-ascii'><title>").encode(), plain),
        "/chu/bang-ma-la.html": (page.encode(), "text/html; charset=x-viet-qwerty"),
        "/chu/windows-1258.html": (cp1258(page), "text/html; charset=windows-1258"),
        "/chu/windows-1258-khong-khai.html": (cp1258(page), plain),
        "/chu/windows-1258-khai-utf8.html": (cp1258(page), "text/html; charset=utf-8"),
        "/chu/tcvn3.html": (tcvn3(fonts.format(".VnTime")), plain),
        "/chu/tcvn3-khai-utf8.html": (tcvn3(fonts.format(".VnTime")), "text/html; charset=utf-8"),
        "/chu/vni.html": (vni(fonts.format("VNI-Times")), plain),
        "/chu/utf-16.html": (b"\xff\xfe" + page.encode("utf-16-le"), plain),
        "/chu/lan-lon.html": (page.encode() + cp1258(text) + bytes(range(128, 256)), "text/html; charset=utf-8"),
    }
    for path, (body, kind) in bodies.items():
        site.pages[path] = partial(_typed, body, kind)
    beside(site, "Thư ngỏ", lambda request: [(path, path.rpartition("/")[2]) for path in bodies])


def _typed(body: bytes, kind: str, request: Request) -> Reply:
    return Reply(body, headers=[render.SERVER, ("Content-Type", kind)])


UNCLOSED = 200_000
CROWD = 20_000


def broken(host: Host, site: Site) -> None:
    """Tags torn apart, 200,000 elements that nothing closes, bold without end, too many attributes, an open comment."""
    text = prose(site, "broken")
    start = '<html lang="vi"><head><meta charset="utf-8"><title>Trang hỏng</title>'
    torn = text.replace("</p>", "").replace("<p>", "<p class='a'b=\"><td></table><b><i>", 2)
    files = {
        "/hong/rach.html": f"{start}<body>{torn}</b></html></body><p>{text}<a href=/hong/sau-cung.html>Tiếp",
        "/hong/sau-cung.html": f"<title>Không có gì quanh nó</title>{text}",
        "/hong/khong-dong.html": f"{start}</head><body>{text}" + "<div>" * UNCLOSED,
        "/hong/chu-dam.html": f"{start}</head><body>{text}" + "<p><b><font color=red>" * (UNCLOSED // 3),
        "/hong/thuoc-tinh.html": f"{start}</head><body>{text}<p {' '.join(f'a{n}=1' for n in range(50_000))}>Hết</p>",
        "/hong/chu-thich.html": f"{start}</head><body>{text}<!-- " + "x" * 100_000,
    }
    for path, body in files.items():
        site.pages[path] = partial(_typed, body.encode(), "text/html; charset=utf-8")
    beside(site, "Trang cũ", lambda request: [(path, "Trang cũ") for path in files if "sau-cung" not in path])


def crowded(host: Host, site: Site) -> None:
    """A page of 20,000 links: to other hosts, to the same articles again and again, and to one page at its end."""
    last = "/dong/cuoi-trang.html"

    def page(request: Request) -> Reply:
        links = [(f"http://ban-{number % 400}.demo.example/{number}", f"Bạn {number}") for number in range(CROWD // 2)]
        links += [
            (f"{site.articles[number % 12].path}#muc-{number}", f"Mục {number}") for number in range(CROWD // 2 - 1)
        ]
        return framed(site, request, "Sơ đồ trang", prose(site, "crowd") + listed([*links, (last, "Trang cuối")]))

    site.pages["/dong/"] = page
    site.pages[last] = lambda request: framed(site, request, "Trang cuối", prose(site, "last"))
    beside(site, "Sơ đồ", lambda request: [("/dong/", "Sơ đồ trang")])
