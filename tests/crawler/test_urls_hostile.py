"""Properties that hold for every text: a URL or InvalidUrl, and canonical stays canonical."""

from hypothesis import given
from hypothesis import strategies as st

from crawler import urls
from crawler.errors import InvalidUrl

_PIECES = st.sampled_from(
    [
        "http://",
        "https:",
        "//",
        "/",
        "\\",
        "..",
        ".",
        "%",
        "%2e",
        "%2F",
        "%zz",
        "a",
        "x.vn",
        "127.1",
        "[::1]",
        ":80",
        "?",
        "&",
        "=",
        "#",
        "@",
        ";jsessionid=1",
        "/(S(a))",
        "utm_source=1",
        "sid=0123456789abcdef",
        "ệ",
        "\ud800",
        "\t",
        "\n",
        " ",
        "\x00",
        "'",
        '"',
        "[",
        "]",
        "|",
        "^",
        "+",
        "xn--",
        "0x7f",
        "🎰",
        "\u00ad",
        "．",
        "。",
    ]
)
_TEXTS = st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=14).map("".join))


@given(st.one_of(_TEXTS, _TEXTS.map("http://x.vn/".__add__), _TEXTS.map("http://".__add__)), st.booleans())
def test_parse_is_total_and_idempotent(raw: str, with_base: bool) -> None:
    try:
        found = urls.parse(raw, "https://goc.edu.vn/a/b?c=1" if with_base else "")
    except InvalidUrl:
        return
    assert urls.parse(found.url) == found
    assert found.url.isascii()
    assert len(found.url) <= urls.MAX_LENGTH
    assert found.url == f"{found.scheme}://{found.host}{found.path}" + (f"?{found.query}" if found.query else "")
    assert urls.host_of(found.url) == found.host
    assert "@" not in found.host
    for derived in (urls.digest(found.url), urls.shape(found.url), urls.trap(found.url), urls.is_media(found.url)):
        assert isinstance(derived, str)


@given(_TEXTS)
def test_what_is_shown_has_no_control_characters(text: str) -> None:
    for shown in (urls.clean(text), urls.defang(text)):
        shown.encode("utf-8")
        assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in shown)
    assert "http://" not in urls.defang(text).lower()
