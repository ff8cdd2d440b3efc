"""Response headers, the same from both HTTP libraries."""

from __future__ import annotations

from collections.abc import Iterable


def to_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header lines as a mapping: names in lower case, the last of equals.

    Values are read as Latin-1, where every byte is a character: UTF-8 would fail on some, and what a provider sent
    can be written back byte for byte.
    """
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
