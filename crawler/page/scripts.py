"""What an inline script says without being run: automatic redirects, page addresses, what it writes."""

import re
from dataclasses import dataclass
from functools import lru_cache

from crawler.page.decode import reveal
from crawler.shapes import media_of

MAX_SCRIPT = 200_000
_MAX_STRINGS = 200
_MAX_REMEMBERED = 8_000

# Closing quotes are optional and every loop is possessive, so that hostile text is read once.
_STRING = r"\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|`(?:[^`\\]|\\.)*+`?"
_LOCATION = re.compile(
    r"(?<![\w$.])(?:(?:window|document|self|top|parent|this|globalThis)\s*+\.\s*+){0,3}location"
    r"(?:\s*+\.\s*+href)?\s*+(?:=(?!=)\s*+|\.\s*+(?:replace|assign)\s*+\(\s*+)"
    r"(?P<target>\"(?:[^\"\\\n]|\\.){0,1000}+\"|'(?:[^'\\\n]|\\.){0,1000}+')(?P<more>\s*+\+)?"
)
_TOKEN = re.compile(rf"//[^\n]*|/\*.*?(?:\*/|$)|{_STRING}|[{{}}]", re.DOTALL)
_FUNCTION = re.compile(r"function\s*([\w$]*)\s*\([^()]{0,200}\)\s*$|=>\s*$")
# What runs the function that follows without a click: an immediate call, a timer, the end of loading.
_RUNS = re.compile(
    r"(?:^|[;\s!+(=,&|])(?:setTimeout|setInterval|requestAnimationFrame|jQuery|\$)\s*\(\s*(?:async\s*)?$"
    r"|\.\s*(?:ready|load)\s*\(\s*(?:async\s*)?$|\.\s*onload\s*=\s*$|(?:^|[\s;])onload\s*=\s*$"
    r"|(?:\.on|\.one|\.bind|addEventListener)\s*\(\s*[\"'](?:load|DOMContentLoaded|pageshow|ready)[\"']\s*,\s*$"
    r"|(?:^|[^\w$)\]\s.])\s*[(!+-]\s*$|^\s*[(!+-]\s*$|[;}\n]\s*\(\s*$"
)
_PAGE = re.compile(r"[\"'`]((?:https?:\\?/\\?/|/)[^\s\"'`<>{}|^$+*()\[\];]{1,400})[\"'`]")
_WRITE = re.compile(rf"document\s*+\.\s*+write(?:ln)?\s*+\(\s*+({_STRING})")
_TIMED = re.compile(rf"(?:setTimeout|setInterval|eval)\s*+\(\s*+({_STRING})")


@dataclass(frozen=True, slots=True)
class Script:
    """What was found in one inline script; ``redirects`` are targets as written, ``written`` markup that it writes.

    ``decoded_redirects`` show only when coded strings are worked out; ``revealed`` is the script with them in plain.
    """

    redirects: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    written: str = ""
    decoded_redirects: tuple[str, ...] = ()
    revealed: str = ""


def read(text: str) -> Script:
    """Read a script (its first 200,000 characters). Templates repeat their scripts, so answers are remembered."""
    return _remembered(text) if len(text) <= _MAX_REMEMBERED else _read(text[:MAX_SCRIPT])


def _read(text: str) -> Script:
    redirects = _redirects(text)
    plain = reveal(text)
    revealed = plain if plain != text else ""
    decoded = tuple(target for target in _redirects(plain) if target not in redirects) if revealed else ()
    pages: tuple[str, ...] = ()
    if "/" in text:
        found_pages = dict.fromkeys(_unescaped(each) for each in _PAGE.findall(text)[:_MAX_STRINGS])
        pages = tuple(each for each in found_pages if not media_of(each.partition("?")[0]))
    written = ""
    if "document" in plain and "write" in plain:
        written = "".join(_unescaped(each[1:-1]) for each in _WRITE.findall(plain)[:50])
    return Script(redirects, pages, written, decoded, revealed)


def _redirects(text: str) -> tuple[str, ...]:
    if "location" not in text:
        return ()
    found = [match for match in _LOCATION.finditer(text) if not match.group("more")][:20]
    targets = tuple(_unescaped(m.group("target")[1:-1]) for m in found if _automatic(text, m.start()))
    return targets + tuple(_in_timers(text))


_remembered = lru_cache(maxsize=512)(_read)


def _in_timers(text: str) -> list[str]:
    """Redirects inside a string that a timer or eval runs: ``setTimeout("location='…'", 0)``."""
    found = []
    for match in _TIMED.finditer(text):
        inner = _unescaped(match.group(1)[1:-1])
        found += [_unescaped(m.group("target")[1:-1]) for m in _LOCATION.finditer(inner) if not m.group("more")]
    return found[:20]


def _automatic(text: str, place: int) -> bool:
    """Whether the code at ``place`` runs without a visitor's doing; a heuristic over braces, not a parser.

    It does at the top level, inside ``if`` and the like (a condition on the referrer is what cloaking looks like),
    in a function that is called at once, by a timer or when the page has loaded, and in a named function whose name
    is used elsewhere outside of a handler string. It does not in comments, strings and other functions.
    """
    openers: list[int] = []
    for token in _TOKEN.finditer(text):
        if token.start() > place:
            break
        if token.group() == "{":
            openers.append(token.start())
        elif token.group() == "}":
            del openers[-1:]
        elif token.end() > place:
            return False
    return all(_runs(text, opener) for opener in openers[-20:])


def _runs(text: str, opener: int) -> bool:
    before = text[max(0, opener - 300) : opener]
    match = _FUNCTION.search(before)
    if match is None:
        return True  # a condition, a loop, try
    if name := match.group(1):
        return _is_called(text, name)
    start = match.start() if not match.group().startswith("=>") else _arrow_start(before, match.start())
    return bool(_RUNS.search(before[:start]))


def _arrow_start(before: str, arrow: int) -> int:
    match = re.search(r"(?:\([^()]{0,200}\)|[\w$]+)\s*$", before[:arrow])
    return match.start() if match else arrow


def _is_called(text: str, name: str) -> bool:
    """A call at a statement's start, or the name handed to a timer or to onload."""
    name = re.escape(name)
    handed = rf"(?:setTimeout|setInterval|ready|\$|onload ?=|[\"'](?:load|DOMContentLoaded)[\"'] ?,) ?\(? ?{name}\b"
    return bool(re.search(rf"(?:^|[;{{}}\n)])[ \t]{{0,40}}{name}\s?\(", text) or re.search(handed, text))


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    text = re.sub(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))", lambda m: chr(int(m.group(1) or m.group(2), 16)), text)
    return re.sub(r"\\(.)", r"\1", text)
