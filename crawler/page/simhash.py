"""A 64-bit fingerprint of the words of a page: near-duplicates differ in few bits (Charikar 2002)."""

import hashlib
import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MIN_WORDS = 8
_MAX_WORDS = 20_000
# A page that differs from another only by its numbers (a calendar's, a list's next page) says the same.
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_MIX = np.uint64(0xBF58476D1CE4E5B9)


def simhash(text: str) -> int:
    """The signed 64-bit simhash over shingles of three words, or 0 (unknown) for fewer than 8 words."""
    words = _WORD.findall(_NUMBER.sub("0", text.lower()))[:_MAX_WORDS]
    if len(words) < MIN_WORDS:
        return 0
    hashes = np.array([_hash(word) for word in words], dtype=np.uint64)
    shingles = hashes[:-2] * _ODD[0] + hashes[1:-1] * _ODD[1] + hashes[2:] * _ODD[2]
    shingles = np.unique(_mixed(shingles))
    bits = np.unpackbits(shingles.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=0, dtype=np.int64)
    packed = np.packbits(2 * bits > len(shingles)).tobytes()
    return int.from_bytes(packed, "big", signed=True) or 1


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(31))) * _MIX
    return values ^ (values >> np.uint64(29))


@lru_cache(maxsize=32768)
def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word[:64].encode("utf-8", "replace"), digest_size=8).digest(), "big")


def distance(a: int, b: int) -> int:
    """How many of the 64 bits differ between two simhashes."""
    return ((a ^ b) & 0xFFFFFFFFFFFFFFFF).bit_count()
