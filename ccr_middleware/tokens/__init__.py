"""How many tokens a request has: one number, for routing, `count_tokens` and `message_start` alike."""

from __future__ import annotations

from .counter import NO_BOUND, Counter, TokenCounter
from .counters import Counters
from .endpoint import Post

__all__ = ["NO_BOUND", "Counter", "Counters", "Post", "TokenCounter"]
