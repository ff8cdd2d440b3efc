"""Tokenizers in the form of Hugging Face: a `tokenizer.json`, read by the `tokenizers` library (extra `tokenizers`).

The file is named, or it is the one of a model in the hub's local cache, or, where that is allowed, it is fetched by
`huggingface_hub`, which keeps it there. All of that happens once, in a thread of its own: a download may hang, and
neither requests nor the end of the process shall wait for it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from .pieces import PIECE_CHARS, pieces
from .vocabulary import EncodingNotReady, EncodingUnavailable, estimate_tokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_FILE = "tokenizer.json"
_INSTALL = "install ccr_middleware[tokenizers]"


class HuggingFaceVocabulary:
    """The vocabulary of a tokenizer.json, loaded by the first text that is to be counted.

    Texts wait for it until `timeout_seconds` after that, then EncodingNotReady is raised while it goes on loading.
    What cannot be loaded raises EncodingUnavailable. `load` returns the tokenizer or raises that.
    """

    #: Some normalise, and then a character may become several.
    byte_level = False
    inline_chars = 5_000

    def __init__(self, name: str, load: Callable[[], Tokenizer], timeout_seconds: float) -> None:
        self.name = name
        self._load = load
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._loading: Future[Tokenizer] | None = None
        self._wait_until = 0.0

    def is_loaded(self) -> bool:
        """Whether `count` begins to count at once."""
        loading = self._loading
        return loading is not None and loading.done() and loading.exception() is None

    def count(self, text: str) -> int:
        """The tokens of `text`, without those that mark its beginning and end. What it cannot read is estimated."""
        tokenizer = self._tokenizer()
        try:
            return sum(_count(tokenizer, piece) for piece in _pieces(text))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic of the library is no Exception
            return estimate_tokens(text)

    def _tokenizer(self) -> Tokenizer:
        with self._lock:
            loading = self._loading
            if loading is None:
                loading = self._loading = Future()
                self._wait_until = time.monotonic() + self._timeout_seconds
                threading.Thread(target=self._fill, args=(loading,), name="ccr-tokenizer", daemon=True).start()
        try:
            return loading.result(max(0.0, self._wait_until - time.monotonic()))
        except TimeoutError:
            raise EncodingNotReady(f"{self.name} is still being loaded") from None

    def _fill(self, loading: Future[Tokenizer]) -> None:
        try:
            loading.set_result(self._load())
        except EncodingUnavailable as error:
            loading.set_exception(error)
        except BaseException as error:  # else whoever waits would wait for ever
            loading.set_exception(EncodingUnavailable(f"{self.name} cannot be loaded ({type(error).__name__})"))


def read_tokenizer(path: str) -> Tokenizer:
    """The tokenizer of a file; `~` is the user's home. Raises EncodingUnavailable."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EncodingUnavailable(f"tokenizers cannot be imported ({error}): {_INSTALL}") from error
    full_path = os.path.expanduser(path)
    if not os.path.isfile(full_path):
        raise EncodingUnavailable(f"{path}: no such file; write the path of a tokenizer.json")
    try:
        tokenizer = Tokenizer.from_file(full_path)
    except Exception as error:  # the library raises nothing narrower
        raise EncodingUnavailable(f"{path} is no tokenizer.json that can be read ({error})") from error
    # A file may ask for cutting off and filling up, which no count may see.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def find_tokenizer(model: str, *, allow_download: bool, token: str = "") -> Tokenizer:
    """The tokenizer of a model of the hub: from its local cache, or fetched if allowed. Raises EncodingUnavailable."""
    try:
        from huggingface_hub import hf_hub_download, try_to_load_from_cache
    except ImportError as error:
        raise EncodingUnavailable(f"huggingface_hub cannot be imported ({error}): {_INSTALL}") from error
    try:
        if allow_download:
            path: object = hf_hub_download(model, _FILE, token=token or None)
        else:  # not hf_hub_download with local_files_only, which looks the hub up all the same for its user agent
            path = try_to_load_from_cache(model, _FILE)
    except Exception as error:  # of the hub, of its HTTP client, of the disk; the texts hold URLs
        raise EncodingUnavailable(f"{_FILE} of {model} cannot be had ({type(error).__name__})") from error
    if not isinstance(path, str):
        raise EncodingUnavailable(f'{_FILE} of {model} is not on this machine; set "allowDownload", or its path')
    return read_tokenizer(path)


def _count(tokenizer: Tokenizer, text: str) -> int:
    # As a batch, which lets go of the GIL; a single text would hold it to the end.
    return len(tokenizer.encode_batch_fast([text], add_special_tokens=False)[0])


def _pieces(text: str) -> list[str]:
    # The library takes no lone surrogates; they are read as U+FFFD, as tiktoken does.
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [text] if len(text) <= PIECE_CHARS else list(pieces(text))
