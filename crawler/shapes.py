"""What a URL looks like with its values taken out, and what is never worth a request; pure."""

import re
from urllib.parse import unquote

_NUMBER = re.compile(r"[0-9]+")
_HASH = re.compile(r"(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ENCODED = re.compile(r"(?:%[89a-f][0-9a-f])+")
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{0,4}$")
_WORD = re.compile(r"[a-z][a-z_]{0,23}")
_MAX_PARAMETERS = 8
_MAX_SEGMENTS = 12

# Parameters whose value names a part of the program rather than a piece of content.
_ROUTE_NAMES = (
    "option view task act action do mod module nv op layout lang language controller cmd func route type "
    "com page m c tpl template style"
)
_ROUTES = frozenset(_ROUTE_NAMES.split())

_TYPES = {
    "media": "jpg jpeg png gif webp avif bmp svg ico tif tiff heic psd mp4 m4v webm avi mov wmv flv mkv mpg mpeg 3gp "
    "ts m3u8 mp3 wav ogg oga m4a wma aac mid flac swf",
    "asset": "css js mjs map json woff woff2 ttf otf eot",
    "archive": "rar 7z gz tgz tar bz2 xz iso cab jar",
    "program": "exe msi apk ipa dmg pkg deb rpm bin dll bat",
}
_BY_EXTENSION = {ending: kind for kind, endings in _TYPES.items() for ending in endings.split()}


def shape_of(path: str, query: str) -> str:
    """The shape of a canonical path and query: ``/tin-tuc/{slug}-{n}.html?id={n}&page={n}``.

    Numbers, dates, hashes and long slugs give way to a sign; short words stay, because a site has few of them.
    At most 12 segments and 8 parameters are told apart.
    """
    segments = path.lower().split("/")
    last = len(segments) - 1
    shown = [_segment(text, place == last) for place, text in enumerate(segments[: _MAX_SEGMENTS + 1])]
    if last > _MAX_SEGMENTS:
        shown.append("{more}")
    if not query:
        return "/".join(shown)
    named = sorted({_parameter(pair) for pair in query.split("&")[:64]})
    if len(named) > _MAX_PARAMETERS:
        named[_MAX_PARAMETERS:] = ["{more}"]
    return f"{'/'.join(shown)}?{'&'.join(named)}"


def _segment(text: str, last: bool) -> str:
    if not text:
        return text
    if "%" in text:
        text = _ENCODED.sub(lambda match: unquote(match.group(), errors="replace"), text)
    ending = ""
    if last and (match := _EXTENSION.search(text)):
        text, ending = text[: match.start()], match.group()
    if _HASH.fullmatch(text):
        return "{h}" + ending
    words = [word for word in re.split(r"[-_+.,~ ]+", text) if word]
    letters = [word for word in words if not word.isdigit()]
    # the last segment is the article: there a slug begins with fewer words
    if len(letters) >= (3 if last else 4) or len(text) > 32:
        tail = "-{n}" if len(words) > 1 and words[-1].isdigit() else ""
        return "{slug}" + tail + ending
    return _NUMBER.sub("{n}", text) + ending


def _parameter(pair: str) -> str:
    name, equals, value = pair.partition("=")
    name = _NUMBER.sub("{n}", name.lower())[:40]
    if not equals:
        return _segment(name, True)
    value = value.lower()
    if value.isdigit():
        return f"{name}={{n}}"
    if name in _ROUTES and _WORD.fullmatch(value):
        return f"{name}={value}"
    return f"{name}={{h}}" if _HASH.fullmatch(value) else f"{name}={{v}}"


def trap_of(url: str, path: str, query: str) -> str:
    """The cause why a URL looks like an endless space: ``path_repeat``, ``too_long``, ``too_deep``,
    ``too_many_parameters``, or ""."""
    if len(url) > 1500:  # a Vietnamese title of 150 letters takes up to 900 when percent-encoded
        return "too_long"
    if query and query.count("&") >= 12:
        return "too_many_parameters"
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) > 16:
        return "too_deep"
    if len(segments) >= 3 and _repeats(segments):
        return "path_repeat"
    return ""


def _repeats(segments: list[str]) -> bool:
    """One segment three times in a row or four times in all, or a run of two or more directly repeated."""
    count = len(segments)
    if len(set(segments)) == count:
        return False
    if max(map(segments.count, segments)) > 3:
        return True
    if any(segments[i] == segments[i + 1] == segments[i + 2] for i in range(count - 2)):
        return True
    return any(
        segments[start : start + size] == segments[start + size : start + 2 * size]
        for size in range(2, count // 2 + 1)
        for start in range(count - 2 * size + 1)
    )


def media_of(path: str) -> str:
    """ "media", "asset", "archive" or "program" by the ending of a path, or ""; documents and zip files are read."""
    dot = path.rfind(".", -6)
    return _BY_EXTENSION.get(path[dot + 1 :].lower(), "") if dot >= 0 else ""
