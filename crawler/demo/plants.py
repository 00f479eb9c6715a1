"""How offences are planted: one function a form, each returns the truth about what it did to the site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from html import escape

from crawler.demo import render
from crawler.demo.model import PORT, Planted, Reply, Request
from crawler.demo.site import TODAY, Article, Site
from crawler.demo.text import symbols, topics

OLD = date(2025, 1, 1)


def _text(form: str) -> str:
    return "\n".join(symbols("offences.txt")[form])


def _old(site: Site) -> list[Article]:
    """Articles that only paging, a sitemap or another old article leads to, newest first."""
    innocent = {topic.name for topic in topics("lookalikes.txt")}
    fitting = [one for one in site.articles if one.section != "van-ban" and one.topic not in innocent]
    return [one for one in fitting if one.published < OLD] or fitting[-5:]


def _planted(site: Site, category: str, vector: str, form: str, paths: list[str]) -> list[Planted]:
    host = f"{site.host}:{PORT}"
    urls = tuple(site.url(path) for path in paths)
    return [Planted(host, urls[0], category, vector, form, urls)]


def _html(text: str, request: Request) -> Reply:
    return Reply(text, headers=[render.SERVER])


def hidden_tail(site: Site) -> list[Planted]:
    """A block of links, moved out of sight, behind </html> of every old article."""
    marked = {article.path for article in _old(site)}
    site.tail = lambda article: f"\n{_text('hidden_tail')}\n" if article.path in marked else ""
    return _planted(site, "gambling", "planted", "hidden_tail", sorted(marked))


def doorway(site: Site) -> list[Planted]:
    """A page of its own in the upload folder, known to a sitemap only."""
    path = site.path(f"{site.style.uploads}/tra-cuu/2026/diem-thi-vao-10-bong99.html")
    title = escape(_text("doorway.title"))
    head = f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>'
    text = f'{head}<meta name="keywords" content="nhà cái, bong99"></head><body>\n{_text("doorway")}\n</body></html>'
    site.pages[path] = partial(_html, text)
    site.listed.append((path, "", TODAY))
    return _planted(site, "gambling", "planted", "doorway", [path])


def footer_hidden(site: Site) -> list[Planted]:
    """A display:none block in the footer of the template of articles."""
    site.footer = lambda article: _text("footer_hidden")
    return _planted(site, "adult", "planted", "footer_hidden", [article.path for article in site.articles])


def comment_spam(site: Site) -> list[Planted]:
    """Loan advertising under an old article, between honest comments."""
    old = _old(site)
    spammed = old[len(old) // 2]
    for article in old[: len(old) // 2 + 1]:
        writer = site.writer(article.published, "comments", article.number)
        honest = [writer.write("{lời trò}") for _ in range(writer.random.randint(1, 2))]
        entries = "".join(
            f'<li class="comment"><div class="comment-author"><cite>{writer.write("{người}")}</cite> viết:</div>'
            f'<div class="comment-content"><p>{text}</p></div></li>\n'
            for text in honest
        )
        spam = writer.write(_text("comment_spam")) if article is spammed else ""
        article.after += f'<div id="comments" class="comments-area"><ol class="comment-list">{entries}{spam}</ol></div>'
    return _planted(site, "loans", "posted", "comment_spam", [spammed.path])


def guestbook(site: Site) -> list[Planted]:
    """An open guestbook that one old article still links to."""
    path = site.path("/so-luu-but.aspx")
    writer = site.writer(OLD, "guestbook")
    honest = [
        f'<div class="entry"><b>{writer.write("{người}")}</b> <i>({writer.write("{ngày}")})</i>'
        f"<p>{writer.write('{lời nói}')}</p></div>"
        for _ in range(4)
    ]
    entries = "\n".join([*honest[:2], writer.write(_text("guestbook")), *honest[2:]])
    content = f'<h1>Sổ lưu bút</h1><div id="guestbook" class="guestbook comment-list">\n{entries}\n</div>'
    site.pages[path] = partial(_framed, site, "Sổ lưu bút", content)
    _point(_old(site)[0], path, "Mời thầy cô và cựu học sinh để lại vài dòng trong sổ lưu bút")
    return _planted(site, "adult", "posted", "guestbook", [path])


def partner_box(site: Site) -> list[Planted]:
    """Betting links among honest ones, in a page of partners that only the sitemap knows."""
    path = site.path(site.style.standing("doi-tac-dong-hanh"))
    intro = "<p>Nhà trường cảm ơn các đơn vị đã đồng hành cùng thầy và trò trong những năm qua.</p>"
    content = f"<h1>Đối tác đồng hành</h1>{intro}{_text('partner_box')}"
    site.pages[path] = partial(_framed, site, "Đối tác đồng hành", content)
    site.listed.append((path, "", OLD))
    return _planted(site, "gambling", "linked", "partner_box", [path])


def loan_box(site: Site) -> list[Planted]:
    """A box of useful links below one old article, all of them to a lender."""
    article = _old(site)[-1]
    article.after += _text("loan_box")
    return _planted(site, "loans", "linked", "loan_box", [article.path])


def http_redirect(site: Site) -> list[Planted]:
    """An address of the site that answers with 302 to a betting house; an old article links to it."""
    path = site.path("/tai-lieu/de-cuong-on-tap/ctmb/7/77")
    target = _text("http_redirect")
    site.pages[path] = lambda request: Reply("", 302, [render.SERVER, ("Location", target)])
    site.unstored.append(path)
    _point(_old(site)[0], path, "Đề cương ôn tập đầy đủ xem tại đây")
    return _planted(site, "gambling", "redirected", "http_redirect", [path])


def meta_refresh(site: Site) -> list[Planted]:
    """A page in the upload folder that refreshes to a lender; the feed knows it."""
    path = site.path(f"{site.style.uploads}/2024/05/ho-tro-hoc-phi.html")
    head = f'<meta charset="utf-8"><meta http-equiv="refresh" content="0; url={escape(_text("meta_refresh"))}">'
    title = "Hỗ trợ học phí cho học sinh"
    text = (
        f"<!doctype html><html><head>{head}<title>{title}</title></head><body><p>Đang chuyển trang…</p></body></html>"
    )
    site.pages[path] = partial(_html, text)
    site.feed.append((path, title, date(2024, 5, 20)))
    return _planted(site, "loans", "redirected", "meta_refresh", [path])


def script_location(site: Site) -> list[Planted]:
    """A page that robots.txt disallows and whose script goes to a betting house."""
    path = site.path(f"{site.style.uploads}/2024/tra-cuu-diem-thi.html")
    script = f'<script>window.location.href = "{_text("script_location")}";</script>'
    title = "Tra cứu điểm thi"
    text = f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title>{script}</head><body></body></html>'
    site.pages[path] = partial(_html, text)
    site.disallowed.append(path)
    return _planted(site, "gambling", "redirected", "script_location", [path])


def _point(article: Article, path: str, words: str) -> None:
    article.after += f"<p>{render.link(path, words)}.</p>"


def _framed(site: Site, title: str, content: str, request: Request) -> Reply:
    return render.page(site, request, title, content)


PLANTS: dict[str, Callable[[Site], list[Planted]]] = {
    "hidden_tail": hidden_tail,
    "doorway": doorway,
    "footer_hidden": footer_hidden,
    "comment_spam": comment_spam,
    "guestbook": guestbook,
    "partner_box": partner_box,
    "loan_box": loan_box,
    "http_redirect": http_redirect,
    "meta_refresh": meta_refresh,
    "script_location": script_location,
}


def landings() -> dict[str, str]:
    """The destinations of all offences: host name -> title of its landing page."""
    prefix = "landing."
    found = symbols("offences.txt")
    return {name[len(prefix) :]: lines[0] for name, lines in found.items() if name.startswith(prefix)}
