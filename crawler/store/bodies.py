"""Stored documents as they are read back: compressed, bounded, and nothing where they cannot be read."""

from collections.abc import Mapping
from typing import Any

import zstandard

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a document that are read back; larger ones were never downloaded."""

_unzip = zstandard.ZstdDecompressor()


def unpacked(row: Mapping[str, Any] | None) -> bytes:
    """The bytes of a row of ``bodies`` or ``landed``; empty when there is none, or it cannot be read."""
    try:
        return _unzip.decompress(row["zstd"], max_output_size=MAX_BODY) if row else b""
    except zstandard.ZstdError:
        return b""
