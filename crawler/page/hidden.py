"""Which declarations keep a visitor from seeing an element. A fact about the page, not a judgement: menus and
dialogues are hidden in the same ways."""

import re
from collections.abc import Iterator
from functools import lru_cache

_MAX_SHEET = 200_000
_MAX_REMEMBERED = 32_000  # templates repeat their style sheets
_MAX_STYLE = 2_000

_DISPLAY = re.compile(r"(?:^|;)display:none")
_VISIBILITY = re.compile(r"(?:^|;)visibility:(?:hidden|collapse)")
_OPACITY = re.compile(r"(?:^|;)opacity:0*\.?0+%?(?:;|!|$)")
_FONT = re.compile(
    r"(?:^|;)font-size:(?:0+\.?0*|[01])(?:px|pt|em|rem|%)?(?:;|!|$)|(?:^|;)font:[^;]*\b0(?:px|pt)?/?[^;\d.]"
)
_INDENT = re.compile(r"(?:^|;)text-indent:-(?:\d{3,}(?:\.\d+)?(?:px|pt)?|\d{2,}(?:\.\d+)?(?:em|rem|%|vw))")
_FAR = r"-(?:\d{3,}(?:\.\d+)?(?:px|pt)?|\d{2,}(?:\.\d+)?(?:em|rem)|[1-9]\d{2,}(?:\.\d+)?(?:%|vw|vh))(?:;|!|$)"
_OFF_SCREEN = re.compile(rf"(?:^|;)(?:left|top|right|bottom):{_FAR}")
_MARGIN = re.compile(r"(?:^|;)margin(?:-left|-top)?:-\d{4,}")
_TRANSFORM = re.compile(r"(?:^|;)(?:-\w+-)?transform:(?:scale\(0|translate[xy3d]*\([^)]*-\d{4})")
_POSITION = re.compile(r"(?:^|;)position:(?:absolute|fixed|relative)")
_NO_WIDTH = re.compile(r"(?:^|;)(?:max-)?width:[01](?:px|%|pt|em)?(?:;|!|$)")
_NO_HEIGHT = re.compile(r"(?:^|;)(?:max-|line-)?height:[01](?:px|%|pt|em)?(?:;|!|$)")
_OVERFLOW = re.compile(r"(?:^|;)overflow(?:-[xy])?:(?:hidden|clip|scroll|auto)")
_CLIP = re.compile(r"(?:^|;)clip(?:-path)?:(?:rect\((?:[01](?:px)?[, ]?){4}\)|inset\((?:50|100)%)")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_GROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_SPACE = re.compile(r"\s+|/\*.*?\*/")
_WHITE = {"white": "#ffffff", "black": "#000000"}

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(r"[{}]")
_SIMPLE = re.compile(r"[a-zA-Z0-9]*([.#][\w-]+)")


@lru_cache(maxsize=4096)
def reason_of(style: str) -> str:
    """Why declarations hide an element (``display_none``, ``off_screen``, …), or ""."""
    text = _SPACE.sub("", style).lower()
    if _DISPLAY.search(text):
        return "display_none"
    if _VISIBILITY.search(text):
        return "visibility"
    if _OPACITY.search(text):
        return "opacity"
    if _FONT.search(text):
        return "font_size"
    if _INDENT.search(text):
        return "text_indent"
    return _placed_away(text) or _shrunk(text) or _coloured(text)


def _placed_away(text: str) -> str:
    if (_OFF_SCREEN.search(text) and _POSITION.search(text)) or _MARGIN.search(text) or _TRANSFORM.search(text):
        return "off_screen"
    return "clipped" if _CLIP.search(text) else ""


def _shrunk(text: str) -> str:
    """Without ``overflow`` the content of an empty box still shows, unless the box has no size at all."""
    wide, high = _NO_WIDTH.search(text), _NO_HEIGHT.search(text)
    return "zero_size" if (wide and high) or ((wide or high) and _OVERFLOW.search(text)) else ""


def _coloured(text: str) -> str:
    colour = _COLOUR.search(text)
    if colour is None:
        return ""
    if colour.group(1) == "transparent":
        return "colour"
    ground = _GROUND.search(text)
    return "colour" if ground and _hex(colour.group(1)) == _hex(ground.group(1)) else ""


def _hex(colour: str) -> str:
    colour = _WHITE.get(colour, colour)
    return "#" + "".join(2 * digit for digit in colour[1:]) if len(colour) == 4 and colour[0] == "#" else colour


def rules_of(sheet: str) -> dict[str, str]:
    """The simple selectors (``.x``, ``#x``, with or without a tag) of a style sheet that hide, with the reason.

    Rules inside @media and the like are left out: they speak of other visitors.
    """
    return _remembered_rules(sheet) if len(sheet) <= _MAX_REMEMBERED else _read_rules(sheet)


def _read_rules(sheet: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for selectors, declarations in _rules(_COMMENT.sub("", sheet[:_MAX_SHEET])):
        if reason := reason_of(declarations.strip()[:_MAX_STYLE]):
            for selector in selectors.split(","):
                if match := _SIMPLE.fullmatch(selector.strip()):
                    found.setdefault(match.group(1), reason)
    return found


_remembered_rules = lru_cache(maxsize=128)(_read_rules)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of the rules outside of any @-block, in one pass."""
    stack: list[str] = []
    conditions = start = 0
    for brace in _BRACE.finditer(sheet):
        text = sheet[start : brace.start()]
        start = brace.end()
        if brace.group() == "{":
            text = text.rpartition(";")[2]  # what an @import before it leaves
            stack.append(text)
            conditions += "@" in text
        elif stack:
            selectors = stack.pop()
            conditions -= "@" in selectors
            if not conditions and "@" not in selectors:
                yield selectors, text


def by_attributes(attributes: dict[str, str | None], rules: dict[str, str]) -> str:
    """Why an element is hidden by what is written on it, or ""."""
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return "attribute"
    style = attributes.get("style")
    if style and (reason := reason_of(style[:_MAX_STYLE])):
        return reason
    if not rules:
        return ""
    name = attributes.get("id")
    if name and (reason := rules.get(f"#{name}", "")):
        return reason
    classes = attributes.get("class")
    return _by_class(classes, rules) if classes else ""


def _by_class(classes: str, rules: dict[str, str]) -> str:
    for name in classes.split()[:50]:
        if reason := rules.get(f".{name}"):
            return reason
    return ""


def is_tiny_marquee(attributes: dict[str, str | None]) -> bool:
    """Whether a marquee is too small to read."""
    return _tiny(attributes.get("height")) or _tiny(attributes.get("width"))


def _tiny(size: str | None) -> bool:
    return size is not None and size.strip().rstrip("px%") in ("0", "1")
