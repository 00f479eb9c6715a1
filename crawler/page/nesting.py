"""A linear look at the tags before the parser sees them: where would it need more than linear time or memory?

lexbor walks up the open elements for every tag, so 100,000 unclosed ``<div>`` cost it 14 seconds inside one C call;
formatting elements that stay open are copied into every later paragraph; and the attributes of one tag are
compared with each other. Browsers stop at 512 levels too. Where the standard's tree would be shallower than this
count, a page is cut too early rather than too late.
"""

import re
from itertools import islice

MAX_DEPTH = 512
MAX_TAGS = 200_000
MAX_ATTRIBUTES = 600
_MAX_COPIES = 100_000  # elements that open formatting would add to the tree
_MAX_WORK = 2_000_000
_SMALL = (1200, 24_000)  # tags and bytes below which nothing can go wrong that takes longer than this look

_VOID = b"area base br col embed hr img input link meta param source track wbr basefont bgsound frame keygen"
# The parser closes these by itself when the next one opens: they nest only together with what is counted.
_IMPLIED = b"p li dt dd option optgroup tr tbody thead tfoot colgroup rt rp rb rtc html head body"
_UNCOUNTED = frozenset((_VOID + b" " + _IMPLIED).split())
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
_BARRIERS = frozenset(b"table td th caption object applet marquee template svg math select".split())
_CELLS = frozenset((b"td", b"th", b"caption"))
_HEADINGS = frozenset((b"h1", b"h2", b"h3", b"h4", b"h5", b"h6"))
# An end tag of any other element does not reach over one of these.
_SPECIAL = _BARRIERS | frozenset(
    b"address article aside blockquote button center details dir div dl fieldset figcaption figure footer form "
    b"frameset header hgroup hr iframe listing main menu nav noembed noframes noscript ol plaintext pre script "
    b"search section style summary textarea title ul xmp h".split()
)
_RAW = re.compile(rb"(?i:script|style|textarea|title|xmp|iframe|noembed|noframes)")

_TAG = re.compile(
    rb"<(?:(/?)([A-Za-z][^\s/>]*+)"
    rb"((?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>][^\s>]*+)?+)?+)*+)[\s/]*+>?"
    rb"|!--(?:-?>|(?:[^-]++|-(?!-!?>))*+--!?>)?)"
)
_ATTRIBUTE = re.compile(rb"[^\s/>=]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?")


def cut(body: bytes) -> tuple[bytes, str]:
    """The part of a UTF-8 page that is safe to parse, and why it was cut: ``nesting``, ``attributes``, ``tags`` or ""."""
    tags = body.count(b"<")
    if tags < _SMALL[0] and len(body) < _SMALL[1]:
        return body, ""
    cause = ""
    if tags > MAX_TAGS:
        last = next(islice(re.finditer(b"<", body), MAX_TAGS, None))
        body, cause = body[: last.start()], "tags"
    end, found = _Scan(body).run()
    return (body[:end], found) if found else (body, cause)


class _Scan:
    """One pass over the tags of a page; ``run`` gives the offset and cause of the first danger."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.stack: list[bytes] = []
        self.formatting: dict[bytes, int] = {}
        self.open_formatting = 0
        self.copies = 0
        self.work = 0
        self.foreign = 0
        self.unclosed: set[bytes] = set()

    def run(self) -> tuple[int, str]:
        body, search = self.body, _TAG.search
        stack = self.stack
        match = search(body)
        while match is not None:
            end = match.end()
            slash, name, attributes = match.groups()
            if name is not None:
                name = name.lower()
                if attributes and len(attributes) > 1200 and self._too_many(attributes):
                    return match.start(), "attributes"
                if slash:
                    self._close(name)
                elif name not in _UNCOUNTED:
                    self._open(name)
                    if _RAW.fullmatch(name) and not self.foreign:
                        end = self._skip_raw(name, end)
                elif name == b"p" or name == b"li":
                    self.copies += self.open_formatting
                if len(stack) + self.open_formatting > MAX_DEPTH:
                    return match.start(), "nesting"
                if self.copies > _MAX_COPIES or self.work > _MAX_WORK:
                    return match.start(), "nesting"
            match = search(body, end)
        return len(body), ""

    def _open(self, name: bytes) -> None:
        if name in _FORMATTING:
            if name == b"a" and self.formatting.get(name):
                return  # a second <a> closes the first
            self.formatting[name] = self.formatting.get(name, 0) + 1
            self.open_formatting += 1
            return
        if name in _HEADINGS:
            name = b"h"
            if self.stack and self.stack[-1] == name:
                return
        if name in _CELLS:
            # a cell has a list of formatting of its own, and closes the cell before it
            self._close(name)
            self.formatting.clear()
            self.open_formatting = 0
        elif name in (b"svg", b"math"):
            self.foreign += 1
        self.copies += self.open_formatting
        self.stack.append(name)

    def _close(self, name: bytes) -> None:
        if name in _FORMATTING:
            if count := self.formatting.get(name):
                self.formatting[name] = count - 1
                self.open_formatting -= 1
            return
        if name in _HEADINGS:
            name = b"h"
        stack = self.stack
        if not stack:
            return
        if stack[-1] == name:
            stack.pop()
        else:
            self._close_deeper(name)
        if self.foreign and name in (b"svg", b"math"):
            self.foreign -= 1

    def _close_deeper(self, name: bytes) -> None:
        stack = self.stack
        stops = _BARRIERS if name in _SPECIAL else _SPECIAL
        for place in range(len(stack) - 1, -1, -1):
            self.work += 1
            if stack[place] == name:
                del stack[place:]
                return
            if stack[place] in stops and not (name == b"table" and stack[place] in _CELLS):
                return

    def _skip_raw(self, name: bytes, start: int) -> int:
        """Past the text of a raw element; where its end tag is missing everything is looked at."""
        if name in self.unclosed:
            return start
        close = re.compile(rb"</" + name + rb"(?=[\s/>])", re.IGNORECASE).search(self.body, start)
        if close is None:
            self.unclosed.add(name)
            return start
        return close.start()

    @staticmethod
    def _too_many(attributes: bytes) -> bool:
        return next(islice(_ATTRIBUTE.finditer(attributes), MAX_ATTRIBUTES, None), None) is not None
