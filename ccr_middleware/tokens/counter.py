"""Counting the tokens of requests, without doing it twice and without holding up the event loop."""

from __future__ import annotations

import logging
from typing import Any

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from .cache import CountCache
from .encoding import EncodingUnavailable, count_tokens, estimate_tokens, is_loaded, utf8_length
from .parts import Text, split

#: So many characters are encoded on the event loop (about 3 ms of code); more go to a worker thread.
MAX_INLINE_CHARS = 20_000
#: Cached texts; about 120 bytes each.
MAX_CACHED_TEXTS = 50_000
#: Prompts encoded at a time on one event loop. Threads of our own: the host keeps its forty for itself.
MAX_WORKERS = 4

_log = logging.getLogger(__name__)


class TokenCounter:
    """Counts tokens for one gateway, which owns the cache of counts.

    Routing, `count_tokens` and `message_start` all ask here, so they all say the same (F14, C31). The numbers are
    those of cl100k for the texts (`parts` says which) and estimates for images and documents (`media`). Where the
    encoding cannot be loaded, one warning is logged and texts are estimated too: no request fails for a number.
    """

    def __init__(self, max_cached_texts: int = MAX_CACHED_TEXTS) -> None:
        self._cache = CountCache(max_cached_texts)
        self._count_tokens = count_tokens
        self._workers: RunVar[CapacityLimiter] = RunVar("ccr_middleware.tokens")

    def at_most(self, body: Any) -> int:
        """A number that `count` cannot exceed, found without encoding: no text has more tokens than bytes of UTF-8.

        Enough to see that a short request is below a threshold. (The length of the raw body is no such number: an
        image of a few bytes, or one behind a URL, counts for more.)
        """
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
        if is_loaded() and sum(map(len, missing)) <= MAX_INLINE_CHARS:
            return total + self._encode(missing)
        try:
            return total + await to_thread.run_sync(
                self._encode, missing, abandon_on_cancel=True, limiter=self._limiter()
            )
        finally:
            missing.clear()  # after a cancel this is what ends the worker's loop

    def count_text(self, text: str) -> int:
        """The tokens of one text, for the usage of an answer whose provider gave none. Never blocks.

        A long text, or one that comes before the encoding was loaded, is estimated. What is counted is cached: the
        client will send it back in its next request.
        """
        known = self._cache.get(text)
        if known is not None:
            return known
        if len(text) > MAX_INLINE_CHARS or not is_loaded():
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
            count = self._count(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
            self._cache.put(text, count)
            total += count
        return total

    def _count(self, text: str) -> int:
        try:
            return self._count_tokens(text)
        except EncodingUnavailable as error:
            _log.warning("Tokens are estimated from now on: %s", error)
            self._count_tokens = estimate_tokens
            return estimate_tokens(text)

    def _limiter(self) -> CapacityLimiter:
        # A limiter belongs to one event loop, a gateway may serve several (background loop for WSGI, test clients).
        limiter = self._workers.get(None)
        if limiter is None:
            limiter = CapacityLimiter(MAX_WORKERS)
            self._workers.set(limiter)
        return limiter
