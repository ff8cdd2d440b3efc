"""Parameters of a request that every format has under some name, moved into what the provider takes."""

from __future__ import annotations

from ..losses import Losses
from ..unified import UnifiedRequest


def answer_limit(request: UnifiedRequest, least: int, most: int | None, losses: Losses) -> int | None:
    """How long the answer may be, in tokens (failure-modes F29, acceptance C28). `most` None: nobody knows."""
    asked = request.get("max_tokens")
    if asked is None:
        return None
    limit = max(asked, least) if most is None else min(max(asked, least), most)
    if limit != asked:
        losses.add("max_tokens", "clamped", f"{asked} is sent as {limit}.")
    return limit


def stop_sequences(request: UnifiedRequest, most: int, losses: Losses) -> list[str]:
    """The first stop sequences, as many as are taken."""
    asked = request.get("stop", [])
    if len(asked) > most:
        losses.add("stop_sequences", "dropped", f"{most} of {len(asked)} stop sequences are sent.")
    return asked[:most]


def report_service_tier(request: UnifiedRequest, losses: Losses) -> None:
    """Report a service tier that was asked for."""
    if request.get("service_tier", "auto") != "auto":
        losses.add("service_tier", "dropped", "Service tiers are Anthropic's own.")


def report_fixed_sampling(request: UnifiedRequest, losses: Losses) -> None:
    """Report the sampling asked of a model that does not let it be set. A temperature and top_p of 1 are what they are
    when nothing is said."""
    if request.get("temperature", 1) != 1:
        losses.add("temperature", "dropped", "This model does not let its sampling be set.")
    if request.get("top_p", 1) != 1:
        losses.add("top_p", "dropped", "This model does not let its sampling be set.")
    if "top_k" in request:
        losses.add("top_k", "dropped", "This model does not let its sampling be set.")
