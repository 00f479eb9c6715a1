"""Undoing Content-Encoding with bounds: what fits is kept, a bomb is cut, a lie is passed through."""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import brotli  # type: ignore[import-untyped]
import zstandard

MAX_LAYERS = 3  # nobody honest uses two
_CHUNK = 64 * 1024
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659: what an HTTP client must accept, and may refuse beyond


@dataclass(frozen=True, slots=True)
class Decoded:
    """``body`` as far as it could be decoded; ``cut`` at the limit; ``broken`` where a layer lied."""

    body: bytes
    cut: bool = False
    broken: bool = False


def decode(body: bytes, encodings: Iterable[str], limit: int) -> Decoded:
    """Undo ``encodings`` (in the order they were applied) up to ``limit`` bytes a layer; never raises.

    A layer that does not decode at all leaves the body as it is: servers call plain pages gzip. One that breaks
    off gives what came before.
    """
    layers = [name for each in encodings if (name := each.strip().lower()) and name != "identity"]
    if len(layers) > MAX_LAYERS:
        return Decoded(body, broken=True)
    cut = broken = False
    for name in reversed(layers):
        decoder = _DECODERS.get(name)
        if decoder is None:
            return Decoded(body, cut, True)
        out = bytearray()
        try:
            decoder(body, out, limit)
        except (zlib.error, brotli.error, zstandard.ZstdError, EOFError, MemoryError, ValueError):
            broken = True
            if not out:
                return Decoded(body, cut, True)
        cut = cut or len(out) > limit
        body = bytes(out[:limit])
    return Decoded(body, cut, broken)


def _inflate(body: bytes, out: bytearray, limit: int, wbits: int) -> None:
    """Decode zlib's formats, members of a gzip file one after the other."""
    while body and len(out) <= limit:
        engine = zlib.decompressobj(wbits)
        while not engine.eof and len(out) <= limit:
            piece = engine.decompress(body, _CHUNK)
            out += piece
            body = engine.unconsumed_tail
            if not body and not piece:
                break
        body = engine.unused_data if engine.eof and wbits > zlib.MAX_WBITS else b""
        if body[:2] != b"\x1f\x8b":
            return  # padding behind the last member


def _gzip(body: bytes, out: bytearray, limit: int) -> None:
    _inflate(body, out, limit, zlib.MAX_WBITS | 16)


def _deflate(body: bytes, out: bytearray, limit: int) -> None:
    """Decode zlib's format, or the raw one that some servers send under this name."""
    try:
        _inflate(body, out, limit, zlib.MAX_WBITS)
    except zlib.error:
        if out:
            raise
        _inflate(body, out, limit, -zlib.MAX_WBITS)


def _brotli(body: bytes, out: bytearray, limit: int) -> None:
    engine = brotli.Decompressor()
    out += engine.process(body, output_buffer_limit=_CHUNK)
    while not engine.is_finished() and len(out) <= limit:
        piece = engine.process(b"", output_buffer_limit=_CHUNK)
        if not piece:
            return
        out += piece


def _zstd(body: bytes, out: bytearray, limit: int) -> None:
    engine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    with engine.stream_reader(body, read_across_frames=True) as reader:
        while len(out) <= limit and (piece := reader.read(_CHUNK)):
            out += piece


_DECODERS: dict[str, Callable[[bytes, bytearray, int], None]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
