"""What a provider has no place for and no answer depends on: cache marks, and who asks. Reported all the same."""

from __future__ import annotations

from ..losses import Losses
from ..unified import UnifiedRequest


def omit_cache_marks(request: UnifiedRequest, losses: Losses) -> None:
    """Report the cache marks of a request whose provider takes none."""
    if _has_cache_mark(request):
        losses.add("cache_control", "omitted", "What is cached is left to the provider.")


def omit_user(request: UnifiedRequest, losses: Losses) -> None:
    """Report the user of a request whose provider is not told."""
    if request.get("user"):
        losses.add("metadata.user_id", "omitted", "The provider is not told who asks.")


def _has_cache_mark(request: UnifiedRequest) -> bool:
    if any("cache_control" in tool for tool in request.get("tools", ())):
        return True
    for message in request["messages"]:
        content = message["content"]
        if isinstance(content, list):
            for part in content:  # every part of every request passes here: `any` would take three times as long
                if "cache_control" in part:
                    return True
    return False
