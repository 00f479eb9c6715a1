"""What single tags mean for the walk; every function gives the scope for the children of its element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selectolax.lexbor import LexborNode

from crawler.page import hidden, scripts, tags
from crawler.page.redirects import refresh_target
from crawler.page.scope import MAX_PIECES, Scope, fold

if TYPE_CHECKING:
    from crawler.page.walk import Walk

DECODED = "decoded"  # in the place of a redirect that a script hides in codes
_WRITTEN_TAG = ("<div", "<span", "<p ", "<marquee", "<font", "<ul", "<section", "<table")

_META_TEXT = frozenset(
    ["description", "keywords", "og:title", "og:description", "twitter:title", "twitter:description"]
)
_META_DATE = frozenset(
    [
        "article:published_time",
        "pubdate",
        "publishdate",
        "date",
        "dc.date",
        "dc.date.issued",
        "datepublished",
        "og:published_time",
    ]
)
_FEED_TYPES = frozenset(("application/rss+xml", "application/atom+xml", "application/rdf+xml"))
_LINK_RELS = frozenset(["alternate", "next", "prev", "previous", "canonical", "amphtml", "shortlink"])


def _title(walk: Walk, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    if not walk.title:
        walk.title = fold([node.text()], 500)
    return walk.silent


def _html(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    walk.lang = (attributes.get("lang") or attributes.get("xml:lang") or "").strip().lower()[:20]
    return own


def _body(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    if onload := attributes.get("onload"):
        read_script(walk, onload, own, "body onload")
    return own


def _base(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    if not walk.base:
        walk.base = attributes.get("href") or ""
    return own


def _meta(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    content = attributes.get("content") or ""
    if (attributes.get("http-equiv") or "").strip().lower() == "refresh":
        if target := refresh_target(content):
            walk.refer(target, "meta_refresh", own, [])
            if own.hidden != "noscript":  # a browser that runs scripts does not follow it there
                walk.redirects.append(("meta", target, "meta refresh"))
        return own
    name = (attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or "").strip().lower()
    if content and name in _META_TEXT and len(walk.metas) < MAX_PIECES:
        walk.metas.append((name, content))
    elif content and name in _META_DATE:
        walk.dates.append(content)
    return own


def _link(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    rel = (attributes.get("rel") or "").strip().lower()
    kinds = set(rel.split())
    if "alternate" in kinds and (attributes.get("type") or "").strip().lower() in _FEED_TYPES:
        walk.refer(attributes.get("href"), "feed", own, [attributes.get("title") or ""], rel)
    elif kinds & _LINK_RELS:
        walk.refer(attributes.get("href"), "link", own, [], rel)
    return own


def _area(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    walk.refer(attributes.get("href"), "area", own, [attributes.get("alt") or ""], attributes.get("rel") or "")
    return own


def _frame(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    kind = "frame" if node.tag == "frame" else "iframe"
    walk.refer(attributes.get("src"), kind, own, [attributes.get("title") or ""])
    return walk.silent


def _form(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    method = (attributes.get("method") or "get").strip().lower()[:10]
    action = attributes.get("action") or ""
    if len(walk.forms) < 100:
        region = "tail" if walk.in_tail else own.region
        walk.forms.append((f"{method.upper()} {action[:500]}".strip(), region, []))
    if method != "post" and action:
        walk.refer(action, "form", own, [])
    return own


def _field(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    name = attributes.get("name")
    if name and walk.forms and len(fields := walk.forms[-1][2]) < 100:
        fields.append(f"{name[:60]}:{(attributes.get('type') or node.tag or '')[:20]}")
    return own


def _image(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    alt = attributes.get("alt")
    if alt and not alt.isspace():
        if scope.anchor is not None and not any(part.strip() for part in scope.anchor[:50]):
            scope.anchor.append(alt)
        seen = walk.alts.setdefault("tail" if walk.in_tail else scope.zone, {})
        if len(seen) < MAX_PIECES:
            seen[alt] = None
    return own


def _line(walk: Walk, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    if scope.sink is not None:
        scope.sink.last = 0
    for parts in (scope.anchor, scope.heading):
        if parts is not None:
            parts.append(" ")
    return own


def _heading(walk: Walk, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    if own.hidden or len(walk.headings) >= MAX_PIECES:
        return own
    text: list[str] = []
    walk.headings.append((node.tag or "h1", "tail" if walk.in_tail else own.region, text))
    return Scope(own.sink, own.block, own.zone, own.region, own.hidden, own.anchor, text)


def _time(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    if scope.zone == "main" and len(walk.dates) < 20 and (when := attributes.get("datetime")):
        walk.dates.append(when)
    return own


def _marquee(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    if not own.hidden and hidden.is_tiny_marquee(attributes):
        return walk.hide(node, own, "marquee")
    return own


def _noscript(walk: Walk, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    return own if own.hidden else walk.hide(node, own, "noscript")


def _mark(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    walk.in_tail = walk.in_tail or "rasoat-tail" in attributes
    return own


def _muted(walk: Walk, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    return walk.silent


def _script(walk: Walk, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
    if source := attributes.get("src"):
        if len(walk.sources) < MAX_PIECES:
            walk.sources.append(source[:2000])
        return walk.silent
    text = node.text()
    if text and not text.isspace():
        found = read_script(walk, text, own, "script")
        if found.written:
            _written(walk, node, found.written, own)
    return walk.silent


def read_script(walk: Walk, text: str, own: Scope, where: str) -> scripts.Script:
    if len(walk.scripts) < MAX_PIECES:
        walk.scripts.append((text, "tail" if walk.in_tail else own.region))
    found = scripts.read(text)
    walk.redirects += [("script", target, where) for target in found.redirects]
    walk.redirects += [("script", target, f"{where}, {DECODED}") for target in found.decoded_redirects]
    for target in (*found.redirects, *found.decoded_redirects):
        walk.refer(target, "redirect", own, [])
    if found.revealed and len(walk.scripts) < MAX_PIECES:
        walk.scripts.append((found.revealed, own.region))
    if "<a " in found.written and len(walk.written) < MAX_PIECES:
        walk.written.append((found.written[:100_000], own.region))
    for page in found.pages:
        walk.refer(page, "script", own, [])
    return found


def _written(walk: Walk, node: LexborNode, markup: str, own: Scope) -> None:
    """``document.write`` of a style sheet, or of a tag that hides what follows until another script closes it."""
    parent = node.parent
    if parent is None or walk.look:  # a browser has written it, and says itself what is hidden
        return
    if "<style" in markup:
        walk.obey({**walk.rules, **hidden.rules_of(markup.partition("<style")[2].partition(">")[2])})
    if markup.lstrip().startswith("</") and own.hidden == "written":
        before = walk.states.get(-parent.mem_id)
        if before is not None:
            walk.states[parent.mem_id] = before
    elif not own.hidden and markup.lower().startswith(_WRITTEN_TAG) and "</" not in markup:
        style = markup.partition("style=")[2]
        if hidden.reason_of(style[1:].partition(style[:1] or '"')[0]):
            walk.states[-parent.mem_id] = walk.states.get(parent.mem_id, own)
            walk.states[parent.mem_id] = walk.hide(node, own, "written")


_METHODS = {
    "title": _title,
    "html": _html,
    "body": _body,
    "base": _base,
    "meta": _meta,
    "link": _link,
    "area": _area,
    "frame": _frame,
    "iframe": _frame,
    "form": _form,
    "input": _field,
    "textarea": _field,
    "select": _field,
    "button": _field,
    "img": _image,
    "br": _line,
    "h1": _heading,
    "h2": _heading,
    "h3": _heading,
    "time": _time,
    "marquee": _marquee,
    "noscript": _noscript,
    "script": _script,
    "style": _muted,
    "noframes": _muted,
    "noembed": _muted,
    "template": _muted,
    "bgsound": _mark,
}
SPECIAL = {tags.number(name): method for name, method in _METHODS.items()}
