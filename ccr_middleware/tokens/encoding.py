"""The encodings of tiktoken, built from ranks that ship with the package. Never touches the network.

`tiktoken.get_encoding` would fetch the ranks at first use, which hangs a server in a closed network (F14), and looks
at the environment and a folder for temporary files on the way. Here they are files of the package, checked by hash.

An encoding is kept once per process, not per gateway: it is a table that nobody can change, `cl100k_base` takes about
0.1 s and 25 MB to build and `o200k_base` twice that, and two gateways cannot see each other through it.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import threading
from binascii import a2b_base64
from typing import TYPE_CHECKING, NamedTuple

from .pieces import PIECE_CHARS, pieces
from .vocabulary import EncodingUnavailable

if TYPE_CHECKING:
    from tiktoken import Encoding


class Ranks(NamedTuple):
    """A file of the package as tiktoken publishes it: one token in base64 and its rank on each line."""

    file: str
    sha256: str


class ShippedEncoding:
    """An encoding of the package. `size`: how many of the ranks are its own, None: all.

    Special tokens are no part of it: `<|endoftext|>` and its like are text too (R-1).
    """

    byte_level = True
    inline_chars = 20_000

    def __init__(self, name: str, ranks: Ranks, pattern: str, size: int | None = None) -> None:
        self.name = name
        self.ranks = ranks
        self._pattern = pattern
        self._size = size
        self._lock = threading.Lock()
        self._encoding: Encoding | None = None

    def is_loaded(self) -> bool:
        """Whether `load` returns at once."""
        return self._encoding is not None

    def load(self) -> Encoding:
        """The encoding; the first call builds it and blocks for 0.1 to 0.3 s. Raises EncodingUnavailable."""
        encoding = self._encoding
        if encoding is None:
            with self._lock:
                encoding = self._encoding = self._encoding or self._build()
        return encoding

    def forget(self) -> None:
        """Back to the state of a new process."""
        self._encoding = None

    def count(self, text: str) -> int:
        """The tokens of `text`, where lone surrogates count too.

        Loads the encoding when needed (raises EncodingUnavailable); holds the GIL only to hand the text over and the
        tokens back. About 0.15 s for a megabyte of code, 1 s at worst.
        """
        encoding = self.load()
        if len(text) <= PIECE_CHARS:
            return len(encoding.encode_ordinary(text))
        return sum(len(encoding.encode_ordinary(piece)) for piece in pieces(text))

    def _build(self) -> Encoding:
        ranks = _read_ranks(self.ranks, self._size)
        try:
            import tiktoken
        except ImportError as error:
            raise EncodingUnavailable(f"tiktoken cannot be imported ({error}): install tiktoken>=0.13") from error
        encoding = tiktoken.Encoding(self.name, pat_str=self._pattern, mergeable_ranks=ranks, special_tokens={})
        # The encoder has its own copy. The dict, which the Encoding keeps only to be inspected, would stay for good.
        ranks.clear()
        return encoding


def _read_ranks(ranks: Ranks, size: int | None) -> dict[bytes, int]:
    try:
        data = importlib.resources.files(__package__).joinpath(ranks.file).read_bytes()
    except OSError as error:
        raise EncodingUnavailable(f"{ranks.file} is missing from ccr_middleware: install the package again") from error
    if hashlib.sha256(data).hexdigest() != ranks.sha256:
        raise EncodingUnavailable(f"{ranks.file} of ccr_middleware is damaged (sha256): install the package again")
    fields = data.split()
    if size is not None:
        del fields[2 * size :]
    return dict(zip(map(a2b_base64, fields[::2]), map(int, fields[1::2]), strict=True))


# The patterns cut text into the pieces byte pairs are merged in (tiktoken, MIT). The one of o200k has an alternative
# more, for blanks at the end: without it a million of them overflow the stack. What is matched is the same.
_P50K_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"
_CL100K_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
_O200K_PATTERN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|[^\S\r\n]++$|\s*[\r\n]+|\s+(?!\S)|\s+"
)

_P50K_RANKS = Ranks("p50k_base.tiktoken", "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069")

CL100K = ShippedEncoding(
    "cl100k_base",
    Ranks("cl100k_base.tiktoken", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
    _CL100K_PATTERN,
)
O200K = ShippedEncoding(
    "o200k_base",
    Ranks("o200k_base.tiktoken", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
    _O200K_PATTERN,
)
P50K = ShippedEncoding("p50k_base", _P50K_RANKS, _P50K_PATTERN)
#: What came before p50k, which has 24 tokens for blanks more.
R50K = ShippedEncoding("r50k_base", _P50K_RANKS, _P50K_PATTERN, size=50256)

#: By name. Encodings that differ in their special tokens alone are one.
SHIPPED = {
    "cl100k_base": CL100K,
    "o200k_base": O200K,
    "o200k_harmony": O200K,
    "p50k_base": P50K,
    "p50k_edit": P50K,
    "r50k_base": R50K,
    "gpt2": R50K,
}
