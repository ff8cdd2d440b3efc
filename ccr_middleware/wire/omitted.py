"""What a provider has no place for and no answer depends on: cache marks, who asks, reasoning that it does not want
back. Reported all the same."""

from __future__ import annotations

from ..losses import Losses
from ..unified import ThinkingBlock, UnifiedRequest


def omit_cache_marks(request: UnifiedRequest, losses: Losses) -> None:
    """Report the cache marks of a request whose provider takes none."""
    if _has_cache_mark(request):
        losses.add("cache_control", "omitted", "What is cached is left to the provider.")


def omit_user(request: UnifiedRequest, losses: Losses) -> None:
    """Report the user of a request whose provider is not told."""
    if request.get("user"):
        losses.add("metadata.user_id", "omitted", "The provider is not told who asks.")


def omit_thinking(block: ThinkingBlock, losses: Losses) -> None:
    """Report earlier reasoning that does not go back: a provider takes none at all, or none but its own. Anthropic's
    own API leaves the thinking of earlier turns out as well. Opaque blocks are another matter (`thinking.redacted`)."""
    if block["text"]:
        losses.add("thinking.history", "omitted", "The provider does not take this earlier reasoning back.")


def _has_cache_mark(request: UnifiedRequest) -> bool:
    if any("cache_control" in tool for tool in request.get("tools", ())):
        return True
    for message in request["messages"]:
        content = message["content"]
        if isinstance(content, list) and any("cache_control" in part for part in content):
            return True
    return False
