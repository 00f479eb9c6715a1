"""A 64-bit fingerprint of the words of a page: near-duplicates differ in few bits (Charikar 2002)."""

import re

import numpy as np

MIN_WORDS = 8
SHINGLE = 24
"""Bytes from the beginning of each word that make one feature: about four Vietnamese words."""
_MAX_TEXT = 200_000
# A page that differs from another only by its numbers (a calendar's, a list's next page) or marks says the same.
_MARKS = bytes(set(range(33, 127)) - set(b"abcdefghijklmnopqrstuvwxyz0123456789"))
_PLAIN = bytes.maketrans(_MARKS + b"123456789", b" " * len(_MARKS) + b"0" * 9)
_NUMBER = re.compile(rb"00+")
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SPACE = 32
_LOAD = 8


def simhash(text: str) -> int:
    """The signed 64-bit simhash over the shingles of a text, or 0 (unknown) for fewer than 8 words.

    A shingle is hashed eight bytes at a time (multiplied and mixed as in splitmix64) for all words at once.
    """
    plain = " ".join(text[:_MAX_TEXT].lower().split()).encode("utf-8", "replace").translate(_PLAIN)
    words = _NUMBER.sub(b"0", plain).split()
    if len(words) < MIN_WORDS:
        return 0
    flat = b" " + b" ".join(words) + bytes(SHINGLE)
    codes = np.frombuffer(flat, dtype=np.uint8)
    starts = np.flatnonzero(codes[:-SHINGLE] == _SPACE) + 1
    windows = np.lib.stride_tricks.sliding_window_view(codes, _LOAD)
    hashes = np.zeros(len(starts), dtype=np.uint64)
    for offset in range(0, SHINGLE, _LOAD):
        hashes = (hashes ^ windows[starts + offset].view("<u8").ravel()) * _MIX
        hashes ^= hashes >> np.uint64(29)
    hashes = np.unique(hashes)
    bits = np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=0, dtype=np.int64)
    packed = np.packbits(2 * bits > len(hashes)).tobytes()
    return int.from_bytes(packed, "big", signed=True) or 1


def distance(a: int, b: int) -> int:
    """How many of the 64 bits differ between two simhashes."""
    return ((a ^ b) & 0xFFFFFFFFFFFFFFFF).bit_count()
