"""How many tokens a request has: one number, for routing, `count_tokens` and `message_start` alike."""

from __future__ import annotations

from .counter import TokenCounter

__all__ = ["TokenCounter"]
