"""What a hostile world sends: valid files that somebody bent, and pieces of markup in any order."""

from collections.abc import Sequence
from functools import reduce

from hypothesis import strategies as st

_NUMBERS = st.integers(0, 2**16)
_WEDGES = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xe1\xbb",
    b"<",
    b">",
    b'"',
    b"'",
    b"&",
    b"&#x110000;",
    b"&#xD800;",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"\r",
    b"\x1b[2J",
    b"\xc2\x85",
    b"\xe2\x80\xae",
    b"9" * 400,
    b"-1",
    b"1e999",
    b"NaN",
    b"//",
    b"../",
    b"%00",
    b"javascript:",
    b"http://",
    b"http://[",
    b"http://x:99999/",
    b"2026-02-30",
    b"9999-12-31T23:59:59-23:59",
    b"Thu, 01 Jan 1970 00:00:00 -9999",
)
Bend = tuple[str, int, int, bytes]


def bends() -> st.SearchStrategy[list[Bend]]:
    """A few changes, each (how, where, how much, what)."""
    how = st.sampled_from(["cut", "drop", "repeat", "wedge", "flip", "swap"])
    return st.lists(
        st.tuples(how, _NUMBERS, _NUMBERS, st.one_of(st.sampled_from(_WEDGES), st.binary(max_size=6))), max_size=6
    )


def bent(data: bytes, changes: Sequence[Bend]) -> bytes:
    """``data`` after all changes; at most a few times as long."""
    return reduce(_bend, changes, data)


def _bend(data: bytes, change: Bend) -> bytes:
    how, where, much, what = change
    at = where % (len(data) + 1)
    end = min(len(data), at + much % 200)
    if how == "cut":
        return data[:at]
    if how == "drop":
        return data[:at] + data[end:]
    if how == "repeat":
        return data[:end] + data[at:end] * (much % 20) + data[end:]
    if how == "wedge":
        return data[:at] + what * (1 + much % 3) + data[at:]
    if how == "flip" and at < len(data):
        return data[:at] + bytes([data[at] ^ (1 << much % 8)]) + data[at + 1 :]
    return data[:at] + data[end:] + data[at:end]


def bent_ones(*samples: bytes) -> st.SearchStrategy[bytes]:
    """One of the samples, bent."""
    return st.builds(bent, st.sampled_from(samples), bends())
