"""Counting the tokens of requests, without doing it twice and without holding up the event loop."""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any, Protocol

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from .cache import CountCache
from .encoding import CL100K
from .parts import Text, split
from .vocabulary import EncodingNotReady, EncodingUnavailable, Estimate, Vocabulary, estimate_tokens, utf8_length

#: Cached texts; about 120 bytes each.
MAX_CACHED_TEXTS = 50_000
#: Prompts encoded at a time on one event loop. Threads of our own: the host keeps its forty for itself.
MAX_WORKERS = 4
#: What `at_most` says where nothing is known.
NO_BOUND = sys.maxsize

_log = logging.getLogger(__name__)


class Counter(Protocol):
    """Counts the tokens of Messages requests for one target. Never raises, and never blocks the event loop."""

    def at_most(self, body: Any) -> int:
        """A number that `count` does not exceed, found without counting; NO_BOUND where none is known."""

    async def count(self, body: Any) -> int:
        """The tokens of a request body."""

    def count_text(self, text: str) -> int:
        """The tokens of one text, or a good guess at once."""


class TokenCounter:
    """Counts tokens for one gateway, which owns the cache of counts.

    Routing, `count_tokens` and `message_start` all ask here, so they all say the same (F14, C31). The numbers are
    those of a vocabulary for the texts (`parts` says which) and estimates for images and documents (`media`). When the
    vocabulary cannot be loaded, one warning is logged and the `fallback` counts the texts, or if that cannot be loaded
    either they are estimated: no request fails for a number.
    """

    def __init__(
        self,
        vocabulary: Vocabulary = CL100K,
        fallback: Vocabulary | None = None,
        max_cached_texts: int = MAX_CACHED_TEXTS,
    ) -> None:
        self._cache = CountCache(max_cached_texts)
        self._vocabulary = vocabulary
        self._count_tokens = vocabulary.count
        self._fallbacks: list[Vocabulary] = [Estimate()] if fallback is None else [Estimate(), fallback]
        self._falling_back = threading.Lock()
        self._workers: RunVar[CapacityLimiter] = RunVar("ccr_middleware.tokens")

    def at_most(self, body: Any) -> int:
        """A number that `count` cannot exceed, found without encoding: no text has more tokens than bytes of UTF-8,
        if the vocabulary is made of bytes (NO_BOUND otherwise).

        Enough to see that a short request is below a threshold. (The length of the raw body is no such number: an
        image of a few bytes, or one behind a URL, counts for more.)
        """
        if not self._vocabulary.byte_level:
            return NO_BOUND
        texts, flat_tokens = split(body)
        return flat_tokens + sum([len(text) if isinstance(text, bytes) else utf8_length(text) for text in texts])

    def count_now(self, body: Any) -> int:
        """The tokens of a Messages request body. Blocks while it encodes what is not cached: not for event loops."""
        total, missing = self._look_up(body)
        return total + self._encode(missing)

    async def count(self, body: Any) -> int:
        """The same number as `count_now`; many new texts are encoded in a worker thread while other streams go on.

        When cancelled, the worker stops after the text it is at; what it has counted stays cached.
        """
        total, missing = self._look_up(body)
        if not missing:
            return total
        if self._vocabulary.is_loaded() and sum(map(len, missing)) <= self._vocabulary.inline_chars:
            return total + self._encode(missing)
        try:
            return total + await to_thread.run_sync(
                self._encode, missing, abandon_on_cancel=True, limiter=self._limiter()
            )
        finally:
            missing.clear()  # after a cancel this is what ends the worker's loop

    def count_text(self, text: str) -> int:
        """The tokens of one text, for the usage of an answer whose provider gave none. Never blocks.

        A long text, or one that comes before the vocabulary was loaded, is estimated. What is counted is cached: the
        client will send it back in its next request.
        """
        known = self._cache.get(text)
        if known is not None:
            return known
        if len(text) > self._vocabulary.inline_chars or not self._vocabulary.is_loaded():
            return estimate_tokens(text)
        return self._encode([text])

    def _look_up(self, body: Any) -> tuple[int, list[Text]]:
        # The tokens known without encoding, and the texts that have to be encoded.
        texts, flat_tokens = split(body)
        known, missing = self._cache.look_up(texts)
        return flat_tokens + known, missing

    def _encode(self, texts: list[Text]) -> int:
        total = 0
        for text in texts:
            string = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
            try:
                count = self._count(string)
            except EncodingNotReady:
                total += self._count_meanwhile(string)
                continue
            self._cache.put(text, count)
            total += count
        return total

    def _count(self, text: str) -> int:
        while True:
            vocabulary = self._vocabulary
            try:
                return self._count_tokens(text)
            except EncodingNotReady:
                raise
            except EncodingUnavailable as error:
                self._fall_back(vocabulary, error)

    def _fall_back(self, failed: Vocabulary, error: EncodingUnavailable) -> None:
        with self._falling_back:
            if self._vocabulary is not failed:
                return  # another thread was faster
            following = self._fallbacks.pop()
            self._count_tokens = following.count  # first, so that nobody blames the new one for the old one's failure
            self._vocabulary = following
        if isinstance(following, Estimate):
            _log.warning("Tokens are estimated from now on: %s", error)
        else:
            _log.warning("Tokens of %s are counted with %s from now on: %s", failed.name, following.name, error)

    def _count_meanwhile(self, text: str) -> int:
        # Not cached: it is another vocabulary's number.
        try:
            return self._fallbacks[-1].count(text)
        except EncodingUnavailable:
            return estimate_tokens(text)

    def _limiter(self) -> CapacityLimiter:
        # A limiter belongs to one event loop, a gateway may serve several (background loop for WSGI, test clients).
        limiter = self._workers.get(None)
        if limiter is None:
            limiter = CapacityLimiter(MAX_WORKERS)
            self._workers.set(limiter)
        return limiter
