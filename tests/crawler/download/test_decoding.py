"""Content-Encoding undone: bounded for every byte string, and faithful for honest ones."""

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from crawler.download.decode import MAX_LAYERS, Decoded, decode

ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
LIMIT = 100_000


@given(st.binary(max_size=5000), st.lists(st.sampled_from(sorted(ENCODERS)), max_size=MAX_LAYERS))
def test_what_was_encoded_comes_back(body: bytes, layers: list[str]) -> None:
    sent = body
    for layer in layers:
        sent = ENCODERS[layer](sent)
    assert decode(sent, layers, LIMIT) == Decoded(body)


@given(st.binary(max_size=2000), st.lists(st.sampled_from([*ENCODERS, "utf-8", "", "GZIP ", "identity"]), max_size=8))
def test_no_bytes_raise_and_none_exceed_the_limit(body: bytes, layers: list[str]) -> None:
    assert len(decode(body, layers, 1000).body) <= max(1000, len(body))


@pytest.mark.parametrize("name", sorted(ENCODERS))
@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1, 50 * LIMIT])
def test_a_bomb_is_cut_at_the_limit(name: str, size: int) -> None:
    decoded = decode(ENCODERS[name](b"a" * size), [name], LIMIT)
    assert len(decoded.body) == min(size, LIMIT)
    assert decoded.cut == (size > LIMIT)


def test_members_of_a_gzip_file_are_joined_and_padding_is_not() -> None:
    assert decode(gzip.compress(b"a") + gzip.compress(b"b") + b"\0" * 100, ["gzip"], LIMIT) == Decoded(b"ab")


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_broken_end_keeps_the_beginning(name: str) -> None:
    body = b"".join(b"%d<p>" % at for at in range(60_000))
    sent = ENCODERS[name](body)
    decoded = decode(sent[: len(sent) // 2], [name], 10**7)
    assert decoded.body
    assert body.startswith(decoded.body)


def test_a_window_larger_than_the_web_allows_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(19, window_log=27)
    sent = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(b"a" * 10**6)
    assert decode(sent, ["zstd"], LIMIT).broken


def test_more_layers_than_anybody_honest_uses_are_left_alone() -> None:
    sent = gzip.compress(b"x")
    assert decode(sent, ["gzip"] * (MAX_LAYERS + 1), LIMIT) == Decoded(sent, broken=True)
