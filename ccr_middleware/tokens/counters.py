"""The counters of one gateway: which one counts for a model, by its configuration."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ..config.tokenizer import Tokenizer
from .calibrated import Calibrated
from .counter import Counter, TokenCounter
from .encoding import CL100K, SHIPPED, ShippedEncoding
from .endpoint import Endpoint, EndpointCounter, Post
from .huggingface import HuggingFaceVocabulary, find_tokenizer, read_tokenizer

#: Tokenizers and endpoints that are kept, those of earlier configurations among them; a large vocabulary takes 100 MB.
MAX_KEPT = 32

Kept = TypeVar("Kept")


class Counters:
    """Gives counters, and keeps what they have loaded and counted over reloads: it is found by what was configured.

    Made and used by event loops; the counters themselves know about threads.
    """

    def __init__(self) -> None:
        self.standard = TokenCounter()
        self._encodings: dict[str, TokenCounter] = {CL100K.name: self.standard}
        self._tokenizers: dict[str, TokenCounter] = {}
        self._endpoints: dict[str, Endpoint] = {}

    def counter_for(self, tokenizer: Tokenizer | None, model: str, post: Post) -> Counter:
        """The counter of a model with that tokenizer configured, None: the standard one. Loads nothing.

        `post` is how an endpoint is reached. Always gives a counter: one that cannot be made is the fallback.
        """
        if tokenizer is None:
            return self.standard
        counter = self._uncalibrated(tokenizer, model, post)
        return counter if tokenizer.factor == 1 else Calibrated(counter, tokenizer.factor)

    def _uncalibrated(self, tokenizer: Tokenizer, model: str, post: Post) -> Counter:
        if tokenizer.type == "tiktoken":
            return self._of_encoding(_encoding(tokenizer.encoding) or _fallback(tokenizer))
        if tokenizer.type == "api" and tokenizer.url:
            endpoint = _keep(self._endpoints, _key(tokenizer), partial(Endpoint, tokenizer))
            return EndpointCounter(endpoint, model, post, self._of_encoding(_fallback(tokenizer)))
        if tokenizer.type == "huggingface" and (tokenizer.path or tokenizer.model):
            return _keep(self._tokenizers, _key(tokenizer), partial(_of_huggingface, tokenizer))
        return self._of_encoding(_fallback(tokenizer))

    def _of_encoding(self, encoding: ShippedEncoding) -> TokenCounter:
        return _keep(self._encodings, encoding.name, partial(TokenCounter, encoding, fallback=CL100K))


def _keep(kept: dict[str, Kept], key: str, make: Callable[[], Kept]) -> Kept:
    found = kept.get(key)
    if found is None:
        if len(kept) >= MAX_KEPT:
            del kept[next(iter(kept))]
        found = kept[key] = make()
    return found


def _key(tokenizer: Tokenizer) -> str:
    """What two settings that count alike have in common."""
    return tokenizer.model_dump_json(exclude={"factor"})


def _encoding(name: str) -> ShippedEncoding | None:
    return SHIPPED.get(name.strip().lower())


def _fallback(tokenizer: Tokenizer) -> ShippedEncoding:
    """What counts where the tokenizer cannot. An unknown name was warned about when the configuration was loaded."""
    return _encoding(tokenizer.fallback or "") or CL100K


def _of_huggingface(setting: Tokenizer) -> TokenCounter:
    if setting.path:
        name, load = setting.path, partial(read_tokenizer, setting.path)
    else:
        name = setting.model or ""
        load = partial(find_tokenizer, name, allow_download=setting.allow_download, token=setting.api_key)
    return TokenCounter(HuggingFaceVocabulary(name, load, setting.timeout_seconds), fallback=_fallback(setting))
