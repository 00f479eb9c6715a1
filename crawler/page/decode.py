"""What a script hides in codes, worked out on paper: strings that are built of codes become plain strings.

Known are ``atob``, ``fromCharCode``, ``unescape`` and ``decodeURIComponent``, ``split/reverse/join``, ``replace`` with
a literal, joined lists, concatenation, ``\\x`` and ``\\u`` escapes, and variables that hold one string. Nothing is
run: each form is a pattern, rounds and sizes are bounded, and what is not understood stays as it is.
"""

import base64
import binascii
import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

MAX_ROUNDS = 5
MAX_TEXT = 200_000
_MAX_NAMES = 200
_MAX_CODES = 20_000

# An escaped quote begins no string: else each one of a long row would be tried to the end of it.
_STR = r"(?<!\\)(?:\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+')"
_HINT = re.compile(
    r"atob|fromCharCode|unescape|decodeURI|\.\s*+reverse\s*+\(|\.\s*+join\s*+\(|\\x[0-9a-fA-F]{2}|\\u00|[\"']\s*+\+|\+\s*+[\"']"
    r"|[\"']\s*+\.\s*+replace|\[\s*+[\"']location"
)
_EVALUATED = re.compile(
    rf"(?:eval|Function|setTimeout|setInterval)\s*+\(\s*+({_STR})\s*+(?:,\s*+\d+\s*+)?\)(?:\s*+\(\s*+\))?"
)
_PROPERTY = re.compile(r"\[\s*+[\"']([A-Za-z_$][\w$]{0,40})[\"']\s*+\]")
_CALL = re.compile(
    rf"(?:(?:window|self|globalThis|this)\s*+\.\s*+)?(atob|unescape|decodeURIComponent|decodeURI|escape)\s*+\(\s*+({_STR})\s*+\)"
)
_CODES = re.compile(
    r"String\s*+\.\s*+fromCharCode\s*+(?:\.\s*+apply\s*+\(\s*+(?:null|String|this)\s*+,\s*+\[|\(\s*+(?:\.\.\.\s*+\[)?)([\s\dxXa-fA-F,]{1,100000}+)\]?\s*+\)"
)
_REVERSED = re.compile(
    rf"({_STR})\s*+\.\s*+split\s*+\(\s*+(?:\"\"|''|``)\s*+\)\s*+\.\s*+reverse\s*+\(\s*+\)\s*+\.\s*+join\s*+\(\s*+(?:\"\"|''|``)\s*+\)"
)
_SPLIT = re.compile(rf"({_STR})\s*+\.\s*+split\s*+\(\s*+({_STR})\s*+\)\s*+\.\s*+join\s*+\(\s*+({_STR})\s*+\)")
_LIST = re.compile(
    rf"\[\s*+((?:{_STR})(?:\s*+,\s*+(?:{_STR})){{0,2000}}+)\s*+\](\s*+\.\s*+reverse\s*+\(\s*+\))?\s*+\.\s*+join\s*+\(\s*+({_STR})\s*+\)"
)
_REPLACE = re.compile(
    rf"({_STR})\s*+\.\s*+replace(?:All)?\s*+\("
    rf"\s*+(?:/([\w.,@#%&!~ -]{{1,20}})/(?:gi?|ig)?|({_STR}))\s*+,\s*+({_STR})\s*+\)"
)
_SUM = re.compile(rf"({_STR})\s*+\+\s*+({_STR})(?!\s*+\.\s*+(?:split|replace))")
_NAMED = re.compile(
    rf"(?:^|[;,{{}}\n]|\b(?:var|let|const)\s)[ \t]*+([A-Za-z_$][\w$]{{0,40}})\s*+=\s*+({_STR})[ \t]*+(?=[;,\n}}]|$)"
)
_ANY_STRING = re.compile(_STR)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " ", "v": " ", "0": " "}


def reveal(text: str) -> str:
    """The script with its coded strings in plain; the same text when there are none. Never raises."""
    text = text[:MAX_TEXT]
    return _reveal(text) if _HINT.search(text) else text


@lru_cache(maxsize=256)
def _reveal(text: str) -> str:
    for _ in range(MAX_ROUNDS):
        before = text
        text = _PROPERTY.sub(r".\1", text)
        text = _CALL.sub(_call, text)
        text = _CODES.sub(_codes, text)
        text = _REVERSED.sub(lambda match: quoted(literal(match[1])[::-1]), text)
        text = _SPLIT.sub(
            lambda match: quoted(literal(match[1]).replace(literal(match[2]) or "\0", literal(match[3]))), text
        )
        text = _LIST.sub(_joined, text)
        text = _REPLACE.sub(_replaced, text)
        text = _EVALUATED.sub(lambda match: f";{literal(match[1])};", text)
        text = _summed(_named(text))
        if text == before or len(text) > MAX_TEXT:
            break
    return _ANY_STRING.sub(_escapes, text[:MAX_TEXT])


def _escapes(match: re.Match[str]) -> str:
    text = match[0]
    return quoted(literal(text)) if "\\x" in text or "\\u" in text else text


def literal(text: str) -> str:
    """The value of a string literal with its quotes."""
    inner = text[1:-1]
    return _ESCAPE.sub(_unescape, inner) if "\\" in inner else inner


def quoted(value: str) -> str:
    """A string literal of a value."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ") + '"'


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        return _PLAIN.get(match[4], match[4])
    number = int(code, 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else " "


def _call(match: re.Match[str]) -> str:
    value = literal(match[2])
    if match[1] == "escape":
        return match[2]
    if match[1] == "atob":
        try:
            return quoted(base64.b64decode(value + "=" * (-len(value) % 4)).decode("utf-8", "replace"))
        except (binascii.Error, ValueError):
            return match[0]
    value = re.sub(r"%u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), value)
    return quoted(unquote_to_bytes(value.encode("utf-8", "replace")).decode("utf-8", "replace"))


def _codes(match: re.Match[str]) -> str:
    letters = []
    for code in match[1].split(",")[:_MAX_CODES]:
        try:
            number = int(code.strip(), 0) if code.strip() else 32
        except ValueError:
            return match[0]
        letters.append(chr(number) if number < 0xD800 else " ")
    return quoted("".join(letters))


def _joined(match: re.Match[str]) -> str:
    values = [literal(found) for found in _ANY_STRING.findall(match[1])]
    return quoted(literal(match[3]).join(reversed(values) if match[2] else values))


def _replaced(match: re.Match[str]) -> str:
    sought = match[2] if match[3] is None else literal(match[3])
    return quoted(literal(match[1]).replace(sought, literal(match[4]))) if sought else match[0]


def _summed(text: str) -> str:
    """Sums of literals, in as many passes as halve them."""
    for _ in range(12):
        text, count = _SUM.subn(lambda match: quoted(literal(match[1]) + literal(match[2])), text)
        if not count:
            break
    return text


def _named(text: str) -> str:
    """Variables that were given one string stand for it where they are added, called with, or gone to."""
    values: dict[str, str] = {}
    for match in _NAMED.finditer(text):
        if len(values) >= _MAX_NAMES:
            break
        values[match[1]] = "" if match[1] in values else match[2]
    known = {name: value for name, value in values.items() if value and len(value) < 4_000}
    if not known:
        return text
    names = "|".join(map(re.escape, sorted(known, key=lambda name: (-len(name), name))))
    after = r"(?=[ \t]*+(?:[+;)\n]|$)|\s*+\.\s*+(?:split|replace)\b)"
    used = re.compile(
        rf"(?<=[+(=])(\s*+)(?<![\w$.])({names}){after}|(?<![\w$.])()({names})(?=\s*+\+(?!\+)|\s*+\.\s*+split\b)"
    )
    return used.sub(lambda match: (match[1] or "") + known[match[2] or match[4]], text)
