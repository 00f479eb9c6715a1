"""A linear look at the tags before the parser sees them: where would it need more than linear time or memory?

lexbor walks up the open elements for every tag, so 100,000 unclosed ``<div>`` cost it 14 seconds inside one C call;
formatting elements that stay open are copied into every later paragraph; and the attributes of one tag are
compared with each other. Browsers stop at 512 levels too. Where the standard's tree would be shallower than this
count, a page is cut too early rather than too late.
"""

import re
from functools import lru_cache
from itertools import islice

MAX_DEPTH = 512
MAX_TAGS = 80_000  # no honest page has a tenth of it; each costs half a kilobyte while the page is read
MAX_ATTRIBUTES = 600
_MAX_FORMATTING = 256  # formatting elements that are closed neither here nor there
_MAX_COPIES = 100_000  # elements that open formatting would add to the tree
_MAX_WORK = 2_000_000
# Below all of these the worst page costs the parser a fraction of a second, and this look would cost more than
# parsing an honest one: tags, bytes between two tags, squared and summed (attributes), tags times formatting
# elements (copies).
_SMALL_TAGS, _SMALL_SQUARES, _SMALL_COPIES = 6_000, 96_000**2, 2 * _MAX_COPIES

_VOID = b"area base br col embed hr img input link meta param source track wbr basefont bgsound frame keygen"
# The parser closes these by itself when the next one opens: they nest only together with what is counted.
_IMPLIED = b"option optgroup tr tbody thead tfoot colgroup rt rp rb rtc html head body"
_UNCOUNTED = frozenset((_VOID + b" " + _IMPLIED).split())
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
_BLOCKS = frozenset(
    b"address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form "
    b"header hgroup listing main menu nav ol p plaintext pre search section summary table ul xmp li dd dt h".split()
)
_BARRIERS = frozenset(b"table td caption object applet marquee template svg math select".split())
_BARRIERS_OF = {
    b"p": _BARRIERS | {b"button"},
    b"li": _BARRIERS | {b"ul", b"ol"},
    b"table": _BARRIERS - {b"td", b"caption"},
}
# An end tag of any other element does not reach over one of these.
_SPECIAL = (
    _BLOCKS | _BARRIERS | frozenset(b"button frameset iframe noembed noframes noscript script style title".split())
)
# End tags of these reach over everything but a barrier.
_SCOPED = (_BLOCKS | _BARRIERS | {b"button"}) - {b"svg", b"math"}
_ITEMS = {b"li": (b"li",), b"dd": (b"dd", b"dt"), b"dt": (b"dd", b"dt")}
_SAME = {b"th": b"td", b"caption": b"td"} | {b"h%d" % level: b"h" for level in range(1, 7)}
_RAW = frozenset(b"script style textarea title xmp iframe noembed noframes".split())

_TAG = re.compile(
    rb"""<(?:(/?)([A-Za-z][^W/>]*+)
        ((?:[W/]*+[^W/>][^W/>=]*+(?:[W]*+=[W]*+(?:"[^"]*+"|'[^']*+'|[^W"'>][^W>]*+)?+)?+)*+)[W/]*+>?
        |!--)""".replace(b"W", rb" \t\n\f\r").replace(b"\n        ", b"")
)
_COMMENT_END = re.compile(rb"--!?>")
_FORMATS = re.compile(rb"<(?:[bisu][\s/>]|em[\s/>]|tt[\s/>]|big|code|font|nobr|small|strike|strong)", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"[^\s/>=]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?")


def cut(body: bytes) -> tuple[bytes, str]:
    """The part of a UTF-8 page that is safe to parse, and why it was cut: ``nesting``, ``attributes``, ``tags``, ""."""
    tags = body.count(b"<")
    if tags < _SMALL_TAGS and _squares(body) < _SMALL_SQUARES and tags * len(_FORMATS.findall(body)) < _SMALL_COPIES:
        return body, ""
    cause = ""
    if tags > MAX_TAGS:
        last = next(islice(re.finditer(b"<", body), MAX_TAGS, None))
        body, cause = body[: last.start()], "tags"
    end, found = _Scan(body).run()
    return (body[:end], found) if found else (body, cause)


def _squares(body: bytes) -> int:
    """What attributes may cost at most: one needs two bytes, and is compared with all others of its tag."""
    if len(body) ** 2 < _SMALL_SQUARES:
        return 0
    return sum([len(piece) ** 2 for piece in body.split(b"<")])


class _Scan:
    """One pass over the tags of a page, with the open elements as the parser would have them."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.stack: list[bytes] = []
        self.formatting: list[tuple[bytes, bytes]] = []
        self.copies = 0
        self.work = 0
        self.foreign = 0
        self.paragraphs = 0
        self.unclosed: set[bytes] = set()

    def run(self) -> tuple[int, str]:
        """The offset and the cause of the first danger, or the length of the body and ""."""
        body, search, stack = self.body, _TAG.search, self.stack
        match = search(body)
        while match is not None:
            end = match.end()
            slash, name, attributes = match.groups()
            if name is None:
                close = _COMMENT_END.search(body, end - 2)
                if close is None:
                    break  # an open comment swallows the rest
                end = close.end()
            else:
                name = name.lower()
                if attributes and len(attributes) > 1200 and _too_many(attributes):
                    return match.start(), "attributes"
                if name not in _UNCOUNTED:
                    name = _SAME.get(name, name)
                    if slash:
                        self._close(name)
                    else:
                        self._open(name, attributes)
                        if name in _RAW and not self.foreign:
                            end = self._skip_raw(name, end)
                    if len(stack) > MAX_DEPTH or self.copies > _MAX_COPIES or self.work > _MAX_WORK:
                        return match.start(), "nesting"
            match = search(body, end)
        return len(body), ""

    def _open(self, name: bytes, attributes: bytes) -> None:
        stack = self.stack
        if name in _FORMATTING:
            self._open_formatting(name, attributes)
        elif name in _BLOCKS:
            if self.paragraphs:
                self._close(b"p")
            if name in _ITEMS:
                self._close_item(_ITEMS[name])
            elif name == b"h" and stack and stack[-1] == b"h":
                stack.pop()
            elif name == b"p":
                self.paragraphs += 1
            self.copies += len(self.formatting)
        elif name == b"td":
            # a cell closes the cell before it, and has a list of formatting of its own
            self._close(name)
            self.formatting.clear()
        elif name in (b"svg", b"math"):
            self.foreign += 1
        stack.append(name)

    def _open_formatting(self, name: bytes, attributes: bytes) -> None:
        if name in (b"a", b"nobr") and any(each == name for each, _ in self.formatting[-8:]):
            self._close(name)
        entry = (name, attributes)
        if self.formatting.count(entry) < 3:  # the standard keeps at most three equal ones
            self.formatting.append(entry)
            if len(self.formatting) > _MAX_FORMATTING:
                self.copies = _MAX_COPIES + 1

    def _close(self, name: bytes) -> None:
        stack = self.stack
        if name in _FORMATTING:
            for place in range(len(self.formatting) - 1, -1, -1):
                if self.formatting[place][0] == name:
                    del self.formatting[place]
                    break
        if stack and stack[-1] == name:
            stack.pop()
            if name == b"p":
                self.paragraphs -= 1
        elif stack:
            self._close_deeper(name)
        if self.foreign and name in (b"svg", b"math"):
            self.foreign -= 1

    def _close_deeper(self, name: bytes) -> None:
        stack = self.stack
        stops = _BARRIERS_OF.get(name, _BARRIERS) if name in _SCOPED else _SPECIAL
        for place in range(len(stack) - 1, -1, -1):
            self.work += 1
            if stack[place] == name:
                if name == b"form":
                    del stack[place]  # what is open inside a form stays open
                else:
                    self._drop(place)
                return
            if stack[place] in stops:
                return

    def _close_item(self, names: tuple[bytes, ...]) -> None:
        for place in range(len(self.stack) - 1, -1, -1):
            self.work += 1
            each = self.stack[place]
            if each in names:
                self._drop(place)
                return
            if each in _SPECIAL and each not in (b"address", b"div", b"p"):
                return

    def _drop(self, place: int) -> None:
        if self.paragraphs:
            self.paragraphs -= self.stack[place:].count(b"p")
        del self.stack[place:]

    def _skip_raw(self, name: bytes, start: int) -> int:
        """Past the text of a raw element; where its end tag is missing everything is looked at."""
        if name in self.unclosed:
            return start
        close = _end_of(name).search(self.body, start)
        if close is None:
            self.unclosed.add(name)
            return start
        return close.start()


@lru_cache(maxsize=16)
def _end_of(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"</" + name + rb"(?=[\s/>])", re.IGNORECASE)


def _too_many(attributes: bytes) -> bool:
    return next(islice(_ATTRIBUTE.finditer(attributes), MAX_ATTRIBUTES, None), None) is not None
