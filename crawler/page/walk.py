"""One walk over the tree of a page, in document order: text by zone, hidden parts, references, and what scripts say.

lexbor does the parsing; here every node is looked at once, and what holds for its children is kept by the number of
the node. Nothing depends on the depth of the tree.
"""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.page import hidden, scripts, tags, zones
from crawler.page.links import Reference
from crawler.page.redirects import refresh_target
from crawler.page.scope import Scope, Sink, fold

TAIL_MARK = "rasoat-tail"
MAX_NODES = 400_000
_MAX_HIDDEN = 1_000
_MAX_PIECES = 1_000
_WRITTEN_TAG = ("<div", "<span", "<p ", "<marquee", "<font", "<ul", "<section", "<table")


class Walk:
    """What one walk found; ``run`` fills it. Texts are raw, references as they are written."""

    def __init__(self) -> None:
        self.zones: dict[str, Sink] = {"main": Sink()}
        self.tail = Sink()
        self.hidden: list[tuple[LexborNode, Sink, str, str]] = []
        self.references: list[Reference] = []
        self.redirects: list[tuple[str, str, str]] = []
        self.headings: list[tuple[str, str, list[str]]] = []
        self.metas: list[tuple[str, str]] = []
        self.comments: list[tuple[str, str]] = []
        self.scripts: list[tuple[str, str]] = []
        self.sources: list[str] = []
        self.styles: list[str] = []
        self.alts: dict[str, dict[str, None]] = {}
        self.forms: list[tuple[str, str, list[str]]] = []
        self.dates: list[str] = []
        self.title = self.lang = self.base = ""
        self.rules: dict[str, str] = {}
        self.in_tail = False
        self.cut = ""
        self._states: dict[int, Scope] = {}
        self._silent = Scope(None, 0, "main", "main", "", None, None)
        self._special = {tags.number(name): method for name, method in _METHODS.items()}

    def run(self, parser: LexborHTMLParser) -> None:
        """Walk over the document, then over the contents of its templates (which no visitor sees)."""
        for style in parser.css("style")[:100]:
            text = style.text()
            self.styles.append(text)
            if len(self.rules) < 5_000 and (found := hidden.rules_of(text)):
                self.rules = {**found, **self.rules} if self.rules else found
        top = Scope(self.zones["main"], 0, "main", "main", "", None, None)
        root = parser.root
        if root is None:
            return
        self._walk(root.parent or root, top)
        for fragment in parser.template_fragments()[:100]:
            sink = self._hide(fragment, "main", "template")
            self._walk(fragment, Scope(sink, 0, "main", "main", "template", None, None))

    def _walk(self, start: LexborNode, top: Scope) -> None:
        states = self._states
        special, text_tag, comment_tag = self._special, tags.TEXT, tags.COMMENT
        blocks, containers, anchor_tag = tags.BLOCKS, tags.CONTAINERS, tags.A
        left = MAX_NODES
        states[start.mem_id] = top
        for node in start.traverse(include_text=True):
            parent = node.parent
            scope = states.get(parent.mem_id, top) if parent is not None else top
            tag = node.tag_id
            if tag == text_tag:
                if scope.sink is not None:
                    self._text(node.text_content or "", scope)
                continue
            left -= 1
            if left < 0:
                self.cut = "nodes"
                return
            if tag == comment_tag:
                self._comment(node.comment_content or "", scope)
                continue
            attributes = node.attributes
            own = scope
            if tag in blocks:
                number = node.mem_id
                own = Scope(scope.sink, number, scope.zone, scope.region, scope.hidden, scope.anchor, scope.heading)
                if scope.sink is not None:
                    scope.sink.last = 0
            if attributes:
                if tag in containers and ("class" in attributes or "id" in attributes or "role" in attributes):
                    own = self._place(node, attributes, scope, own)
                if not own.hidden:
                    name = "marquee" if tag == _MARQUEE else ""
                    reason = hidden.by_attributes(name, attributes, self.rules)
                    if reason:
                        own = self._hidden_scope(node, own, reason)
                if tag == anchor_tag:
                    own = self._anchor(attributes, own)
            method = special.get(tag)
            if method is not None:
                own = method(self, node, attributes, own, scope)
            states[node.mem_id] = own

    def _text(self, text: str, scope: Scope) -> None:
        sink = scope.sink
        if sink is None:
            return
        if text.isspace():
            if sink.last == scope.block:
                sink.parts.append(" ")
                if scope.anchor is not None:
                    scope.anchor.append(" ")
                if scope.heading is not None:
                    scope.heading.append(" ")
            return
        if self.in_tail and not scope.hidden:
            sink = self.tail
        sink.add(text, scope.block)
        if scope.anchor is not None:
            scope.anchor.append(text)
        if scope.heading is not None:
            scope.heading.append(text)

    def _place(self, node: LexborNode, attributes: dict[str, str | None], scope: Scope, own: Scope) -> Scope:
        """Zone and region of a container with a name."""
        get = attributes.get
        ident, classes, role = get("id") or "", get("class") or "", get("role") or ""
        zone, region = zones.place_of(node.tag or "", ident[:200], classes[:300], role[:20], scope.zone)
        if zone != scope.zone and not own.hidden:
            own.sink = self.zones.get(zone) or self.zones.setdefault(zone, Sink())
            own.sink.last = 0
        own.zone = zone
        own.region = region or (own.region if zone == scope.zone else zone)
        return own

    def _hide(self, node: LexborNode, region: str, reason: str) -> Sink:
        """A sink for what is inside a hidden element; when there are very many the last one takes the rest."""
        if len(self.hidden) >= _MAX_HIDDEN:
            return self.hidden[-1][1]
        sink = Sink()
        self.hidden.append((node, sink, region, reason))
        return sink

    def _hidden_scope(self, node: LexborNode, own: Scope, reason: str) -> Scope:
        region = "tail" if self.in_tail else own.region
        sink = self._hide(node, region, reason)
        return Scope(sink, node.mem_id, own.zone, own.region, reason, own.anchor, None)

    def _refer(self, raw: str | None, kind: str, scope: Scope, text: list[str], rel: str = "") -> None:
        if raw:
            region = "tail" if self.in_tail else scope.region
            self.references.append(Reference(raw, kind, region, scope.hidden, rel, text))

    def _anchor(self, attributes: dict[str, str | None], own: Scope) -> Scope:
        raw = attributes.get("href") or attributes.get("xlink:href")
        if not raw:
            return own
        text: list[str] = []
        self._refer(raw, "a", own, text, attributes.get("rel") or "")
        return Scope(own.sink, own.block, own.zone, own.region, own.hidden, text, own.heading)

    def _comment(self, text: str, scope: Scope) -> None:
        if len(self.comments) < _MAX_PIECES and any(map(str.isalpha, text[:200])):
            self.comments.append((text, "tail" if self.in_tail else scope.region))

    # what single tags mean; every method gives the scope for the children

    def _title(self, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        if not self.title:
            self.title = fold([node.text()], 500)
        return self._silent

    def _html(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        self.lang = (attributes.get("lang") or attributes.get("xml:lang") or "").strip().lower()[:20]
        return own

    def _body(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        if onload := attributes.get("onload"):
            self._script_text(onload, own, "body onload")
        return own

    def _base(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        if not self.base:
            self.base = attributes.get("href") or ""
        return own

    def _meta(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        content = attributes.get("content") or ""
        if (attributes.get("http-equiv") or "").strip().lower() == "refresh":
            if target := refresh_target(content):
                self._refer(target, "meta_refresh", own, [])
                if own.hidden != "noscript":  # a browser that runs scripts does not follow it there
                    self.redirects.append(("meta", target, "meta refresh"))
            return own
        name = (attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or "").strip().lower()
        if content and name in _META_TEXT and len(self.metas) < _MAX_PIECES:
            self.metas.append((name, content))
        elif content and name in _META_DATE:
            self.dates.append(content)
        return own

    def _link(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        rel = (attributes.get("rel") or "").strip().lower()
        kinds = set(rel.split())
        if "alternate" in kinds and (attributes.get("type") or "").strip().lower() in _FEED_TYPES:
            self._refer(attributes.get("href"), "feed", own, [attributes.get("title") or ""], rel)
        elif kinds & _LINK_RELS:
            self._refer(attributes.get("href"), "link", own, [], rel)
        return own

    def _area(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        self._refer(attributes.get("href"), "area", own, [attributes.get("alt") or ""], attributes.get("rel") or "")
        return own

    def _frame(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        kind = "frame" if node.tag == "frame" else "iframe"
        self._refer(attributes.get("src"), kind, own, [attributes.get("title") or ""])
        return self._silent

    def _form(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        method = (attributes.get("method") or "get").strip().lower()[:10]
        action = attributes.get("action") or ""
        if len(self.forms) < 100:
            region = "tail" if self.in_tail else own.region
            self.forms.append((f"{method.upper()} {action[:500]}".strip(), region, []))
        if method != "post" and action:
            self._refer(action, "form", own, [])
        return own

    def _field(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        name = attributes.get("name")
        if name and self.forms and len(fields := self.forms[-1][2]) < 100:
            fields.append(f"{name[:60]}:{(attributes.get('type') or node.tag or '')[:20]}")
        return own

    def _image(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        alt = attributes.get("alt")
        if alt and not alt.isspace():
            if scope.anchor is not None and not any(part.strip() for part in scope.anchor[:50]):
                scope.anchor.append(alt)
            seen = self.alts.setdefault("tail" if self.in_tail else scope.zone, {})
            if len(seen) < _MAX_PIECES:
                seen[alt] = None
        return own

    def _line(self, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        if scope.sink is not None:
            scope.sink.last = 0
        for parts in (scope.anchor, scope.heading):
            if parts is not None:
                parts.append(" ")
        return own

    def _heading(self, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        if own.hidden or len(self.headings) >= _MAX_PIECES:
            return own
        text: list[str] = []
        self.headings.append((node.tag or "h1", "tail" if self.in_tail else own.region, text))
        return Scope(own.sink, own.block, own.zone, own.region, own.hidden, own.anchor, text)

    def _time(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        if scope.zone == "main" and len(self.dates) < 20 and (when := attributes.get("datetime")):
            self.dates.append(when)
        return own

    def _noscript(self, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        return own if own.hidden else self._hidden_scope(node, own, "noscript")

    def _mark(self, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        self.in_tail = True
        return own

    def _muted(self, node: LexborNode, _: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        return self._silent

    def _script(self, node: LexborNode, attributes: dict[str, str | None], own: Scope, scope: Scope) -> Scope:
        if source := attributes.get("src"):
            if len(self.sources) < _MAX_PIECES:
                self.sources.append(source[:2000])
            return self._silent
        text = node.text()
        if text and not text.isspace():
            found = self._script_text(text, own, "script")
            if found.written:
                self._written(node, found.written, own)
        return self._silent

    def _script_text(self, text: str, own: Scope, where: str) -> scripts.Script:
        if len(self.scripts) < _MAX_PIECES:
            self.scripts.append((text, "tail" if self.in_tail else own.region))
        found = scripts.read(text) if len(text) <= scripts.MAX_SCRIPT else scripts.read(text[: scripts.MAX_SCRIPT])
        self.redirects += [("script", target, where) for target in found.redirects]
        for target in found.redirects:
            self._refer(target, "redirect", own, [])
        for page in found.pages:
            self._refer(page, "script", own, [])
        return found

    def _written(self, node: LexborNode, markup: str, own: Scope) -> None:
        """``document.write`` of a style sheet, or of a tag that hides what follows until another script closes it."""
        parent = node.parent
        if parent is None:
            return
        if "<style" in markup:
            self.rules = {**self.rules, **hidden.rules_of(markup.partition("<style")[2].partition(">")[2])}
        if markup.lstrip().startswith("</") and own.hidden == "written":
            before = self._states.get(-parent.mem_id)
            if before is not None:
                self._states[parent.mem_id] = before
        elif not own.hidden and markup.lower().startswith(_WRITTEN_TAG) and "</" not in markup:
            style = markup.partition("style=")[2]
            if hidden.reason_of(style[1:].partition(style[:1] or '"')[0]):
                self._states[-parent.mem_id] = self._states.get(parent.mem_id, own)
                self._states[parent.mem_id] = self._hidden_scope(node, own, "written")


_MARQUEE = tags.number("marquee")
_META_TEXT = frozenset("description keywords og:title og:description twitter:title twitter:description".split())
_META_DATE = frozenset(
    "article:published_time pubdate publishdate date dc.date dc.date.issued datepublished og:published_time".split()
)
_FEED_TYPES = frozenset(("application/rss+xml", "application/atom+xml", "application/rdf+xml"))
_LINK_RELS = frozenset("alternate next prev previous canonical amphtml shortlink".split())
_METHODS = {
    "title": Walk._title,
    "html": Walk._html,
    "body": Walk._body,
    "base": Walk._base,
    "meta": Walk._meta,
    "link": Walk._link,
    "area": Walk._area,
    "frame": Walk._frame,
    "iframe": Walk._frame,
    "form": Walk._form,
    "input": Walk._field,
    "textarea": Walk._field,
    "select": Walk._field,
    "button": Walk._field,
    "img": Walk._image,
    "br": Walk._line,
    "h1": Walk._heading,
    "h2": Walk._heading,
    "h3": Walk._heading,
    "time": Walk._time,
    "noscript": Walk._noscript,
    "script": Walk._script,
    "style": Walk._muted,
    "noframes": Walk._muted,
    "noembed": Walk._muted,
    "template": Walk._muted,
}
