"""One walk over the tree of a page, in document order: text by zone, hidden parts, references, and what scripts say.

lexbor does the parsing; here every node is looked at once, and what holds for its children is kept by the number of
the node. Nothing depends on the depth of the tree.
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.page import hidden, tags, zones
from crawler.page.elements import SPECIAL
from crawler.page.links import Reference
from crawler.page.scope import MAX_PIECES, Scope, Sink

# Put into the bytes where the page says it ends: what comes after it in the tree is the tail.
TAIL_MARK = b"<bgsound rasoat-tail>"
MAX_NODES = 400_000
_STYLE, _TEMPLATE = re.compile(rb"<style", re.IGNORECASE), re.compile(rb"<template", re.IGNORECASE)
_MAX_HIDDEN = 5_000


class Walk:
    """What one walk found; ``run`` fills it. Texts are raw, references as they are written.

    ``look`` is the attribute in which a browser wrote what a visitor does not see; style sheets then mean nothing.
    """

    def __init__(self, look: str = "") -> None:
        self.look = look
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
        self.written: list[tuple[str, str]] = []  # markup that scripts write, and the region
        self.styles: list[str] = []
        self.alts: dict[str, dict[str, None]] = {}
        self.forms: list[tuple[str, str, list[str]]] = []
        self.dates: list[str] = []
        self.title = self.lang = self.base = ""
        self.rules: dict[str, str] = {}
        self._reasons: dict[tuple[str | None, str | None, str | None], str] = {}
        self.in_tail = False
        self.cut = ""
        self.states: dict[int, Scope] = {}
        self.silent = Scope(None, 0, "main", "main", "", None, None)

    def run(self, parser: LexborHTMLParser, data: bytes) -> None:
        """Walk over the document of ``data``, then over the contents of its templates (which no visitor sees)."""
        self.states.clear()
        for style in parser.css("style")[:100] if _STYLE.search(data) else ():
            text = style.text()
            self.styles.append(text)
            if len(self.rules) < 5_000:
                self.obey({**hidden.rules_of(text), **self.rules})
        top = Scope(self.zones["main"], 0, "main", "main", "", None, None)
        root = parser.root
        if root is None:
            return
        self._walk(root.parent or root, top)
        self.in_tail = False
        for fragment in parser.template_fragments()[:100] if _TEMPLATE.search(data) else ():
            sink = self._sink(fragment, "main", "template")
            self._walk(fragment, Scope(sink, 0, "main", "main", "template", None, None))

    def obey(self, rules: dict[str, str]) -> None:
        """From here on these rules of style sheets hold."""
        self.rules = rules
        self._reasons.clear()

    def _walk(self, start: LexborNode, top: Scope) -> None:
        states, reasons, looked = self.states, self._reasons, self.look
        special, text_tag, comment_tag = SPECIAL, tags.TEXT, tags.COMMENT
        blocks, containers, anchor_tag = tags.BLOCKS, tags.CONTAINERS, tags.A
        left = MAX_NODES
        states[start.mem_id] = top
        for node in start.traverse(include_text=True):
            parent = node.parent
            scope = states.get(parent.mem_id, top) if parent is not None else top
            tag = node.tag_id
            if tag == text_tag:
                sink = scope.sink
                if sink is None:
                    continue
                text = node.text_content or ""
                if not text.isspace():
                    self._text(text, sink, scope)
                elif sink.last == scope.block:  # between words; between blocks it says nothing
                    self._blank(sink, scope)
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
                if looked:
                    own = self._looked(node, attributes, own)
                elif not own.hidden:
                    look = (attributes.get("class"), attributes.get("id"), attributes.get("style"))
                    if "hidden" in attributes:
                        reason = hidden.by_attributes(attributes, self.rules)
                    elif (known := reasons.get(look)) is not None:
                        reason = known
                    else:
                        reason = reasons[look] = hidden.by_attributes(attributes, self.rules)
                    if reason:
                        own = self.hide(node, own, reason)
                if tag == anchor_tag:
                    own = self._anchor(attributes, own)
            method = special.get(tag)
            if method is not None:
                own = method(self, node, attributes, own, scope)
            states[node.mem_id] = own

    def _blank(self, sink: Sink, scope: Scope) -> None:
        sink.parts.append(" ")
        if scope.anchor is not None:
            scope.anchor.append(" ")
        if scope.heading is not None:
            scope.heading.append(" ")

    def _text(self, text: str, sink: Sink, scope: Scope) -> None:
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

    def _sink(self, node: LexborNode, region: str, reason: str) -> Sink:
        """A sink for what is inside a hidden element; when there are very many the last one takes the rest."""
        if len(self.hidden) >= _MAX_HIDDEN:
            return self.hidden[-1][1]
        sink = Sink()
        self.hidden.append((node, sink, region, reason))
        return sink

    def hide(self, node: LexborNode, own: Scope, reason: str) -> Scope:
        region = "tail" if self.in_tail else own.region
        sink = self._sink(node, region, reason)
        return Scope(sink, node.mem_id, own.zone, own.region, reason, own.anchor, None)

    def _looked(self, node: LexborNode, attributes: dict[str, str | None], own: Scope) -> Scope:
        """What the browser says of an element: a reason, ``shown`` inside what is hidden, or nothing."""
        told = attributes.get(self.look)
        if not told:
            return own
        if told != "shown":
            return own if own.hidden else self.hide(node, own, told[:20])
        sink = self.zones.get(own.zone) or self.zones.setdefault(own.zone, Sink())
        return Scope(sink, node.mem_id, own.zone, own.region, "", own.anchor, own.heading)

    def refer(self, raw: str | None, kind: str, scope: Scope, text: list[str], rel: str = "") -> None:
        if raw:
            region = "tail" if self.in_tail else scope.region
            self.references.append(Reference(raw, kind, region, scope.hidden, rel, text))

    def _anchor(self, attributes: dict[str, str | None], own: Scope) -> Scope:
        raw = attributes.get("href") or attributes.get("xlink:href")
        if not raw:
            return own
        text: list[str] = []
        self.refer(raw, "a", own, text, attributes.get("rel") or "")
        return Scope(own.sink, own.block, own.zone, own.region, own.hidden, text, own.heading)

    def _comment(self, text: str, scope: Scope) -> None:
        if len(self.comments) < MAX_PIECES and any(map(str.isalpha, text[:200])):
            self.comments.append((text, "tail" if self.in_tail else scope.region))
